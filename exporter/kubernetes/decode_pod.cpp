#include "exporter/kubernetes/decode_fields.hpp"

namespace spark_exporter::kubernetes {
namespace {

using State = ContainerStatus::State;

Verdict phase(Pod& pod, const Scalar& value) {
  if (value.kind != Scalar::Kind::kText) return Verdict::wrong("a pod's phase");
  if (value.text == "Pending") {
    pod.phase = Phase::kPending;
  } else if (value.text == "Running") {
    pod.phase = Phase::kRunning;
  } else if (value.text == "Succeeded") {
    pod.phase = Phase::kSucceeded;
  } else if (value.text == "Failed") {
    pod.phase = Phase::kFailed;
  } else if (value.text != "Unknown" && !value.text.empty()) {
    return Verdict::wrong("a pod's phase");
  }
  return {};
}

// --- a container's status ----------------------------------------------------------------------

/// The last of the three that a hostile answer may hold at once counts most: an end is final.
template <State As, auto Read>
Verdict state(ContainerStatus& status, const Scalar& value) {
  if (status.state < As) status.state = As;
  return Read(status, value);
}

template <auto Read>
Verdict terminated(ContainerStatus& status, const Scalar& value) {
  status.state = State::kTerminated;
  return Read(status.terminated, value);
}

template <auto Read>
Verdict last(ContainerStatus& status, const Scalar& value) {
  if (!status.last_terminated) status.last_terminated.emplace();
  return Read(*status.last_terminated, value);
}

template <auto List, auto Read>
Verdict of(Pod& pod, const Scalar& value) {
  return element<List, limits::kContainers, Read>(pod, value);
}

constexpr auto kMain = &Pod::container_statuses;
constexpr auto kInit = &Pod::init_container_statuses;
constexpr auto kSpecs = &Pod::containers;
constexpr auto kInitSpecs = &Pod::init_containers;

constexpr auto kExitCode = integer<&Terminated::exit_code, Terminated>;
constexpr auto kSignal = integer<&Terminated::signal, Terminated>;
constexpr auto kReason = json::text<&Terminated::reason, Terminated>;
constexpr auto kMessage = long_text<&Terminated::message, limits::kTerminationMessageBytes, Terminated>;
constexpr auto kStarted = time<&Terminated::started_at, Terminated>;
constexpr auto kFinished = time<&Terminated::finished_at, Terminated>;

constexpr auto kStatusName = json::text<&ContainerStatus::name, ContainerStatus>;
constexpr auto kRestarts = json::count<&ContainerStatus::restart_count, ContainerStatus>;
constexpr auto kSince = state<State::kRunning, time<&ContainerStatus::running_since, ContainerStatus>>;
constexpr auto kWaitingReason = json::text<&ContainerStatus::waiting_reason, ContainerStatus>;
constexpr auto kWaitingMessage = json::text<&ContainerStatus::waiting_message, ContainerStatus>;

// --- a container's specification ---------------------------------------------------------------

constexpr auto kImage = json::text<&ContainerSpec::image, ContainerSpec>;
constexpr auto kSpecName = json::text<&ContainerSpec::name, ContainerSpec>;
constexpr auto kLimits = inside<&ContainerSpec::limits, amount, ContainerSpec>;
constexpr auto kRequests = inside<&ContainerSpec::requests, amount, ContainerSpec>;
constexpr auto kRestartPolicy = json::text<&ContainerSpec::restart_policy, ContainerSpec>;

// --- the job's name ----------------------------------------------------------------------------

/// Both sinks read into drafts. The first container that names the job counts. A value from elsewhere (valueFrom) is
/// not in the document, and one that refers to others, "$(X)", is known to the kubelet only.
Verdict take_variable(Pod& pod, void (*take)(Draft<Pod>::Variable&, std::string_view), const Scalar& value) {
  if (value.kind != Scalar::Kind::kText) return Verdict::wrong("a string");
  auto& variable = static_cast<Draft<Pod>&>(pod).variable;
  take(variable, value.text);
  const bool known = variable.asked_for && variable.value.find("$(") == std::string::npos;
  if (known && pod.exporter_job.empty()) pod.exporter_job = variable.value;
  return {};
}

Verdict variable_name(Pod& pod, const Scalar& value) {
  constexpr auto take = [](Draft<Pod>::Variable& variable, std::string_view text) {
    variable.named = true;
    variable.asked_for = text == "SPARK_EXPORTER_JOB";
  };
  return take_variable(pod, take, value);
}

Verdict variable_value(Pod& pod, const Scalar& value) {
  constexpr auto take = [](Draft<Pod>::Variable& variable, std::string_view text) {
    if (!variable.named || variable.asked_for) variable.value = json::to_kept_text(text);
  };
  return take_variable(pod, take, value);
}

/// One value for each volume, at most.
Verdict ephemeral_volume(Pod& pod, const Scalar& value) {
  const auto bytes = value.kind == Scalar::Kind::kText ? parse_quantity(value.text) : json::to_real(value);
  if (!bytes || *bytes < 0) return Verdict::wrong("a quantity");
  pod.ephemeral_volumes += *bytes;
  return {};
}

// Kind Pod of v1.
constexpr Field<Pod> kFields[] = {
    {"spec.containers[].env[].name", variable_name},
    {"spec.containers[].env[].value", variable_value},
    {"spec.containers[].image", of<kSpecs, kImage>},
    {"spec.containers[].name", of<kSpecs, kSpecName>},
    {"spec.containers[].resources.limits.*", of<kSpecs, kLimits>},
    {"spec.containers[].resources.requests.*", of<kSpecs, kRequests>},
    {"spec.initContainers[].env[].name", variable_name},
    {"spec.initContainers[].env[].value", variable_value},
    {"spec.initContainers[].image", of<kInitSpecs, kImage>},
    {"spec.initContainers[].name", of<kInitSpecs, kSpecName>},
    {"spec.initContainers[].resources.limits.*", of<kInitSpecs, kLimits>},
    {"spec.initContainers[].resources.requests.*", of<kInitSpecs, kRequests>},
    {"spec.initContainers[].restartPolicy", of<kInitSpecs, kRestartPolicy>},
    {"spec.nodeName", json::text<&Pod::node>},
    {"spec.restartPolicy", json::text<&Pod::restart_policy>},
    {"spec.serviceAccountName", json::text<&Pod::service_account>},
    {"spec.terminationGracePeriodSeconds", seconds<&Pod::termination_grace_period>},
    {"spec.volumes[].ephemeral.volumeClaimTemplate.spec.resources.requests.storage", ephemeral_volume},
    {"status.conditions[].lastTransitionTime", condition<time<&Condition::last_transition, Condition>>},
    {"status.conditions[].message", condition<json::text<&Condition::message, Condition>>},
    {"status.conditions[].reason", condition<json::text<&Condition::reason, Condition>>},
    {"status.conditions[].status", condition<json::text<&Condition::status, Condition>>},
    {"status.conditions[].type", condition<json::text<&Condition::type, Condition>>},
    {"status.containerStatuses[].lastState.terminated.exitCode", of<kMain, last<kExitCode>>},
    {"status.containerStatuses[].lastState.terminated.finishedAt", of<kMain, last<kFinished>>},
    {"status.containerStatuses[].lastState.terminated.message", of<kMain, last<kMessage>>},
    {"status.containerStatuses[].lastState.terminated.reason", of<kMain, last<kReason>>},
    {"status.containerStatuses[].lastState.terminated.signal", of<kMain, last<kSignal>>},
    {"status.containerStatuses[].lastState.terminated.startedAt", of<kMain, last<kStarted>>},
    {"status.containerStatuses[].name", of<kMain, kStatusName>},
    {"status.containerStatuses[].restartCount", of<kMain, kRestarts>},
    {"status.containerStatuses[].state.running.startedAt", of<kMain, kSince>},
    {"status.containerStatuses[].state.terminated.exitCode", of<kMain, terminated<kExitCode>>},
    {"status.containerStatuses[].state.terminated.finishedAt", of<kMain, terminated<kFinished>>},
    {"status.containerStatuses[].state.terminated.message", of<kMain, terminated<kMessage>>},
    {"status.containerStatuses[].state.terminated.reason", of<kMain, terminated<kReason>>},
    {"status.containerStatuses[].state.terminated.signal", of<kMain, terminated<kSignal>>},
    {"status.containerStatuses[].state.terminated.startedAt", of<kMain, terminated<kStarted>>},
    {"status.containerStatuses[].state.waiting.message", of<kMain, kWaitingMessage>},
    {"status.containerStatuses[].state.waiting.reason", of<kMain, kWaitingReason>},
    {"status.initContainerStatuses[].lastState.terminated.exitCode", of<kInit, last<kExitCode>>},
    {"status.initContainerStatuses[].lastState.terminated.finishedAt", of<kInit, last<kFinished>>},
    {"status.initContainerStatuses[].lastState.terminated.message", of<kInit, last<kMessage>>},
    {"status.initContainerStatuses[].lastState.terminated.reason", of<kInit, last<kReason>>},
    {"status.initContainerStatuses[].lastState.terminated.signal", of<kInit, last<kSignal>>},
    {"status.initContainerStatuses[].lastState.terminated.startedAt", of<kInit, last<kStarted>>},
    {"status.initContainerStatuses[].name", of<kInit, kStatusName>},
    {"status.initContainerStatuses[].restartCount", of<kInit, kRestarts>},
    {"status.initContainerStatuses[].state.running.startedAt", of<kInit, kSince>},
    {"status.initContainerStatuses[].state.terminated.exitCode", of<kInit, terminated<kExitCode>>},
    {"status.initContainerStatuses[].state.terminated.finishedAt", of<kInit, terminated<kFinished>>},
    {"status.initContainerStatuses[].state.terminated.message", of<kInit, terminated<kMessage>>},
    {"status.initContainerStatuses[].state.terminated.reason", of<kInit, terminated<kReason>>},
    {"status.initContainerStatuses[].state.terminated.signal", of<kInit, terminated<kSignal>>},
    {"status.initContainerStatuses[].state.terminated.startedAt", of<kInit, terminated<kStarted>>},
    {"status.initContainerStatuses[].state.waiting.message", of<kInit, kWaitingMessage>},
    {"status.initContainerStatuses[].state.waiting.reason", of<kInit, kWaitingReason>},
    {"status.message", json::text<&Pod::message>},
    {"status.phase", phase},
    {"status.podIP", json::text<&Pod::ip>},
    {"status.reason", json::text<&Pod::reason>},
    {"status.startTime", time<&Pod::start_time>},
};
static_assert(json::is_sorted(kFields));

}  // namespace

template <>
Result<DecodeReport> decode_list(std::istream& in, ListHead& head, const json::Each<Pod>& each) {
  return read_list(in, "pods", kFields, head, each);
}
template <>
Result<DecodeReport> decode_event(std::string_view line, Pod& out) {
  return read_event(line, "pod event", kFields, out);
}
template <>
Result<DecodeReport> decode_object(std::istream& in, Pod& out) {
  return read_object(in, "pod", kFields, "", out);
}

}  // namespace spark_exporter::kubernetes
