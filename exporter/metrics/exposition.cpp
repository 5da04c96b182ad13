#include "exporter/metrics/exposition.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>

#include "exporter/common/limits.hpp"
#include "exporter/common/text.hpp"

namespace spark_exporter::metrics {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

void append_integer(std::string& out, std::uint64_t value) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  out.append(digits, end);
}

enum class Quotes { kPlain, kEscaped };

/// Text format 0.0.4: backslash and newline are escaped everywhere, quotes only inside label values.
void append_escaped(std::string& out, std::string_view text, Quotes quotes) {
  // A plain loop: find_first_of() would call memchr for each character.
  std::size_t start = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c != '\\' && c != '\n' && (c != '"' || quotes == Quotes::kPlain)) continue;
    out.append(text, start, i - start);
    out += '\\';
    out += c == '\n' ? 'n' : c;
    start = i + 1;
  }
  out.append(text, start);
}

}  // namespace

void append_label(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  out += "=\"";
  append_escaped(out, value, Quotes::kEscaped);
  out += '"';
}

void append_number(std::string& out, double value) {
  // Every whole number up to here has a double of its own, and reads better as 1700000000 than as 1.7e+09.
  constexpr double kExactIntegers = 9007199254740992.0;  // 2^53
  if (std::isnan(value)) {
    out += "NaN";
  } else if (std::isinf(value)) {
    out += value > 0 ? "+Inf" : "-Inf";
  } else {
    char digits[32];
    char* const end = digits + sizeof digits;
    const bool whole = std::fabs(value) <= kExactIntegers && value == std::trunc(value);
    const auto last = whole ? std::to_chars(digits, end, static_cast<std::int64_t>(value)).ptr
                            : std::to_chars(digits, end, value).ptr;
    out.append(digits, last);
  }
}

namespace {

/// The labels of one sample without the closing brace, "{a=\"1\",": rendered once, used by all lines of a histogram.
std::string open_labels(const ClientMetric& metric) {
  std::string labels = "{";
  for (const auto& label : metric.label) {
    append_label(labels, label.name, label.value);
    labels += ',';
  }
  return labels;
}

struct Line {
  std::string_view name;
  std::string_view suffix;      ///< "_sum", "_count", "_bucket"
  std::string_view labels;      ///< of open_labels()
  std::string_view extra_name;  ///< "le", "quantile" or nothing
  double extra_value = 0;
};

/// All of a sample's line but the value.
void append_series(std::string& out, const Line& line) {
  out += line.name;
  out += line.suffix;
  const std::size_t labels_at = out.size();
  out += line.labels;
  if (!line.extra_name.empty()) {
    out += line.extra_name;
    out += "=\"";
    append_number(out, line.extra_value);
    out += "\",";
  }
  if (out.size() == labels_at + 1) {
    out.back() = ' ';
  } else {
    out.back() = '}';
    out += ' ';
  }
}

void append_sample(std::string& out, const Line& line, double value) {
  append_series(out, line);
  append_number(out, value);
  out += '\n';
}

void append_count(std::string& out, const Line& line, std::uint64_t value) {
  append_series(out, line);
  append_integer(out, value);
  out += '\n';
}

void append_histogram(std::string& out, std::string_view name, const ClientMetric& metric) {
  const std::string labels = open_labels(metric);
  const auto& histogram = metric.histogram;
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  for (const auto& bucket : histogram.bucket) {
    append_count(out, {name, "_bucket", labels, "le", bucket.upper_bound}, bucket.cumulative_count);
  }
  if (histogram.bucket.empty() || histogram.bucket.back().upper_bound != kInfinity) {
    append_count(out, {name, "_bucket", labels, "le", kInfinity}, histogram.sample_count);
  }
  append_sample(out, {name, "_sum", labels, {}}, histogram.sample_sum);
  append_count(out, {name, "_count", labels, {}}, histogram.sample_count);
}

void append_summary(std::string& out, std::string_view name, const ClientMetric& metric) {
  const std::string labels = open_labels(metric);
  for (const auto& quantile : metric.summary.quantile) {
    append_sample(out, {name, "", labels, "quantile", quantile.quantile}, quantile.value);
  }
  append_sample(out, {name, "_sum", labels, {}}, metric.summary.sample_sum);
  append_count(out, {name, "_count", labels, {}}, metric.summary.sample_count);
}

/// Counters, gauges and untyped ones: one line each, written straight into the output.
void append_scalar(std::string& out, std::string_view name, const ClientMetric& metric, double value) {
  out += name;
  if (!metric.label.empty()) {
    out += '{';
    for (const auto& label : metric.label) {
      append_label(out, label.name, label.value);
      out += ',';
    }
    out.back() = '}';
  }
  out += ' ';
  append_number(out, value);
  out += '\n';
}

// Timestamps are never written: they would switch Prometheus's staleness handling off.
void append_metric(std::string& out, const MetricFamily& family, const ClientMetric& metric) {
  switch (family.type) {
    case MetricType::Counter: append_scalar(out, family.name, metric, metric.counter.value); return;
    case MetricType::Gauge: append_scalar(out, family.name, metric, metric.gauge.value); return;
    case MetricType::Untyped: append_scalar(out, family.name, metric, metric.untyped.value); return;
    case MetricType::Histogram: append_histogram(out, family.name, metric); return;
    case MetricType::Summary: append_summary(out, family.name, metric); return;
  }
}

std::string_view type_name(MetricType type) {
  switch (type) {
    case MetricType::Counter: return "counter";
    case MetricType::Histogram: return "histogram";
    case MetricType::Summary: return "summary";
    case MetricType::Gauge:
    case MetricType::Untyped: break;
  }
  return "gauge";
}

/// As Label's own operator< orders, which compares every string up to four times.
bool by_labels(const ClientMetric* a, const ClientMetric* b) {
  const std::size_t common = std::min(a->label.size(), b->label.size());
  for (std::size_t i = 0; i < common; ++i) {
    if (const int names = a->label[i].name.compare(b->label[i].name); names != 0) return names < 0;
    if (const int values = a->label[i].value.compare(b->label[i].value); values != 0) return values < 0;
  }
  return a->label.size() < b->label.size();
}

std::vector<const ClientMetric*> sorted(const std::vector<ClientMetric>& metrics) {
  std::vector<const ClientMetric*> order;
  order.reserve(metrics.size());
  for (const auto& metric : metrics) order.push_back(&metric);
  // Most collectors hand them over in order already.
  if (!std::is_sorted(order.begin(), order.end(), by_labels)) std::stable_sort(order.begin(), order.end(), by_labels);
  return order;
}

}  // namespace

void append_header(std::string& out, std::string_view name, std::string_view help, MetricType type) {
  out += "# HELP ";
  out += name;
  out += ' ';
  append_escaped(out, help, Quotes::kPlain);
  out += "\n# TYPE ";
  out += name;
  out += ' ';
  out += type_name(type);
  out += '\n';
}

void append_family(std::string& out, const MetricFamily& family) {
  if (family.metric.empty()) return;
  append_header(out, family.name, family.help, family.type);
  for (const ClientMetric* metric : sorted(family.metric)) append_metric(out, family, *metric);
}

std::string label_value(std::string_view raw) {
  // As good as all are; the loop below looks at each byte by itself.
  const auto all = std::accumulate(raw.begin(), raw.end(), 0, [](int bits, char c) { return bits | c; });
  if ((all & 0x80) == 0 && raw.size() <= limits::kLabelValueBytes) return std::string(raw);
  std::string out;
  out.reserve(std::min(raw.size(), limits::kLabelValueBytes));
  while (!raw.empty()) {
    const std::size_t length = utf8_sequence(raw);
    const std::string_view next = length == 0 ? kReplacement : raw.substr(0, length);
    if (out.size() + next.size() > limits::kLabelValueBytes) break;
    out += next;
    raw.remove_prefix(length == 0 ? 1 : length);
  }
  return out;
}

const std::string& Exposition::text() const {
  if (!is_text_) std::call_once(once_, [this] { text_ = unpack(gzip_, text_bytes_); });
  return text_;
}

const std::string& Exposition::gzip() const {
  if (is_text_) std::call_once(once_, [this] { gzip_ = gzip_member(text_); });
  return gzip_;
}

}  // namespace spark_exporter::metrics
