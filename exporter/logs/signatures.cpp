// Each row is one way in which a message tells of its trouble: by a text, or by two that it must both have (JSON layouts
// take an exception's class and its message apart). The texts are those of Spark 3.5 and 4.x, the JDK, CPython and
// Hadoop's connectors; none of them is in a message of a run that goes well.

#include "exporter/logs/signatures.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace spark_exporter::logs {
namespace {

struct Row {
  Signature signature;
  std::string_view text;
  std::string_view other{};
};

constexpr std::string_view kOom = "java.lang.OutOfMemoryError";

constexpr auto kRows = std::to_array<Row>({
    {Signature::kHeapOom, kOom, "Java heap space"},
    {Signature::kHeapOom, kOom, "GC overhead limit exceeded"},
    {Signature::kHeapOom, kOom, "Requested array size exceeds VM limit"},
    {Signature::kMetaspaceOom, kOom, "Metaspace"},
    {Signature::kMetaspaceOom, kOom, "Compressed class space"},
    {Signature::kDirectMemoryOom, kOom, "irect buffer memory"},  // JDK 8 writes Direct, later ones direct
    {Signature::kDirectMemoryOom, "OutOfDirectMemoryError"},     // Netty
    {Signature::kNativeMemoryOom, kOom, "unable to create"},     // "(new) native thread"
    {Signature::kNativeMemoryOom, "insufficient memory for the Java Runtime"},
    {Signature::kNativeMemoryOom, "Cannot allocate memory"},
    {Signature::kNativeMemoryOom, "std::bad_alloc"},
    {Signature::kNativeMemoryOom, "\nMemoryError"},  // Python's, at the margin
    {Signature::kExecutionMemoryOom, "SparkOutOfMemoryError"},
    {Signature::kExecutionMemoryOom, "UNABLE_TO_ACQUIRE_MEMORY"},
    {Signature::kContainerOom, "OOMKilled"},
    {Signature::kContainerOom, "possible container OOM"},
    {Signature::kContainerOom, "exceeding memory limits"},
    {Signature::kResultTooLarge, "is bigger than spark.driver.maxResultSize"},
    {Signature::kResultTooLarge, "is bigger than local result size limit"},
    {Signature::kBroadcastTooLarge, "Cannot broadcast the table"},
    {Signature::kBroadcastTooLarge, "memory to build and broadcast the table"},
    {Signature::kMessageTooLarge, "spark.rpc.message.maxSize", "exceeds max allowed"},
    {Signature::kStackOverflow, "java.lang.StackOverflowError"},
    {Signature::kJvmCrashed, "A fatal error has been detected by the Java Runtime"},
    {Signature::kExecutorLost, "Lost executor "},
    {Signature::kExecutorLost, "ExecutorLostFailure"},
    {Signature::kHeartbeatTimeout, "xecutor heartbeat timed out"},
    {Signature::kHeartbeatTimeout, "no recent heartbeats"},
    {Signature::kHeartbeatTimeout, "communicating with driver in heartbeater"},
    {Signature::kRpcTimeout, "RpcTimeoutException"},
    {Signature::kRpcTimeout, "Futures timed out after"},
    {Signature::kConnectionFailed, "Connection refused"},
    {Signature::kConnectionFailed, "Connection reset"},
    {Signature::kConnectionFailed, "Failed to connect to "},
    {Signature::kConnectionFailed, "UnknownHostException"},
    {Signature::kConnectionFailed, "NoRouteToHostException"},
    {Signature::kFetchFailed, "FetchFailed"},
    {Signature::kDiskFull, "No space left on device"},
    {Signature::kDiskFull, "Disk quota exceeded"},
    {Signature::kClassNotFound, "ClassNotFoundException"},
    {Signature::kClassNotFound, "NoClassDefFoundError"},
    {Signature::kClassNotFound, "Failed to load class"},
    {Signature::kClassNotFound, "DATA_SOURCE_NOT_FOUND"},
    {Signature::kClassConflict, "NoSuchMethodError"},
    {Signature::kClassConflict, "NoSuchFieldError"},
    {Signature::kClassConflict, "AbstractMethodError"},
    {Signature::kClassConflict, "IncompatibleClassChangeError"},
    {Signature::kClassConflict, "UnsupportedClassVersionError"},
    {Signature::kClassConflict, "InvalidClassException"},
    {Signature::kPythonModuleNotFound, "ModuleNotFoundError"},
    {Signature::kPythonModuleNotFound, "ImportError: "},
    {Signature::kPythonWorkerCrashed, "Python worker exited unexpectedly"},
    {Signature::kPythonWorkerCrashed, "Python worker failed to connect back"},
    {Signature::kPathNotFound, "FileNotFoundException"},
    {Signature::kPathNotFound, "NoSuchFileException"},
    {Signature::kPathNotFound, "FileNotFoundError"},
    {Signature::kPathNotFound, "PATH_NOT_FOUND"},
    {Signature::kPathNotFound, "Path does not exist"},
    {Signature::kPathNotFound, "Input path does not exist"},
    {Signature::kPathNotFound, "NoSuchBucket"},
    {Signature::kPermissionDenied, "Permission denied"},
    {Signature::kPermissionDenied, "AccessControlException"},
    {Signature::kPermissionDenied, "AccessDenied"},  // java.nio's AccessDeniedException, S3's code
    {Signature::kPermissionDenied, "Access Denied"},
    {Signature::kPermissionDenied, "not authorized to perform"},
    {Signature::kPermissionDenied, "AuthorizationPermissionMismatch"},
    {Signature::kPermissionDenied, "does not have storage."},
    {Signature::kPermissionDenied, "is forbidden: User "},  // Kubernetes' RBAC
    {Signature::kCredentialsExpired, "ExpiredToken"},
    {Signature::kCredentialsExpired, "oken has expired"},
    {Signature::kCredentialsExpired, "oken is expired"},
    {Signature::kCredentialsExpired, "InvalidToken: "},
    {Signature::kCredentialsExpired, "GSS initiate failed"},
    {Signature::kCredentialsExpired, "Failed to find any Kerberos tgt"},
    {Signature::kObjectStoreThrottled, "SlowDown"},
    {Signature::kObjectStoreThrottled, "Please reduce your request rate"},
    {Signature::kObjectStoreThrottled, "AWSServiceThrottledException"},
    {Signature::kObjectStoreThrottled, "ThrottlingException"},
    {Signature::kObjectStoreThrottled, "TooManyRequests"},
    {Signature::kObjectStoreThrottled, "429 Too Many Requests"},
    {Signature::kObjectStoreThrottled, "ServerBusy"},
    {Signature::kObjectStoreThrottled, "rateLimitExceeded"},
    {Signature::kObjectStoreThrottled, "exceeded the rate limit"},
    {Signature::kQuotaExceeded, "exceeded quota"},
    {Signature::kNoResources, "Initial job has not accepted any resources"},
    {Signature::kStageAborted, "aborted due to stage failure"},
    {Signature::kStreamingQueryFailed, "terminated with error"},
    {Signature::kListenerEventsDropped, "Dropping event from queue"},
    {Signature::kListenerEventsDropped, "Dropped ", " events from "},
    {Signature::kPythonTraceback, "Traceback (most recent call last)"},
    {Signature::kUncaughtException, "Exception in thread \""},
    {Signature::kUncaughtException, "Uncaught exception in thread"},
});

/// The texts, each once.
std::vector<std::string_view> needles() {
  std::vector<std::string_view> all;
  for (const auto& row : kRows) {
    for (const auto text : {row.text, row.other}) {
      if (!text.empty() && std::find(all.begin(), all.end(), text) == all.end()) all.push_back(text);
    }
  }
  return all;
}

struct Rule {
  Signature signature;
  NeedleSet texts;
};

std::vector<Rule> rules() {
  const auto all = needles();
  std::vector<Rule> made;
  for (const auto& row : kRows) {
    Rule rule{row.signature, {}};
    for (const auto text : {row.text, row.other}) {
      if (!text.empty()) rule.texts.set(static_cast<std::size_t>(std::find(all.begin(), all.end(), text) - all.begin()));
    }
    made.push_back(rule);
  }
  return made;
}

}  // namespace

std::string_view to_string(Signature signature) {
  switch (signature) {
    case Signature::kHeapOom: return "heap_oom";
    case Signature::kMetaspaceOom: return "metaspace_oom";
    case Signature::kDirectMemoryOom: return "direct_memory_oom";
    case Signature::kNativeMemoryOom: return "native_memory_oom";
    case Signature::kExecutionMemoryOom: return "execution_memory_oom";
    case Signature::kContainerOom: return "container_oom";
    case Signature::kResultTooLarge: return "result_too_large";
    case Signature::kBroadcastTooLarge: return "broadcast_too_large";
    case Signature::kMessageTooLarge: return "message_too_large";
    case Signature::kStackOverflow: return "stack_overflow";
    case Signature::kJvmCrashed: return "jvm_crashed";
    case Signature::kExecutorLost: return "executor_lost";
    case Signature::kHeartbeatTimeout: return "heartbeat_timeout";
    case Signature::kRpcTimeout: return "rpc_timeout";
    case Signature::kConnectionFailed: return "connection_failed";
    case Signature::kFetchFailed: return "fetch_failed";
    case Signature::kDiskFull: return "disk_full";
    case Signature::kClassNotFound: return "class_not_found";
    case Signature::kClassConflict: return "class_conflict";
    case Signature::kPythonModuleNotFound: return "python_module_not_found";
    case Signature::kPythonWorkerCrashed: return "python_worker_crashed";
    case Signature::kPathNotFound: return "path_not_found";
    case Signature::kPermissionDenied: return "permission_denied";
    case Signature::kCredentialsExpired: return "credentials_expired";
    case Signature::kObjectStoreThrottled: return "object_store_throttled";
    case Signature::kQuotaExceeded: return "quota_exceeded";
    case Signature::kNoResources: return "no_resources";
    case Signature::kStageAborted: return "stage_aborted";
    case Signature::kStreamingQueryFailed: return "streaming_query_failed";
    case Signature::kListenerEventsDropped: return "listener_events_dropped";
    case Signature::kPythonTraceback: return "python_traceback";
    case Signature::kUncaughtException: return "uncaught_exception";
  }
  return "";
}

const Automaton& automaton() {
  static const Automaton made(needles());
  return made;
}

SignatureSet signatures_of(const NeedleSet& found) {
  static const std::vector<Rule> kRules = rules();
  SignatureSet out;
  for (const auto& rule : kRules) {
    if ((found & rule.texts) == rule.texts) out.set(static_cast<std::size_t>(rule.signature));
  }
  return out;
}

}  // namespace spark_exporter::logs
