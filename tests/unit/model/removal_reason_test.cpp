#include "exporter/model/removal_reason.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace spark_exporter::model {
namespace {

TEST(RemovalReason, ReadsSparksTexts) {
  struct Case {
    const char* text;
    RemovalReason reason;
  };
  const Case cases[] = {
      {"Command exited with code 137", RemovalReason::kKilled},
      {"Command exited with code 143", RemovalReason::kKilled},
      {"Command exited with code 52", RemovalReason::kJavaHeapOom},
      {"Command exited with code 56", RemovalReason::kHeartbeatTimeout},
      {"Command exited with code 1", RemovalReason::kError},
      {"\nThe executor with id 3 exited with exit code 137(SIGKILL, possible container OOM).\n\n\n\nThe API gave the "
       "following container statuses:\n\n\n\t container name: spark-kubernetes-executor\n\t container state: "
       "terminated\n\t exit code: 137\n\t termination reason: OOMKilled",
       RemovalReason::kOomKilled},
      {"\nThe executor with id 3 exited with exit code 137(SIGKILL, possible container OOM).\n\t termination reason: "
       "Error",
       RemovalReason::kKilled},
      {"\nThe executor with id 5 exited with exit code 52(JVM OOM).\n", RemovalReason::kJavaHeapOom},
      {"\nThe executor with id 1 exited with exit code 1(unexpected).\n\t container image: hub/node-tools/spark:3.5",
       RemovalReason::kError},
      {"\nThe executor with id 2 exited with exit code 143(SIGTERM).\n\n\n\nThe API gave the following brief reason: "
       "Terminated\n\n\n\nThe API gave the following message: Pod was terminated in response to imminent node "
       "shutdown.",
       RemovalReason::kNodeLost},
      {"The API gave the following brief reason: Evicted\nThe API gave the following message: The node was low on "
       "resource: memory.",
       RemovalReason::kEvicted},
      {"Preempted by default/critical", RemovalReason::kEvicted},
      {"Container killed by YARN for exceeding memory limits.", RemovalReason::kOomKilled},
      {"Executor heartbeat timed out after 125363 ms", RemovalReason::kHeartbeatTimeout},
      {"Executor killed by driver.", RemovalReason::kIdle},
      {"Executor decommission: spark scale down", RemovalReason::kDecommissioned},
      {"Executor decommission finished: worker decommissioned", RemovalReason::kDecommissioned},
      {"Worker shutting down", RemovalReason::kStopped},
      {"Driver commanded a shutdown", RemovalReason::kStopped},
      {"worker lost: Not receiving heartbeat for 60 seconds", RemovalReason::kHeartbeatTimeout},
      {"worker lost", RemovalReason::kNodeLost},
      {"Remote RPC client disassociated. Likely due to containers exceeding thresholds, or network issues.",
       RemovalReason::kDisconnected},
      {"", RemovalReason::kUnknown},
      {"\xFF\xFE", RemovalReason::kUnknown},
  };
  for (const auto& [text, reason] : cases) EXPECT_EQ(to_string(classify_removal(text)), to_string(reason)) << text;
}

TEST(RemovalReason, EachHasItsOwnLabelValue) {
  std::set<std::string_view> names;
  for (int reason = 0; reason < kRemovalReasons; ++reason) {
    names.insert(to_string(static_cast<RemovalReason>(reason)));
  }
  EXPECT_EQ(names.size(), static_cast<std::size_t>(kRemovalReasons));
}

}  // namespace
}  // namespace spark_exporter::model
