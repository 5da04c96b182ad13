#pragma once
// The outcome of a run from all that is known about it: a pure function, and the rule that an outcome once known stays.
//
// What decides, the strongest first:
//   1. the driver container's end, by its name (exit code 0 is a success whatever became of the pod afterwards), unless
//      a disruption or a deletion of the pod came before it and is what it ended of;
//   2. the pod: failed before its container could start, ended by a disruption, deleted;
//   3. the last words of the pod's sidecar;
//   4. the operator's state of the application;
//   5. nobody: unknown, never a guess. Spark's REST API and texts decide nothing, they only make a reason precise.
// A failure that a finite number of attempts follows is kRetrying.
//
// The operator calls a deleted driver a failed one. So whoever watches both has the list of pods in before it decides,
// and a pod that is there, or was, tells first.

#include "exporter/outcome/evidence.hpp"
#include "exporter/outcome/verdict.hpp"

namespace spark_exporter::outcome {

Verdict decide(const Evidence& evidence);

/// What to show when `now` follows `before`: a final state stays, whatever evidence comes late; its reason may become
/// more precise as long as the state is the same.
Verdict settle(const Verdict& before, const Verdict& now);

}  // namespace spark_exporter::outcome
