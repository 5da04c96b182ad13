#pragma once
// What the texts of a failure tell: a stage's failureReason, a container's termination message, the operator's
// errorMessage, a log. Free text, so it only ever makes a reason more precise; it decides no outcome.

#include <string>
#include <string_view>

namespace spark_exporter::outcome {

/// What a text says about the cause, the most telling first.
enum class TextClue {
  kNone,
  kExecutorOom,    ///< a stage was aborted because executors were lost to memory, or ran out of it
  kFetchFailed,    ///< a stage was aborted because shuffle data was lost
  kStageAborted,   ///< a stage was aborted for another cause
  kHeapOom,        ///< OutOfMemoryError with no stage in it: the JVM that wrote it
  kQuotaExceeded,  ///< the API server refused a pod
};

/// Reads the first kilobytes of `text`.
TextClue read_clue(std::string_view text);

/// A Java or Python class name of the first exception that is no mere wrapper (Py4JJavaError, PythonException,
/// SparkException around another), "" if there is none; at most limits::kLabelValueBytes.
std::string exception_class(std::string_view text);

/// The first line that is not blank, without its blanks and what looks like a secret, at most 200 bytes; may hold any
/// byte.
std::string first_line(std::string_view text);

}  // namespace spark_exporter::outcome
