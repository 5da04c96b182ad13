#include "exporter/delivery/quality_sender.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <random>
#include <thread>
#include <utility>

#include "exporter/common/log.hpp"
#include "exporter/delivery/channel.hpp"
#include "exporter/delivery/exchange.hpp"
#include "exporter/intake/limits.hpp"
#include "exporter/intake/quality_decode.hpp"
#include "exporter/kubernetes/timing.hpp"
#include "exporter/kubernetes/token.hpp"

namespace spark_exporter::delivery {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::string_view kTarget = "/api/v1/quality";
constexpr std::size_t kBatch = 50;
constexpr std::size_t kBatchBytes = 512 * 1024;
constexpr unsigned kUnauthorized = 401;

/// Whether no later try will fare better with the same message. Another token may come, and so may the pod.
bool is_hopeless(ErrorKind kind) {
  return kind == ErrorKind::kMalformed || kind == ErrorKind::kTooLarge;
}

}  // namespace

class QualitySender::Impl {
 public:
  Impl(const net::Url& url, net::TlsOptions tls, std::string token_file, QualitySenderTuning tuning)
      : where_(url.to_string() + std::string(kTarget)),
        client_(make_client(url, std::move(tls))),
        token_(std::move(token_file)),
        pauses_(tuning.first_pause, tuning.most_pause),
        thread_([this] { work(); }) {}
  ~Impl() {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    changed_.notify_all();
    client_->cancel();
    thread_.join();
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void send(const intake::QualityResult& result) {
    auto text = intake::encode_quality(result);
    {
      const std::lock_guard lock(mutex_);
      if (waiting_.size() >= limits::kQualityQueue) {
        waiting_.pop_front();
        if (taken_ > 0) --taken_;
        ++health_.errors[static_cast<std::size_t>(ErrorKind::kTooLarge)];
      }
      waiting_.push_back(std::move(text));
    }
    changed_.notify_all();
  }
  bool done() const {
    const std::lock_guard lock(mutex_);
    return waiting_.empty();
  }
  QualitySenderHealth health() const {
    const std::lock_guard lock(mutex_);
    return health_;
  }

 private:
  void work() {
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [this] { return stop_ || !waiting_.empty(); });
      if (stop_) return;
      const auto body = batch();
      lock.unlock();
      const auto sent = body ? try_once(*body) : Result<void>(body.error());
      lock.lock();
      if (stop_) return;
      if (book(sent)) continue;
      changed_.wait_for(lock, pauses_.next(random()), [this] { return stop_; });
    }
  }

  /// The oldest ones as a list; `taken_` says how many.
  Result<std::string> batch() noexcept {
    try {
      std::string body = "[";
      taken_ = 0;
      for (const auto& text : waiting_) {
        if (taken_ > 0 && (taken_ >= kBatch || body.size() + text.size() > kBatchBytes)) break;
        if (taken_++ > 0) body += ',';
        body += text;
      }
      return body + ']';
    } catch (const std::exception& error) {  // out of memory: later there may be some
      return Error{ErrorKind::kIo, error.what()};
    }
  }

  Result<void> try_once(const std::string& body) noexcept {
    try {
      auto answer = post(body);
      if (answer && answer->status == kUnauthorized && token_.refresh()) answer = post(body);
      if (!answer) return answer.error();
      if (answer->good()) return {};
      return refusal("POST " + where_, *answer);
    } catch (const std::exception& error) {
      return Error{ErrorKind::kIo, error.what()};
    }
  }

  Result<Answer> post(const std::string& body) {
    const auto token = token_.get();
    if (!token) return token.error();
    net::Request request;
    request.method = "POST";
    request.target = kTarget;
    request.headers = {{"Content-Type", "application/json"}};
    if (!token->empty()) request.headers.emplace_back("Authorization", "Bearer " + *token);
    request.body = body;
    auto answer = exchange(*client_, std::move(request));
    // Whoever answers may show what it was sent, and the answer's text may be logged.
    if (answer) answer->text.clear();
    return answer;
  }

  /// True: what was taken is done with.
  bool book(const Result<void>& sent) {
    health_.up = sent.has_value();
    if (sent) {
      health_.last_success =
          std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
      pauses_.reset();
    } else {
      ++health_.errors[static_cast<std::size_t>(sent.error().kind)];
      std::uint64_t held_back = 0;
      if (log_limit_.admit(std::string(to_string(sent.error().kind)), Clock::now(), held_back)) {
        log::warn("results of quality checks are not passed on to the observer yet",
                  {{"error", sent.error().what}, {"held_back", std::to_string(held_back)}});
      }
    }
    if (!sent && !is_hopeless(sent.error().kind)) return false;
    waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(taken_));
    taken_ = 0;
    return true;
  }

  double random() {
    constexpr auto kRange = static_cast<double>(std::minstd_rand::max() - std::minstd_rand::min()) + 1;
    return static_cast<double>(chance_() - std::minstd_rand::min()) / kRange;
  }

  const std::string where_;
  const std::unique_ptr<net::HttpClient> client_;
  kubernetes::TokenFile token_;
  kubernetes::Backoff pauses_;
  std::minstd_rand chance_{std::random_device{}()};
  log::RateLimited log_limit_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool stop_ = false;
  std::deque<std::string> waiting_;
  std::size_t taken_ = 0;  ///< of `waiting_`, under way
  QualitySenderHealth health_;
  std::thread thread_;
};

QualitySender::QualitySender(net::Url observer, net::TlsOptions tls, std::string token_file,
                             QualitySenderTuning tuning)
    : impl_(std::make_unique<Impl>(observer, std::move(tls), std::move(token_file), tuning)) {}
QualitySender::~QualitySender() = default;
void QualitySender::send(const intake::QualityResult& result) { impl_->send(result); }
bool QualitySender::done() const { return impl_->done(); }
QualitySenderHealth QualitySender::health() const { return impl_->health(); }

}  // namespace spark_exporter::delivery
