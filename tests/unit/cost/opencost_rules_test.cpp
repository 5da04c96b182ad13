// The three pods of docs/cost.md, "Beside OpenCost": by OpenCost's published rule and by ours, as the page says.

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "exporter/cost/ledger.hpp"
#include "exporter/cost/reservation.hpp"
#include "tests/unit/cost/doc_table.hpp"
#include "tests/unit/cost/history.hpp"

namespace spark_exporter::cost {
namespace {

using testing::doc_table;
using testing::Row;
using testing::shown;

constexpr double kCore = 0.036, kGib = 0.0036;  // money an hour
constexpr double kGibBytes = 1024.0 * 1024 * 1024;

double number(const Row& row, const char* column) { return std::stod(row.at(column)); }

TimePoint hour(double hours) { return testing::ms(static_cast<std::int64_t>(hours * 3'600'000)); }

/// OpenCost Specification, "Workload Costs": the greater of what a container requests and what it uses, while it runs;
/// a pod is the sum of its containers.
std::map<std::string, double> by_opencost() {
  std::map<std::string, double> pods;
  for (const Row& row : doc_table("opencost: containers")) {
    const double hours = number(row, "until") - number(row, "from");
    const double cores = std::max(number(row, "cores requested"), number(row, "cores used"));
    const double gib = std::max(number(row, "GiB requested"), number(row, "GiB used"));
    pods[row.at("pod")] += hours * (cores * kCore + gib * kGib);
  }
  return pods;
}

/// The pods as the API shows them, through what the exporter makes of them.
std::map<std::string, double> by_ours() {
  std::map<std::string, kubernetes::Pod> pods;
  for (const Row& row : doc_table("opencost: containers")) {
    auto& pod = pods[row.at("pod")];
    kubernetes::ContainerSpec spec;
    spec.name = row.at("container");
    spec.requests.cpu = number(row, "cores requested");
    spec.requests.memory = number(row, "GiB requested") * kGibBytes;
    (row.at("kind") == "init" ? pod.init_containers : pod.containers).push_back(spec);
  }
  std::map<std::string, double> money;
  for (const auto& [name, pod] : pods) {
    const Reservation reservation = pod_reservation(pod);
    Holder holder;
    holder.id = "1";
    holder.held_from = hour(0);
    holder.work_from = hour(0.05);
    holder.work_until = holder.released = hour(1);
    holder.slots = 1;
    holder.rates = {
        {hour(0), {reservation.cores * kCore / 3600, reservation.memory_bytes / kGibBytes * kGib / 3600, 0, 0}}};
    Ledger ledger;
    ledger.apply(holder);
    ledger.advance(hour(1));
    money[name] = ledger.totals().paid_total();
  }
  return money;
}

TEST(BesideOpenCost, IsAsThePageSays) {
  const auto theirs = by_opencost();
  const auto ours = by_ours();
  const auto rows = doc_table("opencost: money");
  ASSERT_EQ(rows.size(), 3U);
  ASSERT_EQ(theirs.size(), 3U);
  for (const Row& row : rows) {
    const std::string& pod = row.at("pod");
    EXPECT_EQ(row.at("OpenCost"), shown(theirs.at(pod))) << pod;
    EXPECT_EQ(row.at("ours"), shown(ours.at(pod))) << pod;
    EXPECT_EQ(row.at("difference"), shown(ours.at(pod) - theirs.at(pod))) << pod;
  }
}

}  // namespace
}  // namespace spark_exporter::cost
