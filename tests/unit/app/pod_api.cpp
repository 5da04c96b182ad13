#include "tests/unit/app/pod_api.hpp"

namespace spark_exporter::app {

using test::ReceivedRequest;
using test::Reply;
namespace replies = test::replies;

PodApi::PodApi(Json pod) : states_{std::move(pod)} {
  server_.set_fallback([this](const ReceivedRequest& request) { return answer(request); });
}

PodApi::~PodApi() { stop(); }

void PodApi::set(Json pod) {
  {
    const std::lock_guard lock(mutex_);
    states_.push_back(std::move(pod));
  }
  changed_.notify_all();
}

void PodApi::forbid() {
  const std::lock_guard lock(mutex_);
  forbidden_ = true;
}

void PodApi::set_log(std::string text) {
  const std::lock_guard lock(mutex_);
  log_ = std::move(text);
}

void PodApi::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  changed_.notify_all();
  server_.stop();
}

std::string PodApi::next_line(std::size_t& seen) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return stopped_ || seen < states_.size(); });
  if (stopped_) return "";
  Json pod = states_[seen++];
  pod["metadata"]["resourceVersion"] = std::to_string(seen);
  return Json{{"type", "MODIFIED"}, {"object", pod}}.dump() + "\n";
}

Reply PodApi::answer(const ReceivedRequest& request) {
  const std::lock_guard lock(mutex_);
  if (forbidden_) {
    return replies::json(R"({"kind":"Status","code":403,"reason":"Forbidden","message":"pods is forbidden"})")
        .with_status(403);
  }
  if (request.path == "/api/v1/namespaces/etl/pods/nightly-driver/log") {
    auto reply = replies::json(log_).chunked();
    reply.headers = {{"Content-Type", "text/plain"}};
    return reply;
  }
  if (request.path != "/api/v1/namespaces/etl/pods") return replies::status(404);
  const auto version = std::to_string(states_.size());
  if (request.target.find("watch=true") == std::string::npos) {
    Json pod = states_.back();
    pod["metadata"]["resourceVersion"] = version;
    return replies::json(
        Json{{"kind", "PodList"}, {"metadata", {{"resourceVersion", version}}}, {"items", {pod}}}.dump());
  }
  const auto from = request.target.find("resourceVersion=");
  auto seen = std::make_shared<std::size_t>(std::stoul(request.target.substr(from + 16)));
  Reply reply = replies::json("");
  reply.framing = test::Framing::kChunked;
  reply.generate = [this, seen](std::uint64_t) { return next_line(*seen); };
  return reply;
}

Json running_pod(bool native, int grace_seconds) {
  Json exporter{{"name", "spark-exporter"}, {"image", "registry.example/spark-exporter:1"}};
  if (native) exporter["restartPolicy"] = "Always";
  const Json driver{{"name", "spark-kubernetes-driver"}, {"image", "registry.example/spark:4"}};
  const Json runs{{"running", {{"startedAt", "2026-11-23T10:00:00Z"}}}};
  const Json driver_status{{"name", "spark-kubernetes-driver"}, {"state", runs}};
  const Json exporter_status{{"name", "spark-exporter"}, {"state", runs}};
  Json pod{
      {"metadata",
       {{"name", "nightly-driver"},
        {"namespace", "etl"},
        {"uid", "0b9f3d42-93a5-4a5e-8d53-5f6f1c1f0f0a"},
        {"creationTimestamp", "2026-11-23T09:59:50Z"},
        {"labels", {{"spark-role", "driver"}, {"spark-app-selector", "app-1"}, {"spark-exporter.io/job", "nightly"}}}}},
      {"spec", {{"terminationGracePeriodSeconds", grace_seconds}, {"restartPolicy", "Never"}}},
      {"status", {{"phase", "Running"}}}};
  if (native) {
    pod["spec"]["containers"] = Json::array({driver});
    pod["spec"]["initContainers"] = Json::array({exporter});
    pod["status"]["containerStatuses"] = Json::array({driver_status});
    pod["status"]["initContainerStatuses"] = Json::array({exporter_status});
  } else {
    pod["spec"]["containers"] = Json::array({exporter, driver});
    pod["status"]["containerStatuses"] = Json::array({exporter_status, driver_status});
  }
  return pod;
}

Json with_driver_end(Json pod, int exit_code, const std::string& reason) {
  for (auto& status : pod["status"]["containerStatuses"]) {
    if (status["name"] != "spark-kubernetes-driver") continue;
    status["state"] = {{"terminated",
                        {{"exitCode", exit_code},
                         {"reason", reason},
                         {"startedAt", "2026-11-23T10:00:00Z"},
                         {"finishedAt", "2026-11-23T10:05:00Z"}}}};
  }
  return pod;
}

Json being_deleted(Json pod) {
  pod["metadata"]["deletionTimestamp"] = "2026-11-23T10:05:25Z";
  pod["metadata"]["deletionGracePeriodSeconds"] = 30;
  return pod;
}

}  // namespace spark_exporter::app
