// A run's last words: what is written comes back, whatever the size allowed; what strangers send does no harm.

#include "exporter/outcome/last_words.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <random>

#include "exporter/common/limits.hpp"
#include "exporter/common/text.hpp"

namespace spark_exporter::outcome {
namespace {

TimePoint at(std::int64_t millis) { return TimePoint{std::chrono::milliseconds{millis}}; }

LastWordsMessage full_message() {
  LastWordsMessage message;
  message.kubernetes_namespace = "etl";
  message.pod = "nightly-driver";
  message.pod_uid = "6f0c8a53-6c6f-4c8e-8a2e-0a6f9a5d8a11";
  message.app = "nightly";
  message.app_from = "label";
  message.app_id = "spark-6f0c8a536c6f4c8e8a2e0a6f9a5d8a11";
  message.kind = Kind::kStreaming;
  message.spark_version = "4.3.0";
  message.verdict.state = State::kFailed;
  message.verdict.reason = Reason::kStageAborted;
  message.verdict.confidence = Confidence::kCertain;
  message.verdict.exit_code = 1;
  message.verdict.exception = "org.apache.spark.SparkException";
  message.verdict.evidence = "exit code 1: \"Job aborted\"";
  message.verdict.started = at(1763899200123);
  message.verdict.ended = at(1763899300999);
  message.submitted = at(1763899100000);
  message.input_bytes = 123456789012.0;
  message.cost.emplace();
  message.cost->currency = "EUR";
  cost::at(message.cost->used, cost::Use::kTaskOk) = 1.5;
  cost::at(message.cost->used, cost::Use::kIdle) = 0.125;
  message.advice = {"spark.executor.instances=2", -0.25};
  return message;
}

void expect_same(const LastWordsMessage& a, const LastWordsMessage& b) {
  EXPECT_EQ(a.kubernetes_namespace, b.kubernetes_namespace);
  EXPECT_EQ(a.pod, b.pod);
  EXPECT_EQ(a.pod_uid, b.pod_uid);
  EXPECT_EQ(a.app, b.app);
  EXPECT_EQ(a.app_from, b.app_from);
  EXPECT_EQ(a.app_id, b.app_id);
  EXPECT_EQ(a.kind, b.kind);
  EXPECT_EQ(a.spark_version, b.spark_version);
  EXPECT_EQ(a.verdict.state, b.verdict.state);
  EXPECT_EQ(a.verdict.reason, b.verdict.reason);
  EXPECT_EQ(a.verdict.confidence, b.verdict.confidence);
  EXPECT_EQ(a.verdict.exit_code, b.verdict.exit_code);
  EXPECT_EQ(a.verdict.exception, b.verdict.exception);
  EXPECT_EQ(a.verdict.evidence, b.verdict.evidence);
  EXPECT_EQ(a.verdict.started, b.verdict.started);
  EXPECT_EQ(a.verdict.ended, b.verdict.ended);
  EXPECT_EQ(a.submitted, b.submitted);
  EXPECT_EQ(a.input_bytes, b.input_bytes);
  EXPECT_EQ(a.cost, b.cost);
  EXPECT_EQ(a.advice, b.advice);
}

LastWordsMessage decoded(std::string_view text) {
  auto message = decode_last_words(text);
  EXPECT_TRUE(message) << (message ? "" : message.error().what) << "\n" << text;
  return message ? *message : LastWordsMessage{};
}

/// With the members that must be there, and `rest`.
std::string with(const std::string& rest) {
  return R"({"spark_exporter":1,"namespace":"a","pod":"b","outcome":"failed")" + rest + "}";
}

// --- what is written ---------------------------------------------------------------------------

TEST(LastWords, TheDocumentedForm) {
  EXPECT_EQ(encode(full_message(), 4096),
            R"({"spark_exporter":1,"namespace":"etl","pod":"nightly-driver",)"
            R"("pod_uid":"6f0c8a53-6c6f-4c8e-8a2e-0a6f9a5d8a11","app":"nightly","app_from":"label",)"
            R"("app_id":"spark-6f0c8a536c6f4c8e8a2e0a6f9a5d8a11","kind":"streaming","spark_version":"4.3.0",)"
            R"("outcome":"failed","reason":"StageAborted","confidence":"certain","exit_code":1,)"
            R"("exception":"org.apache.spark.SparkException","text":"exit code 1: \"Job aborted\"",)"
            R"("submitted":1763899100.000,"started":1763899200.123,"ended":1763899300.999,)"
            R"("input_bytes":123456789012,"cost_currency":"EUR","cost_task_ok":1.5,"cost_idle":0.125,)"
            R"("advice":"spark.executor.instances=2","saving_ratio":-0.25})");
}

TEST(LastWords, WhatIsNotKnownIsLeftOut) {
  LastWordsMessage message;
  message.kubernetes_namespace = "a";
  message.pod = "b";
  message.verdict.state = State::kSucceeded;
  const auto text = encode(message, 4096);
  EXPECT_EQ(text, R"({"spark_exporter":1,"namespace":"a","pod":"b","kind":"batch","outcome":"succeeded"})");
  expect_same(decoded(text), message);
}

TEST(LastWords, ComeBackAsTheyWere) { expect_same(decoded(encode(full_message(), 4096)), full_message()); }

/// Characters of one to four bytes, quotes and backslashes; no control characters, which become blanks.
std::string random_text(std::mt19937& random, std::size_t most) {
  constexpr std::array<const char*, 8> kPieces{"a", "Z",        "\"",           "\\",
                                               " ", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x94\xA5"};
  std::string text;
  const std::size_t wanted = std::uniform_int_distribution<std::size_t>(0, most)(random);
  while (text.size() + 4 <= wanted) text += kPieces[random() % kPieces.size()];
  return text;
}

LastWordsMessage random_message(std::mt19937& random) {
  LastWordsMessage message;
  message.kubernetes_namespace = "n" + random_text(random, 70);
  message.pod = "p" + random_text(random, 260);
  message.pod_uid = random_text(random, 64);
  message.app = random_text(random, 200);
  message.app_from = random_text(random, 20);
  message.app_id = random_text(random, 60);
  message.kind = static_cast<Kind>(random() % 3);
  message.spark_version = random_text(random, 20);
  message.verdict.state = static_cast<State>(random() % kStates);
  message.verdict.reason = static_cast<Reason>(random() % kReasons);
  message.verdict.confidence = static_cast<Confidence>(random() % 3);
  if (random() % 2 == 0) message.verdict.exit_code = static_cast<std::int64_t>(random()) - (1LL << 31);
  message.verdict.exception = random_text(random, limits::kLabelValueBytes);
  message.verdict.evidence = random_text(random, limits::kTextBytes);
  if (random() % 2 == 0) message.verdict.started = at(static_cast<std::int64_t>(random() * 997));
  if (random() % 2 == 0) message.verdict.ended = at(static_cast<std::int64_t>(random() * 991));
  if (random() % 2 == 0) message.submitted = at(static_cast<std::int64_t>(random() * 983));
  if (random() % 2 == 0) message.input_bytes = static_cast<double>(random()) * 1e12 / 3;
  if (random() % 2 == 0) {
    message.cost.emplace();
    message.cost->currency = "USD";
    for (double& money : message.cost->used) money = static_cast<double>(random() % 80'000) / 8;
  }
  return message;
}

TEST(LastWords, AnyComeBackAsTheyWere) {
  std::mt19937 random(20251123);
  for (int i = 0; i < 2000; ++i) {
    const auto message = random_message(random);
    expect_same(decoded(encode(message, limits::kLastWordsBytes)), message);
    if (testing::Test::HasFailure()) FAIL() << i;
  }
}

std::vector<intake::QualityResult> validations(std::size_t count) {
  std::vector<intake::QualityResult> results;
  for (std::size_t i = 0; i < count; ++i) {
    intake::QualityResult result;
    result.id = "id" + std::to_string(i);
    result.tool = "dbt";
    result.dataset = "sales.orders\"" + std::to_string(i);
    result.suite = "nightly";
    result.time = at(1763899200123);
    intake::count(result.checks, intake::CheckOutcome::kFailed) = i + 1;
    result.not_passed = {{"not_null", "customer_id", intake::CheckOutcome::kFailed, "13 of 1200 rows"}};
    result.rows = 1200.0;
    result.quarantined_rows = 13;
    results.push_back(std::move(result));
  }
  return results;
}

TEST(LastWords, TellOfDatasetsAsManyAsFit) {
  auto message = full_message();
  message.quality = validations(2);
  const auto text = encode(message, 4096);
  EXPECT_EQ(decoded(text).quality, message.quality);
  expect_same(decoded(text), message);
  message.quality = validations(100);
  const auto many = decoded(encode(message, 4096)).quality;
  ASSERT_GT(many.size(), 2U);
  ASSERT_LT(many.size(), 20U);
  for (std::size_t i = 0; i < many.size(); ++i) EXPECT_EQ(many[i], message.quality[i]) << "the first ones";
}

TEST(LastWords, DatasetsMakeRoomBeforeTheCostDoes) {
  auto message = full_message();
  const auto bare = encode(message, 4096).size();
  message.quality = validations(5);
  const auto tight = decoded(encode(message, bare + 300));
  EXPECT_EQ(tight.quality.size(), 1U);
  EXPECT_TRUE(tight.cost);
  message.verdict.evidence.clear();
  for (std::size_t most = 512; most < 3000; most += 13) EXPECT_LE(encode(message, most).size(), most);
}

TEST(LastWords, DatasetsThatCannotBeReadTakeNothingElseWithThem) {
  auto text = encode(full_message(), 4096);
  text.insert(1, R"("quality":[{"dataset":7}],)");
  const auto message = decode_last_words(text);
  ASSERT_TRUE(message);
  EXPECT_TRUE(message->quality.empty());
  EXPECT_EQ(message->verdict.state, State::kFailed);
}

TEST(LastWords, AnySizeIsKept) {
  std::mt19937 random(4);
  for (int i = 0; i < 2000; ++i) {
    auto message = random_message(random);
    message.kubernetes_namespace = "etl";
    message.pod.resize(1);
    const std::size_t whole = encode(message, limits::kLastWordsBytes).size();
    for (const std::size_t most : {std::size_t{0}, std::size_t{512}, 513 + random() % 2000, whole - 1, whole}) {
      const auto text = encode(message, most);
      ASSERT_LE(text.size(), std::max<std::size_t>(most, 512)) << text;
      ASSERT_EQ(text.size() == whole, most >= whole || whole <= 512) << text;
      const auto found = decoded(text);
      ASSERT_EQ(found.pod, message.pod);
      ASSERT_EQ(found.pod_uid, message.pod_uid);
      ASSERT_EQ(found.verdict.state, message.verdict.state);
      ASSERT_EQ(found.verdict.reason, message.verdict.reason);
      ASSERT_TRUE(message.verdict.evidence.starts_with(found.verdict.evidence));
    }
  }
}

TEST(LastWords, TextsGoBeforeAllElse) {
  auto message = full_message();
  const std::size_t without_text = encode(message, 4096).size() - message.verdict.evidence.size();
  message.verdict.evidence = std::string(limits::kTextBytes, 'x');
  const auto text = encode(message, without_text + 100);
  EXPECT_EQ(text.size(), without_text + 100);
  auto expected = message;
  expected.verdict.evidence = decoded(text).verdict.evidence;
  EXPECT_GT(expected.verdict.evidence.size(), 90U);
  expect_same(decoded(text), expected);
}

TEST(LastWords, TheLongestNamesFitTheLeastSize) {
  auto message = full_message();
  message.kubernetes_namespace = std::string(63, 'n');
  message.pod = std::string(253, 'p');
  message.verdict.reason = Reason::kDriverJavaHeapOom;
  message.verdict.evidence = std::string(1000, 'x');
  const auto text = encode(message, 0);
  EXPECT_LE(text.size(), 512U);
  const auto found = decoded(text);
  EXPECT_EQ(found.kubernetes_namespace, message.kubernetes_namespace);
  EXPECT_EQ(found.pod, message.pod);
  EXPECT_EQ(found.pod_uid, message.pod_uid);
  EXPECT_EQ(found.verdict.reason, message.verdict.reason);
  EXPECT_EQ(found.verdict.confidence, message.verdict.confidence);
}

TEST(LastWords, NamesThatAreNoneAreCut) {
  auto message = full_message();
  for (auto* text : {&message.kubernetes_namespace, &message.pod, &message.pod_uid, &message.app, &message.app_id}) {
    *text = std::string(5000, '\x01');
  }
  const auto text = encode(message, 512);
  EXPECT_LE(text.size(), 512U);
  EXPECT_EQ(decoded(text).verdict.state, State::kFailed);
}

TEST(LastWords, BytesThatAreNoTextAreReplaced) {
  auto message = full_message();
  message.verdict.evidence = "bad \xFF\xC0 byte\nand\ttwo lines \x1B[31m";
  message.app = "\xE2\x82";
  const auto text = encode(message, 4096);
  EXPECT_EQ(find_invalid_utf8(text), std::string::npos);
  EXPECT_TRUE(std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }));
  EXPECT_EQ(decoded(text).verdict.evidence, "bad \xEF\xBF\xBD\xEF\xBF\xBD byte and two lines  [31m");
}

TEST(LastWords, NumbersThatAreNoneAreLeftOut) {
  for (const double number : {std::nan(""), std::numeric_limits<double>::infinity()}) {
    auto message = full_message();
    message.input_bytes = number;
    message.submitted = at(-1);
    const auto found = decoded(encode(message, 4096));
    EXPECT_EQ(found.input_bytes, std::nullopt);
    EXPECT_EQ(found.submitted, std::nullopt);
  }
}

// --- what is read ------------------------------------------------------------------------------

TEST(LastWords, UnknownMembersAreIgnored) {
  const auto found = decoded(R"({"new":{"namespace":"x","list":[1,{"pod":"y"}]},)" + with("").substr(1));
  EXPECT_EQ(found.kubernetes_namespace, "a");
  EXPECT_EQ(found.pod, "b");
  EXPECT_EQ(found.verdict.state, State::kFailed);
}

TEST(LastWords, ALaterVersionsWordsAreUnderstood) {
  const auto found =
      decoded(R"({"spark_exporter":2,"namespace":"a","pod":"b","outcome":"failed","reason":"Meteor","kind":"poem",)"
              R"("confidence":"so-so","exit_code":null})");
  EXPECT_EQ(found.verdict.reason, Reason::kUnknown);
  EXPECT_EQ(found.kind, Kind::kBatch);
  EXPECT_EQ(found.verdict.confidence, Confidence::kNone);
  EXPECT_EQ(found.verdict.exit_code, std::nullopt);
}

TEST(LastWords, ErrorsNameTheMember) {
  struct {
    std::string text;
    ErrorKind kind;
    const char* what;
  } const cases[] = {
      {"", ErrorKind::kMalformed, "last words"},
      {"Traceback", ErrorKind::kMalformed, "last words"},
      {with("").substr(0, 40), ErrorKind::kMalformed, "last words"},
      {with("") + "x", ErrorKind::kMalformed, "last words"},
      {"[]", ErrorKind::kWrongType, "object"},
      {"7", ErrorKind::kWrongType, "object"},
      {"{}", ErrorKind::kMalformed, "namespace"},
      {R"({"pod":"b","outcome":"failed"})", ErrorKind::kMalformed, "namespace"},
      {R"({"namespace":"a","outcome":"failed"})", ErrorKind::kMalformed, "pod"},
      {R"({"namespace":"a","pod":"","outcome":"failed"})", ErrorKind::kMalformed, "pod"},
      {R"({"namespace":"a","pod":"b"})", ErrorKind::kMalformed, "outcome"},
      {R"({"namespace":"a","pod":"b","outcome":null})", ErrorKind::kMalformed, "outcome"},
      {R"({"namespace":"a","pod":"b","outcome":"great"})", ErrorKind::kWrongType, "outcome"},
      {with(R"(,"app":7)"), ErrorKind::kWrongType, "app"},
      {with(R"(,"exit_code":"1")"), ErrorKind::kWrongType, "exit_code"},
      {with(R"(,"exit_code":1.5)"), ErrorKind::kWrongType, "exit_code"},
      {with(R"(,"ended":-1)"), ErrorKind::kWrongType, "ended"},
      {with(R"(,"ended":1e300)"), ErrorKind::kWrongType, "ended"},
      {with(R"(,"submitted":"now")"), ErrorKind::kWrongType, "submitted"},
      {with(R"(,"input_bytes":-1)"), ErrorKind::kWrongType, "input_bytes"},
      {with(R"(,"cost_idle":-1)"), ErrorKind::kWrongType, "cost_idle"},
      {with(R"(,"cost_gc":1e300)"), ErrorKind::kWrongType, "cost_gc"},
      {with(R"(,"cost_driver":"1")"), ErrorKind::kWrongType, "cost_driver"},
      {with(R"(,"cost_currency":"euro")"), ErrorKind::kWrongType, "cost_currency"},
      {with(R"(,"advice":["x"])"), ErrorKind::kWrongType, "advice"},
      {with(R"(,"saving_ratio":1.5)"), ErrorKind::kWrongType, "saving_ratio"},
      {with(R"(,"text":["x"])"), ErrorKind::kWrongType, "text"},
      {with(R"(,"spark_exporter":"1")"), ErrorKind::kWrongType, "spark_exporter"},
      {with(R"(,"x":)" + std::string(100, '[') + std::string(100, ']')), ErrorKind::kTooLarge, "deeper"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    const auto found = decode_last_words(c.text);
    ASSERT_TRUE(found.has_error());
    EXPECT_EQ(found.error().kind, c.kind) << found.error().what;
    EXPECT_NE(found.error().what.find(c.what), std::string::npos) << found.error().what;
  }
}

TEST(LastWords, ACostIsWholeOrLeftOut) {
  LastWordsMessage message = full_message();
  message.cost->used.fill(12345.678901234);
  for (std::size_t most = 512; most < 1'500; ++most) {
    const auto found = decoded(encode(message, most));
    if (!found.cost) continue;
    for (const double money : found.cost->used) ASSERT_NEAR(money, 12345.678901234, 1e-4) << most;
  }
  EXPECT_FALSE(decoded(encode(message, 512)).cost);
  EXPECT_TRUE(decoded(encode(message, 4096)).cost);
  EXPECT_FALSE(decoded(with(R"(,"cost_idle":1)")).cost) << "of no currency";
}

TEST(LastWords, SizeIsBounded) {
  const auto padded = [](std::size_t size) {
    const std::size_t frame = with(R"(,"x":"")").size();
    return with(R"(,"x":")" + std::string(size - frame, 'x') + '"');
  };
  EXPECT_TRUE(decode_last_words(padded(limits::kLastWordsBytes)));
  const auto found = decode_last_words(padded(limits::kLastWordsBytes + 1));
  ASSERT_TRUE(found.has_error());
  EXPECT_EQ(found.error().kind, ErrorKind::kTooLarge);
}

TEST(LastWords, TextsAreCut) {
  struct {
    const char* name;
    std::size_t limit;
    std::string (*read)(const LastWordsMessage&);
  } const cases[] = {
      {"app", limits::kTextBytes, [](const LastWordsMessage& m) { return m.app; }},
      {"app_id", limits::kTextBytes, [](const LastWordsMessage& m) { return m.app_id; }},
      {"pod_uid", limits::kTextBytes, [](const LastWordsMessage& m) { return m.pod_uid; }},
      {"text", limits::kTextBytes, [](const LastWordsMessage& m) { return m.verdict.evidence; }},
      {"exception", limits::kLabelValueBytes, [](const LastWordsMessage& m) { return m.verdict.exception; }},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const auto read = [&c](const std::string& text) {
      return c.read(decoded(with(",\"" + std::string(c.name) + "\":\"" + text + '"')));
    };
    const std::string most(c.limit, 'x');
    EXPECT_EQ(read(most), most);
    EXPECT_EQ(read(most + "y"), most);
    EXPECT_EQ(read(most.substr(1) + "\xE2\x82\xAC"), most.substr(1));
  }
}

TEST(LastWords, TimesAreBounded) {
  EXPECT_EQ(decoded(with(R"(,"ended":0)")).verdict.ended, at(0));
  EXPECT_EQ(decoded(with(R"(,"ended":253402300799)")).verdict.ended, at(253402300799000));
  EXPECT_TRUE(decode_last_words(with(R"(,"ended":253402300800)")).has_error());
}

TEST(LastWords, DamageDoesNoHarm) {
  std::mt19937 random(7);
  const auto whole = encode(full_message(), 4096);
  for (int i = 0; i < 20000; ++i) {
    auto text = whole;
    for (auto n = 1 + random() % 4; n > 0; --n) text[random() % text.size()] = static_cast<char>(random());
    if (random() % 2 == 0) text.resize(random() % text.size());
    const auto found = decode_last_words(text);
    if (found.has_error()) {
      EXPECT_EQ(find_invalid_utf8(found.error().what), std::string::npos);
      continue;
    }
    EXPECT_FALSE(found->pod.empty());
    EXPECT_EQ(find_invalid_utf8(found->verdict.evidence), std::string::npos);
  }
}

TEST(LastWords, Looks) {
  EXPECT_TRUE(looks_like_last_words(encode(full_message(), 512)));
  EXPECT_TRUE(looks_like_last_words("\n { \"spark_exporter\" : 1}"));
  for (const auto text : {"", " ", "{", "{}", "Traceback", R"({"spark_exporter")", R"({"spark_exporters":1})",
                          R"({"x":{"spark_exporter":1}})", R"("spark_exporter":1)"}) {
    EXPECT_FALSE(looks_like_last_words(text)) << text;
  }
}

TEST(LastWords, Evidence) {
  const auto evidence = to_evidence(full_message());
  EXPECT_EQ(evidence.state, State::kFailed);
  EXPECT_EQ(evidence.reason, Reason::kStageAborted);
  EXPECT_EQ(evidence.exit_code, 1);
  EXPECT_EQ(evidence.exception, "org.apache.spark.SparkException");
  EXPECT_EQ(evidence.text, "exit code 1: \"Job aborted\"");
}

}  // namespace
}  // namespace spark_exporter::outcome
