#pragma once
// /runbooks/..., of sidecar and observer alike.

#include <functional>
#include <vector>

#include "exporter/outcome/view.hpp"
#include "exporter/runbooks/page.hpp"
#include "exporter/web/server.hpp"

namespace spark_exporter::app {

runbooks::Run runbook_run(const outcome::RunView& run);

/// Adds a route for each page and each alert: /runbooks/ (the index), /runbooks/SparkJobFailed, /runbooks/job-failure,
/// /runbooks/job-failure.md. HTML for browsers, else Markdown. `runs` is asked at each request, on any thread.
void add_runbook_routes(std::vector<web::Route>& routes, std::function<std::vector<runbooks::Run>()> runs);

}  // namespace spark_exporter::app
