#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "exporter/common/limits.hpp"
#include "exporter/cost/ledger.hpp"
#include "tests/unit/cost/history.hpp"
#include "tests/unit/cost/ledger_checks.hpp"

namespace spark_exporter::cost {
namespace {

using Json = nlohmann::json;
using testing::Dice;

Ledger midway() {
  Dice dice(42);
  testing::History history;
  do {
    history = testing::make_history(dice);
  } while (history.holders.size() < 4 || history.end - history.start < Millis{100'000});
  Ledger ledger;
  for (const TimePoint at : {history.start, history.start + (history.end - history.start) / 2}) {
    for (const auto& holder : history.holders) {
      if (holder.held_from <= at) ledger.apply(testing::answer(history, holder, at));
    }
    ledger.apply_groups(testing::run_times(history, at));
    ledger.advance(at);
  }
  return ledger;
}

TEST(LedgerState, ComesBackAsItWas) {
  const Ledger ledger = midway();
  ASSERT_GT(ledger.totals().paid_total(), 0);
  const auto restored = Ledger::restore(ledger.save());
  ASSERT_TRUE(restored);
  EXPECT_EQ(restored->totals().paid, ledger.totals().paid);
  EXPECT_EQ(restored->totals().used, ledger.totals().used);
  EXPECT_EQ(restored->totals().unsettled, ledger.totals().unsettled);
  EXPECT_EQ(restored->totals().groups, ledger.totals().groups);
  EXPECT_EQ(restored->save(), ledger.save());
}

TEST(LedgerState, RefusesWhatIsNoState) {
  for (const char* text : {"", "{", "null", "[]", "{}", "7", R"({"version":1})", "\xff\xfe"}) {
    EXPECT_FALSE(Ledger::restore(text)) << text;
  }
  EXPECT_FALSE(Ledger::restore(std::string(1'000'000, '[')));
}

TEST(LedgerState, RefusesAnotherVersion) {
  Json json = Json::parse(midway().save());
  json["version"] = 2;
  EXPECT_FALSE(Ledger::restore(json.dump()));
}

TEST(LedgerState, IsBounded) {
  std::string saved = midway().save();
  saved.resize(limits::kStateFileBytes, ' ');
  EXPECT_TRUE(Ledger::restore(saved));
  saved.push_back(' ');
  EXPECT_FALSE(Ledger::restore(saved));
}

TEST(LedgerState, RefusesSumsThatDoNotAddUp) {
  const Json good = Json::parse(midway().save());
  ASSERT_TRUE(Ledger::restore(good.dump()));
  for (const char* pointer : {"/used/0", "/used/6", "/unattributed", "/accounts/0/booked"}) {
    Json json = good;
    Json& value = json[Json::json_pointer(pointer)];
    value = value.get<double>() + 1;
    EXPECT_FALSE(Ledger::restore(json.dump())) << pointer;
  }
  Json json = good;
  for (Json& cell : json["paid"][0]) cell = 0;
  for (Json& cell : json["paid"][1]) cell = 0;
  EXPECT_FALSE(Ledger::restore(json.dump()));
}

/// Whatever one value of the file is turned into: it is refused, or the ledger holds what ledgers hold.
TEST(LedgerState, WithstandsAnyValueAnywhere) {
  const Json good = Json::parse(midway().save());
  const Json flat = good.flatten();
  const std::vector<Json> hostile{nullptr,
                                  true,
                                  "x",
                                  Json::array(),
                                  Json::object(),
                                  -1,
                                  1e308,
                                  1e18,
                                  9'223'372'036'854'775'807,
                                  18'446'744'073'709'551'615U,
                                  0,
                                  0.5,
                                  -1e-300,
                                  std::string(2'000, 'x')};
  int accepted = 0;
  for (const auto& [pointer, value] : flat.items()) {
    for (const Json& bad : hostile) {
      Json json = good;
      json[Json::json_pointer(pointer)] = bad;
      auto restored = Ledger::restore(json.dump());
      if (!restored) continue;
      ++accepted;
      testing::Watcher watcher;
      ASSERT_TRUE(watcher.check(*restored)) << pointer << ' ' << bad;
      restored->advance(testing::ms(2'000'000));
      ASSERT_TRUE(watcher.check(*restored)) << pointer << ' ' << bad;
      restored->close(testing::ms(2'000'000));
      ASSERT_TRUE(watcher.check(*restored)) << pointer << ' ' << bad;
      EXPECT_EQ(restored->totals().unsettled, 0) << pointer << ' ' << bad;
    }
  }
  EXPECT_GT(accepted, 0);
}

}  // namespace
}  // namespace spark_exporter::cost
