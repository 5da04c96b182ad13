// Validations as Great Expectations, dbt and we write them: what is read of each, and what nobody may be made to
// believe.

#include "exporter/intake/quality_decode.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "exporter/common/text.hpp"
#include "exporter/intake/limits.hpp"

namespace spark_exporter::intake {
namespace {

std::string fixture(const std::string& name) {
  std::ifstream file(std::string(FIXTURES_DIR) + "/quality/" + name);
  EXPECT_TRUE(file) << name;
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

QualityResult one(std::string_view text, const QualityNames& names = {}) {
  auto document = decode_quality(text, "body", names);
  EXPECT_TRUE(document) << (document ? "" : document.error().what);
  if (!document) return {};
  EXPECT_EQ(document->results.size(), 1U);
  return document->results.empty() ? QualityResult{} : document->results.front();
}

Error failure(std::string_view text, const QualityNames& names = {}) {
  const auto document = decode_quality(text, "body", names);
  EXPECT_FALSE(document) << text.substr(0, 100);
  return document ? Error{ErrorKind::kIo, ""} : document.error();
}

double seconds(const std::optional<TimePoint>& time) {
  return time ? std::chrono::duration<double>(time->time_since_epoch()).count() : -1;
}

const QualityCheck* find(const QualityResult& result, const std::string& name, const std::string& column = "") {
  for (const auto& check : result.not_passed) {
    if (check.name == name && (column.empty() || check.column == column)) return &check;
  }
  return nullptr;
}

// --- Great Expectations ------------------------------------------------------------------------

/// Six rows with planted faults: two nulls in customer_id, order_id 4 twice, one amount below zero and one NaN, a
/// column that is not there (two checks), data that is too old.
void expect_the_planted_faults(const QualityResult& result) {
  EXPECT_EQ(result.tool, "great_expectations");
  EXPECT_FALSE(result.success);
  EXPECT_EQ(count(result.checks, CheckOutcome::kPassed), 2U);
  EXPECT_EQ(count(result.checks, CheckOutcome::kFailed), 5U);
  EXPECT_EQ(count(result.checks, CheckOutcome::kErrored), 1U);
  EXPECT_EQ(result.evaluated(), 8U);
  EXPECT_EQ(result.violations(), 6U);
  EXPECT_EQ(result.rows, 6);
  const auto* nulls = find(result, "expect_column_values_to_not_be_null", "customer_id");
  ASSERT_NE(nulls, nullptr);
  EXPECT_EQ(nulls->detail, "2 of 6 unexpected");
  const auto* missing = find(result, "expect_column_values_to_not_be_null", "also_not_there");
  ASSERT_NE(missing, nullptr);
  EXPECT_EQ(missing->outcome, CheckOutcome::kErrored);
  ASSERT_TRUE(result.null_ratios.contains("customer_id"));
  EXPECT_DOUBLE_EQ(result.null_ratios.at("customer_id"), 2.0 / 6);
  EXPECT_EQ(result.missing_columns, std::vector<std::string>{"nope"});
  EXPECT_EQ(result.latest_data, parse_quality_time("2026-11-26T06:30:00Z"));
}

TEST(GreatExpectations, ReadsAValidationOf018) {
  const auto result = one(fixture("ge-0.18.22-validation.json"));
  expect_the_planted_faults(result);
  EXPECT_EQ(result.dataset, "sales.orders");
  EXPECT_EQ(result.suite, "nightly");
  EXPECT_EQ(result.time, parse_quality_time("20261127T061005.625047Z"));
  EXPECT_EQ(result.id.size(), 32U);
  // missing_percent of checks about other things.
  EXPECT_DOUBLE_EQ(result.null_ratios.at("amount"), 1.0 / 6);
  EXPECT_DOUBLE_EQ(result.null_ratios.at("order_id"), 0);
}

TEST(GreatExpectations, ReadsAValidationOf1) {
  const auto result = one(fixture("ge-1.9.0-validation.json"));
  expect_the_planted_faults(result);
  EXPECT_EQ(result.dataset, "sales.orders");
  EXPECT_EQ(result.suite, "nightly");
  EXPECT_EQ(result.time, parse_quality_time("2026-11-27T06:09:50.415508+00:00"));
}

TEST(GreatExpectations, ReadsACheckpointOfBoth) {
  for (const char* name : {"ge-0.18.22-checkpoint.json", "ge-1.9.0-checkpoint.json"}) {
    SCOPED_TRACE(name);
    const auto result = one(fixture(name));
    expect_the_planted_faults(result);
    EXPECT_EQ(result.dataset, "sales.orders");
    EXPECT_EQ(result.suite, "nightly");
    EXPECT_FALSE(result.id.empty());
  }
}

TEST(GreatExpectations, ReadsEachValidationOfACheckpointByItself) {
  const std::string validation =
      R"({"results":[{"success":true,"expectation_config":{"type":"expect_table_row_count_to_equal",
          "kwargs":{"batch_id":"lake-a"}},"result":{"observed_value":3},
          "exception_info":{"raised_exception":false,"exception_message":null}}],"success":true,
          "meta":{"active_batch_definition":{"data_asset_name":"NAME"},"validation_time":"2026-11-27T06:00:00Z"}})";
  auto other = validation;
  other.replace(other.find("NAME"), 4, "b");
  other.replace(other.find("\"observed_value\":3"), 18, "\"observed_value\":7");
  auto first = validation;
  first.replace(first.find("NAME"), 4, "a");
  const auto document = decode_quality(R"({"run_results":{"k1":)" + first + R"(,"k2":)" + other + "}}", "body");
  ASSERT_TRUE(document) << document.error().what;
  ASSERT_EQ(document->results.size(), 2U);
  EXPECT_EQ(document->results[0].dataset, "a");
  EXPECT_EQ(document->results[0].rows, 3);
  EXPECT_EQ(document->results[1].dataset, "b");
  EXPECT_EQ(document->results[1].rows, 7);
  EXPECT_EQ(document->results[1].evaluated(), 1U);
  EXPECT_NE(document->results[0].id, document->results[1].id);
}

TEST(GreatExpectations, TheSameValidationHasTheSameIdAloneAndInItsCheckpoint) {
  const auto validation = fixture("ge-1.9.0-validation.json");
  const auto alone = one(validation);
  EXPECT_EQ(alone.id, one(validation).id);
  EXPECT_EQ(alone.id, one(R"({"run_results":{"ValidationResultIdentifier::x":)" + validation + "}}").id);
  EXPECT_NE(alone.id, one(fixture("ge-0.18.22-validation.json")).id);
}

TEST(GreatExpectations, ReadsWhatDescribeSays) {
  for (const char* name : {"ge-1.9.0-validation-described.json", "ge-1.9.0-checkpoint-described.json"}) {
    SCOPED_TRACE(name);
    const auto result = one(fixture(name), {"", "nightly"});
    EXPECT_EQ(result.dataset, "lake-sales.orders") << "the batch: the asset is not told";
    EXPECT_EQ(result.suite, "nightly");
    EXPECT_EQ(result.violations(), 6U);
    EXPECT_EQ(result.rows, 6);
    EXPECT_EQ(result.id, "") << "no time: nobody can tell it from the next one";
  }
}

TEST(GreatExpectations, CountsWhatItsStatisticsSayWhereOnlyFailuresAreListed) {
  const auto result = one(R"({"success":false,"results":[{"success":false,"expectation_config":{"expectation_type":
      "expect_column_to_exist","kwargs":{"column":"a","batch_id":"x"}},"result":{},"exception_info":{}}],
      "statistics":{"evaluated_expectations":10,"successful_expectations":9,"unsuccessful_expectations":1}})");
  EXPECT_EQ(count(result.checks, CheckOutcome::kPassed), 9U);
  EXPECT_EQ(count(result.checks, CheckOutcome::kFailed), 1U);
}

TEST(GreatExpectations, TakesPythonsNumbersThatJsonDoesNotHave) {
  const auto result = one(R"({"success":true,"results":[{"success":true,"expectation_config":{"type":
      "expect_column_mean_to_be_between","kwargs":{"column":"NaN, -Infinity","batch_id":"x"}},
      "result":{"observed_value":NaN,"element_count":5,"missing_count":-Infinity,"unexpected_count":Infinity},
      "exception_info":{"raised_exception":false}}],"statistics":{"successful_expectations":1}})");
  EXPECT_EQ(count(result.checks, CheckOutcome::kPassed), 1U);
  EXPECT_EQ(result.rows, 5);
}

TEST(GreatExpectations, AWarningIsNoFailure) {
  const auto result = one(R"({"success":true,"results":[{"success":false,"expectation_config":{"type":"a","kwargs":
      {"batch_id":"x"},"severity":"warning"},"result":{}}]})");
  EXPECT_EQ(count(result.checks, CheckOutcome::kWarned), 1U);
  EXPECT_EQ(result.violations(), 1U);
  EXPECT_TRUE(result.success);
}

// --- dbt ---------------------------------------------------------------------------------------

std::string dbt(const std::string& results) {
  return R"({"metadata":{"dbt_schema_version":"https://schemas.getdbt.com/dbt/run-results/v6.json",
      "generated_at":"2026-11-27T05:00:00.123456Z","invocation_id":"7f1c"},"results":[)" +
         results + R"(],"elapsed_time":1.5,"args":{}})";
}

TEST(Dbt, ReadsItsTestsAsOneValidation) {
  const auto result = one(dbt(
      R"({"status":"success","unique_id":"model.shop.orders","failures":null,"message":"OK"},
         {"status":"pass","unique_id":"test.shop.unique_orders_id.3f","failures":0},
         {"status":"fail","unique_id":"test.shop.not_null_orders_customer.5d","failures":13,"message":"Got 13 results"},
         {"status":"warn","unique_id":"test.shop.recent.1","failures":1},
         {"status":"error","unique_id":"test.shop.broken.2","failures":null,"message":"no such table"},
         {"status":"skipped","unique_id":"test.shop.later.3","failures":null})"));
  EXPECT_EQ(result.tool, "dbt");
  EXPECT_EQ(result.dataset, "shop");
  EXPECT_EQ(result.suite, "dbt");
  EXPECT_EQ(seconds(result.time), 1795755600.123);
  EXPECT_EQ(result.checks, (CheckCounts{1, 1, 1, 1, 1}));
  EXPECT_FALSE(result.success);
  EXPECT_EQ(find(result, "not_null_orders_customer")->detail, "13 rows failed");
  EXPECT_EQ(find(result, "broken")->detail, "no such table");
  EXPECT_NE(result.id, "");
}

TEST(Dbt, AModelThatFailedIsAFailure) {
  const auto result = one(dbt(R"({"status":"error","unique_id":"model.shop.orders","message":"syntax"})"));
  EXPECT_FALSE(result.success);
  EXPECT_EQ(count(result.checks, CheckOutcome::kErrored), 1U);
  EXPECT_EQ(result.dataset, "shop");
}

TEST(Dbt, IsNamedByTheSender) {
  const auto result = one(dbt(R"({"status":"pass","unique_id":"test.shop.a.1"})"), {"warehouse.orders", "daily"});
  EXPECT_EQ(result.dataset, "warehouse.orders");
  EXPECT_EQ(result.suite, "daily");
}

TEST(Dbt, ReadsARealResult) {
  const auto result = one(fixture("dbt-1.9-run_results.json"));
  EXPECT_EQ(result.tool, "dbt");
  EXPECT_EQ(result.dataset, "shop");
  EXPECT_EQ(count(result.checks, CheckOutcome::kPassed), 1U);
  EXPECT_EQ(count(result.checks, CheckOutcome::kFailed), 2U);
  EXPECT_EQ(count(result.checks, CheckOutcome::kWarned), 1U);
  EXPECT_EQ(find(result, "not_null_orders_customer_id")->detail, "2 rows failed");
}

// --- our own -----------------------------------------------------------------------------------

constexpr char kOwn[] = R"({"id":"run-7","dataset":"sales.orders","suite":"gates","time":1795755600.5,"success":false,
    "checks":[{"name":"row_count","outcome":"passed"},{"name":"schema","outcome":"failed","detail":"missing: tax"},
              {"name":"nulls","column":"customer_id","success":false,"detail":"2 of 6"},{"name":"later","outcome":"skipped"}],
    "rows":6,"quarantined_rows":2,"latest_data_time":"2026-11-26T06:30:00Z","null_ratios":{"customer_id":0.25,"id":0},
    "schema":{"missing":["tax"]},"later_versions":{"may":["say more"]}})";

TEST(OwnForm, IsReadInFull) {
  const auto result = one(kOwn);
  EXPECT_EQ(result.id, "run-7");
  EXPECT_EQ(result.tool, "spark_exporter");
  EXPECT_EQ(result.dataset, "sales.orders");
  EXPECT_EQ(result.suite, "gates");
  EXPECT_EQ(seconds(result.time), 1795755600.5);
  EXPECT_EQ(result.checks, (CheckCounts{1, 2, 0, 0, 1}));
  EXPECT_EQ(find(result, "nulls")->column, "customer_id");
  EXPECT_EQ(find(result, "schema")->detail, "missing: tax");
  EXPECT_EQ(result.rows, 6);
  EXPECT_EQ(result.quarantined_rows, 2U);
  EXPECT_EQ(result.latest_data, parse_quality_time("2026-11-26 06:30:00"));
  EXPECT_EQ(result.null_ratios, (std::map<std::string, double>{{"customer_id", 0.25}, {"id", 0}}));
  EXPECT_EQ(result.missing_columns, std::vector<std::string>{"tax"});
}

TEST(OwnForm, NeedsNoMoreThanADataset) {
  const auto result = one(R"({"dataset":"a"})");
  EXPECT_TRUE(result.success);
  EXPECT_EQ(result.suite, "default");
  EXPECT_EQ(result.id, "");
  EXPECT_EQ(result.evaluated(), 0U);
  EXPECT_FALSE(one(R"({"dataset":"a","checks":[{"name":"x","outcome":"errored"}]})").success);
  EXPECT_TRUE(one(R"({"dataset":"a","success":true,"checks":[{"name":"x","outcome":"failed"}]})").success)
      << "who sends it decides";
}

TEST(OwnForm, IsReadAsAListToo) {
  const auto document = decode_quality(R"([{"dataset":"a","rows":1},{"dataset":"b","rows":2}])", "body");
  ASSERT_TRUE(document);
  ASSERT_EQ(document->results.size(), 2U);
  EXPECT_EQ(document->results[1].dataset, "b");
  EXPECT_EQ(document->results[1].rows, 2);
}

TEST(OwnForm, IsWrittenAndReadAgain) {
  const auto result = one(kOwn);
  EXPECT_EQ(one(encode_quality(result)), result);
  auto foreign = one(fixture("ge-1.9.0-validation.json"));
  EXPECT_EQ(one(encode_quality(foreign)), foreign);
  const auto brief = one(encode_quality(foreign, QualityDetail::kBrief));
  EXPECT_EQ(brief.checks, foreign.checks);
  EXPECT_EQ(brief.id, foreign.id);
  EXPECT_EQ(brief.not_passed.size(), 3U);
  EXPECT_TRUE(brief.null_ratios.empty());
}

TEST(OwnForm, NamesTheFieldThatIsWrong) {
  const auto wrong = [](const std::string& member) { return failure(R"({"dataset":"a",)" + member + "}"); };
  const std::pair<const char*, const char*> cases[] = {
      {R"("rows":"6")", "body.rows: string \"6\" where a number of rows is documented"},
      {R"("rows":-1)", "body.rows: number -1 where a number of rows is documented"},
      {R"("quarantined_rows":1.5)", "body.quarantined_rows"},
      {R"("success":1)", "body.success"},
      {R"("time":"yesterday")", "body.time: string \"yesterday\" where a time is documented"},
      {R"("time":-5)", "body.time"},
      {R"("null_ratios":{"c":1.5})", "body.null_ratios.\"c\""},
      {R"("null_ratios":[1])", "body.null_ratios"},
      {R"("checks":[{"name":"a","outcome":"passed"},{"name":"b","outcome":"good"}])", "body.checks[1].outcome"},
      {R"("checks":{"a":1})", "body.checks"},
      {R"("counts":{"good":1})", "body.counts"},
      {R"("id":7)", "body.id"},
  };
  for (const auto& [member, place] : cases) {
    const auto error = wrong(member);
    EXPECT_EQ(error.kind, ErrorKind::kWrongType) << member;
    EXPECT_TRUE(error.what.starts_with(place)) << error.what;
  }
}

// --- bad input ---------------------------------------------------------------------------------

TEST(BadQuality, IsNoneOfTheForms) {
  for (const char* text : {"{}", "[]", "[{}]", R"({"success":true})", R"({"results":[]})", R"({"metadata":{}})"}) {
    EXPECT_EQ(failure(text).kind, ErrorKind::kMalformed) << text;
  }
  EXPECT_EQ(failure(R"({"rows":1})").what, "body: no dataset: name it in the document or by ?dataset=");
  EXPECT_EQ(one(R"({"rows":1})", {"named", ""}).dataset, "named");
  EXPECT_EQ(failure("7").kind, ErrorKind::kWrongType);
  EXPECT_EQ(failure("").kind, ErrorKind::kMalformed);
}

/// However a writer breaks off, nothing of it is taken.
TEST(BadQuality, BrokenOffAnywhereIsNothing) {
  for (const auto& whole : {fixture("ge-0.18.22-checkpoint.json"), std::string(kOwn)}) {
    for (std::size_t length = 0; length < whole.find_last_of('}'); length += 7) {
      const auto error = failure(std::string_view(whole).substr(0, length));
      EXPECT_EQ(error.kind, ErrorKind::kMalformed) << length;
    }
  }
}

TEST(BadQuality, WrongEncodings) {
  EXPECT_EQ(failure("{\"dataset\":\"caf\xE9\"}").kind, ErrorKind::kMalformed) << "Latin-1";
  std::string utf16 = "\xFF\xFE";
  for (const char c : std::string(R"({"dataset":"a"})")) utf16 += std::string{c, '\0'};
  EXPECT_EQ(failure(utf16).kind, ErrorKind::kMalformed);
  EXPECT_EQ(one("\xEF\xBB\xBF{\"dataset\":\"caf\xC3\xA9\"}").dataset, "caf\xC3\xA9") << "UTF-8 with its mark";
}

TEST(BadQuality, HostileNamesBecomeOneShortLine) {
  const auto result = one(R"({"dataset":"a\n# HELP x\u0000\u0007\u009b","suite":")" + std::string(5000, 's') +
                          R"(","null_ratios":{"\"}\n":0.5},"checks":[{"name":"<script>","outcome":"failed","detail":"a\nb"}]})");
  EXPECT_EQ(result.dataset, "a # HELP x   ");
  EXPECT_EQ(result.suite.size(), limits::kLabelValueBytes);
  EXPECT_TRUE(result.null_ratios.contains("\"} "));
  EXPECT_EQ(result.not_passed[0].detail, "a b");
}

TEST(BadQuality, SecretsInDetailsAreTakenOut) {
  const auto result = one(R"({"dataset":"a","checks":[{"name":"x","outcome":"errored",
      "detail":"cannot reach jdbc:postgresql://etl:hunter2@db/x password=hunter2"}]})");
  EXPECT_EQ(result.not_passed[0].detail.find("hunter2"), std::string::npos) << result.not_passed[0].detail;
}

TEST(BadQuality, ThousandsOfColumnsShareOther) {
  std::string columns;
  for (int i = 0; i < 5'000; ++i) {
    columns += (i > 0 ? ",\"c" : "\"c") + std::to_string(i) + "\":" + (i % 1000 == 0 ? "0.9" : "0.1");
  }
  const auto result = one(R"({"dataset":"wide","null_ratios":{)" + columns + "}}");
  EXPECT_EQ(result.null_ratios.size(), limits::kQualityColumns);
  EXPECT_EQ(result.columns_left_out, 5'000 - (limits::kQualityColumns - 1));
  for (const char* worst : {"c0", "c1000", "c4000"}) EXPECT_EQ(result.null_ratios.at(worst), 0.9);
  EXPECT_EQ(result.null_ratios.at("other"), 0.1);
  EXPECT_EQ(one(encode_quality(result)), result);
}

TEST(BadQuality, KeepsABoundedNumberOfChecksAndCountsAll) {
  std::string checks;
  for (int i = 0; i < 1'000; ++i) {
    checks += std::string(i > 0 ? "," : "") + R"({"name":"c)" + std::to_string(i) + R"(","outcome":"failed"})";
  }
  const auto result = one(R"({"dataset":"a","checks":[)" + checks + "]}");
  EXPECT_EQ(result.violations(), 1'000U);
  EXPECT_EQ(result.not_passed.size(), limits::kQualityChecksKept);
  EXPECT_EQ(one(encode_quality(result)), result);
}

std::string many(std::size_t results) {
  std::string list = "[";
  for (std::size_t i = 0; i < results; ++i) list += (i > 0 ? ",{\"dataset\":\"d" : "{\"dataset\":\"d") + std::to_string(i) + "\"}";
  return list + ']';
}

TEST(BadQuality, AsManyValidationsAsAreTakenAndOneMore) {
  const auto most = decode_quality(many(limits::kQualityResults), "body");
  ASSERT_TRUE(most) << most.error().what;
  EXPECT_EQ(most->results.size(), limits::kQualityResults);
  EXPECT_EQ(failure(many(limits::kQualityResults + 1)).kind, ErrorKind::kTooLarge);
}

/// A document of many megabytes that never ends, made as it is read.
class Endless final : public std::streambuf {
 public:
  explicit Endless(std::uint64_t bytes) : left_(bytes) {}

 protected:
  int_type underflow() override {
    if (left_ == 0) return traits_type::eof();
    const std::string_view text = started_ ? kMore : kBegin;
    started_ = true;
    left_ -= std::min<std::uint64_t>(left_, text.size());
    buffer_ = text;
    setg(buffer_.data(), buffer_.data(), buffer_.data() + buffer_.size());
    return traits_type::to_int_type(buffer_[0]);
  }

 private:
  static constexpr std::string_view kBegin =
      R"({"success":false,"results":[{"success":false,"expectation_config":{"type":"expect_column_values_to_be_unique",
          "kwargs":{"column":"id","batch_id":"lake-huge"}},"result":{"element_count":9,"unexpected_list":[0)";
  static constexpr std::string_view kMore = ",12345678,12345679,12345680,12345681,12345682,12345683,12345684";
  std::uint64_t left_;
  bool started_ = false;
  std::string buffer_;
};

TEST(BadQuality, AListOfMegabytesThatNobodyAskedForIsPassedOver) {
  Endless endless(20 << 20);
  std::istream in(&endless);
  const auto document = decode_quality(in, "body");
  ASSERT_FALSE(document);
  EXPECT_EQ(document.error().kind, ErrorKind::kMalformed) << document.error().what;
  EXPECT_NE(document.error().what.find("byte 2"), std::string::npos) << document.error().what;
}

TEST(QualityTime, IsReadInItsForms) {
  const auto at = parse_quality_time("2026-11-27T06:10:05.625Z");
  ASSERT_TRUE(at);
  for (const char* same : {"20261127T061005.625047Z", "2026-11-27T06:10:05.625", "2026-11-27 06:10:05.625",
                           "2026-11-27T08:10:05.6250+02:00", "2026-11-27T01:10:05.625-0500"}) {
    EXPECT_EQ(parse_quality_time(same), at) << same;
  }
  EXPECT_EQ(parse_quality_time("2026-11-27"), parse_quality_time("2026-11-27T00:00:00Z"));
  for (const char* none : {"", "2026", "2026-13-01", "2026-11-27T", "2026-11-27T25:00:00", "2026-11-27T06:10:05.Z",
                           "2026-11-27T06:10:05ZZ", "1969-12-31", "27.11.2026", "2026-11-27T06:10:05+2"}) {
    EXPECT_FALSE(parse_quality_time(none)) << none;
  }
}

}  // namespace
}  // namespace spark_exporter::intake
