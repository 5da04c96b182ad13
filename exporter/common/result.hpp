#pragma once
// Expected failures are values: whatever the network, a peer or a file does wrong is an `Error`
// inside a `Result<T>`. Exceptions are for broken invariants and for start-up.

#include <boost/system/result.hpp>
#include <stdexcept>
#include <string>
#include <string_view>

namespace spark_exporter {

/// What went wrong, as a closed list: it is the `kind` label of spark_exporter_errors_total.
enum class ErrorKind {
  kResolve,           ///< the host name has no address
  kConnect,           ///< nobody listens, or no route
  kTimeout,           ///< a deadline passed (resolve, connect, TLS, write, head or body)
  kReset,             ///< the peer closed or reset in mid-answer
  kTls,               ///< handshake or certificate
  kProtocol,          ///< not HTTP, wrong lengths, broken chunks, bad gzip
  kRedirect,          ///< a redirect that is not followed
  kStatus,            ///< an HTTP status that is an error here (4xx, 5xx)
  kUnauthorized,      ///< 401
  kForbidden,         ///< 403
  kNotFound,          ///< 404
  kStarting,          ///< 200 with HTML: Spark's UI is up, its REST API is not yet
  kTooLarge,          ///< a size, depth or count limit was hit
  kMalformed,         ///< not JSON
  kWrongType,         ///< JSON, but a field has another type than documented
  kWrongApplication,  ///< the UI at this port belongs to another application
  kEvicted,           ///< Spark forgot it before it could be read
  kIo,                ///< a local file
  kPriceMissing,      ///< a pod whose node no entry of the price book names
  kCancelled,         ///< we are shutting down
};

/// The label value for `kind`, snake_case.
std::string_view to_string(ErrorKind kind);

/// All kinds, for exposing the counters as 0 from the start.
inline constexpr int kErrorKinds = static_cast<int>(ErrorKind::kCancelled) + 1;

struct Error {
  ErrorKind kind;
  /// Names the place (URL, file:line:column, field) and the cause; one line, safe to log.
  std::string what;
};

[[noreturn]] inline void throw_exception_from_error(const Error& error, const boost::source_location&) {
  throw std::logic_error("value() of a failed Result: " + error.what);
}

template <class T>
using Result = boost::system::result<T, Error>;

}  // namespace spark_exporter
