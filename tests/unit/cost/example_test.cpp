// The worked example of docs/cost.md: its tables say what comes in and, to the last digit, what comes out.

#include <gtest/gtest.h>

#include <map>

#include "tests/unit/cost/doc_table.hpp"
#include "tests/unit/cost/history.hpp"

namespace spark_exporter::cost {
namespace {

using testing::Row;
using testing::shown;

std::vector<Row> table(const std::string& name) { return testing::doc_table("example: " + name); }

TimePoint time_of(const std::string& seconds) { return testing::ms(std::stoll(seconds) * 1000); }
Millis span_of(const std::string& seconds) { return Millis{std::stoll(seconds) * 1000}; }

Holder holder_of(const Row& row, TimePoint now) {
  Holder holder;
  holder.id = row.at("holder");
  const bool is_driver = holder.id == "driver";
  holder.component = is_driver ? outcome::Component::kDriver : outcome::Component::kExecutor;
  holder.held_from = time_of(row.at("held from"));
  holder.rates = {
      {holder.held_from, {0.036 / 3600 * std::stod(row.at("cores")), 0.0036 / 3600 * std::stod(row.at("GiB")), 0, 0}}};
  const auto known = [&](const char* name) {
    const TimePoint time = time_of(row.at(name));
    return time <= now ? std::optional(time) : std::nullopt;
  };
  holder.work_from = known("work from");
  holder.work_until = known("work until");
  holder.released = known("released");
  holder.slots = std::stoll(row.at("slots"));
  return holder;
}

void add_counts(Holder& holder, const Row& row) {
  holder.as_of = time_of(row.at("at"));
  holder.task_time = span_of(row.at("task time"));
  holder.gc_time = span_of(row.at("gc"));
  holder.lost = {span_of(row.at("failed")), span_of(row.at("retried")), span_of(row.at("speculation")),
                 span_of(row.at("killed"))};
  holder.active_tasks = std::stoll(row.at("running"));
  if (row.at("oldest") != "-") holder.oldest_task = time_of(row.at("oldest"));
  holder.counts_final = holder.work_until.has_value();
}

void answer(Ledger& ledger, const std::string& at) {
  for (const Row& row : table("holders")) {
    Holder holder = holder_of(row, time_of(at));
    for (const Row& counts : table("answers")) {
      if (counts.at("at") == at && counts.at("holder") == holder.id) add_counts(holder, counts);
    }
    if (holder.component == outcome::Component::kDriver) holder.as_of = time_of(at);
    ledger.apply(holder);
  }
  for (const Row& row : table("groups")) {
    if (row.at("at") != at) continue;
    ledger.apply_groups({{"load", span_of(row.at("load"))}, {"report", span_of(row.at("report"))}});
  }
  ledger.advance(time_of(at));
}

void end(Ledger& ledger) {
  ledger.close(time_of("320"));
  for (const Row& row : table("holders")) ledger.apply(holder_of(row, time_of("350")));
  ledger.advance(time_of("350"));
}

void expect_column(const Totals& totals, const std::string& column) {
  std::map<std::string, double> money;
  for (std::size_t i = 0; i < kUses; ++i) money[std::string(to_string(static_cast<Use>(i)))] = totals.used[i];
  money["unsettled"] = totals.unsettled;
  money["sum"] = totals.paid_total();
  const auto uses = table("used");
  EXPECT_EQ(uses.size(), money.size());
  for (const Row& row : uses) EXPECT_EQ(row.at(column), shown(money.at(row.at("use")))) << row.at("use");
  const auto groups = table("money of groups");
  EXPECT_EQ(groups.size(), totals.groups.size());
  for (const Row& row : groups) {
    const std::string& group = row.at("group");
    EXPECT_EQ(row.at(column), shown(totals.groups.at(group == "unattributed" ? "" : group))) << group;
  }
}

TEST(WorkedExample, ComesOutAsWritten) {
  ASSERT_EQ(table("holders").size(), 3U);
  ASSERT_EQ(table("answers").size(), 4U);
  Ledger ledger;
  answer(ledger, "160");
  expect_column(ledger.totals(), "at 160 s");
  answer(ledger, "318");
  end(ledger);
  expect_column(ledger.totals(), "at the end");
  for (const Row& row : table("paid")) {
    const bool is_driver = row.at("component") == "driver";
    const auto& paid =
        at(ledger.totals().paid, is_driver ? outcome::Component::kDriver : outcome::Component::kExecutor);
    EXPECT_EQ(row.at("cpu"), shown(at(paid, Resource::kCpu)));
    EXPECT_EQ(row.at("memory"), shown(at(paid, Resource::kMemory)));
  }
}

TEST(WorkedExample, EndsTheSameForWhoSawOnlyTheLastAnswer) {
  Ledger ledger;
  answer(ledger, "318");
  end(ledger);
  expect_column(ledger.totals(), "at the end");
}

}  // namespace
}  // namespace spark_exporter::cost
