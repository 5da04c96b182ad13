// Any bytes as the state files of a run: its counters, its money, what was read of its logs. What is taken can be used,
// and is saved again as what it was.

#include <chrono>
#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "exporter/app/cost_meter.hpp"
#include "exporter/app/log_watch.hpp"
#include "exporter/cost/ledger.hpp"
#include "exporter/model/run.hpp"
#include "exporter/model/state_file.hpp"
#include "tests/fuzz/require.hpp"

namespace spark_exporter::fuzz {
namespace {

/// 2026-11-27T12:00:00Z
constexpr spark::TimePoint kNow{std::chrono::seconds{1795780800}};

void check_counters(std::string_view text) {
  auto saved = model::from_json(text);
  if (!saved) {
    require_line(saved.error().what);
    require(saved.error().kind == ErrorKind::kMalformed || saved.error().kind == ErrorKind::kWrongType);
    return;
  }
  const auto json = model::to_json(*saved);
  auto run = model::Run::restore(std::move(*saved), kNow);
  run.finish_poll();
  static_cast<void>(run.kind());
  static_cast<void>(run.quality_accumulators());
  auto again = model::from_json(json);
  require(again.has_value() && model::to_json(*again) == json);
  const auto next = model::from_json(model::to_json(run.save()));
  require(next.has_value());
}

/// The one that a meter's state is of.
spark::Application application_of(std::string_view text) {
  spark::Application application;
  const auto json = nlohmann::json::parse(text, nullptr, false);
  application.id = json.value("app_id", "");
  if (const auto started = json.find("started"); started != json.end()) {
    application.start_time = spark::TimePoint{spark::Millis{started->get<std::int64_t>()}};
  }
  return application;
}

void check_money(std::string_view text) {
  if (auto ledger = cost::Ledger::restore(text)) {
    const auto json = ledger->save();
    const auto again = cost::Ledger::restore(json);
    require(again.has_value() && again->save() == json);
    const double before = ledger->totals().paid_total();
    require(std::isfinite(before) && before >= 0);
    ledger->advance(kNow);
    require(ledger->totals().paid_total() >= before);
    ledger->close(kNow);
    ledger->advance(kNow + std::chrono::hours{1});
    static_cast<void>(ledger->rate(kNow));
  }
  app::CostMeter meter;
  if (!meter.restore(text)) return;
  // The run goes on: an executor that nobody spoke of before, and a price for it.
  model::Run run(application_of(text), kNow);
  spark::Executor executor;
  executor.id = "driver";
  executor.add_time = kNow - std::chrono::hours{1};
  run.set_environment({});
  run.apply_executors({executor}, kNow);
  cost::PriceEntry price;
  price.core = 1;
  app::CostSettings settings;
  settings.prices = cost::PriceBook("EUR", {}, {price});
  app::CostFacts facts;
  facts.run = &run;
  facts.now = kNow;
  meter.feed(facts, settings);
  const auto saved = meter.save();
  if (!saved) return;
  app::CostMeter next;
  require(next.restore(*saved));
  next.feed(facts, settings);
}

void check_logs(std::string_view text) {
  app::LogWatch watch({});
  if (!watch.restore(std::string(text))) return;
  const auto json = watch.save();
  app::LogWatch again({});
  require(again.restore(json) && again.save() == json);
  static_cast<void>(watch.tallies());
}

}  // namespace
}  // namespace spark_exporter::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace spark_exporter;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  fuzz::check_counters(text);
  fuzz::check_money(text);
  fuzz::check_logs(text);
  return 0;
}
