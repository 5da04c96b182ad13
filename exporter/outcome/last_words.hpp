#pragma once
// A run's last words as they travel: compact JSON, pushed to the observer (POST /api/v1/last-words) and written into
// the termination message of the sidecar's container, where the observer finds them if the push did not arrive.
//
//   {"spark_exporter":1,"namespace":"etl","pod":"nightly-driver","pod_uid":"...","app":"nightly","app_from":"label",
//    "app_id":"spark-...","kind":"batch","outcome":"failed","reason":"UserError","confidence":"certain","exit_code":1,
//    "exception":"...","text":"...","submitted":1763899200.0,"started":...,"ended":...,"input_bytes":...,
//    "cost_currency":"EUR","cost_task_ok":1.5,"cost_idle":0.5, ...,    what it cost, by use; uses without money left
//    "advice":"spark.executor.instances=2","saving_ratio":0.45,        out; what it should have asked for
//    "quality":[{...}, ...]}    the last validations of its datasets (docs/quality.schema.json), failed ones first
//
// Absent members are not known; unknown members are ignored, so that older and newer versions understand each other.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/common/result.hpp"
#include "exporter/cost/money.hpp"
#include "exporter/intake/quality_result.hpp"
#include "exporter/outcome/evidence.hpp"
#include "exporter/outcome/view.hpp"

namespace spark_exporter::outcome {

struct LastWordsMessage {
  std::string kubernetes_namespace;
  std::string pod;
  std::string pod_uid;
  std::string app;
  std::string app_from;
  std::string app_id;
  Kind kind = Kind::kBatch;
  std::string spark_version;
  Verdict verdict;
  std::optional<TimePoint> submitted;
  std::optional<double> input_bytes;  ///< read by the whole run
  std::optional<cost::Final> cost;
  std::vector<intake::QualityResult> quality;  ///< the ones that matter most first
  std::optional<Advice> advice;
};

/// At most `most` bytes: texts are cut first, then left out; what names the run and its outcome always stays, so `most`
/// below 512 is taken for 512. Always valid UTF-8 and one line.
std::string encode(const LastWordsMessage& message, std::size_t most);

/// Errors: kMalformed, kWrongType, kTooLarge (over limits::kLastWordsBytes) with the member's name; a message without
/// namespace, pod and outcome is kMalformed. Texts are cut at limits::kTextBytes.
Result<LastWordsMessage> decode_last_words(std::string_view text);

/// Whether a container's termination message looks like ours (worth decoding).
bool looks_like_last_words(std::string_view text);

/// What the outcome's decision takes from it.
LastWords to_evidence(const LastWordsMessage& message);

}  // namespace spark_exporter::outcome
