#include "exporter/web/router.hpp"

#include <chrono>
#include <exception>
namespace spark_exporter::web {
namespace {

HttpResponse plain(int status, std::string text) {
  HttpResponse response;
  response.status = status;
  response.body = std::move(text);
  return response;
}

}  // namespace

HttpResponse Router::guarded(const Route& route, const HttpRequest& request) {
  std::string what = "unknown exception";
  try {
    return route.handler(request);
  } catch (const std::exception& error) {
    what = error.what();
  } catch (...) {
    what = "not a std::exception";
  }
  std::uint64_t held_back = 0;
  if (failures_.admit(route.path, std::chrono::steady_clock::now(), held_back)) {
    log::error("request handler failed",
               {{"path", route.path}, {"error", what}, {"held_back", std::to_string(held_back)}});
  }
  return plain(500, "internal error\n");
}

/// Null: none, and `allowed` has the methods that this path has.
const Route* Router::find(const HttpRequest& request, std::string& allowed) const {
  const std::string_view wanted = request.method == "HEAD" ? "GET" : std::string_view(request.method);
  for (const Route& route : routes_) {
    if (route.path != request.path) continue;
    if (route.methods == wanted) return &route;
    if (!allowed.empty()) allowed += ", ";
    allowed += route.methods == "GET" ? "GET, HEAD" : route.methods;
  }
  return nullptr;
}

HttpResponse Router::answer(const HttpRequest& request) {
  std::string allowed;
  const Route* const route = find(request, allowed);
  if (gate_ != nullptr) {
    const bool asks_password = route == nullptr || !route->open;
    if (auto refusal = gate_->refuse(request, asks_password, Gate::Clock::now())) return std::move(*refusal);
  }
  if (route != nullptr) return guarded(*route, request);
  if (allowed.empty()) return plain(404, "not found\n");
  HttpResponse response = plain(405, "method not allowed\n");
  response.headers.emplace_back("Allow", allowed);
  return response;
}

HttpResponse Router::dispatch(const HttpRequest& request) {
  HttpResponse response = answer(request);
  if (gate_ != nullptr) gate_->finish(response);
  return response;
}

}  // namespace spark_exporter::web
