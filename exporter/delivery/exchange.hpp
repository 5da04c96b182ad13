#pragma once
// One request of a channel and what its answer means for the tries after it.

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "exporter/common/result.hpp"
#include "exporter/net/http_client.hpp"

namespace spark_exporter::delivery {

/// Of one try, from the first byte sent to the last one read; the steps before it (look-up, connection, handshake) have
/// kStepTimeout each.
inline constexpr std::chrono::milliseconds kTryTimeout{5'000};
inline constexpr std::chrono::milliseconds kStepTimeout{3'000};

struct Answer {
  unsigned status = 0;
  std::string text;  ///< the body's begin

  bool good() const { return status >= 200 && status < 300; }
};

std::unique_ptr<net::HttpClient> make_client(net::Url url, net::TlsOptions tls = {});

/// Errors: the client's, where no answer came.
Result<Answer> exchange(net::HttpClient& client, net::Request request);

/// An answer that cannot be read (a head without end, not HTTP) says nothing about what was sent: kProtocol, which is
/// tried again, in place of what would be a refusal.
Error unread(Error error);

/// The error that an answer that is not good() stands for, so that Courier knows whether to try again: 400 and 422 are
/// kMalformed, 401 kUnauthorized, 403 kForbidden, 404 kNotFound, 413 kTooLarge, all others, 429 and 5xx
/// among them, kStatus, which is tried again. So is kRedirect, 3xx: a proxy's login page may be there for a moment
/// only. It is not followed: what is sent may be for its address alone. `where` names the request.
Error refusal(std::string_view where, const Answer& answer);

}  // namespace spark_exporter::delivery
