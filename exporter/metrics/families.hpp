#pragma once
// Where collectors write: a family at a time, sample by sample. Each family becomes text when the next one begins, so
// that only one is in memory. Names, label names and HELP are literals (the compiler checks), every label value passes
// label_value().

#include <prometheus/metric_family.h>

#include <cstdint>
#include <initializer_list>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "exporter/common/log.hpp"
#include "exporter/metrics/packer.hpp"
#include "exporter/model/snapshot.hpp"

namespace spark_exporter::metrics {

/// A text known at compile time.
class Literal {
 public:
  consteval Literal(const char* text) : text_(text) {}  // NOLINT(google-explicit-constructor)
  std::string_view view() const { return text_; }

 private:
  std::string_view text_;
};

/// What expositions left out, summed over all of them since the process began. Outlives each; one thread.
class DropCounters {
 public:
  void add(std::string_view family, std::uint64_t series);
  /// For sources that count by themselves: adds what `total` grew by since the last call for this `source`.
  void add_total(std::string_view family, const std::string& source, std::uint64_t total);
  void add_failure() { ++failures_; }

  const std::map<std::string, std::uint64_t, std::less<>>& series() const { return series_; }
  /// Collectors that threw.
  std::uint64_t failures() const { return failures_; }
  log::RateLimited& failure_log() { return failure_log_; }

 private:
  std::map<std::string, std::uint64_t, std::less<>> series_;
  std::map<std::string, std::uint64_t, std::less<>> totals_;
  std::uint64_t failures_ = 0;
  log::RateLimited failure_log_;
};

/// A label name and its value.
using LabelPair = std::pair<std::string, std::string>;

/// Whom samples are about, as their lines begin: `namespace="prod",app="sales",app_id="spark-1"`. Made once, used by
/// many lines; two of the same text would be the same series. An app_id that nobody knows is left out.
class Identity {
 public:
  /// A run.
  Identity(std::string_view kubernetes_namespace, std::string_view app, std::string_view app_id);
  /// A job across its runs.
  Identity(std::string_view kubernetes_namespace, std::string_view app);
  static Identity of_backup(std::string_view kubernetes_namespace, std::string_view backup);

  const std::string& labels() const { return labels_; }
  /// Whether a long text may be cut before a line of this one. As it hangs on nothing else, a run that comes or goes
  /// moves no cut but those beside it.
  bool may_cut() const { return may_cut_; }

 private:
  explicit Identity(std::string labels);

  std::string labels_;
  bool may_cut_;
};

class Families {
 public:
  /// At most `series` lines; what is beyond is counted in `drops`.
  Families(std::size_t series, DropCounters& drops) : budget_(series), drops_(&drops) {}
  /// The text goes into `packer` as it grows, and does not stay here.
  Families(std::size_t series, DropCounters& drops, Packer& packer)
      : budget_(series), drops_(&drops), packer_(&packer) {
    packer.begin();
  }

  /// Changes how many lines there may be, those written included.
  void set_budget(std::size_t series) { budget_ = series; }
  const DropCounters& drops() const { return *drops_; }

  /// Begin a family; its samples follow. `labels` come after namespace, app and app_id.
  void counter(Literal name, Literal help, std::initializer_list<Literal> labels = {});
  void gauge(Literal name, Literal help, std::initializer_list<Literal> labels = {});
  void histogram(Literal name, Literal help, std::initializer_list<Literal> labels = {});

  /// One sample about a run; as many values as labels were named.
  void add(const model::RunView& run, std::initializer_list<std::string_view> values, double value);
  /// The same for an info family, whose labels differ from run to run; the names are valid label names.
  void add_info(const model::RunView& run, const std::vector<LabelPair>& labels);
  /// One sample about no run.
  void add_plain(std::initializer_list<std::string_view> values, double value);
  /// `counts`: not cumulative, one for each of `bounds` and one above the last.
  void add_histogram(const model::RunView& run, std::span<const double> bounds, std::span<const std::uint64_t> counts,
                     double sum);

  /// For families of tens of thousands of samples: straight into the text. It takes label values of closed lists, the
  /// lines stay in the order of the calls, and the caller sees to it that no two are the same series. Within one family
  /// it does not go together with the others.
  void write(const Identity& identity, std::initializer_list<std::string_view> values, double value);
  /// The same for an info family; values may be any text.
  void write_info(const Identity& identity, std::span<const LabelPair> labels);

  /// Series of the current family that a collector's own cap leaves out; 0 says that there is a cap.
  void leave_out(std::uint64_t series);
  /// The same from a source that counts by itself, see DropCounters::add_total().
  void leave_out_total(const std::string& source, std::uint64_t total);

  /// Ends the current family; families that are text already follow.
  void append(std::string_view text);
  /// Ends the current family without what it has so far, but for what is packed already.
  void discard();
  /// Series written, the current family's included.
  std::size_t series() const { return series_; }
  /// The text of all families; the sink is empty afterwards.
  std::string take();
  /// The same where they went into a packer.
  Packed take_packed();

 private:
  void begin(prometheus::MetricType type, Literal name, Literal help, std::initializer_list<Literal> labels);
  void flush();
  void end_family();
  /// A new sample with the labels filled in, or null if there is no room.
  prometheus::ClientMetric* sample(const model::RunView* run, std::initializer_list<std::string_view> values,
                                   std::size_t lines);
  bool has_room(std::size_t lines);
  void pack();
  /// Begins a line of write(), up to the labels of `identity`; false if there is no room.
  bool open_line(const Identity& identity);
  void set(prometheus::ClientMetric& sample, double value) const;
  void label(prometheus::ClientMetric& sample, std::string_view name, std::string_view value);
  void label_run(prometheus::ClientMetric& sample, const model::RunView& run);

  std::size_t budget_;
  std::size_t series_ = 0;
  DropCounters* drops_;
  Packer* packer_ = nullptr;
  prometheus::MetricFamily family_;
  std::vector<std::string_view> label_names_;
  bool rewritten_ = false;  ///< a label value is not what it was: two samples may have become the same
  bool written_ = false;    ///< the family has lines of write()
  std::size_t begin_ = 0;   ///< of the family in the text
  std::string text_;
};

}  // namespace spark_exporter::metrics
