#pragma once
// The closed list of troubles that a log tells of, and the texts by which it does: label `signature` of
// spark_log_signatures_total. docs/logs.md says what each means.

#include <bitset>
#include <cstdint>
#include <string_view>

#include "exporter/logs/automaton.hpp"

namespace spark_exporter::logs {

enum class Signature : std::uint8_t {
  kHeapOom,                ///< OutOfMemoryError of a heap that is full, or spent its time on collections
  kMetaspaceOom,           ///< of classes
  kDirectMemoryOom,        ///< of direct buffers
  kNativeMemoryOom,        ///< of what is outside the JVM's areas: threads, malloc, Python
  kExecutionMemoryOom,     ///< Spark could not give an operator the memory that it must have
  kContainerOom,           ///< a pod was killed for memory
  kResultTooLarge,         ///< spark.driver.maxResultSize
  kBroadcastTooLarge,      ///< a table to broadcast
  kMessageTooLarge,        ///< spark.rpc.message.maxSize
  kStackOverflow,          ///< StackOverflowError
  kJvmCrashed,             ///< a fatal error that the JVM itself found
  kExecutorLost,           ///< with tasks on it
  kHeartbeatTimeout,       ///< of an executor, as the driver or the executor itself sees it
  kRpcTimeout,             ///< between Spark's parts
  kConnectionFailed,       ///< refused, reset, no such host
  kFetchFailed,            ///< shuffle data that is lost or cannot be read
  kDiskFull,               ///< no space, or a quota
  kClassNotFound,          ///< a class or a data source that is not on the class path
  kClassConflict,          ///< a class of another version than was compiled against
  kPythonModuleNotFound,   ///< an import
  kPythonWorkerCrashed,    ///< a Python worker ended without a word
  kPathNotFound,           ///< data that is not where it was looked for
  kPermissionDenied,       ///< of files, object stores, the Kubernetes API
  kCredentialsExpired,     ///< tokens, Kerberos tickets
  kObjectStoreThrottled,   ///< S3, Azure, Google: asked too often
  kQuotaExceeded,          ///< Kubernetes' ResourceQuota
  kNoResources,            ///< the job waits, no executor has come
  kStageAborted,           ///< a stage failed for good
  kStreamingQueryFailed,   ///< a streaming query ended with an error
  kListenerEventsDropped,  ///< Spark's listener bus could not keep up: its REST API is wrong
  kPythonTraceback,        ///< an exception in Python code
  kUncaughtException,      ///< a thread of the JVM died of one
};
inline constexpr int kSignatures = static_cast<int>(Signature::kUncaughtException) + 1;
using SignatureSet = std::bitset<kSignatures>;

/// "heap_oom", ...
std::string_view to_string(Signature signature);

/// Finds the texts of all signatures.
const Automaton& automaton();

/// The signatures of a message in which these texts were found, in whatever order.
SignatureSet signatures_of(const NeedleSet& found);

}  // namespace spark_exporter::logs
