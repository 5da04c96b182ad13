#include "exporter/logs/clues.hpp"

#include <gtest/gtest.h>

#include <string>

namespace spark_exporter::logs {
namespace {

using outcome::TextClue;

const std::string kFrames = "Traceback (most recent call last):\n  File \"job.py\", line 3, in <module>\n    raise Wrong(x)\n";

outcome::Clues uncaught(const std::string& text) { return clues_of({text, true}); }

TEST(Clues, NameWhatAPythonProgramDiedOf) {
  const auto plain = uncaught(kFrames + "ValueError: bad record 42\n");
  EXPECT_EQ(plain.exception, "ValueError");
  EXPECT_EQ(plain.text, "ValueError: bad record 42");
  EXPECT_EQ(plain.log, TextClue::kNone);

  const auto chained = uncaught(kFrames + "KeyError: 'x'\n\nDuring handling of the above exception, another exception "
                                          "occurred:\n\n" + kFrames + "OSError: [Errno 28] No space left on device\n");
  EXPECT_EQ(chained.exception, "OSError");
  EXPECT_EQ(chained.text, "OSError: [Errno 28] No space left on device");

  const auto cut = uncaught(kFrames);
  EXPECT_EQ(cut.text, "Traceback (most recent call last):");
}

TEST(Clues, LookThroughPy4jAndTheWorkersTraceback) {
  const auto aborted = uncaught(
      kFrames +
      "py4j.protocol.Py4JJavaError: An error occurred while calling o60.collect.\n: org.apache.spark.SparkException: Job "
      "aborted due to stage failure: Task 0 in stage 1.0 failed 4 times, most recent failure: Lost task 0.3 in stage 1.0 "
      "(TID 3) (10.0.0.1 executor 1): ExecutorLostFailure (executor 1 exited caused by one of the running tasks) Reason: "
      "The executor with id 1 exited with exit code 52(JVM OOM)\nDriver stacktrace:\n\tat a.B.c(B.java:1)\n");
  EXPECT_EQ(aborted.log, TextClue::kExecutorOom);
  EXPECT_EQ(aborted.text.substr(0, 35), "org.apache.spark.SparkException: Jo");

  const auto heap = uncaught(kFrames + "py4j.protocol.Py4JJavaError: An error occurred while calling o60.toPandas.\n: "
                                       "java.lang.OutOfMemoryError: Java heap space\n\tat a.B.c(B.java:1)\n");
  EXPECT_EQ(heap.log, TextClue::kHeapOom);
  EXPECT_EQ(heap.exception, "java.lang.OutOfMemoryError");

  const auto worker = uncaught(kFrames + "pyspark.errors.exceptions.captured.PythonException: An exception was thrown from "
                                         "the Python worker:\n" + kFrames + "ValueError: bad record 42\n SQLSTATE: 38000\n");
  EXPECT_EQ(worker.exception, "ValueError");
  EXPECT_EQ(worker.text, "ValueError: bad record 42");
}

TEST(Clues, NameWhatAThreadOfTheJvmDiedOf) {
  const auto clues = uncaught("Exception in thread \"main\" java.lang.ClassNotFoundException: com.example.Job\n\tat x\n");
  EXPECT_EQ(clues.exception, "java.lang.ClassNotFoundException");
  EXPECT_EQ(clues.text, "Exception in thread \"main\" java.lang.ClassNotFoundException: com.example.Job");
  EXPECT_EQ(uncaught("Terminating due to java.lang.OutOfMemoryError: Java heap space\n").log, TextClue::kHeapOom);
}

TEST(Clues, GiveNoCauseForAnErrorThatWasOnlyLogged) {
  const auto clues = clues_of({"26/11/27 06:10:11 ERROR Executor: Exception in task 0.0\njava.lang.OutOfMemoryError: x\n", false});
  EXPECT_EQ(clues.log, TextClue::kNone);
  EXPECT_EQ(clues.exception, "java.lang.OutOfMemoryError");
  EXPECT_EQ(clues.text, "Executor: Exception in task 0.0");
  EXPECT_EQ(clues_of({"ERROR:root:text\n", false}).text, "ERROR:root:text");
  EXPECT_EQ(clues_of({}).text, "");
}

TEST(Clues, OfALogAddWhatSparkLeavesOpen) {
  const outcome::Clues log{TextClue::kNone, TextClue::kHeapOom, "java.lang.OutOfMemoryError", "from the log"};
  outcome::Clues nothing;
  add_clues(log, nothing);
  EXPECT_EQ(nothing.log, TextClue::kHeapOom);
  EXPECT_EQ(nothing.exception, log.exception);
  EXPECT_EQ(nothing.text, log.text);

  outcome::Clues spark{TextClue::kFetchFailed, TextClue::kNone, "a.FetchFailedException", "from Spark"};
  add_clues(log, spark);
  EXPECT_EQ(spark.last_job, TextClue::kFetchFailed);
  EXPECT_EQ(spark.log, TextClue::kHeapOom);
  EXPECT_EQ(spark.exception, "a.FetchFailedException");
  EXPECT_EQ(spark.text, "from Spark");
}

}  // namespace
}  // namespace spark_exporter::logs
