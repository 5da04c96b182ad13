// What the golden text of the cost collector does not show.

#include <gtest/gtest.h>

#include "tests/unit/metrics/scene.hpp"

namespace spark_exporter::metrics {
namespace {

using test::fill;
using test::Scene;

TEST(CostCollector, ShowsNothingWithoutPrices) {
  Scene scene;
  fill(scene);
  scene.view().cost = nullptr;
  scene.view().advice = nullptr;
  EXPECT_EQ(scene.text(collect_cost).find("} "), std::string::npos);
  EXPECT_EQ(scene.text(collect_sizing).find("} "), std::string::npos);
}

TEST(CostCollector, KeepsCountersAndEndsGaugesWhenTheDriverIsSilent) {
  Scene scene;
  fill(scene);
  scene.view().fresh = false;
  EXPECT_NE(scene.samples(collect_cost, "spark_job_cost_use_total"), "");
  EXPECT_EQ(scene.samples(collect_cost, "spark_job_cost_unsettled"), "");
  EXPECT_EQ(scene.samples(collect_cost, "spark_price_per_hour"), "");
  scene.cost().final = true;
  scene.cost().totals.unsettled = 0;
  EXPECT_EQ(scene.samples(collect_cost, "spark_job_cost_unsettled"),
            "spark_job_cost_unsettled{RUN,currency=\"EUR\"} 0\n");
}

TEST(CostCollector, ShowsStorageOnceItIsPaidFor) {
  Scene scene;
  fill(scene);
  EXPECT_EQ(scene.samples(collect_cost, "spark_job_cost_total").find("storage"), std::string::npos);
  cost::at(scene.cost().totals.paid[1], cost::Resource::kStorage) = 0.25;
  EXPECT_NE(scene.samples(collect_cost, "spark_job_cost_total")
                .find("component=\"executor\",resource=\"storage\",currency=\"EUR\"} 0.25"),
            std::string::npos);
}

TEST(CostCollector, TellsNobodyTheStatementsOfAServer) {
  Scene scene;
  fill(scene);
  spark::Application application;
  application.id = "spark-1";
  application.name = "Spark Connect server";
  const model::Run server(application, test::at(1000));
  scene.view().run = &server;
  EXPECT_EQ(scene.samples(collect_cost, "spark_job_cost_group_total"), "");
  EXPECT_NE(scene.samples(collect_cost, "spark_job_cost_total"), "");
}

}  // namespace
}  // namespace spark_exporter::metrics
