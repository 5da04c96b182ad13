#pragma once
// From a request to its handler's answer. Thread-safe: the routes do not change.

#include <vector>

#include "exporter/common/log.hpp"
#include "exporter/web/server.hpp"

namespace spark_exporter::web {

class Router {
 public:
  explicit Router(std::vector<Route> routes) : routes_(std::move(routes)) {}

  /// The answer of the route with this exact path and method (a HEAD asks the GET route), 404, 405 with Allow, or 500
  /// where the handler throws, whatever it throws.
  HttpResponse dispatch(const HttpRequest& request);

 private:
  HttpResponse guarded(const Route& route, const HttpRequest& request);

  std::vector<Route> routes_;
  log::RateLimited failures_;
};

}  // namespace spark_exporter::web
