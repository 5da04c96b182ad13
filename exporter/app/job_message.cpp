#include "exporter/app/job_message.hpp"

#include <utility>
#include <vector>

#include "exporter/common/limits.hpp"
#include "exporter/kubernetes/decode.hpp"
#include "exporter/kubernetes/resource.hpp"

namespace spark_exporter::app {
namespace {

constexpr auto kTimeout = std::chrono::seconds{10};
/// Of a Job with more of them, any.
constexpr std::size_t kPods = 50;

}  // namespace

std::optional<backup::Report> message_of(const std::vector<kubernetes::Pod>& pods,
                                         const std::function<void(const Error&)>& wrong) {
  std::optional<backup::Report> last;
  std::optional<kubernetes::TimePoint> ended;
  for (const auto& pod : pods) {
    for (const auto& status : pod.container_statuses) {
      if (status.state != kubernetes::ContainerStatus::State::kTerminated) continue;
      const auto& terminated = status.terminated;
      if (!backup::looks_like_report(terminated.message)) continue;
      auto report = backup::decode_report(terminated.message);
      if (!report) {
        wrong({report.error().kind,
               "termination message of pod " + pod.namespace_name + '/' + pod.name + ": " + report.error().what});
        continue;
      }
      if (last && ended && terminated.finished_at && *terminated.finished_at < *ended) continue;
      last = std::move(*report);
      ended = terminated.finished_at;
    }
  }
  return last;
}

kubernetes::ApiResult<std::optional<backup::Report>> read_job_message(kubernetes::ApiClient& api,
                                                                      const backup::JobRef& job,
                                                                      const std::function<void(const Error&)>& wrong) {
  // The Job controller puts this label on each pod (batch/v1, job_controller: LegacyControllerUidLabel).
  const kubernetes::Selection pods{kubernetes::kPods, job.kubernetes_namespace,
                                   "controller-uid=" + jobs::to_uuid(job.uid), ""};
  net::Request request;
  request.target = kubernetes::list_target(pods, kPods, "");
  request.timeout = kTimeout;
  request.body_limit = limits::kListBodyBytes;
  std::vector<kubernetes::Pod> found;
  kubernetes::ListHead head;
  const auto done = api.request(std::move(request), [&](std::istream& body) -> Result<void> {
    const json::Each<kubernetes::Pod> each = [&found](kubernetes::Pod&& pod) { found.push_back(std::move(pod)); };
    const auto read = kubernetes::decode_list<kubernetes::Pod>(body, head, each);
    if (read.has_error()) return read.error();
    return boost::system::in_place_value;
  });
  if (!done) return done.error();
  return message_of(found, wrong);
}

}  // namespace spark_exporter::app
