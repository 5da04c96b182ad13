#pragma once
// What the job's earlier good runs were like, asked of the observer once in a run's life: GET /api/v1/baseline with the
// pod's own token, which says whose job is meant. For one thread, but for cancel().

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "exporter/common/result.hpp"
#include "exporter/kubernetes/token.hpp"
#include "exporter/net/http_client.hpp"
#include "exporter/outcome/baseline.hpp"
#include "exporter/spark/poller.hpp"

namespace spark_exporter::app {

class JobBaseline {
 public:
  /// First and longest pause before a question that failed is asked again.
  static constexpr std::chrono::seconds kFirstPause{30};
  static constexpr std::chrono::seconds kLongestPause{600};

  /// `token_file`: "" sends none.
  JobBaseline(net::Url url, net::TlsOptions tls, std::string token_file, spark::Clock clock);

  /// Nothing while nobody has said it; asks where that is due, for a few seconds at most.
  const std::optional<outcome::Baseline>& get();
  void cancel() noexcept { client_->cancel(); }

 private:
  Result<outcome::Baseline> ask();

  const std::string where_;
  const std::unique_ptr<net::HttpClient> client_;
  kubernetes::TokenFile token_;
  const spark::Clock clock_;
  std::chrono::steady_clock::time_point due_{};
  std::chrono::seconds pause_{kFirstPause};
  std::optional<outcome::Baseline> known_;
};

}  // namespace spark_exporter::app
