// Any bytes as the observer's state file; what is taken can be shown, and is saved again as what can be taken.

#include <cstdint>
#include <string_view>

#include "exporter/jobs/fleet.hpp"
#include "exporter/quality/ledger.hpp"
#include "tests/fuzz/require.hpp"

namespace spark_exporter::fuzz {
namespace {

/// 2026-11-27T12:00:00Z
constexpr jobs::TimePoint kNow{std::chrono::seconds{1795780800}};

void check(const outcome::View& view) {
  require(view.runs.size() <= limits::kRuns && view.jobs.size() <= limits::kJobs);
  for (const auto& run : view.runs) require(run.kubernetes_namespace.size() <= limits::kErrorMessageBytes);
}

}  // namespace
}  // namespace spark_exporter::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace spark_exporter;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto ledger = quality::Ledger::restore(text); ledger) {
    const auto again = quality::Ledger::restore(ledger->save());
    fuzz::require(again.has_value() && again->save() == ledger->save());
  } else {
    fuzz::require(!ledger.error().what.empty());
  }
  jobs::Fleet fleet({});
  const auto restored = fleet.restore(text, fuzz::kNow);
  if (!restored) {
    fuzz::require_line(restored.error().what);
    const auto kind = restored.error().kind;
    fuzz::require(kind == ErrorKind::kMalformed || kind == ErrorKind::kWrongType || kind == ErrorKind::kTooLarge);
    return 0;
  }
  fleet.set_synced();
  fuzz::check(fleet.view(fuzz::kNow));
  static_cast<void>(fleet.dataset_writers());
  const auto saved = fleet.save(fuzz::kNow);
  jobs::Fleet next({});
  fuzz::require(next.restore(saved, fuzz::kNow).has_value());
  next.set_synced();
  fuzz::check(next.view(fuzz::kNow + std::chrono::hours{30}));
  return 0;
}
