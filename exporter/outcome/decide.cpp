#include "exporter/outcome/decide.hpp"

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "exporter/common/text.hpp"

namespace spark_exporter::outcome {
namespace {

using kubernetes::Phase;
using Says = OperatorEvidence::Says;

constexpr std::int64_t kSigkill = 128 + 9;
constexpr std::int64_t kSigterm = 128 + 15;
/// SparkExitCode.OOM: the uncaught exception handler of Spark's JVMs.
constexpr std::int64_t kSparkOom = 52;

std::string joined(std::string head, std::string_view tail) {
  if (!tail.empty()) head += (head.empty() ? "" : ": ") + std::string(tail);
  return head;
}

// --- reasons -----------------------------------------------------------------------------------

Reason reason_of(Waiting waiting) {
  switch (waiting) {
    case Waiting::kUnschedulable: return Reason::kUnschedulable;
    case Waiting::kImagePull: return Reason::kImagePull;
    case Waiting::kConfigError: return Reason::kConfigError;
    case Waiting::kQuota: return Reason::kQuotaExceeded;
    case Waiting::kCrashLoop:
    case Waiting::kOther: return Reason::kNone;
  }
  return Reason::kNone;
}

Reason reason_of(Disruption disruption) {
  switch (disruption) {
    case Disruption::kEvicted: return Reason::kEvicted;
    case Disruption::kPreempted: return Reason::kPreempted;
    case Disruption::kNodeLost: return Reason::kNodeLost;
    case Disruption::kDeadlineExceeded: return Reason::kDeadlineExceeded;
    case Disruption::kRejected: return Reason::kUnschedulable;
  }
  return Reason::kUnknown;
}

Reason reason_of(TextClue clue) {
  switch (clue) {
    case TextClue::kNone: return Reason::kNone;
    case TextClue::kExecutorOom: return Reason::kExecutorOom;
    case TextClue::kFetchFailed: return Reason::kFetchFailed;
    case TextClue::kStageAborted: return Reason::kStageAborted;
    case TextClue::kHeapOom: return Reason::kDriverJavaHeapOom;
    case TextClue::kQuotaExceeded: return Reason::kQuotaExceeded;
  }
  return Reason::kNone;
}

/// What a container's exit code and reason say by themselves.
Reason reason_of_exit(std::int64_t code, std::string_view reason) {
  if (reason == "OOMKilled") return Reason::kDriverOomKilled;
  // The kubelet lost track of it: the node restarted, or the pod was gone before its end was seen.
  if (reason == "ContainerStatusUnknown") return Reason::kNodeLost;
  if (reason == "DeadlineExceeded") return Reason::kDeadlineExceeded;
  if (reason == "StartError" || reason == "ContainerCannotRun" || reason == "CreateContainerError") {
    return Reason::kConfigError;
  }
  if (code == kSparkOom) return Reason::kDriverJavaHeapOom;
  if (code == kSigkill || code == kSigterm) return Reason::kKilled;
  return Reason::kUserError;
}

/// The first clue there is; a stage that was aborted for no known cause gives way to one that knows it.
TextClue best(std::initializer_list<TextClue> clues) {
  TextClue found = TextClue::kNone;
  for (const TextClue clue : clues) {
    const bool finds_cause = clue == TextClue::kExecutorOom || clue == TextClue::kFetchFailed;
    if (found == TextClue::kNone || (found == TextClue::kStageAborted && finds_cause)) found = clue;
  }
  return found;
}

/// `rough` is all that the exit code tells; its own message, the last job and the log may tell more.
Reason refined(Reason rough, std::initializer_list<TextClue> clues) {
  const TextClue clue = best(clues);
  if (clue == TextClue::kNone) return rough;
  if (rough == Reason::kUserError || rough == Reason::kUnknown) return reason_of(clue);
  // -XX:OnOutOfMemoryError="kill -9 %p".
  if (rough == Reason::kKilled && clue == TextClue::kHeapOom) return Reason::kDriverJavaHeapOom;
  return rough;
}

std::string describe(const ContainerEnd& end) {
  std::string text = "exit code " + std::to_string(end.exit_code);
  if (!end.reason.empty()) text += ", " + quoted(end.reason, 64);
  const auto line = first_line(end.message);
  return line.empty() ? text : joined(text, quoted(line));
}

// --- the pod -----------------------------------------------------------------------------------

void fail(Verdict& verdict, Reason reason, Confidence confidence) {
  verdict.state = State::kFailed;
  verdict.reason = reason;
  verdict.confidence = confidence;
}

void cancel(Verdict& verdict, std::string_view why) {
  verdict.state = State::kCancelled;
  verdict.reason = Reason::kNone;
  verdict.confidence = Confidence::kCertain;
  verdict.exception.clear();
  verdict.evidence = joined(std::string(why), verdict.evidence);
}

bool was_signalled(const ContainerEnd& end) { return end.exit_code == kSigkill || end.exit_code == kSigterm; }

void decide_failed_end(const Evidence& evidence, const PodEvidence& pod, const ContainerEnd& end, Verdict& verdict) {
  if (ended_by_disruption(pod)) {
    fail(verdict, reason_of(*pod.disruption), Confidence::kCertain);
    verdict.evidence = joined(pod.text, verdict.evidence);
    return;
  }
  if (ended_by_deletion(pod)) return cancel(verdict, "the pod was deleted");
  if (was_signalled(end) && evidence.replaced) return cancel(verdict, "its next version had started");
  if (was_signalled(end) && evidence.application_deleted) return cancel(verdict, "the application was deleted");
  const TextClue own = read_clue(end.message);
  const Reason rough = pod.start_failed ? Reason::kConfigError : reason_of_exit(end.exit_code, end.reason);
  fail(verdict, refined(rough, {own, evidence.clues.last_job, evidence.clues.log}), Confidence::kCertain);
  verdict.exception = exception_class(end.message);
  if (verdict.exception.empty()) verdict.exception = evidence.clues.exception;
  if (first_line(end.message).empty()) verdict.evidence = joined(verdict.evidence, evidence.clues.text);
}

/// The container ended, and is not started again.
Verdict decide_end(const Evidence& evidence, const PodEvidence& pod, const ContainerEnd& end) {
  Verdict verdict;
  verdict.exit_code = end.exit_code;
  verdict.started = pod.start_failed ? std::nullopt : end.started;
  verdict.ended = end.finished;
  verdict.evidence = pod.start_failed ? joined(pod.text, describe(end)) : describe(end);
  if (end.exit_code == 0) {
    verdict.state = State::kSucceeded;
    verdict.confidence = Confidence::kCertain;
  } else {
    decide_failed_end(evidence, pod, end, verdict);
  }
  return verdict;
}

/// Its kubelet restarts the container: no outcome, but a failure that is worth telling.
Verdict decide_restart(const PodEvidence& pod) {
  Verdict verdict;
  verdict.state = pod.running ? State::kRunning : State::kRetrying;
  verdict.confidence = Confidence::kCertain;
  if (pod.running) return verdict;
  verdict.exit_code = pod.end->exit_code;
  verdict.reason = reason_of_exit(pod.end->exit_code, pod.end->reason);
  verdict.evidence = describe(*pod.end);
  return verdict;
}

/// The API calls the pod failed, though no kubelet told of the container's end.
Verdict decide_failed_pod(const PodEvidence& pod) {
  Verdict verdict;
  verdict.started = pod.running_since;
  verdict.evidence = pod.text;
  if (!ended_by_disruption(pod)) {
    if (pod.deletion_requested) {
      cancel(verdict, "the pod was deleted");
    } else {
      fail(verdict, Reason::kUnknown, Confidence::kLikely);
    }
    return verdict;
  }
  fail(verdict, reason_of(*pod.disruption), Confidence::kCertain);
  // A deadline that passed while it waited: what it waited for is the cause.
  if (pod.disruption == Disruption::kDeadlineExceeded && pod.waiting) {
    const Reason waited_for = reason_of(*pod.waiting);
    if (waited_for != Reason::kNone) verdict.reason = waited_for;
  }
  return verdict;
}

/// A pod that is there and whose container has not ended.
Verdict decide_alive(const PodEvidence& pod) {
  Verdict verdict;
  verdict.evidence = pod.text;
  verdict.confidence = Confidence::kCertain;
  verdict.started = pod.running_since;
  if (pod.phase == Phase::kSucceeded) {
    verdict.state = State::kSucceeded;  // every container ended well, also one that goes by another name
    verdict.confidence = Confidence::kLikely;
  } else if (pod.running && pod.node_silent && pod.deletion_requested && ended_by_disruption(pod)) {
    // Evicted from a node that nobody hears from: nobody is there to tell its end, and nothing can undo it.
    fail(verdict, reason_of(*pod.disruption), Confidence::kLikely);
  } else if (pod.running || pod.phase == Phase::kRunning) {
    verdict.state = State::kRunning;
  } else if (pod.waiting || pod.phase == Phase::kPending) {
    verdict.state = State::kPending;
    verdict.reason = pod.waiting ? reason_of(*pod.waiting) : Reason::kNone;
  } else {
    verdict.confidence = Confidence::kNone;
  }
  return verdict;
}

/// A pod that is gone and whose container's end was not seen.
Verdict decide_gone(const Evidence& evidence, const PodEvidence& pod) {
  Verdict verdict;
  verdict.started = pod.running_since;
  verdict.evidence = pod.text;
  if (ended_by_disruption(pod)) {
    fail(verdict, reason_of(*pod.disruption), Confidence::kCertain);
  } else if (pod.node_silent) {
    // Forced off a dead node, by hand or by a cloud's controller.
    fail(verdict, Reason::kNodeLost, Confidence::kLikely);
    verdict.evidence = joined("its node was silent and the pod is gone", verdict.evidence);
  } else if (pod.deletion_requested || evidence.presence == Presence::kDeleted) {
    cancel(verdict, "the pod was deleted");
  } else if (evidence.application_deleted) {
    cancel(verdict, "the application was deleted");
  } else {
    verdict.evidence = joined("the pod vanished unseen", verdict.evidence);
  }
  return verdict;
}

Verdict decide_by_pod(const Evidence& evidence, const PodEvidence& pod) {
  const bool gone = evidence.presence == Presence::kDeleted || evidence.presence == Presence::kVanished;
  if (pod.end && !pod.restarts) return decide_end(evidence, pod, *pod.end);
  if (pod.phase == Phase::kFailed) return decide_failed_pod(pod);
  if (gone) return decide_gone(evidence, pod);
  return pod.end ? decide_restart(pod) : decide_alive(pod);
}

// --- those who tell ----------------------------------------------------------------------------

Verdict decide_by_last_words(const Evidence& evidence) {
  const LastWords& words = *evidence.last_words;
  Verdict verdict;
  verdict.state = words.state;
  if (words.state == State::kFailed) verdict.reason = words.reason == Reason::kNone ? Reason::kUnknown : words.reason;
  verdict.confidence = Confidence::kCertain;
  verdict.exit_code = words.exit_code;
  verdict.exception = words.exception;
  verdict.evidence = joined("last words", words.text);
  // They may be here before the pod's status is, and a sidecar knows of its own pod only.
  if (words.state == State::kFailed && words.reason == Reason::kKilled) {
    if (evidence.replaced) {
      cancel(verdict, "its next version had started");
    } else if (evidence.application_deleted) {
      cancel(verdict, "the application was deleted");
    }
  }
  return verdict;
}

void decide_operator_failure(const Evidence& evidence, const OperatorEvidence& app, Verdict& verdict) {
  Reason rough = app.submission_failed ? Reason::kSubmissionFailed : Reason::kUnknown;
  if (app.exit_code) rough = reason_of_exit(*app.exit_code, app.exit_reason);
  verdict.exit_code = app.exit_code;
  verdict.exception = app.exception.empty() ? evidence.clues.exception : app.exception;
  fail(verdict, refined(rough, {app.clue, evidence.clues.last_job, evidence.clues.log}), Confidence::kLikely);
  if (app.submission_failed && app.clue == TextClue::kQuotaExceeded) verdict.reason = Reason::kQuotaExceeded;
  if (app.submission_failed) verdict.confidence = Confidence::kCertain;
}

Verdict decide_by_operator(const Evidence& evidence, const OperatorEvidence& app) {
  Verdict verdict;
  verdict.evidence = app.text;
  verdict.confidence = Confidence::kLikely;
  switch (app.says) {
    case Says::kNothing: verdict.confidence = Confidence::kNone; break;
    case Says::kPending: verdict.state = State::kPending; break;
    case Says::kRunning: verdict.state = State::kRunning; break;
    case Says::kSucceeded: verdict.state = State::kSucceeded; break;
    case Says::kSuspended: cancel(verdict, "the application was suspended"); break;
    case Says::kFailed: decide_operator_failure(evidence, app, verdict); break;
  }
  return verdict;
}

/// Nobody saw the end, and the operator no longer speaks of this attempt.
Verdict decide_followed() {
  Verdict verdict;
  verdict.state = State::kRetrying;
  verdict.reason = Reason::kUnknown;
  verdict.confidence = Confidence::kLikely;
  verdict.evidence = "followed by another attempt";
  return verdict;
}

/// The pod's container has not ended, or was not seen to: `by_pod` is what is known of it.
Verdict decide_by_others(const Evidence& evidence, Verdict by_pod) {
  if (evidence.last_words && is_final(evidence.last_words->state)) return decide_by_last_words(evidence);
  const OperatorEvidence app = evidence.operator_says.value_or(OperatorEvidence{});
  // Its failures may be deletions and disruptions, which the pod will tell; a success is one.
  if (app.says == Says::kSucceeded) return decide_by_operator(evidence, app);
  if (by_pod.state != State::kUnknown) return by_pod;
  Verdict verdict = decide_by_operator(evidence, app);
  // A pod that was seen to go does not come back, however long the operator takes to notice.
  const bool gone = evidence.presence == Presence::kDeleted || evidence.presence == Presence::kVanished;
  if (is_final(verdict.state) || (!gone && verdict.state != State::kUnknown)) return verdict;
  if (app.says == Says::kNothing && app.retry == Retry::kToCome) return decide_followed();
  if (evidence.application_deleted) {
    cancel(by_pod, "the application was deleted");
  } else if (evidence.rest_answers) {
    by_pod.state = State::kRunning;
    by_pod.confidence = Confidence::kLikely;
  }
  return by_pod;
}

/// Last words name the reason that only the pod's own sidecar could see.
void add_last_words(const Evidence& evidence, Verdict& verdict) {
  if (!evidence.last_words || evidence.last_words->state != State::kFailed) return;
  const bool rough = verdict.reason == Reason::kUserError || verdict.reason == Reason::kUnknown;
  if (rough && evidence.last_words->reason != Reason::kNone) verdict.reason = evidence.last_words->reason;
  if (verdict.exception.empty()) verdict.exception = evidence.last_words->exception;
}

}  // namespace

Verdict decide(const Evidence& evidence) {
  Verdict verdict;
  if (evidence.pod) verdict = decide_by_pod(evidence, *evidence.pod);
  if (!is_final(verdict.state)) verdict = decide_by_others(evidence, std::move(verdict));
  if (verdict.state != State::kFailed) return verdict;
  add_last_words(evidence, verdict);
  if (evidence.operator_says && evidence.operator_says->retry == Retry::kToCome) verdict.state = State::kRetrying;
  return verdict;
}

Verdict settle(const Verdict& before, const Verdict& now) {
  if (!is_final(before.state)) return now;
  if (now.state != before.state) return before;
  if (now.confidence != before.confidence) return now.confidence > before.confidence ? now : before;
  const auto rough = [](Reason reason) { return reason == Reason::kUserError || reason == Reason::kUnknown; };
  return rough(before.reason) || before.reason == now.reason ? now : before;
}

}  // namespace spark_exporter::outcome
