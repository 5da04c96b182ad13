#pragma once
// Shorthands for tests of the client.

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "exporter/common/result.hpp"
#include "exporter/net/http_client.hpp"

namespace spark_exporter::net {

using std::chrono::milliseconds;

/// Long enough never to be the reason, even on a busy machine.
inline constexpr milliseconds kPatient{20'000};
/// Short enough not to be waited for; where this is the deadline, its passing is what the test is about.
inline constexpr milliseconds kShort{150};

struct Fetched {
  Result<void> result = Result<void>();
  int consumed = 0;  ///< calls of the consumer
  ResponseHead head;
  std::string body;

  std::optional<ErrorKind> kind() const {
    return result ? std::nullopt : std::optional<ErrorKind>(result.error().kind);
  }
  std::string what() const { return result ? "" : result.error().what; }
};

ClientOptions options_for(const std::string& url);
std::unique_ptr<HttpClient> client_for(const std::string& url);
Request request_for(std::string target);
/// Runs the request and keeps the whole body.
Fetched fetch(HttpClient& client, const Request& request);
Fetched fetch(HttpClient& client, std::string target);

}  // namespace spark_exporter::net
