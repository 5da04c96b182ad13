#pragma once
// From a request to its handler's answer. Thread-safe: the routes do not change.

#include <memory>
#include <vector>

#include "exporter/common/log.hpp"
#include "exporter/web/gate.hpp"
#include "exporter/web/server.hpp"

namespace spark_exporter::web {

class Router {
 public:
  /// Without a gate everybody is answered.
  explicit Router(std::vector<Route> routes, std::shared_ptr<Gate> gate = nullptr)
      : routes_(std::move(routes)), gate_(std::move(gate)) {}

  /// The answer of the route with this exact path and method (a HEAD asks the GET route), 404, 405 with Allow, or 500
  /// where the handler throws, whatever it throws. The gate is asked first, in the name of the route; what is
  /// not there asks for the password, too.
  HttpResponse dispatch(const HttpRequest& request);

 private:
  const Route* find(const HttpRequest& request, std::string& allowed) const;
  HttpResponse answer(const HttpRequest& request);
  HttpResponse guarded(const Route& route, const HttpRequest& request);

  std::vector<Route> routes_;
  std::shared_ptr<Gate> gate_;
  log::RateLimited failures_;
};

}  // namespace spark_exporter::web
