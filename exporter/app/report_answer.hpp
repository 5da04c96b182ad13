#pragma once

#include <memory>
#include <string>

#include "exporter/web/server.hpp"

namespace spark_exporter::app {

/// `/report`: JSON; a page for browsers; `?format=json`, `html` or `text` as asked. `json` lives in `keep_alive`.
web::HttpResponse answer_report(const web::HttpRequest& request, const std::string& json,
                                std::shared_ptr<const void> keep_alive);

}  // namespace spark_exporter::app
