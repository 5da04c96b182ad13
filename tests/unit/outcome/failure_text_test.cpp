// What the texts of failures tell.

#include "exporter/outcome/failure_text.hpp"

#include <gtest/gtest.h>

#include "exporter/common/limits.hpp"

namespace spark_exporter::outcome {
namespace {

TEST(FailureText, Clues) {
  const std::string aborted =
      "Job aborted due to stage failure: Task 3 in stage 7.0 failed 4 times, most recent failure: ";
  const std::pair<std::string, TextClue> cases[] = {
      {"", TextClue::kNone},
      {"ValueError: bad row", TextClue::kNone},
      {aborted + "Lost task 3.3 in stage 7.0: java.lang.ArithmeticException: / by zero", TextClue::kStageAborted},
      {aborted + "Lost task 3.3: java.lang.OutOfMemoryError: Java heap space", TextClue::kExecutorOom},
      {aborted + "ExecutorLostFailure (executor 2 exited caused by one of the running tasks) Reason: The executor with "
                 "id 2 exited with exit code 137(SIGKILL, possible container OOM).",
       TextClue::kExecutorOom},
      {aborted + "ExecutorLostFailure (executor 2 exited unrelated to the running tasks) Reason: exit code 143",
       TextClue::kStageAborted},
      {"ShuffleMapStage 3 (map at x.py:1) has failed the maximum allowable number of times: 4. Most recent failure "
       "reason:\norg.apache.spark.shuffle.MetadataFetchFailedException: Missing an output location",
       TextClue::kFetchFailed},
      {aborted + "FetchFailed(BlockManagerId(1, 10.0.0.1, 7079, None), shuffleId=0", TextClue::kFetchFailed},
      {"org.apache.spark.SparkException: Job aborted.\n\tat org.apache.spark.sql", TextClue::kStageAborted},
      {"py4j.protocol.Py4JJavaError: An error occurred while calling o42.collect.\n: java.lang.OutOfMemoryError: Java "
       "heap space",
       TextClue::kHeapOom},
      {"Message: Forbidden! pods \"x\" is forbidden: exceeded quota: compute, requested: cpu=1",
       TextClue::kQuotaExceeded},
  };
  for (const auto& [text, clue] : cases) EXPECT_EQ(read_clue(text), clue) << text;
}

TEST(FailureText, ExceptionClasses) {
  const std::pair<std::string, std::string> cases[] = {
      {"", ""},
      {"no exception here, ERROR and Error: none, Exception too", ""},
      {"Exception in thread \"main\" org.apache.spark.SparkException: Job aborted\n\tat a.B.c(D.scala:1)",
       "org.apache.spark.SparkException"},
      {"py4j.protocol.Py4JJavaError: An error occurred while calling o42.collect.\n: java.lang.OutOfMemoryError: Java",
       "java.lang.OutOfMemoryError"},
      {"Traceback (most recent call last):\n  File \"job.py\", line 3, in <module>\nValueError: bad", "ValueError"},
      {"org.apache.spark.api.python.PythonException: Traceback:\n  x\nKeyError: 'a'", "KeyError"},
      {"pyspark.errors.exceptions.captured.AnalysisException: [TABLE_OR_VIEW_NOT_FOUND]",
       "pyspark.errors.exceptions.captured.AnalysisException"},
      {"failed: com.example.Outer$InnerException: x", "com.example.Outer$InnerException"},
      {"at com.example.FooException.getMessage(FooException.java:7)", ""},
      {"java.io.FileNotFoundException.", "java.io.FileNotFoundException"},
      {"SystemExit: 3", "SystemExit"},
      {".Exception ..Error ...", ""},
      {std::string(limits::kLabelValueBytes, 'a') + ".SomeError java.io.IOException", "java.io.IOException"},
  };
  for (const auto& [text, name] : cases) EXPECT_EQ(exception_class(text), name) << text;
}

TEST(FailureText, ReadsABoundedPartOfIt) {
  const std::string filler(16 * 1024, ' ');
  EXPECT_EQ(exception_class(filler + "java.io.IOException"), "");
  EXPECT_EQ(read_clue(filler + "java.lang.OutOfMemoryError"), TextClue::kNone);
  EXPECT_EQ(exception_class(std::string(1 << 20, '.')), "");
}

TEST(FailureText, FirstLine) {
  const std::pair<std::string, std::string> cases[] = {
      {"", ""},
      {" \n\t\r\n", ""},
      {"one", "one"},
      {"\n\n  one \r\ntwo", "one"},
      {"one\rtwo", "one"},
      {std::string(300, 'x'), std::string(200, 'x')},
      {"jdbc:db?password=hunter2 refused", "jdbc:db?password=*** refused"},
      {std::string(190, 'x') + " https://ann:hunter2@db/", std::string(190, 'x') + " https://*"},
  };
  for (const auto& [text, line] : cases) EXPECT_EQ(first_line(text), line);
}

}  // namespace
}  // namespace spark_exporter::outcome
