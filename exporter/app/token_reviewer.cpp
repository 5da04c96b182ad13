#include "exporter/app/token_reviewer.hpp"

#include <openssl/sha.h>

#include <algorithm>
#include <utility>

#include "exporter/common/version.hpp"

namespace spark_exporter::app {
namespace {

constexpr std::size_t kKnown = 1'000;

Error unauthorized() { return {ErrorKind::kUnauthorized, "the token is not valid"}; }

}  // namespace

TokenReviewer::TokenReviewer(kubernetes::Cluster cluster, ReviewTuning tuning)
    : cluster_(std::move(cluster)), tuning_(tuning) {}

TokenReviewer::Hash TokenReviewer::hash_of(const std::string& token) {
  Hash hash{};
  SHA256(reinterpret_cast<const unsigned char*>(token.data()), token.size(), hash.data());
  return hash;
}

Result<kubernetes::ApiClient*> TokenReviewer::borrow() {
  const std::lock_guard lock(mutex_);
  if (cancelled_) return Error{ErrorKind::kCancelled, "the observer is stopping"};
  if (idle_.empty()) {
    if (clients_.size() >= tuning_.at_once) {
      return Error{ErrorKind::kTooLarge, "too many tokens are being checked"};
    }
    clients_.push_back(kubernetes::make_api_client(cluster_, std::string("spark_exporter/") + kVersion));
    idle_.push_back(clients_.back().get());
  }
  auto* const client = idle_.back();
  idle_.pop_back();
  return client;
}

void TokenReviewer::give_back(kubernetes::ApiClient* client) {
  const std::lock_guard lock(mutex_);
  idle_.push_back(client);
}

/// Only good tokens are remembered: what anybody can make up takes no room.
void TokenReviewer::remember(const Hash& hash, const kubernetes::TokenReview& review, Instant now) {
  const std::lock_guard lock(mutex_);
  if (known_.size() >= kKnown) std::erase_if(known_, [now](const auto& entry) { return entry.second.until <= now; });
  if (known_.size() >= kKnown) known_.clear();
  known_.insert_or_assign(hash, Known{review, now + tuning_.keep});
}

Result<kubernetes::TokenReview> TokenReviewer::review(const std::string& token) {
  if (!kubernetes::is_bearer_token(token)) return unauthorized();
  const Hash hash = hash_of(token);
  const auto now = std::chrono::steady_clock::now();
  {
    const std::lock_guard lock(mutex_);
    const auto known = known_.find(hash);
    if (known != known_.end() && known->second.until > now) return known->second.review;
  }
  const auto client = borrow();
  if (!client) return client.error();
  const auto answer = kubernetes::review_token(**client, token, tuning_.timeout);
  give_back(*client);
  if (answer) {
    if (!answer->authenticated) return unauthorized();
    remember(hash, *answer, now);
    return *answer;
  }
  Error error = answer.error().error;
  if (error.kind == ErrorKind::kForbidden) error.what = kubernetes::missing_review_right();
  // Our own token is refused: the sender's may well be good.
  if (error.kind == ErrorKind::kUnauthorized) error.kind = ErrorKind::kStatus;
  std::uint64_t held_back = 0;
  if (error.kind != ErrorKind::kCancelled && log_limit_.admit(std::string(to_string(error.kind)), now, held_back)) {
    log::warn("cannot check a sender's token",
              {{"source", "kubernetes"}, {"error", error.what}, {"held_back", std::to_string(held_back)}});
  }
  return error;
}

void TokenReviewer::cancel() noexcept {
  const std::lock_guard lock(mutex_);
  cancelled_ = true;
  for (const auto& client : clients_) client->cancel();
}

}  // namespace spark_exporter::app
