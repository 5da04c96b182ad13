// Since when data is without a backup, by who writes it.

#include <gtest/gtest.h>

#include "tests/unit/backup/scene.hpp"

namespace spark_exporter::backup::test {
namespace {

constexpr char kDataset[] = R"("spark-exporter.io/dataset":"orders")";

/// A backup whose data is of 02:00:05.
class Protected : public testing::Test {
 protected:
  Protected() { scene.list({{.annotations = kDataset}}, {{.ended = "02:30:00"}}); }

  static Writer writer(const std::vector<std::string>& written, const std::string& known_since = "2026-11-01T00:00:00Z",
                       const std::string& datasets = "orders") {
    Writer writer{"etl", "nightly", datasets, {}, at(known_since), false};
    for (const auto& time : written) writer.written.push_back(at(time));
    return writer;
  }

  Scene scene{"12:00:00"};
};

TEST_F(Protected, WithoutAWriterByTheClock) {
  EXPECT_EQ(scene.only().unprotected_since, at("02:00:05"));
  EXPECT_EQ(scene.only({writer({"01:00:00"}, "2026-11-01T00:00:00Z", "others")}).unprotected_since, at("02:00:05"));
}

TEST_F(Protected, NothingIsLostWhereNothingWasWrittenSince) {
  EXPECT_EQ(scene.only({writer({"2026-11-26T22:00:00Z", "02:00:05"})}).unprotected_since, std::nullopt);
}

TEST_F(Protected, FromTheFirstWriteOnThatIsNotInIt) {
  EXPECT_EQ(scene.only({writer({"01:00:00", "05:00:00", "08:00:00"})}).unprotected_since, at("05:00:00"));
  // A run that ended while the backup ran may be in it by half.
  Scene other("12:00:00");
  other.list({{.annotations = kDataset}}, {{.ended = "02:30:00"}});
  EXPECT_EQ(other.only({writer({"02:10:00"})}).unprotected_since, at("02:10:00"));
}

TEST_F(Protected, TheFirstOfAllWriters) {
  auto other = writer({"04:00:00"}, "2026-11-01T00:00:00Z", "customers, etl/orders");
  other.kubernetes_namespace = "crm";
  EXPECT_EQ(scene.only({writer({"05:00:00"}), other}).unprotected_since, at("04:00:00"));
  Scene same("12:00:00");
  same.list({{.annotations = kDataset}}, {{.ended = "02:30:00"}});
  other.datasets = "orders";  // those of another namespace
  EXPECT_EQ(same.only({writer({"05:00:00"}), other}).unprotected_since, at("05:00:00"));
}

TEST_F(Protected, ByTheClockWhereNotAllWritesAreKnown) {
  auto unknown = writer({"05:00:00"}, "03:00:00");
  EXPECT_EQ(scene.only({unknown}).unprotected_since, at("02:00:05"));
  unknown.known_since.reset();
  EXPECT_EQ(scene.only({unknown}).unprotected_since, at("02:00:05"));
  auto endless = writer({});
  endless.is_endless = true;
  EXPECT_EQ(scene.only({endless}).unprotected_since, at("02:00:05"));
  // Once they are, they count.
  EXPECT_EQ(scene.only({writer({"05:00:00"})}).unprotected_since, at("05:00:00"));
}

TEST_F(Protected, AWriteThatWasFoundStaysUntilABackupHasIt) {
  EXPECT_EQ(scene.only({writer({"05:00:00"})}).unprotected_since, at("05:00:00"));
  // The record of the job's runs is not endless.
  EXPECT_EQ(scene.only({writer({"09:00:00", "10:00:00"}, "09:00:00")}).unprotected_since, at("05:00:00"));
  EXPECT_EQ(scene.only().unprotected_since, at("05:00:00"));
  scene.put(JobText{.name = "orders-2", .started = "11:00:00", .ended = "11:30:00"});
  EXPECT_EQ(scene.only({writer({"09:00:00", "10:00:00"}, "09:00:00")}).unprotected_since, std::nullopt);
}

TEST_F(Protected, TheDataThatWasReportedCounts) {
  ASSERT_TRUE(scene.report(R"({"backup":"orders","job":"orders-1","success":true,)"
                           R"("data_timestamp":"2026-11-26T20:00:00Z"})"));
  EXPECT_EQ(scene.only().data, at("2026-11-26T20:00:00Z"));
  EXPECT_EQ(scene.only().unprotected_since, at("2026-11-26T20:00:00Z")) << "a fresh backup of old data";
  EXPECT_EQ(scene.only({writer({"01:00:00"})}).unprotected_since, at("01:00:00"));
}

TEST_F(Protected, NoBackupHoldsWhatWasWrittenAfterItsEnd) {
  ASSERT_TRUE(scene.report(R"({"backup":"orders","job":"orders-1","success":true,)"
                           R"("data_timestamp":"2026-11-27T11:59:00Z"})"));
  EXPECT_EQ(scene.only().data, at("02:30:00"));
}

TEST(Unprotected, IsNothingWithoutABackup) {
  Scene scene;
  scene.list({{.annotations = kDataset}}, {{.ended = "02:30:00", .failed = true}});
  EXPECT_EQ(scene.only().unprotected_since, std::nullopt) << "that none ever succeeded is another alert";
}

}  // namespace
}  // namespace spark_exporter::backup::test
