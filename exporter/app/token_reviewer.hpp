#pragma once
// Whose token this is, asked of the API server and remembered for a minute. A few questions at once at most: whoever
// comes with tokens of his own making keeps the web server's threads waiting no longer than that.
//
// Thread-safety: all of it.

#include <array>
#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "exporter/common/log.hpp"
#include "exporter/common/result.hpp"
#include "exporter/kubernetes/api_client.hpp"
#include "exporter/kubernetes/cluster.hpp"
#include "exporter/kubernetes/token_review.hpp"

namespace spark_exporter::app {

struct ReviewTuning {
  std::chrono::milliseconds timeout{3'000};
  std::size_t at_once = 4;
  std::chrono::seconds keep{60};
};

class TokenReviewer {
 public:
  explicit TokenReviewer(kubernetes::Cluster cluster, ReviewTuning tuning = {});

  /// An authenticated review. Errors: kUnauthorized (the token is none, or no good); kForbidden (we may not ask: logged
  /// with the right that is missing); kTooLarge (too many questions at once); else the client's.
  Result<kubernetes::TokenReview> review(const std::string& token);

  /// Makes running and later reviews return kCancelled soon.
  void cancel() noexcept;

 private:
  using Instant = std::chrono::steady_clock::time_point;
  using Hash = std::array<unsigned char, 32>;
  struct Known {
    kubernetes::TokenReview review;
    Instant until;
  };

  static Hash hash_of(const std::string& token);
  Result<kubernetes::ApiClient*> borrow();
  void give_back(kubernetes::ApiClient* client);
  void remember(const Hash& hash, const kubernetes::TokenReview& review, Instant now);

  const kubernetes::Cluster cluster_;
  const ReviewTuning tuning_;
  log::RateLimited log_limit_;

  std::mutex mutex_;  ///< guards all below
  bool cancelled_ = false;
  std::vector<std::unique_ptr<kubernetes::ApiClient>> clients_;
  std::vector<kubernetes::ApiClient*> idle_;
  std::map<Hash, Known> known_;
};

}  // namespace spark_exporter::app
