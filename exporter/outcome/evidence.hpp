#pragma once
// All that can be known about one run, each part absent until somebody tells it. Values: cheap to keep and to compare.

#include <cstdint>
#include <optional>
#include <string>

#include "exporter/kubernetes/facts.hpp"
#include "exporter/outcome/failure_text.hpp"
#include "exporter/outcome/pod_evidence.hpp"
#include "exporter/outcome/verdict.hpp"

namespace spark_exporter::outcome {

/// Where the driver pod is now; `PodEvidence` is what was seen of it last.
enum class Presence {
  kUnseen,  ///< no pod of this run was ever seen
  kPresent,
  kDeleted,   ///< a DELETED event came: what was seen last is its last state
  kVanished,  ///< it was not in a list any more: how it went was not seen
};

/// What its owner does after a failure.
enum class Retry {
  kNone,     ///< nothing, or not known
  kToCome,   ///< a finite number of attempts is left, or one of them has begun
  kForEver,  ///< restartPolicy Always: each failure counts
};

/// What the operator says of this run.
struct OperatorEvidence {
  enum class Says { kNothing, kPending, kRunning, kSucceeded, kFailed, kSuspended };

  Says says = Says::kNothing;
  bool submission_failed = false;  ///< of kFailed: it never had a driver
  Retry retry = Retry::kNone;
  /// From errorMessage, "driver container failed with ExitCode: 137, Reason: OOMKilled".
  std::optional<std::int64_t> exit_code;
  std::string exit_reason;
  TextClue clue = TextClue::kNone;
  std::string exception;
  std::string text;  ///< one line
};

/// What the sidecar of the pod said at its end, pushed or in its termination message.
struct LastWords {
  State state = State::kUnknown;
  Reason reason = Reason::kNone;
  std::optional<std::int64_t> exit_code;
  std::string exception;
  std::string text;
};

/// Makes a reason more precise; decides nothing. From the last ended Spark job, if that failed
/// (GET /applications/ID/stages: failureReason), and from log signatures.
struct Clues {
  TextClue last_job = TextClue::kNone;  ///< read_clue() of its stage's failureReason
  TextClue log = TextClue::kNone;
  std::string exception;
  std::string text;  ///< one line
};

struct Evidence {
  Presence presence = Presence::kUnseen;
  std::optional<PodEvidence> pod;    ///< of the driver's container
  bool application_deleted = false;  ///< the SparkApplication is gone or going
  /// An endless job's next version had started before this run ended.
  bool replaced = false;
  std::optional<OperatorEvidence> operator_says;
  std::optional<LastWords> last_words;
  bool rest_answers = false;  ///< Spark's REST API answered a moment ago
  Clues clues;
};

/// Which run is asked about, from its driver pod; "" is not known.
struct RunKey {
  std::string submission_id;  ///< label sparkoperator.k8s.io/submission-id
  std::string app_id;         ///< label spark-app-selector
};

/// What `application` says about that run. The status speaks of the newest attempt only: of an earlier one it says that
/// it was followed by another. Attempts are told apart by submission id, else by application id: a rerun clears that
/// one first, and the operator takes it from whatever executor it sees.
OperatorEvidence read_operator(const kubernetes::SparkApplication& application, const RunKey& run);

}  // namespace spark_exporter::outcome
