// What is not JSON is refused with the place and the cause, and nothing is ever thrown.

#include <gtest/gtest.h>

#include <stdexcept>

#include "exporter/common/text.hpp"
#include "tests/support/fixtures.hpp"
#include "tests/unit/spark/decode_support.hpp"

namespace spark_exporter::spark::test {
namespace {

struct Case {
  std::string text;
  std::string what;
};

TEST(DecodeMalformed, NamesTheByteAndTheCause) {
  const Case cases[] = {
      {"", "jobs: byte 0: syntax error while parsing value - unexpected end of input; expected '[', '{', or a literal"},
      {"   ",
       "jobs: byte 3: syntax error while parsing value - unexpected end of input; expected '[', '{', or a literal"},
      {R"([{"jobId":1e400}])", "jobs: byte 16: number overflow parsing '1e400'"},
      {R"([{"jobId":NaN}])", "jobs: byte 11: syntax error while parsing value - invalid literal"},
      {R"([{"jobId":-Infinity}])",
       "jobs: byte 12: syntax error while parsing value - invalid number; expected digit after '-'"},
      {"[{\"name\":\"\xff\"}]",
       "jobs: byte 11: syntax error while parsing value - invalid string: ill-formed UTF-8 byte"},
      {"[{\"unknown\":\"\xc0\x80\"}]",
       "jobs: byte 14: syntax error while parsing value - invalid string: ill-formed UTF-8 byte"},
      {"[{\"name\":\"a\nb\"}]",
       "jobs: byte 12: syntax error while parsing value - invalid string: control character U+000A (LF) must be "
       "escaped "
       "to \\u000A or \\n"},
      {R"([{"name":"\ud83d"}])",
       "jobs: byte 17: syntax error while parsing value - invalid string: surrogate U+D800..U+DBFF must be followed by "
       "U+DC00..U+DFFF"},
      {"[] []", "jobs: byte 4: syntax error while parsing value - unexpected '['; expected end of input"},
      {"[{\"jobId\":1},]",
       "jobs: byte 14: syntax error while parsing value - unexpected ']'; expected '[', '{', or a literal"},
      {"{\"jobId\" 1}",
       "jobs: byte 11: syntax error while parsing object separator - unexpected number literal; expected ':'"},
      {"<html>Spark is starting up.", "jobs: byte 1: syntax error while parsing value - invalid literal"},
  };
  for (const auto& [text, what] : cases) {
    SCOPED_TRACE(text);
    const auto decoded = decode_list(decode_jobs, text);
    ASSERT_FALSE(decoded.report);
    EXPECT_EQ(decoded.report.error().kind, ErrorKind::kMalformed);
    EXPECT_EQ(decoded.report.error().what, what);
  }
}

TEST(DecodeMalformed, TheWholeDocumentIsRefusedByEachDecoder) {
  for (const auto& decoder : all_decoders()) {
    for (const char* text :
         {R"({"unknown":1e400})", "{\"unknown\":\"\xff\"}", R"({"unknown":NaN})", R"({"unknown":1)"}) {
      SCOPED_TRACE(std::string(decoder.name) + text);
      std::istringstream in(text);
      const auto report = decoder.run(in);
      ASSERT_FALSE(report);
      EXPECT_EQ(report.error().kind, ErrorKind::kMalformed);
    }
  }
}

TEST(DecodeMalformed, ErrorsAreShortLinesOfText) {
  const std::string hostile[] = {"[{\"name\":\"" + std::string(100'000, 'x') + "\x01",
                                 "[{\"a\nb\"",
                                 "[" + std::string(1000, '\n') + "}",
                                 "[tru" + std::string(1000, '\x7f'),
                                 std::string(100, '\0'),
                                 "[\"\xed\xa0\x80\"]"};
  for (const auto& text : hostile) {
    const auto decoded = decode_list(decode_jobs, text);
    ASSERT_FALSE(decoded.report);
    const std::string& what = decoded.report.error().what;
    EXPECT_LT(what.size(), 250U);
    EXPECT_EQ(find_invalid_utf8(what), std::string::npos) << what;
    EXPECT_EQ(what.find_first_of("\n\r\t\x01"), std::string::npos) << what;
  }
}

/// Every prefix of a document is refused, but for the closing blanks.
TEST(DecodeMalformed, TruncatedAtEveryByte) {
  const std::string job = spark_exporter::test::fixture("spark-4.3.0/fail/failed-job/applications-APP-jobs.json");
  const std::string executors =
      spark_exporter::test::fixture("spark-3.5.9/lost/before/applications-APP-executors.json");
  const std::string metrics =
      spark_exporter::test::fixture("spark-3.5.9/stream/running/metrics-json.json").substr(0, 3000);
  const auto run = [](const std::string& text, Result<DecodeReport> (*decode)(std::istream&)) {
    for (std::size_t length = 0; length < text.find_last_of("]}"); ++length) {
      std::istringstream in(text.substr(0, length));
      const auto report = decode(in);
      ASSERT_FALSE(report) << length;
      ASSERT_EQ(report.error().kind, ErrorKind::kMalformed) << length;
      ASSERT_NE(report.error().what.find(": byte " + std::to_string(length) + ": "), std::string::npos)
          << report.error().what;
    }
  };
  for (const auto& decoder : all_decoders()) {
    SCOPED_TRACE(decoder.name);
    if (decoder.name == "jobs") run(job, decoder.run);
    if (decoder.name == "executors") run(executors, decoder.run);
    if (decoder.name == "metrics") run(metrics, decoder.run);
  }
}

TEST(DecodeMalformed, OutStaysAsItWas) {
  TaskSummary summary{{0.5}, {7}};
  std::istringstream in(R"({"quantiles":[1],"executorRunTime":[2)");
  EXPECT_FALSE(decode_task_summary(in, summary));
  EXPECT_EQ(summary.executor_run_time, (std::vector<double>{7}));
}

class ThrowingBuffer final : public std::streambuf {
 public:
  explicit ThrowingBuffer(std::string text) : text_(std::move(text)) {
    setg(text_.data(), text_.data(), text_.data() + text_.size());
  }

 protected:
  int_type underflow() override { throw std::runtime_error("connection\nreset"); }

 private:
  std::string text_;
};

TEST(DecodeMalformed, AStreamThatThrowsIsAnError) {
  for (const auto& decoder : all_decoders()) {
    ThrowingBuffer source("[{\"a\":");
    std::istream in(&source);
    const auto report = decoder.run(in);
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().kind, ErrorKind::kIo);
    EXPECT_NE(report.error().what.find("\"connection\\nreset\""), std::string::npos) << report.error().what;
  }
}

TEST(DecodeMalformed, AReceiverThatThrowsIsAnError) {
  std::istringstream in(R"([{"jobId":1}])");
  const Each<Job> each = [](Job&&) { throw std::runtime_error("no"); };
  const auto report = decode_jobs(in, each);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().kind, ErrorKind::kIo);
}

TEST(DecodeMalformed, AStreamWithoutABufferIsEmpty) {
  std::istream in(nullptr);
  const Each<Job> each = [](Job&&) {};
  const auto report = decode_jobs(in, each);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().kind, ErrorKind::kMalformed);
}

/// One byte at a time, as a slow network gives it.
TEST(DecodeMalformed, ChunksDoNotMatter) {
  const std::string text = spark_exporter::test::fixture("spark-3.5.9/healthy/finished/applications-APP-jobs.json");
  const auto whole = decode_list(decode_jobs, text);
  struct Slow final : std::streambuf {
    explicit Slow(const std::string& text) : text_(text) {}
    int_type underflow() override {
      if (next_ == text_.size()) return traits_type::eof();
      current_ = text_[next_++];
      setg(&current_, &current_, &current_ + 1);
      return traits_type::to_int_type(current_);
    }
    const std::string& text_;
    std::size_t next_ = 0;
    char current_ = 0;
  } slow(text);
  std::istream in(&slow);
  std::vector<Job> jobs;
  const Each<Job> each = [&jobs](Job&& job) { jobs.push_back(std::move(job)); };
  const auto report = decode_jobs(in, each);
  ASSERT_TRUE(report);
  ASSERT_EQ(jobs.size(), whole.items.size());
  for (std::size_t i = 0; i < jobs.size(); ++i) EXPECT_EQ(jobs[i].description, whole.items[i].description);
}

}  // namespace
}  // namespace spark_exporter::spark::test
