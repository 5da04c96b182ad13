#pragma once
// One client's connection, from its first byte to its last, as a coroutine on the front's only thread. Included by
// front.cpp alone (Asio). `Stream` is a TCP socket or TLS on top of one.
//
// g++ 12 destroys temporaries of a co_await expression twice if they are lambdas with captures or aggregates:
// whatever is awaited here takes named values and library classes only.

#include <algorithm>
#include <atomic>
#include <boost/asio.hpp>
#include <boost/asio/experimental/as_tuple.hpp>
#include <boost/asio/ssl.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

#include "exporter/common/log.hpp"
#include "exporter/common/spare_descriptors.hpp"
#include "exporter/web/front.hpp"
#include "exporter/web/http_text.hpp"
#include "exporter/web/request_head.hpp"

namespace spark_exporter::web {

namespace asio = boost::asio;
using asio::ip::tcp;
using TlsStream = asio::ssl::stream<tcp::socket>;

inline constexpr auto kAwait = asio::experimental::as_tuple(asio::use_awaitable);

/// What the front does to a connection of any kind.
class OpenConnection {
 public:
  virtual ~OpenConnection() = default;
  virtual void close() = 0;
  /// It has no request under way and can be closed when room is needed.
  virtual bool is_idle() const = 0;
};

/// What all connections share. On the front's thread only, except `refused`.
struct FrontState {
  FrontOptions options;
  std::map<std::uint64_t, OpenConnection*> open;  ///< by age
  std::uint64_t next_id = 0;
  std::size_t relayed = 0;     ///< requests that are with the backend
  std::size_t body_bytes = 0;  ///< announced by requests whose bodies are held
  SpareDescriptors spares;     ///< so that a request is answered when no other descriptor is left
  std::atomic<std::uint64_t> refused{0};
  log::RateLimited refusals;

  void count_refusal(std::string_view reason, const std::string& peer) {
    refused.fetch_add(1, std::memory_order_relaxed);
    std::uint64_t held_back = 0;
    if (!refusals.admit(std::string(reason), std::chrono::steady_clock::now(), held_back)) return;
    log::warn("request refused",
              {{"reason", std::string(reason)}, {"peer", peer}, {"held_back", std::to_string(held_back)}});
  }
};

/// Adds to a shared total for as long as it lives.
class Share {
 public:
  Share(std::size_t& total, std::size_t amount) : total_(total), amount_(amount) { total_ += amount_; }
  Share(const Share&) = delete;
  Share& operator=(const Share&) = delete;
  ~Share() { total_ -= amount_; }

 private:
  std::size_t& total_;
  std::size_t amount_;
};

template <class Stream>
class Connection final : public OpenConnection, public std::enable_shared_from_this<Connection<Stream>> {
 public:
  /// `keeps` lives as long as the connection: what its stream refers to.
  Connection(FrontState& state, Stream stream, std::string peer, std::shared_ptr<const void> keeps)
      : state_(state),
        keeps_(std::move(keeps)),
        stream_(std::move(stream)),
        backend_(stream_.get_executor()),
        timer_(stream_.get_executor()),
        peer_(std::move(peer)),
        id_(state.next_id++) {
    state_.open.emplace(id_, this);
  }
  ~Connection() override { state_.open.erase(id_); }

  asio::awaitable<void> run() {
    const bool agreed = co_await shake_hands();
    if (agreed) co_await serve();
    if (agreed) co_await linger();
    close();
  }

  void close() override {
    closed_ = true;
    state_.open.erase(id_);
    timer_.cancel();
    boost::system::error_code ignored;
    if (!idle_) {
      // Broken off in an answer: a reset, so that its rest does not wait in the kernel for who may never read it.
      socket().set_option(asio::socket_base::linger(true, 0), ignored);
    }
    socket().close(ignored);
    backend_.close(ignored);
    state_.spares.refill();
  }

  bool is_idle() const override { return idle_; }

 private:
  using Duration = std::chrono::milliseconds;
  using Clock = std::chrono::steady_clock;

  static constexpr std::size_t kReadBytes = 2 * 1024;
  static constexpr std::size_t kRelayBytes = 32 * 1024;
  static constexpr std::size_t kLingerBytes = 4 << 20;

  static constexpr bool kTls = std::is_same_v<Stream, TlsStream>;

  const FrontTuning& tuning() const { return state_.options.tuning; }

  /// False: no TLS, or none that we agree on. Nothing to do without TLS.
  asio::awaitable<bool> shake_hands() {
    if constexpr (kTls) {
      arm(tuning().head_timeout);
      const auto [error] = co_await stream_.async_handshake(asio::ssl::stream_base::server, kAwait);
      if (!error && !timed_out_ && !closed_) co_return true;
      if (timed_out_) {
        state_.count_refusal("TLS handshake too slow", peer_);
      } else if (error.category() == asio::error::get_ssl_category()) {
        state_.count_refusal("TLS handshake: " + error.message(), peer_);
        if (ERR_GET_REASON(static_cast<unsigned long>(error.value())) == SSL_R_HTTP_REQUEST) co_await tell_of_tls();
      }
      co_return false;
    } else {
      co_return true;
    }
  }

  /// For who speaks plain HTTP to us.
  asio::awaitable<void> tell_of_tls() {
    const std::string body = "this port speaks HTTPS\n";
    const std::string answer = response_head(400, "text/plain; charset=utf-8", body.size()) + body;
    arm(tuning().write_idle_timeout);
    co_await asio::async_write(socket(), asio::buffer(answer), kAwait);
  }

  tcp::socket& socket() {
    if constexpr (kTls) {
      return stream_.next_layer();
    } else {
      return stream_;
    }
  }

  asio::awaitable<void> serve() {
    if (!co_await read_head()) co_return;
    if (state_.body_bytes + request_.body_bytes > limits::kRequestBodiesBytes) {
      co_await refuse(503, "too many request bodies");
      co_return;
    }
    const Share body(state_.body_bytes, static_cast<std::size_t>(request_.body_bytes));
    if (!co_await read_body()) co_return;
    if (state_.relayed >= static_cast<std::size_t>(state_.options.max_requests)) {
      co_await refuse(503, "too many requests");
      co_return;
    }
    const Share slot(state_.relayed, 1);
    co_await relay();
  }

  /// Leaves in `input_` what came after the head. False: answered or gone.
  asio::awaitable<bool> read_head() {
    arm(tuning().head_timeout);
    std::size_t seen = 0;
    HeadScan scan;
    while (scan.state == HeadScan::State::kIncomplete) {
      if (input_.size() >= limits::kRequestHeadBytes) {
        co_await refuse(431, "request head too large");
        co_return false;
      }
      seen = input_.size();
      if (!co_await read_some(std::min(kReadBytes, limits::kRequestHeadBytes - seen))) {
        // Who said nothing at all gets no answer: a port probe, or a browser's spare connection.
        if (timed_out_ && seen > 0) co_await refuse(408, "request head too slow");
        co_return false;
      }
      scan = scan_head(input_, seen);
    }
    idle_ = false;
    if (scan.state == HeadScan::State::kBad) {
      co_await refuse(400, "bare CR or LF in the request head");
      co_return false;
    }
    auto parsed = parse_request_head(std::string_view(input_).substr(0, scan.length));
    if (const auto* refusal = std::get_if<Refusal>(&parsed)) {
      co_await refuse(refusal->status, refusal->reason);
      co_return false;
    }
    request_ = std::move(std::get<RequestHead>(parsed));
    input_.erase(0, scan.length);
    co_return true;
  }

  /// A POST's body into `input_`; whatever else came after the head is forgotten.
  asio::awaitable<bool> read_body() {
    if (request_.method != "POST") request_.body_bytes = 0;
    const std::size_t wanted = static_cast<std::size_t>(request_.body_bytes);
    arm(tuning().head_timeout);
    if (request_.expects_continue && input_.size() < wanted) {
      constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
      co_await asio::async_write(stream_, asio::buffer(kContinue), kAwait);
    }
    while (input_.size() < wanted) {
      if (!co_await read_some(std::min(kRelayBytes, wanted - input_.size()))) {
        if (timed_out_) co_await refuse(408, "request body too slow");
        co_return false;
      }
    }
    input_.resize(wanted);
    co_return true;
  }

  /// The request to the backend, its answer back until the backend closes.
  asio::awaitable<void> relay() {
    const auto descriptors = state_.spares.lend();
    respond_until_ = Clock::now() + tuning().response_timeout;
    bool answered = false;
    if (co_await ask_backend()) {
      std::string chunk(kRelayBytes, '\0');
      for (;;) {
        arm(tuning().response_timeout);
        const auto [error, got] = co_await backend_.async_read_some(asio::buffer(chunk), kAwait);
        if (error || timed_out_) break;
        answered = true;
        if (!co_await pass_on(std::string_view(chunk).substr(0, got))) co_return;
      }
    }
    if (answered || closed_) co_return;
    if (timed_out_) {
      co_await refuse(504, "no answer in time");
    } else {
      co_await refuse(502, "no answer from the handler");
    }
  }

  asio::awaitable<bool> ask_backend() {
    arm(tuning().response_timeout);
    if (closed_) co_return false;
    boost::system::error_code ignored;
    backend_.open(tcp::v4(), ignored);
    // A slow reader's answer stays in the handler's memory, not in socket buffers that grow to megabytes.
    backend_.set_option(asio::socket_base::receive_buffer_size(kSocketBufferBytes), ignored);
    const tcp::endpoint endpoint(asio::ip::address_v4::loopback(), state_.options.backend_port);
    const auto [connect_error] = co_await backend_.async_connect(endpoint, kAwait);
    if (connect_error || closed_) co_return false;
    const std::string request = forwarded_head(request_, state_.options.secret, peer_) + input_;
    input_ = {};
    const auto [write_error, written] = co_await asio::async_write(backend_, asio::buffer(request), kAwait);
    co_return !write_error && written == request.size();
  }

  /// False: the client has gone, or reads too slowly and is cut off.
  asio::awaitable<bool> pass_on(std::string_view bytes) {
    arm(tuning().write_idle_timeout);
    const auto [error, written] = co_await asio::async_write(stream_, asio::buffer(bytes), kAwait);
    if (!error && !timed_out_ && written == bytes.size()) co_return true;
    if (timed_out_) state_.count_refusal("slow reader", peer_);
    close();
    co_return false;
  }

  /// Answers without the backend.
  asio::awaitable<void> refuse(int status, std::string_view reason) {
    if (closed_) co_return;
    state_.count_refusal(reason, peer_);
    const std::string body = std::string(reason) + '\n';
    HeaderList headers;
    if (status == 503) headers.emplace_back("Retry-After", "1");
    std::string answer = response_head(status, "text/plain; charset=utf-8", body.size(), headers);
    if (request_.method != "HEAD") answer += body;
    respond_until_ = Clock::time_point::max();
    arm(tuning().write_idle_timeout);
    co_await asio::async_write(stream_, asio::buffer(answer), kAwait);
  }

  /// Ends our half, then reads away what the client still sends until it ends its own.
  asio::awaitable<void> linger() {
    if (closed_) co_return;
    idle_ = true;
    respond_until_ = Clock::time_point::max();
    boost::system::error_code ignored;
    backend_.close(ignored);
    arm(tuning().linger);
    // Ends when the client has said goodbye too, or sends something else.
    if constexpr (kTls) co_await stream_.async_shutdown(kAwait);
    if (timed_out_ || closed_) co_return;
    socket().shutdown(tcp::socket::shutdown_send, ignored);
    input_.resize(kRelayBytes);
    for (std::size_t total = 0; total < kLingerBytes && !timed_out_ && !closed_;) {
      const auto [error, got] = co_await socket().async_read_some(asio::buffer(input_), kAwait);
      if (error) co_return;
      total += got;
    }
  }

  /// Appends what comes next to `input_`, at most `room` bytes. False: end, error or deadline.
  asio::awaitable<bool> read_some(std::size_t room) {
    if (timed_out_ || closed_) co_return false;
    const std::size_t have = input_.size();
    input_.resize(have + room);
    const auto [error, got] = co_await stream_.async_read_some(asio::buffer(input_.data() + have, room), kAwait);
    input_.resize(have + (error ? 0 : got));
    co_return !error;
  }

  /// From now on, what is awaited ends after `time` with `timed_out_` set.
  void arm(Duration time) {
    timed_out_ = false;
    if (closed_) return;
    const auto now = Clock::now();
    timer_.expires_at(std::min(now + time, std::max(now, respond_until_)));
    timer_.async_wait([self = this->shared_from_this()](const boost::system::error_code& error) {
      // A wait that was re-armed after it had fired comes here without an error.
      if (error || self->closed_ || self->timer_.expiry() > Clock::now()) return;
      self->timed_out_ = true;
      boost::system::error_code ignored;
      self->socket().cancel(ignored);
      self->backend_.cancel(ignored);
    });
  }

  static constexpr int kSocketBufferBytes = 128 * 1024;

  FrontState& state_;
  std::shared_ptr<const void> keeps_;
  Stream stream_;
  tcp::socket backend_;
  asio::steady_timer timer_;
  std::string peer_;
  std::uint64_t id_;
  std::string input_;
  RequestHead request_;
  Clock::time_point respond_until_ = Clock::time_point::max();
  bool idle_ = true;
  bool timed_out_ = false;
  bool closed_ = false;
};

}  // namespace spark_exporter::web
