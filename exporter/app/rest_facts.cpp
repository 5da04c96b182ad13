#include "exporter/app/rest_facts.hpp"

#include <charconv>

#include "exporter/outcome/failure_text.hpp"

namespace spark_exporter::app {
namespace {

/// What Spark starts on Kubernetes where nothing is said (SchedulerBackendUtils).
constexpr std::int64_t kDefaultExecutors = 2;

/// How many executors the run wants for as long as it lives; nothing where Spark changes that, or has none.
std::optional<std::int64_t> executors_wanted(const model::Run& run) {
  if (!run.environment() || !run.property("spark.master").starts_with("k8s://")) return std::nullopt;
  if (run.property("spark.dynamicAllocation.enabled") == "true") return std::nullopt;
  const auto text = run.property("spark.executor.instances");
  if (text.empty()) return kDefaultExecutors;
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc{} || end != text.data() + text.size() || count < 0) return std::nullopt;
  return count;
}

outcome::Clues clues(const model::Run& run) {
  outcome::Clues clues;
  const auto& failure = run.last_job_failure();
  if (failure.empty()) return clues;
  clues.last_job = outcome::read_clue(failure);
  clues.exception = outcome::exception_class(failure);
  clues.text = outcome::first_line(failure);
  return clues;
}

}  // namespace

jobs::RestFacts rest_facts(const model::RunView& view) {
  jobs::RestFacts facts;
  facts.kubernetes_namespace = view.kubernetes_namespace;
  facts.app = view.app;
  facts.app_from = view.app_from;
  facts.app_id = view.app_id;
  facts.driver_pod = view.driver_pod;
  if (view.run == nullptr) return facts;
  const model::Run& run = *view.run;
  facts.spark_version = run.application().spark_version;
  facts.submitter = run.application().spark_user;
  facts.kind = run.kind();
  facts.started = run.application().start_time;
  facts.answers = view.fresh;
  facts.over = view.over;
  facts.executors_wanted = executors_wanted(run);
  facts.input_bytes = static_cast<double>(run.stages().totals().input_bytes);
  facts.clues = clues(run);
  return facts;
}

}  // namespace spark_exporter::app
