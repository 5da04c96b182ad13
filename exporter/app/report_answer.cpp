#include "exporter/app/report_answer.hpp"

#include "exporter/report/html.hpp"
#include "exporter/report/text.hpp"

namespace spark_exporter::app {
namespace {

bool asks_for(const web::HttpRequest& request, std::string_view format) {
  const std::string query = '&' + request.query + '&';
  return query.find("&format=" + std::string(format) + '&') != std::string::npos;
}

}  // namespace

web::HttpResponse answer_report(const web::HttpRequest& request, const std::string& json,
                                std::shared_ptr<const void> keep_alive) {
  web::HttpResponse response;
  response.headers.emplace_back("Vary", "Accept");
  const bool text = asks_for(request, "text");
  const bool html = !text && (asks_for(request, "html") || (request.accepts_html && !asks_for(request, "json")));
  if (text || html) {
    const auto document = report::Document::parse(json);
    if (document) {
      response.body = html ? report::to_html(*document) : report::to_text(*document);
      if (html) response.content_type = "text/html; charset=utf-8";
      return response;
    }
  }
  response.content_type = "application/json";
  response.shared = json;
  response.keep_alive = std::move(keep_alive);
  return response;
}

}  // namespace spark_exporter::app
