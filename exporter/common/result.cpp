#include "exporter/common/result.hpp"

namespace spark_exporter {

std::string_view to_string(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kResolve: return "resolve";
    case ErrorKind::kConnect: return "connect";
    case ErrorKind::kTimeout: return "timeout";
    case ErrorKind::kReset: return "reset";
    case ErrorKind::kTls: return "tls";
    case ErrorKind::kProtocol: return "protocol";
    case ErrorKind::kRedirect: return "redirect";
    case ErrorKind::kStatus: return "status";
    case ErrorKind::kUnauthorized: return "unauthorized";
    case ErrorKind::kForbidden: return "forbidden";
    case ErrorKind::kNotFound: return "not_found";
    case ErrorKind::kStarting: return "starting";
    case ErrorKind::kTooLarge: return "too_large";
    case ErrorKind::kMalformed: return "malformed";
    case ErrorKind::kWrongType: return "wrong_type";
    case ErrorKind::kWrongApplication: return "wrong_application";
    case ErrorKind::kEvicted: return "evicted";
    case ErrorKind::kIo: return "io";
    case ErrorKind::kPriceMissing: return "price_missing";
    case ErrorKind::kCancelled: return "cancelled";
  }
  return "unknown";
}

}  // namespace spark_exporter
