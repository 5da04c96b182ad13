#pragma once
// Families to the Prometheus text format 0.0.4, fast and in a stable order, and the ready answer of a scrape.

#include <prometheus/metric_family.h>

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/metrics/packer.hpp"

namespace spark_exporter::metrics {

/// Appends one family: HELP (escaped), TYPE, samples sorted by their labels. A family without samples appends nothing.
/// Numbers are written by std::to_chars (no locale): whole numbers up to 2^53 as such, others in the shortest form that
/// reads back the same; NaN, +Inf, -Inf as Prometheus spells them. Untyped families are gauges. No timestamps.
void append_family(std::string& out, const prometheus::MetricFamily& family);

/// A label value as every label value of ours must be: valid UTF-8 (bad bytes become U+FFFD), at most
/// limits::kLabelValueBytes bytes, cut between code points. Escaping is the writer's.
std::string label_value(std::string_view raw);

/// `name="value"`, the value escaped; it is not cut.
void append_label(std::string& out, std::string_view name, std::string_view value);

/// HELP and TYPE of a family.
void append_header(std::string& out, std::string_view name, std::string_view help, prometheus::MetricType type);

/// A sample's value as append_family() writes it.
void append_number(std::string& out, double value);

/// One finished exposition: immutable, in one form, and in the other one from when it is first asked for. Thread-safe.
class Exposition {
 public:
  explicit Exposition(std::string text) : text_(std::move(text)), is_text_(true) {}
  /// For large ones: as good as all who scrape take gzip.
  explicit Exposition(Packed packed) : text_bytes_(packed.text_bytes), gzip_(std::move(packed.gzip)), is_text_(false) {}

  const std::string& text() const;
  /// The text as one gzip member.
  const std::string& gzip() const;

 private:
  mutable std::once_flag once_;
  mutable std::string text_;
  std::size_t text_bytes_ = 0;
  mutable std::string gzip_;
  bool is_text_;
};

}  // namespace spark_exporter::metrics
