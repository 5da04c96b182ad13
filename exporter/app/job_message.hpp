#pragma once
// What the pods of a Job that has ended say of a backup: their containers' termination messages.

#include <functional>
#include <optional>

#include "exporter/backup/catalog.hpp"
#include "exporter/backup/report.hpp"
#include "exporter/kubernetes/api_client.hpp"
#include "exporter/kubernetes/facts.hpp"

namespace spark_exporter::app {

/// The message of the container that ended last, of all that are a report; nothing where none is. `wrong` hears of
/// those that look like one and cannot be read.
std::optional<backup::Report> message_of(const std::vector<kubernetes::Pod>& pods,
                                         const std::function<void(const Error&)>& wrong);

/// Asks for the Job's pods (status.containerStatuses[].state.terminated.message). Errors: the client's.
kubernetes::ApiResult<std::optional<backup::Report>> read_job_message(kubernetes::ApiClient& api,
                                                                      const backup::JobRef& job,
                                                                      const std::function<void(const Error&)>& wrong);

}  // namespace spark_exporter::app
