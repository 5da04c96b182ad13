#include "exporter/app/runbook_routes.hpp"

#include <string>
#include <utility>

#include "exporter/runbooks/library.hpp"

namespace spark_exporter::app {
namespace {

constexpr char kFolder[] = "/runbooks/";

web::HttpResponse answer(const runbooks::Page& page, const web::HttpRequest& request,
                         const std::function<std::vector<runbooks::Run>()>& runs) {
  web::HttpResponse response;
  response.headers.emplace_back("Vary", "Accept");
  const auto asked = runbooks::read_query(request.query);
  if (asked.has_error()) {
    response.status = 400;
    response.body = asked.error().what + "\n";
    return response;
  }
  auto served = runbooks::serve(page, *asked, runs());
  response.content_type = request.accepts_html ? "text/html; charset=utf-8" : "text/markdown; charset=utf-8";
  response.body = request.accepts_html ? runbooks::html_page(page, served) : std::move(served.markdown);
  return response;
}

}  // namespace

runbooks::Run runbook_run(const outcome::RunView& run) {
  return {run.kubernetes_namespace,
          run.app,
          run.app_id,
          run.driver_pod,
          run.node,
          std::string(outcome::to_string(run.verdict.state)),
          std::string(outcome::to_string(run.verdict.reason))};
}

void add_runbook_routes(std::vector<web::Route>& routes, std::function<std::vector<runbooks::Run>()> runs) {
  const auto add = [&routes, &runs](std::string path, const runbooks::Page& page) {
    routes.push_back({std::move(path), "GET",
                      [&page, runs](const web::HttpRequest& request) { return answer(page, request, runs); }});
  };
  for (const auto& page : runbooks::pages()) {
    add(kFolder + std::string(page.name), page);
    add(kFolder + std::string(page.name) + ".md", page);
    if (page.name == runbooks::kIndex) add(kFolder, page);
  }
  for (const auto& alert : runbooks::alerts()) {
    if (const auto* page = runbooks::find_page(alert.page)) add(kFolder + std::string(alert.name), *page);
  }
  // The index has relative links.
  routes.push_back({"/runbooks", "GET", [](const web::HttpRequest&) {
                      web::HttpResponse response;
                      response.status = 301;
                      response.headers.emplace_back("Location", kFolder);
                      return response;
                    }});
}

}  // namespace spark_exporter::app
