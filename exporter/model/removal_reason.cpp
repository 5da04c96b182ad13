#include "exporter/model/removal_reason.hpp"

#include <algorithm>
#include <cctype>
#include <string>

namespace spark_exporter::model {
namespace {

struct Rule {
  std::string_view part;  ///< lower case; the first rule whose part occurs in the text decides
  RemovalReason reason;
};

// Texts: Spark's ExecutorExitCode, ExecutorPodsLifecycleManager, HeartbeatReceiver, ExecutorAllocationManager,
// CoarseGrainedSchedulerBackend and the standalone Master, 3.5 and 4.x. Telling ones first.
constexpr Rule kRules[] = {
    {"oomkilled", RemovalReason::kOomKilled},
    {"memory overhead", RemovalReason::kOomKilled},
    {"exceeding memory limits", RemovalReason::kOomKilled},
    {"outofmemory", RemovalReason::kJavaHeapOom},
    {"code 52", RemovalReason::kJavaHeapOom},
    {"exit code(s) 52", RemovalReason::kJavaHeapOom},
    {"evict", RemovalReason::kEvicted},
    {"preempt", RemovalReason::kEvicted},
    {"decommission", RemovalReason::kDecommissioned},
    {"heartbeat", RemovalReason::kHeartbeatTimeout},
    {"timed out", RemovalReason::kHeartbeatTimeout},
    {"idle", RemovalReason::kIdle},
    {"killed by driver", RemovalReason::kIdle},
    {"worker shutting down", RemovalReason::kStopped},
    {"driver commanded a shutdown", RemovalReason::kStopped},
    {"worker lost", RemovalReason::kNodeLost},
    {"nodelost", RemovalReason::kNodeLost},
    {"node lost", RemovalReason::kNodeLost},
    {"nodeshutdown", RemovalReason::kNodeLost},
    {"node shutdown", RemovalReason::kNodeLost},
    {"node is shutting down", RemovalReason::kNodeLost},
    {"code 56", RemovalReason::kHeartbeatTimeout},
    {"code 137", RemovalReason::kKilled},
    {"code 143", RemovalReason::kKilled},
    {"code(s) 137", RemovalReason::kKilled},
    {"code(s) 143", RemovalReason::kKilled},
    {"sigkill", RemovalReason::kKilled},
    {"sigterm", RemovalReason::kKilled},
    {"disassociated", RemovalReason::kDisconnected},
    {"disconnected", RemovalReason::kDisconnected},
    {"exited with code", RemovalReason::kError},
    {"exit code", RemovalReason::kError},
};

}  // namespace

std::string_view to_string(RemovalReason reason) {
  switch (reason) {
    case RemovalReason::kOomKilled: return "oom_killed";
    case RemovalReason::kJavaHeapOom: return "java_heap_oom";
    case RemovalReason::kKilled: return "killed";
    case RemovalReason::kEvicted: return "evicted";
    case RemovalReason::kNodeLost: return "node_lost";
    case RemovalReason::kDecommissioned: return "decommissioned";
    case RemovalReason::kIdle: return "idle";
    case RemovalReason::kHeartbeatTimeout: return "heartbeat_timeout";
    case RemovalReason::kDisconnected: return "disconnected";
    case RemovalReason::kStopped: return "stopped";
    case RemovalReason::kError: return "error";
    case RemovalReason::kUnknown: return "unknown";
  }
  return "unknown";
}

RemovalReason classify_removal(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  for (const auto& rule : kRules) {
    if (lower.find(rule.part) != std::string::npos) return rule.reason;
  }
  return RemovalReason::kUnknown;
}

}  // namespace spark_exporter::model
