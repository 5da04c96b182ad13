#include "exporter/app/api_intake.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "exporter/common/file.hpp"
#include "exporter/common/form_text.hpp"
#include "exporter/common/limits.hpp"
#include "exporter/common/text.hpp"
#include "exporter/web/http_text.hpp"

namespace spark_exporter::app {

web::HttpResponse api_answer(int status, std::string text) {
  web::HttpResponse response;
  response.status = status;
  response.body = std::move(text) + '\n';
  if (status == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer");
  if (status == 503) response.headers.emplace_back("Retry-After", "1");
  return response;
}

std::string bearer_token(std::string_view authorization) {
  const auto space = authorization.find(' ');
  if (space == std::string_view::npos) return {};
  if (!web::equal_ignoring_case(authorization.substr(0, space), "Bearer")) return {};
  return std::string(web::trimmed(authorization.substr(space)));
}

Result<std::map<std::string, std::string>> query_values(std::string_view query) {
  std::map<std::string, std::string> values;
  while (!query.empty()) {
    const auto pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
    const auto name = pair.substr(0, pair.find('='));
    auto value = form_decoded(pair.substr(std::min(name.size() + 1, pair.size())));
    const bool good =
        value && value->size() <= limits::kLabelValueBytes && find_invalid_utf8(*value) == std::string_view::npos;
    if (!good) return Error{ErrorKind::kMalformed, "bad value of " + quoted(name, 40)};
    values.emplace(name, std::move(*value));
  }
  return values;
}

std::variant<kubernetes::TokenReview, web::HttpResponse> sender_of(const web::HttpRequest& request,
                                                                   TokenReviewer& reviewer) {
  const auto token = bearer_token(request.authorization);
  if (token.empty()) return api_answer(401, "a bearer token is needed: that of the pod's service account");
  auto sender = reviewer.review(token);
  if (sender) return std::move(*sender);
  switch (sender.error().kind) {
    case ErrorKind::kUnauthorized: return api_answer(401, "a valid token of the pod's service account is needed");
    case ErrorKind::kForbidden: return api_answer(503, "the observer may not check tokens: see its log");
    default: return api_answer(503, "the token cannot be checked now: try again");
  }
}

Result<std::string> IntakeGuard::token() const {
  auto text = read_whole(token_file_, limits::kTokenBytes);
  if (text.has_error()) return text.error();
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  while (!text->empty() && blank(text->back())) text->pop_back();
  text->erase(0, std::min(text->find_first_not_of(" \t\r\n"), text->size()));
  if (text->empty()) return Error{ErrorKind::kIo, token_file_ + ": is empty"};
  return text;
}

bool IntakeGuard::shows_token(const web::HttpRequest& request) const {
  if (token_file_.empty()) return false;
  const auto shown = bearer_token(request.authorization);
  const auto wanted = token();
  return wanted && !shown.empty() && equal_in_constant_time(shown, *wanted);
}

std::optional<web::HttpResponse> IntakeGuard::refuse(const web::HttpRequest& request, std::size_t most) const {
  if (!request.peer_is_loopback) {
    if (token_file_.empty()) {
      return api_answer(403, "this is for this pod only: ask from loopback, or set --api.token-file");
    }
    const auto wanted = token();
    if (wanted.has_error()) {
      std::uint64_t held_back = 0;
      if (log_limit_.admit("token", std::chrono::steady_clock::now(), held_back)) {
        log::warn("the token of --api.token-file cannot be read",
                  {{"error", wanted.error().what}, {"held_back", std::to_string(held_back)}});
      }
      return api_answer(503, "tokens cannot be checked: see the exporter's log");
    }
    const auto shown = bearer_token(request.authorization);
    if (shown.empty()) return api_answer(401, "a bearer token is needed");
    if (!equal_in_constant_time(shown, *wanted)) return api_answer(401, "the token is not valid");
  }
  if (request.body.size() > most) {
    return api_answer(413, "the body is longer than " + std::to_string(most) + " bytes");
  }
  return std::nullopt;
}

}  // namespace spark_exporter::app
