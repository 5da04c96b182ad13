#include "exporter/cost/projection.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace spark_exporter::cost {
namespace {

/// Ten minutes, 2 paid, 12 an hour.
Outlook outlook() {
  Outlook now;
  now.paid = 2;
  now.per_hour = 12;
  now.elapsed_seconds = 600;
  return now;
}

TEST(Projection, SaysNothingOnThinEvidence) {
  Outlook now = outlook();
  EXPECT_FALSE(project(now));
  now.work_done = 0.049;
  EXPECT_FALSE(project(now));
  now.work_done = 0.5;
  now.elapsed_seconds = 59;
  EXPECT_FALSE(project(now));
  now = outlook();
  now.baseline_runs = 2;
  now.baseline_cost = 5;
  EXPECT_FALSE(project(now));
}

TEST(Projection, GoesByProgress) {
  Outlook now = outlook();
  now.work_done = 0.25;
  EXPECT_DOUBLE_EQ(project(now).value(), 2 + 12 * 0.5);  // 30 minutes are left
  now.work_done = 1;
  EXPECT_DOUBLE_EQ(project(now).value(), 2);
}

TEST(Projection, GoesByEarlierRuns) {
  Outlook now = outlook();
  now.baseline_runs = 3;
  now.baseline_cost = 5;
  EXPECT_DOUBLE_EQ(project(now).value(), 5);
  now.paid = 5;  // it is past them, and nothing says how far it has to go
  EXPECT_FALSE(project(now));
}

TEST(Projection, GoesByEarlierDurationsWhereCostIsNotKnown) {
  Outlook now = outlook();
  now.baseline_runs = 3;
  now.baseline_duration_seconds = 900;
  EXPECT_DOUBLE_EQ(project(now).value(), 2 + 12 * 300 / 3600.0);
}

TEST(Projection, TrustsProgressMoreTheFurtherTheRunIs) {
  Outlook now = outlook();
  now.baseline_runs = 3;
  now.baseline_cost = 4;
  now.work_done = 0.25;  // says 8
  EXPECT_DOUBLE_EQ(project(now).value(), 0.5 * 4 + 0.5 * 8);
  now.baseline_cost = 1;
  EXPECT_DOUBLE_EQ(project(now).value(), 8);
  now.baseline_cost = 0;
  EXPECT_DOUBLE_EQ(project(now).value(), 8);
}

TEST(Projection, IsNeverBelowWhatIsPaid) {
  Outlook now = outlook();
  now.paid = 3;
  now.baseline_runs = 3;
  now.baseline_cost = 3.5;
  now.work_done = 1;
  EXPECT_GE(project(now).value(), 3);
}

TEST(Projection, IsWhatWasPaidWhenTheRunIsOver) {
  Outlook now = outlook();
  now.ended = true;
  now.baseline_runs = 3;
  now.baseline_cost = 50;
  EXPECT_EQ(project(now).value(), 2);
}

TEST(Projection, TakesNoAbsurdNumbers) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  for (const double absurd : {kNan, kInfinity, -1.0}) {
    for (double Outlook::*member : {&Outlook::paid, &Outlook::per_hour, &Outlook::elapsed_seconds}) {
      Outlook now = outlook();
      now.work_done = 0.5;
      now.*member = absurd;
      EXPECT_FALSE(project(now));
    }
    Outlook now = outlook();
    now.work_done = absurd;
    now.baseline_runs = 3;
    now.baseline_cost = absurd;
    now.baseline_duration_seconds = absurd;
    EXPECT_FALSE(project(now)) << absurd;
  }
}

}  // namespace
}  // namespace spark_exporter::cost
