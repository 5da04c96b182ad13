// Any bytes into the decoders of Kubernetes' objects, and what comes out into the decision about an outcome.

#include <cstdint>
#include <sstream>
#include <string>

#include "exporter/common/limits.hpp"
#include "exporter/kubernetes/decode.hpp"
#include "exporter/kubernetes/text.hpp"
#include "exporter/outcome/decide.hpp"
#include "exporter/outcome/diagnosis.hpp"
#include "tests/fuzz/require.hpp"

namespace spark_exporter::fuzz {
namespace {

using namespace kubernetes;

void check_object(const Object& object) {
  require(!object.name.empty());
  require_text(object.name);
  require(object.labels.size() <= limits::kLabels && object.annotations.size() <= limits::kAnnotations);
  require(object.owners.size() <= limits::kOwners);
  static_cast<void>(object.deletion_requested());
}

void check_verdict(const outcome::Evidence& evidence) {
  const auto verdict = outcome::decide(evidence);
  require_line(verdict.evidence);
  require(verdict.exception.size() <= limits::kLabelValueBytes);
  require(verdict.state != outcome::State::kFailed || verdict.reason != outcome::Reason::kNone);
  require(outcome::settle(verdict, verdict).state == verdict.state);
}

void check(const Pod& pod) {
  check_object(pod);
  require(pod.containers.size() <= limits::kContainers && pod.container_statuses.size() <= limits::kContainers);
  require(pod.conditions.size() <= limits::kConditions);
  for (const auto& status : pod.container_statuses) {
    require(status.terminated.message.size() <= limits::kTerminationMessageBytes);
  }
  for (const auto name : {outcome::kDriverContainer, outcome::kExecutorContainer}) {
    outcome::Evidence evidence;
    evidence.pod = outcome::observe(pod, name);
    for (const auto presence : {outcome::Presence::kPresent, outcome::Presence::kDeleted}) {
      evidence.presence = presence;
      check_verdict(evidence);
      const bool waits = outcome::waiting_reason(*evidence.pod).has_value();
      require(!waits || !outcome::termination_reason(*evidence.pod, false));
    }
  }
}

void check(const SparkApplication& application) {
  check_object(application);
  require(application.error_message.size() <= limits::kErrorMessageBytes);
  outcome::Evidence evidence;
  evidence.operator_says = outcome::read_operator(application, {"id", ""});
  check_verdict(evidence);
}

void check(const ScheduledSparkApplication& scheduled) {
  check_object(scheduled);
  require(scheduled.past_failed_runs.size() <= limits::kRunNames);
}

void check(const CronJob& job) {
  check_object(job);
  require(job.active.size() <= limits::kRunNames);
}

void check(const Job& job) {
  check_object(job);
  require(job.active >= 0 && job.conditions.size() <= limits::kConditions);
}

void check(const VeleroSchedule& schedule) {
  check_object(schedule);
  require_text(schedule.schedule);
}

void check(const VeleroBackup& backup) {
  check_object(backup);
  require_text(backup.phase);
}

void check(const Node& node) {
  check_object(node);
  require(node.taints.size() <= limits::kTaints && node.capacity.cpu.value_or(0) >= 0);
}

template <class T>
void run(const std::string& text) {
  std::istringstream page(text);
  ListHead head;
  const json::Each<T> each = [](T&& object) { check(object); };
  require_report(decode_list<T>(page, head, each));
  require_text(head.resource_version);

  std::istringstream in(text);
  T object;
  require_report(decode_object(in, object));
  if (!object.name.empty()) check(object);
  T watched;
  require_report(decode_event(text, watched));
  if (!watched.name.empty()) check(watched);
}

}  // namespace
}  // namespace spark_exporter::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace spark_exporter;
  const std::string text(data, data + size);
  fuzz::run<kubernetes::Pod>(text);
  fuzz::run<kubernetes::SparkApplication>(text);
  fuzz::run<kubernetes::ScheduledSparkApplication>(text);
  fuzz::run<kubernetes::CronJob>(text);
  fuzz::run<kubernetes::Job>(text);
  fuzz::run<kubernetes::Node>(text);
  fuzz::run<kubernetes::VeleroSchedule>(text);
  fuzz::run<kubernetes::VeleroBackup>(text);
  kubernetes::WatchHead head;
  fuzz::require_report(kubernetes::decode_watch_head(text, head));
  std::istringstream in(text);
  kubernetes::Status status;
  fuzz::require_report(kubernetes::decode_status(in, status));
  static_cast<void>(kubernetes::parse_time(text));
  fuzz::require(kubernetes::parse_quantity(text).value_or(0) >= 0);
  fuzz::require_line(outcome::exception_class(text));
  return 0;
}
