// Whole logs of real drivers, healthy ones and ones that failed (tests/fixtures/README.md).

#include <gtest/gtest.h>
#include <zlib.h>

#include <array>
#include <stdexcept>
#include <string>

#include "exporter/logs/clues.hpp"
#include "exporter/logs/reader.hpp"
#include "tests/support/fixtures.hpp"

namespace spark_exporter::logs {
namespace {

std::string recorded(const std::string& name) {
  const auto path = std::string(FIXTURES_DIR) + "/logs/" + name + ".log.gz";
  gzFile file = gzopen(path.c_str(), "rb");
  if (file == nullptr) throw std::runtime_error("cannot read " + path);
  std::string text;
  std::array<char, 65536> piece;
  for (int got = gzread(file, piece.data(), piece.size()); got > 0; got = gzread(file, piece.data(), piece.size())) {
    text.append(piece.data(), static_cast<std::size_t>(got));
  }
  gzclose(file);
  return text;
}

struct Read {
  std::string signatures;  ///< their names, in the list's order
  Tally tally;
  outcome::Clues clues;
};

Read read(const std::string& name) {
  Reader reader;
  reader.feed(recorded(name));
  reader.end();
  Read out;
  out.tally = reader.take();
  reader.take_news();
  out.clues = clues_of(reader.failure());
  for (int i = 0; i < kSignatures; ++i) {
    if (out.tally.signatures[static_cast<std::size_t>(i)] == 0) continue;
    out.signatures += (out.signatures.empty() ? "" : " ") + std::string(to_string(static_cast<Signature>(i)));
  }
  return out;
}

std::uint64_t count(const Read& read, Level level) { return read.tally.messages[static_cast<std::size_t>(level)]; }

TEST(Recordings, OfHealthyRunsHaveNoSignature) {
  for (const std::string name : {"3.5.9-healthy", "4.3.0-healthy", "4.3.0-healthy-json"}) {
    const auto log = read(name);
    EXPECT_EQ(log.signatures, "") << name;
    EXPECT_GT(count(log, Level::kInfo), 300U) << name;
    EXPECT_EQ(count(log, Level::kError), 0U) << name;
    EXPECT_EQ(log.clues.text, "") << name;
  }
}

TEST(Recordings, OfFailedRunsHaveThoseOfWhatWasPlanted) {
  const std::string planted =
      "heap_oom executor_lost fetch_failed disk_full path_not_found permission_denied ";
  EXPECT_EQ(read("3.5.9-failing").signatures, planted + "stage_aborted python_traceback");
  EXPECT_EQ(read("4.3.0-failing").signatures, planted + "python_traceback");
  EXPECT_EQ(read("4.3.0-failing-json").signatures, planted + "python_traceback");
  EXPECT_EQ(read("3.5.9-class-missing").signatures, "class_not_found python_traceback");
  EXPECT_EQ(read("4.3.0-class-missing").signatures, "class_not_found python_traceback");
  EXPECT_EQ(read("3.5.9-driver-oom").signatures, "heap_oom uncaught_exception");
  EXPECT_EQ(read("4.3.0-driver-oom").signatures, "heap_oom uncaught_exception");
}

TEST(Recordings, OfFailedRunsSayWhatTheyDiedOf) {
  for (const std::string name : {"3.5.9-failing", "4.3.0-failing", "4.3.0-failing-json"}) {
    EXPECT_EQ(read(name).clues.exception, "ValueError") << name;
  }
  EXPECT_EQ(read("3.5.9-failing").clues.log, outcome::TextClue::kStageAborted);
  EXPECT_EQ(read("4.3.0-failing").clues.text, "ValueError: bad record 42");
  for (const std::string version : {"3.5.9", "4.3.0"}) {
    const auto missing = read(version + "-class-missing").clues;
    EXPECT_EQ(missing.exception, "org.apache.spark.SparkClassNotFoundException");
    EXPECT_NE(missing.text.find("com.example.Missing"), std::string::npos) << missing.text;
    EXPECT_EQ(read(version + "-driver-oom").clues.exception, "java.lang.OutOfMemoryError");
  }
}

TEST(Recordings, HaveTheMessagesThatALineByLineCountFinds) {
  for (const std::string name : {"3.5.9-failing", "4.3.0-failing", "3.5.9-healthy"}) {
    const auto text = recorded(name);
    const auto log = read(name);
    std::array<std::uint64_t, kLevels> expected{};
    for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1) {
      // "26/11/27 06:10:11 INFO "
      if (text.size() - at < 24 || text[at + 2] != '/' || text[at + 14] != ':') continue;
      const auto word = text.substr(at + 18, text.find(' ', at + 18) - at - 18);
      if (word == "INFO") ++expected[static_cast<std::size_t>(Level::kInfo)];
      if (word == "WARN") ++expected[static_cast<std::size_t>(Level::kWarn)];
      if (word == "ERROR") ++expected[static_cast<std::size_t>(Level::kError)];
    }
    EXPECT_EQ(count(log, Level::kInfo), expected[static_cast<std::size_t>(Level::kInfo)]) << name;
    EXPECT_EQ(count(log, Level::kError), expected[static_cast<std::size_t>(Level::kError)]) << name;
    // Java's own "WARNING: Using incubator modules" begins no line with a time.
    EXPECT_LE(count(log, Level::kWarn) - expected[static_cast<std::size_t>(Level::kWarn)], 1U) << name;
  }
}

}  // namespace
}  // namespace spark_exporter::logs
