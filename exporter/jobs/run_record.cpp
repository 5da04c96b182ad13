#include "exporter/jobs/run_record.hpp"

#include <algorithm>
#include <array>

#include "exporter/common/limits.hpp"
#include "exporter/outcome/diagnosis.hpp"

namespace spark_exporter::jobs {
namespace {

constexpr std::string_view kScheduleLabel = "sparkoperator.k8s.io/scheduled-app-name";
constexpr std::size_t kPackedBytes = 4096;

bool is_exporter(const kubernetes::ContainerSpec& container) {
  return container.image.find("spark-exporter") != std::string::npos ||
         container.image.find("spark_exporter") != std::string::npos || container.name == "spark-exporter";
}

bool differs_by_run(std::string_view label) {
  static constexpr std::array<std::string_view, 5> kLabels{"spark-app-selector", "spark-role", "spark-version",
                                                           "sparkoperator.k8s.io/submission-id", "spark-app-name"};
  return std::find(kLabels.begin(), kLabels.end(), label) != kLabels.end();
}

bool tells_end(const outcome::OperatorEvidence& evidence) {
  return evidence.says == outcome::OperatorEvidence::Says::kSucceeded ||
         evidence.says == outcome::OperatorEvidence::Says::kFailed;
}

}  // namespace

outcome::Evidence& RunRecord::facts() {
  if (!evidence) evidence = std::make_unique<outcome::Evidence>();
  evidence->presence = presence;
  is_news = true;
  return *evidence;
}

bool is_later(const RunRecord& run, const RunRecord& than) {
  if (run.submitted != than.submitted) return run.submitted > than.submitted;
  if (run.key.high != than.key.high) return run.key.high > than.key.high;
  return run.key.low > than.key.low;
}

int name_rank(std::string_view from) {
  static constexpr std::array<std::string_view, 6> kFrom{
      "flag", "label", "scheduledsparkapplication", "sparkapplication", "spark-app-name", "application"};
  return static_cast<int>(std::find(kFrom.begin(), kFrom.end(), from) - kFrom.begin());
}

const model::JobName& better(const model::JobName& left, const model::JobName& right) {
  if (right.app.empty()) return left;
  if (left.app.empty()) return right;
  return name_rank(right.from) < name_rank(left.from) ? right : left;
}

std::string annotation(const kubernetes::Object& object, const std::string& name) {
  const auto found = object.annotations.find("spark-exporter.io/" + name);
  return found == object.annotations.end() ? std::string() : found->second;
}

model::JobName pod_name(const kubernetes::Pod& pod, const std::string& flag, const std::string& label) {
  model::NameSources sources;
  sources.flag = flag.empty() ? pod.exporter_job : flag;
  sources.label_name = label;
  sources.pod_labels = pod.labels;
  auto name = model::job_name(sources);
  for (const auto& owner : pod.owners) {
    if (owner.kind != "SparkApplication") continue;
    name = better(name, {std::string(model::without_run_suffix(owner.name)), "sparkapplication"});
  }
  if (name.app.empty()) name = {std::string(model::without_run_suffix(pod.name)), "application"};
  return name;
}

std::string schedule_of(const kubernetes::SparkApplication& application) {
  for (const auto& owner : application.owners) {
    if (owner.kind == "ScheduledSparkApplication") return owner.name;
  }
  return std::string(application.label(std::string(kScheduleLabel)));
}

model::JobName application_name(const kubernetes::SparkApplication& application, const std::string& label) {
  if (const auto name = application.label(label); !name.empty()) return {std::string(name), "label"};
  if (auto name = schedule_of(application); !name.empty()) return {std::move(name), "scheduledsparkapplication"};
  return {std::string(model::without_run_suffix(application.name)), "sparkapplication"};
}

std::string pack(const std::map<std::string, std::string>& labels) {
  std::string packed;
  for (const auto& [name, value] : labels) {
    if (differs_by_run(name) || packed.size() + name.size() + value.size() + 2 > kPackedBytes) continue;
    packed.append(name).push_back('\0');
    packed.append(value).push_back('\0');
  }
  packed.shrink_to_fit();
  return packed;
}

std::vector<std::pair<std::string, std::string>> pick(std::string_view packed, const std::vector<std::string>& wanted) {
  std::vector<std::pair<std::string, std::string>> picked;
  const auto next = [&packed] {
    const auto end = std::min(packed.find('\0'), packed.size());
    const auto text = packed.substr(0, end);
    packed.remove_prefix(std::min(end + 1, packed.size()));
    return text;
  };
  while (!packed.empty()) {
    const auto name = next();
    const auto value = next();
    if (std::find(wanted.begin(), wanted.end(), name) != wanted.end()) picked.emplace_back(name, value);
  }
  return picked;
}

void observe(RunRecord& run, const kubernetes::Pod& pod, const std::string& container) {
  auto seen = outcome::observe(pod, container);
  auto& known = run.facts().pod;
  // The kubelet's own last DELETE, without grace, moves the deletionTimestamp behind the container's end.
  if (known && known->deletion_requested && seen.deletion_requested) {
    seen.deletion_requested = std::min(*known->deletion_requested, *seen.deletion_requested);
  }
  if (!run.termination) run.termination = outcome::termination_reason(seen, false);
  const bool is_over = known && known->end && !known->restarts;
  const bool unsees = is_over && !(seen.end && !seen.restarts);
  if (!unsees) known = std::move(seen);
}

void describe(RunRecord& run, const kubernetes::Pod& pod, const std::string& container) {
  if (pod.uid != to_uuid(run.key)) run.odd_uid = pod.uid;
  run.kubernetes_namespace = pod.namespace_name;
  run.pod_name = pod.name;
  if (const auto id = pod.label("spark-app-selector"); !id.empty()) run.app_id = id;
  if (const auto id = pod.label("sparkoperator.k8s.io/submission-id"); !id.empty()) run.submission_id = id;
  if (const auto version = pod.label("spark-version"); !version.empty()) run.spark_version = version;
  if (!pod.node.empty()) run.node = pod.node;
  run.ip = pod.ip;
  run.labels = pack(pod.labels);
  if (const auto kind = outcome::parse_kind(annotation(pod, "kind"))) run.told_kind = kind;
  if (pod.creation_time) run.submitted = pod.creation_time;
  const auto is_ours = [&](const kubernetes::ContainerSpec& spec) {
    return spec.name != container && is_exporter(spec);
  };
  run.has_sidecar = std::any_of(pod.containers.begin(), pod.containers.end(), is_ours) ||
                    std::any_of(pod.init_containers.begin(), pod.init_containers.end(), is_ours);
}

void hear(RunRecord& run, const kubernetes::SparkApplication& application) {
  auto heard = outcome::read_operator(application, {run.submission_id, run.app_id});
  auto& known = run.facts().operator_says;
  if (known && tells_end(*known) && !tells_end(heard) && run.has_pod()) {
    known->retry = heard.retry;
  } else if (known && tells_end(*known) && heard.says == outcome::OperatorEvidence::Says::kNothing) {
    known->retry = heard.retry;
  } else {
    known = std::move(heard);
  }
}

void read_last_words(RunRecord& run, const kubernetes::Pod& pod, const std::string& container) {
  const auto read = [&](const std::string& text) {
    if (!outcome::looks_like_last_words(text)) return;
    const auto message = outcome::decode_last_words(text);
    const bool is_of_it = message && message->pod == pod.name && message->kubernetes_namespace == pod.namespace_name &&
                          (message->pod_uid.empty() || message->pod_uid == pod.uid);
    if (is_of_it) take_last_words(run, *message);
  };
  for (const auto* statuses : {&pod.init_container_statuses, &pod.container_statuses}) {
    for (const auto& status : *statuses) {
      if (status.name == container) continue;
      if (status.last_terminated) read(status.last_terminated->message);
      if (status.state == kubernetes::ContainerStatus::State::kTerminated) read(status.terminated.message);
    }
  }
}

void take_last_words(RunRecord& run, const outcome::LastWordsMessage& message) {
  auto& known = run.facts().last_words;
  auto words = outcome::to_evidence(message);
  const bool unsays = known && outcome::is_final(known->state) && !outcome::is_final(words.state);
  if (!unsays) known = std::move(words);
  if (run.seen_kind == outcome::Kind::kBatch) run.seen_kind = message.kind;
  if (run.spark_version.empty()) run.spark_version = message.spark_version;
  if (run.app_id.empty()) run.app_id = message.app_id;
  if (message.input_bytes) run.input_bytes = message.input_bytes;
  if (message.cost && !run.cost_counted) run.cost = std::make_unique<const cost::Final>(*message.cost);
  if (!message.quality.empty()) run.told_quality = message.quality;
  if (message.advice) run.advice = std::make_unique<const outcome::Advice>(*message.advice);
  if (!run.submitted) run.submitted = message.submitted;
  if (message.verdict.started) run.told_start = message.verdict.started;
  if (message.verdict.ended) run.told_end = message.verdict.ended;
}

}  // namespace spark_exporter::jobs
