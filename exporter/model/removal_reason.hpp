#pragma once
// Spark's free text about a removed executor to a closed list: the `reason` label of
// spark_executor_removals_total.

#include <array>
#include <string_view>

namespace spark_exporter::model {

enum class RemovalReason {
  kOomKilled,         ///< the kernel or the kubelet killed it for memory
  kJavaHeapOom,       ///< exit code 52: OutOfMemoryError in the executor's JVM
  kKilled,            ///< SIGKILL or SIGTERM (137, 143) with no word on why
  kEvicted,           ///< by the kubelet or the API
  kNodeLost,          ///< its node or worker went away
  kDecommissioned,    ///< told to leave, blocks migrated
  kIdle,              ///< dynamic allocation no longer needed it
  kHeartbeatTimeout,  ///< no heartbeat for spark.network.timeout
  kDisconnected,      ///< its connection broke, nothing else is known
  kStopped,           ///< the application ends: a normal stop
  kError,             ///< exited by itself with another code
  kUnknown,
};
inline constexpr int kRemovalReasons = static_cast<int>(RemovalReason::kUnknown) + 1;

std::string_view to_string(RemovalReason reason);

/// `text`: executors[].removeReason.
RemovalReason classify_removal(std::string_view text);

}  // namespace spark_exporter::model
