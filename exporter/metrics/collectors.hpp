#pragma once
// The collectors: state in, families out. Each is a pure function in a file of its own, without I/O, lock or clock;
// adding one is that file, its line in collector_table() and its rows in docs/metrics.md.

#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/common/process_stats.hpp"
#include "exporter/metrics/families.hpp"
#include "exporter/model/snapshot.hpp"

namespace spark_exporter::metrics {

void collect_outcomes(const model::Snapshot& snapshot, Families& families);
void collect_job(const model::Snapshot& snapshot, Families& families);
void collect_gc(const model::Snapshot& snapshot, Families& families);
void collect_work(const model::Snapshot& snapshot, Families& families);
void collect_sql(const model::Snapshot& snapshot, Families& families);
void collect_streaming(const model::Snapshot& snapshot, Families& families);
void collect_cost(const model::Snapshot& snapshot, Families& families);
void collect_quality(const model::Snapshot& snapshot, Families& families);
void collect_sizing(const model::Snapshot& snapshot, Families& families);
void collect_backups(const model::Snapshot& snapshot, Families& families);
void collect_logs(const model::Snapshot& snapshot, Families& families);
void collect_executors(const model::Snapshot& snapshot, Families& families);
void collect_self(const model::Snapshot& snapshot, Families& families);

struct Collector {
  std::string_view name;  ///< as in --collector.NAME
  std::string_view description;
  void (*collect)(const model::Snapshot&, Families&);
  bool default_on;
};

/// In the order of the exposition, which is the order in which `limits.series` is spent.
std::span<const Collector> collector_table();
/// The names of the table.
std::vector<std::string> collector_names();

/// All families of the `enabled` collectors (names), at most `limits.series` lines. A collector that throws loses the
/// rest of its own families, is logged and counted in spark_exporter_errors_total{source="exporter",kind="exception"};
/// the others are not touched. `drops` lives as long as the process and is used by one thread.
std::string render(const model::Snapshot& snapshot, const std::set<std::string>& enabled, DropCounters& drops,
                   std::span<const Collector> table = collector_table());

/// The same, and render_process(), for expositions of megabytes: their text is never in memory as a whole.
Packed render_packed(const model::Snapshot& snapshot, const std::set<std::string>& enabled, DropCounters& drops,
                     const ProcessStats& stats, Packer& packer, std::span<const Collector> table = collector_table());

/// process_*: reads no snapshot, so that each scrape can have fresh ones.
std::string render_process(const ProcessStats& stats);

/// The runs to show. Two contexts of one driver may have the same application id, and one series has one value: of such
/// runs the one that lives is shown, or the later one.
std::vector<const model::RunView*> shown_runs(const model::Snapshot& snapshot);
/// Those of `runs` whose driver answers: only they have gauges.
std::vector<const model::RunView*> fresh_only(std::vector<const model::RunView*> runs);

}  // namespace spark_exporter::metrics
