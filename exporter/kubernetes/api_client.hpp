#pragma once
// Requests to the API server with the token of the moment, and its answers judged. For one thread, but for cancel().

#include <functional>
#include <istream>
#include <memory>
#include <string>
#include <string_view>

#include "exporter/common/result.hpp"
#include "exporter/kubernetes/cluster.hpp"
#include "exporter/kubernetes/facts.hpp"
#include "exporter/kubernetes/token.hpp"
#include "exporter/net/http_client.hpp"

namespace spark_exporter::kubernetes {

/// Why the API server did not do it.
struct Failure {
  Error error;
  std::int64_t status = 0;  ///< the HTTP status, or the code of a watch's ERROR event; 0: no answer came
  Seconds retry_after{0};   ///< what the server asked for, at most limits::kRetryAfter
};

[[noreturn]] inline void throw_exception_from_error(const Failure& failure, const boost::source_location& where) {
  spark_exporter::throw_exception_from_error(failure.error, where);
}

template <class T>
using ApiResult = boost::system::result<T, Failure>;

class ApiClient {
 public:
  /// Reads the body of a 2xx answer.
  using Consumer = std::function<Result<void>(std::istream&)>;

  ApiClient(std::unique_ptr<net::HttpClient> http, TokenFile token);

  /// Adds the token and "Accept: application/json". A 401 reads the token's file again, and if that holds another one
  /// asks once more. Errors: HttpClient's, the consumer's; by status kUnauthorized, kForbidden, kNotFound, kRedirect,
  /// kStatus (with the API's own message); kProtocol for a body that is not of `content_type`.
  ApiResult<void> request(net::Request request, const Consumer& consume,
                          std::string_view content_type = "application/json");

  void cancel() noexcept { http_->cancel(); }
  net::ClientStats stats() const { return http_->stats(); }

 private:
  ApiResult<void> ask(const net::Request& request, const Consumer& consume, std::string_view content_type);

  std::unique_ptr<net::HttpClient> http_;
  TokenFile token_;
};

std::unique_ptr<ApiClient> make_api_client(const Cluster& cluster, const std::string& user_agent);

/// The failure that a Status stands for, as an answer or as a watch's ERROR event.
Failure failure_of(const Status& status, const std::string& what);

}  // namespace spark_exporter::kubernetes
