// What the logs of the run say, by level and by signature (docs/logs.md).

#include "exporter/metrics/collectors.hpp"

namespace spark_exporter::metrics {

void collect_logs(const model::Snapshot& snapshot, Families& families) {
  if (!snapshot.logs) return;
  const auto& view = *snapshot.logs;
  const Identity identity(view.kubernetes_namespace, view.app, view.app_id);
  families.counter("spark_log_messages_total", "Messages of a log by level; none: text without one.",
                   {"component", "level"});
  for (const auto& [component, tally] : view.components) {
    for (int level = 0; level < logs::kLevels; ++level) {
      families.write(identity, {to_string(component), to_string(static_cast<logs::Level>(level))},
                     static_cast<double>(tally.messages[static_cast<std::size_t>(level)]));
    }
  }
  families.counter("spark_log_signatures_total", "Messages of a log that tell of a known trouble.",
                   {"component", "signature"});
  for (const auto& [component, tally] : view.components) {
    for (int signature = 0; signature < logs::kSignatures; ++signature) {
      families.write(identity, {to_string(component), to_string(static_cast<logs::Signature>(signature))},
                     static_cast<double>(tally.signatures[static_cast<std::size_t>(signature)]));
    }
  }
  families.counter("spark_log_skipped_bytes_total", "What of a log was passed over unread, to keep up with it.",
                   {"component"});
  for (const auto& [component, tally] : view.components) {
    families.write(identity, {to_string(component)}, static_cast<double>(tally.skipped_bytes));
  }
}

}  // namespace spark_exporter::metrics
