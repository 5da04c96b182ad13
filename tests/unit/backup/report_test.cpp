// Reports: what is taken, and what is not.

#include "exporter/backup/report.hpp"

#include <gtest/gtest.h>

#include "exporter/common/limits.hpp"
#include "tests/unit/backup/scene.hpp"

namespace spark_exporter::backup::test {
namespace {

TEST(Report, HasAllItsMembers) {
  const auto report = decode_report(
      R"({"backup":"orders","namespace":"etl","kind":"restore","id":"n-7","job":"orders-1","dataset":"orders",)"
      R"("success":true,"started":"2026-11-27T02:00:00Z","ended":1795744860.5,"data_timestamp":1795744000,)"
      R"("size_bytes":1234567,"restore_seconds":41.5,"rpo_seconds":86400,"rto_seconds":3600,"later":{"x":[1]}})");
  ASSERT_TRUE(report) << report.error().what;
  EXPECT_EQ(report->backup, "orders");
  EXPECT_EQ(report->kubernetes_namespace, "etl");
  EXPECT_EQ(report->kind, Kind::kRestore);
  EXPECT_EQ(report->id, "n-7");
  EXPECT_EQ(report->job, "orders-1");
  EXPECT_EQ(report->dataset, "orders");
  EXPECT_EQ(report->success, true);
  EXPECT_EQ(report->started, at("02:00:00"));
  EXPECT_EQ(report->ended, TimePoint{std::chrono::milliseconds{1795744860500}});
  EXPECT_EQ(report->data, TimePoint{std::chrono::seconds{1795744000}});
  EXPECT_EQ(report->size_bytes, 1234567);
  EXPECT_EQ(report->restore_seconds, 41.5);
  EXPECT_EQ(report->rpo, std::chrono::hours{24});
  EXPECT_EQ(report->rto, std::chrono::hours{1});
}

TEST(Report, IsRefusedWithTheMembersName) {
  struct {
    const char* text;
    ErrorKind kind;
    const char* what;
  } const cases[] = {
      {"", ErrorKind::kMalformed, "backup report"},
      {"{\"backup\":", ErrorKind::kMalformed, "backup report"},
      {"[]", ErrorKind::kWrongType, "backup report"},
      {R"({"backup":7})", ErrorKind::kWrongType, "backup:"},
      {"{\"backup\":\"a\\nb\"}", ErrorKind::kWrongType, "backup:"},
      {"{\"backup\":\"a\\u0085b\"}", ErrorKind::kWrongType, "backup:"},
      {R"({"success":"yes"})", ErrorKind::kWrongType, "success:"},
      {R"({"success":1})", ErrorKind::kWrongType, "success:"},
      {R"({"kind":"full"})", ErrorKind::kWrongType, "kind:"},
      {R"({"size_bytes":-1})", ErrorKind::kWrongType, "size_bytes:"},
      {R"({"size_bytes":1e300})", ErrorKind::kWrongType, "size_bytes:"},
      {R"({"restore_seconds":-0.5})", ErrorKind::kWrongType, "restore_seconds:"},
      {R"({"rpo_seconds":0})", ErrorKind::kWrongType, "rpo_seconds:"},
      {R"({"rto_seconds":1e18})", ErrorKind::kWrongType, "rto_seconds:"},
      {R"({"ended":"yesterday"})", ErrorKind::kWrongType, "ended:"},
      {R"({"ended":-1})", ErrorKind::kWrongType, "ended:"},
      {R"({"ended":1e300})", ErrorKind::kWrongType, "ended:"},
      {R"({"data_timestamp":{}})", ErrorKind::kWrongType, "data_timestamp"},
      {R"({"started":200,"ended":100})", ErrorKind::kWrongType, "ended is before started"},
  };
  for (const auto& c : cases) {
    const auto report = decode_report(c.text);
    ASSERT_FALSE(report) << c.text;
    EXPECT_EQ(report.error().kind, c.kind) << c.text << report.error().what;
    EXPECT_NE(report.error().what.find(c.what), std::string::npos) << report.error().what;
  }
}

TEST(Report, HasABoundedSizeAndNamesAreNotCut) {
  const auto of_size = [](std::size_t size) {
    const std::string start = R"({"backup":"a","success":true,"pad":")";
    return start + std::string(size - start.size() - 2, 'x') + "\"}";
  };
  EXPECT_TRUE(decode_report(of_size(limits::kBackupReportBytes)));
  const auto longer = decode_report(of_size(limits::kBackupReportBytes + 1));
  ASSERT_FALSE(longer);
  EXPECT_EQ(longer.error().kind, ErrorKind::kTooLarge);
  const auto named = [](std::size_t size) { return decode_report(R"({"backup":")" + std::string(size, 'n') + "\"}"); };
  EXPECT_EQ(named(limits::kLabelValueBytes)->backup.size(), limits::kLabelValueBytes);
  EXPECT_FALSE(named(limits::kLabelValueBytes + 1));
}

TEST(Report, OfTheFutureIsFoundOut) {
  const auto now = at("12:00:00");
  const auto with = [](const char* member, TimePoint time) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
    return *decode_report("{\"" + std::string(member) + "\":" + std::to_string(seconds) + "}");
  };
  for (const auto* member : {"started", "ended", "data_timestamp"}) {
    EXPECT_EQ(future_member(with(member, now + limits::kBackupClockSkew), now), "") << member;
    EXPECT_EQ(future_member(with(member, now + limits::kBackupClockSkew + std::chrono::seconds{1}), now), member);
  }
}

TEST(Report, MayBeATerminationMessage) {
  EXPECT_TRUE(looks_like_report(" \n{\"size_bytes\":1}"));
  for (const auto* text : {"", "  ", "done", "[1]", "size {"}) EXPECT_FALSE(looks_like_report(text)) << text;
}

}  // namespace
}  // namespace spark_exporter::backup::test
