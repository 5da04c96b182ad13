#include "exporter/logs/reader.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "exporter/logs/limits.hpp"

namespace spark_exporter::logs {
namespace {

std::uint64_t count(const Tally& tally, Level level) { return tally.messages[static_cast<std::size_t>(level)]; }
std::uint64_t count(const Tally& tally, Signature signature) {
  return tally.signatures[static_cast<std::size_t>(signature)];
}

/// The levels and signatures that are not 0, as one text.
std::string show(const Tally& tally) {
  std::string text;
  for (int i = 0; i < kLevels; ++i) {
    const auto level = static_cast<Level>(i);
    if (count(tally, level) > 0) text += std::string(to_string(level)) + '=' + std::to_string(count(tally, level)) + ' ';
  }
  for (int i = 0; i < kSignatures; ++i) {
    const auto signature = static_cast<Signature>(i);
    if (count(tally, signature) == 0) continue;
    text += std::string(to_string(signature)) + '=' + std::to_string(count(tally, signature)) + ' ';
  }
  if (tally.skipped_bytes > 0) text += "skipped=" + std::to_string(tally.skipped_bytes) + ' ';
  if (!text.empty()) text.pop_back();
  return text;
}

std::string read(std::string_view log) {
  Reader reader;
  reader.feed(log);
  reader.end();
  return show(reader.take());
}

const std::string kInfo = "26/11/27 06:10:11 INFO DAGScheduler: ";
const std::string kWarn = "26/11/27 06:10:12 WARN TaskSetManager: ";
const std::string kError = "26/11/27 06:10:13 ERROR TaskSetManager: ";
const std::string kOomTrace =
    "java.lang.OutOfMemoryError: Java heap space\n\tat a.B.c(B.java:1)\nCaused by: java.lang.OutOfMemoryError: Java heap "
    "space\n\t... 3 more\n";

TEST(Reader, CountsAMessageOfManyLinesOnce) {
  EXPECT_EQ(read(kWarn + "Lost task 0.0\n" + kOomTrace + "\n" + kOomTrace + kInfo + "next\n"), "info=1 warn=1 heap_oom=1");
  EXPECT_EQ(read(kWarn + "x\n" + kOomTrace + kWarn + "x\n" + kOomTrace), "warn=2 heap_oom=2");
}

TEST(Reader, LooksForTwoTextsInOneMessageInWhateverOrderAndLine) {
  EXPECT_EQ(read(kError + "x\n\"Java heap space\"\n\tjava.lang.OutOfMemoryError\n"), "error=1 heap_oom=1");
  EXPECT_EQ(read(kError + "java.lang.OutOfMemoryError\n" + kError + "Java heap space\n"), "error=2");
}

TEST(Reader, PassesOverMessagesAtInfoWithAllTheirLines) {
  EXPECT_EQ(read(kInfo + "No space left on device\n\tjava.io.IOException: No space left on device\nNo space left\n"),
            "info=1");
  // What the JVM and Python say past any logger is no more of it.
  EXPECT_EQ(read(kInfo + "x\njava.lang.OutOfMemoryError: Java heap space\nDumping heap to java_pid1.hprof ...\n"),
            "info=1 none=1 heap_oom=1");
  EXPECT_EQ(read(kInfo + "x\nTerminating due to java.lang.OutOfMemoryError: Metaspace\n"), "info=1 none=1 metaspace_oom=1");
  EXPECT_EQ(read(kInfo + "x\nException in thread \"main\" java.lang.StackOverflowError\n\tat a.B.c(B.java:1)\n"),
            "info=1 none=1 stack_overflow=1 uncaught_exception=1");
}

TEST(Reader, TakesTextWithoutALevelForAMessage) {
  EXPECT_EQ(read("/opt/entrypoint.sh: line 3: /opt/spark/bin/x: Permission denied\n" + kInfo + "x\n"),
            "info=1 none=1 permission_denied=1");
  EXPECT_EQ(read("\n  indented\n"), "none=1");
  EXPECT_EQ(read("no newline at the end"), "none=1");
  EXPECT_EQ(read(""), "");
  EXPECT_EQ(read("MemoryError\n"), "none=1 native_memory_oom=1");  // at the margin
  EXPECT_EQ(read("x MemoryError\n"), "none=1");
}

const std::string kFrames = "Traceback (most recent call last):\n  File \"job.py\", line 3, in <module>\n    main()\n";

TEST(Reader, CountsATracebackOnceWithThoseItIsChainedTo) {
  const std::string chain = kFrames + "KeyError: 'x'\n\nDuring handling of the above exception, another exception occurred:\n\n";
  EXPECT_EQ(read(kInfo + "x\n" + chain + kFrames + "ValueError: y\n"), "info=1 none=1 python_traceback=1");
  EXPECT_EQ(read(kFrames + "ValueError: y\n" + kFrames + "ValueError: y\n"), "none=2 python_traceback=2");
  // A worker's, in the message of a lost task.
  EXPECT_EQ(read(kWarn + "Lost task 0.0: org.apache.spark.api.python.PythonException: " + chain + kFrames + "ValueError: y\n"),
            "warn=1 python_traceback=1");
  EXPECT_EQ(read(kFrames + "pyspark.errors.exceptions.captured.PythonException: An exception was thrown from the Python "
                           "worker:\n" + kFrames + "ValueError: y\n"),
            "none=1 python_traceback=1");
}

TEST(Reader, EndsAMessageWithoutALevelAfterSomeLinesAtTheMargin) {
  std::string log = "disk: No space left on device\n";
  for (std::size_t i = 0; i < limits::kLogMarginLines; ++i) log += "a line that the program printed\n";
  EXPECT_EQ(read(log + "disk: No space left on device\n"), "none=2 disk_full=2");
  log.erase(0, log.find('\n') + 1);
  EXPECT_EQ(read(log + "disk: No space left on device\n"), "none=1 disk_full=1");
  // A stack trace is at no margin, however long it is.
  std::string trace = kError + "x\njava.lang.StackOverflowError\n";
  for (int i = 0; i < 5000; ++i) trace += "\tat a.B.c(B.java:1)\n";
  EXPECT_EQ(read(trace + "Caused by: java.lang.StackOverflowError\n"), "error=1 stack_overflow=1");
}

TEST(Reader, CountsTheSameWhateverThePieces) {
  const std::string long_line = kError + std::string(3 * limits::kLogHeadBytes, 'x') + " No space left on device";
  const std::string log = kInfo + "x\r\n" + kWarn + "Lost executor 1\n" + kOomTrace + long_line + "\n" + kFrames +
                          "OSError: [Errno 28] No space left on device\n{\"level\":\"WARN\",\"msg\":\"FetchFailed\"}\n" +
                          kInfo + std::string(2 * limits::kLogHeadBytes, 'y') + "No space left on device\nlast";
  const auto whole = read(log);
  EXPECT_EQ(whole, "info=2 warn=2 error=1 none=1 heap_oom=1 executor_lost=1 fetch_failed=1 disk_full=2 python_traceback=1");
  std::mt19937 random(5);
  for (const std::size_t most : {1U, 2U, 3U, 7U, 100U, 4096U, 4097U, 10000U}) {
    Reader reader;
    for (std::size_t at = 0; at < log.size();) {
      const auto size = 1 + random() % most;
      reader.feed(std::string_view(log).substr(at, size));
      at += size;
    }
    reader.end();
    EXPECT_EQ(show(reader.take()), whole) << most;
  }
}

TEST(Reader, HoldsOfALineNoMoreThanItsHead) {
  for (const std::size_t size : {limits::kLogHeadBytes - 1, limits::kLogHeadBytes, limits::kLogHeadBytes + 1}) {
    const std::string line = kError + std::string(size - kError.size() - 11, 'x') + "FetchFailed";
    ASSERT_EQ(line.size(), size);
    Reader reader;
    for (const char c : line) reader.feed({&c, 1});
    EXPECT_EQ(show(reader.take()), "");
    reader.feed("\n");
    EXPECT_EQ(show(reader.take()), "error=1 fetch_failed=1") << size;
  }
  // 10 MB in one line, then one that is as usual.
  Reader reader;
  const std::string piece(64 * 1024, 'x');
  reader.feed(kError);
  for (int i = 0; i < 160; ++i) reader.feed(piece);
  reader.feed("No space left on dev");
  reader.feed("ice\n" + kInfo + "x\n");
  EXPECT_EQ(show(reader.take()), "info=1 error=1 disk_full=1");
}

TEST(Reader, CountsNothingOfALineThatBreaksOff) {
  Reader reader;
  reader.feed(kInfo + "x\n" + kError + "Lost executor 1");
  EXPECT_EQ(reader.partial_bytes(), kError.size() + 15);
  reader.drop_partial();
  reader.feed(kError + "Lost executor 1\n");
  EXPECT_EQ(show(reader.take()), "info=1 error=1 executor_lost=1");
  const std::string long_line = kError + std::string(2 * limits::kLogHeadBytes, 'x') + "Lost executor 1";
  reader.feed(long_line);
  reader.drop_partial();
  reader.feed(long_line + "\n");
  EXPECT_EQ(show(reader.take()), "error=1 executor_lost=1");
}

TEST(Reader, GoesOnAfterAGapAtTheNextLine) {
  Reader reader;
  reader.feed(kError + "x\n");
  reader.skip(1000);
  reader.feed("te Lost executor 1\n  Lost executor 2\n" + kInfo + "x\n");
  EXPECT_EQ(show(reader.take()), "info=1 error=1 none=1 executor_lost=1 skipped=1000");
}

TEST(Reader, TakesAnyBytes) {
  std::mt19937 random(3);
  std::string noise(1'000'000, ' ');
  for (char& c : noise) c = static_cast<char>(random());
  Reader reader;
  reader.feed(noise + "\n" + kError + "FetchFailed\n");
  const auto tally = reader.take();
  EXPECT_EQ(count(tally, Signature::kFetchFailed), 1U);
  EXPECT_EQ(count(tally, Level::kError), 1U);
}

TEST(Reader, KeepsWhatTellsBestHowTheProgramFailed) {
  Reader reader;
  reader.feed(kError + "first\njava.io.IOException: a\n" + kError + "aborting job\n" + kInfo + "x\n");
  EXPECT_TRUE(reader.take_news());
  EXPECT_EQ(reader.failure().text, kError + "first\njava.io.IOException: a\n");  // it names an exception
  EXPECT_FALSE(reader.take_news());
  reader.feed(kError + "later\njava.io.IOException: b\n");
  EXPECT_TRUE(reader.take_news());
  EXPECT_EQ(reader.failure().text, kError + "later\njava.io.IOException: b\n");
  reader.feed(kFrames + "ValueError: y\n");
  EXPECT_TRUE(reader.take_news());
  EXPECT_TRUE(reader.failure().uncaught);
  // What is logged while the program goes down, and spark-submit's own word for it, say less.
  reader.feed(kError + "stopping\njava.io.IOException: c\n" +
              "Exception in thread \"main\" org.apache.spark.SparkUserAppException: User application exited with 1\n" + kInfo +
              "x\n");
  EXPECT_FALSE(reader.take_news());
  EXPECT_EQ(reader.failure().text, kFrames + "ValueError: y\n");
}

TEST(Reader, KeepsOfAFailureSoMuch) {
  const auto kept = [](std::size_t size) {
    Reader reader;
    reader.feed("Exception in thread \"main\" " + std::string(size, 'x') + "\n");
    reader.take_news();
    return reader.failure().text.size();
  };
  const std::size_t begin = std::string_view("Exception in thread \"main\" ").size();
  EXPECT_EQ(kept(limits::kLogEvidenceBytes - begin - 1), limits::kLogEvidenceBytes);
  EXPECT_EQ(kept(limits::kLogEvidenceBytes - begin), limits::kLogEvidenceBytes);
  EXPECT_EQ(kept(limits::kLogEvidenceBytes), limits::kLogEvidenceBytes);
}

}  // namespace
}  // namespace spark_exporter::logs
