// The exporter itself: whom it asks, what went wrong, what its caps leave out.

#include "exporter/common/result.hpp"
#include "exporter/common/version.hpp"
#include "exporter/metrics/collectors.hpp"
#include "exporter/metrics/units.hpp"

namespace spark_exporter::metrics {
namespace {

void collect_sources(const model::Snapshot& snapshot, Families& families) {
  const auto& all = snapshot.sources;
  families.gauge("spark_exporter_source_up", "Whether the last question to the source was answered.", {"source"});
  for (const auto& [name, health] : all) families.add_plain({name}, health.up ? 1 : 0);
  families.gauge("spark_exporter_source_last_success_timestamp_seconds", "When the source last answered in full.",
                 {"source"});
  for (const auto& [name, health] : all) {
    if (health.last_success) families.add_plain({name}, timestamp(*health.last_success));
  }
  families.gauge("spark_exporter_source_duration_seconds", "How long the last round of questions took.", {"source"});
  for (const auto& [name, health] : all) {
    if (health.duration_seconds) families.add_plain({name}, *health.duration_seconds);
  }
  families.counter("spark_exporter_errors_total",
                   "What went wrong, by source and kind; source exporter: collectors that failed.", {"source", "kind"});
  for (const auto& [name, health] : all) {
    for (int kind = 0; kind < kErrorKinds; ++kind) {
      families.add_plain({name, to_string(static_cast<ErrorKind>(kind))},
                         static_cast<double>(health.errors[static_cast<std::size_t>(kind)]));
    }
  }
  families.add_plain({"exporter", "exception"}, static_cast<double>(families.drops().failures()));
}

void collect_losses(const model::Snapshot& snapshot, Families& families) {
  families.counter("spark_exporter_series_dropped_total",
                   "Series that a cap left out, summed over all expositions that were made.", {"family"});
  for (const auto& [family, series] : families.drops().series()) {
    families.add_plain({family}, static_cast<double>(series));
  }
  families.counter("spark_exporter_listener_events_dropped_total",
                   "Events that Spark's own listener bus dropped: above 0 its REST API is wrong. "
                   "From GET /metrics/json, LiveListenerBus.queue.QUEUE.numDroppedEvents.",
                   {"queue"});
  for (const auto* view : shown_runs(snapshot)) {
    for (const auto& [queue, events] : view->run->dropped_events()) {
      families.add(*view, {queue}, static_cast<double>(events));
    }
  }
}

void collect_last_words(const model::Snapshot& snapshot, Families& families) {
  families.counter("spark_exporter_outcome_deliveries_total",
                   "Tries to deliver the run's last words, by where to and how it went.", {"channel", "result"});
  for (const auto& [delivery, count] : snapshot.deliveries) {
    families.add_plain({delivery.first, delivery.second}, static_cast<double>(count));
  }
  families.gauge("spark_exporter_final_scrapes", "Scrapes since the run's outcome was known.");
  if (snapshot.final_scrapes) families.add_plain({}, static_cast<double>(*snapshot.final_scrapes));
}

}  // namespace

void collect_self(const model::Snapshot& snapshot, Families& families) {
  families.gauge("spark_exporter_build_info", "Always 1; the labels say what is running.", {"version", "revision"});
  families.add_plain({kVersion, kRevision}, 1);
  collect_sources(snapshot, families);
  collect_losses(snapshot, families);
  collect_last_words(snapshot, families);
  families.gauge("spark_exporter_config_last_reload_successful",
                 "Whether the last (re)load of the configuration worked.");
  families.add_plain({}, snapshot.config_reload_ok ? 1 : 0);
  families.gauge("spark_exporter_config_last_reload_timestamp_seconds",
                 "When the configuration was last (re)loaded successfully.");
  if (snapshot.config_reload_time != spark::TimePoint{}) families.add_plain({}, timestamp(snapshot.config_reload_time));
}

}  // namespace spark_exporter::metrics
