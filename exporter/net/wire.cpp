// The connection as coroutines, run by the thread that waits for them.
//
// Every step is one coroutine, run to its end by run(). Two things can interrupt it: a timer at its deadline and
// cancel(), which posts into the context. Both close the socket, which ends whatever operation is under way; the
// coroutines need no cancellation of their own. All of it happens in the caller's thread: no handler outlives run()
// but cancel()'s, which finds a closed socket or closes one that nobody may use any more.
//
// g++ 12 destroys capturing lambdas and aggregates inside a co_await expression twice: only named objects there.

#include "exporter/net/wire.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>
#include <exception>
#include <utility>

namespace spark_exporter::net {
namespace {

namespace asio = boost::asio;
namespace ssl = boost::asio::ssl;
using asio::ip::tcp;
using boost::system::error_code;

constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);

/// Not an aggregate: see the compiler's fault above.
struct Outcome {
  Outcome() = default;
  Outcome(error_code code, std::size_t count) : ec(code), bytes(count) {}
  error_code ec;
  std::size_t bytes = 0;
};

bool is_address(const std::string& name) {
  error_code ec;
  asio::ip::make_address(name, ec);
  return !ec;
}

Result<void> configure(ssl::context& context, const TlsPeer& peer) {
  error_code ec;
  SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
  if (!peer.verify) {
    context.set_verify_mode(ssl::verify_none, ec);
    return {};
  }
  context.set_verify_mode(ssl::verify_peer, ec);
  if (peer.ca_file.empty()) {
    context.set_default_verify_paths(ec);
  } else {
    context.load_verify_file(peer.ca_file, ec);
  }
  if (ec) {
    return Error{ErrorKind::kTls, "cannot load the CA certificates" +
                                      (peer.ca_file.empty() ? std::string() : " of " + peer.ca_file) + ": " +
                                      ec.message()};
  }
  return {};
}

/// Name for SNI and for the check of the certificate (RFC 6066 section 3: an address is no server name).
bool set_peer_name(SSL* handle, const TlsPeer& peer) {
  X509_VERIFY_PARAM* param = SSL_get0_param(handle);
  if (is_address(peer.name)) {
    return !peer.verify || X509_VERIFY_PARAM_set1_ip_asc(param, peer.name.c_str()) == 1;
  }
  // SSL_set_tlsext_host_name is a macro with an old-style cast.
  std::string name = peer.name;
  if (SSL_ctrl(handle, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data()) != 1) {
    return false;
  }
  X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  return !peer.verify || X509_VERIFY_PARAM_set1_host(param, peer.name.c_str(), 0) == 1;
}

/// Descriptors, memory, ports: nothing that the peer could be blamed for.
bool is_ours(const error_code& ec) {
  return ec == asio::error::no_descriptors || ec == boost::system::errc::too_many_files_open_in_system ||
         ec == asio::error::no_memory || ec == asio::error::no_buffer_space ||
         ec == boost::system::errc::address_not_available;
}

/// A peer that is gone without a word (its node, a NAT's memory of us) is noticed within 25 s: of an idle connection by
/// three questions of the kernel's that stay without an answer, of one with unread bytes by their age. A watch may be
/// silent for a minute. Go's and so Kubernetes' clients take 45 s.
void notice_silence(int fd) noexcept {
  const auto set = [fd](int level, int name, int value) { (void)::setsockopt(fd, level, name, &value, sizeof value); };
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
  set(IPPROTO_TCP, TCP_KEEPIDLE, 10);
  set(IPPROTO_TCP, TCP_KEEPINTVL, 5);
  set(IPPROTO_TCP, TCP_KEEPCNT, 3);
  set(IPPROTO_TCP, TCP_USER_TIMEOUT, 25'000);
}

ErrorKind kind_of_failure(const error_code& ec) {
  if (ec == asio::error::timed_out) {
    return ErrorKind::kTimeout;
  }
  return ec.category() == asio::error::get_ssl_category() ? ErrorKind::kTls : ErrorKind::kReset;
}

}  // namespace

struct Wire::Impl {
  asio::io_context context{1};
  asio::steady_timer timer{context};
  tcp::socket socket{context};
  std::optional<ssl::context> tls_context;
  std::optional<ssl::stream<tcp::socket&>> tls;
  std::atomic<bool> cancelled{false};
  std::atomic<std::uint64_t> bytes_received{0};
  std::uint64_t tls_bytes = 0;  ///< of this connection, counted so far
  bool timed_out = false;

  void close() noexcept {
    tls.reset();
    tls_context.reset();
    tls_bytes = 0;
    error_code ignored;
    socket.close(ignored);
  }

  asio::awaitable<Outcome> connect(tcp::endpoint endpoint) {
    // async_connect would open the socket again that an interruption has just closed.
    if (cancelled.load() || timed_out) {
      co_return Outcome(asio::error::operation_aborted, 0);
    }
    auto [ec] = co_await socket.async_connect(endpoint, kTuple);
    co_return Outcome(ec, 0);
  }

  asio::awaitable<Outcome> handshake() {
    auto [ec] = co_await tls->async_handshake(ssl::stream_base::client, kTuple);
    co_return Outcome(ec, 0);
  }

  asio::awaitable<Outcome> write(asio::const_buffer bytes) {
    if (tls) {
      auto [ec, n] = co_await asio::async_write(*tls, bytes, kTuple);
      co_return Outcome(ec, n);
    }
    auto [ec, n] = co_await asio::async_write(socket, bytes, kTuple);
    co_return Outcome(ec, n);
  }

  asio::awaitable<Outcome> read_some(asio::mutable_buffer out) {
    if (tls) {
      auto [ec, n] = co_await tls->async_read_some(out, kTuple);
      co_return Outcome(ec, n);
    }
    auto [ec, n] = co_await socket.async_read_some(out, kTuple);
    co_return Outcome(ec, n);
  }

  /// Runs one step to its end in this thread. Once interrupted, its error code means nothing: see failure().
  Outcome run(asio::awaitable<Outcome> step, TimePoint deadline) {
    timed_out = false;
    if (cancelled.load() || (deadline != kNever && Clock::now() >= deadline)) {
      timed_out = !cancelled.load();
      return Outcome(asio::error::operation_aborted, 0);
    }
    std::optional<Outcome> outcome;
    asio::co_spawn(context, std::move(step), [&outcome](std::exception_ptr thrown, Outcome result) {
      // Only memory can be short here: the steps themselves report by value.
      outcome = thrown ? Outcome(asio::error::no_memory, 0) : result;
    });
    bool timer_waits = deadline != kNever;
    if (timer_waits) {
      timer.expires_at(deadline);
      timer.async_wait([&](const error_code& ec) {
        timer_waits = false;
        if (!ec && !outcome) {
          timed_out = true;
          error_code ignored;
          socket.close(ignored);
        }
      });
    }
    context.restart();
    while (!outcome) {
      context.run_one();
    }
    timer.cancel();
    while (timer_waits) {
      context.run_one();
    }
    return *outcome;
  }

  /// Why a step failed; closes the connection. `kind` and `text` are for the case that nothing interrupted it.
  Error failure(ErrorKind kind, std::string text) {
    const bool by_timer = std::exchange(timed_out, false);
    close();
    if (cancelled.load()) {
      return Error{ErrorKind::kCancelled, "cancelled"};
    }
    return by_timer ? Error{ErrorKind::kTimeout, "the time is up"} : Error{kind, std::move(text)};
  }

  /// TLS hides how much it read of the socket; its BIO counts.
  void count_tls() {
    if (tls) {
      const std::uint64_t total = BIO_number_read(SSL_get_rbio(tls->native_handle()));
      bytes_received += total - std::exchange(tls_bytes, total);
    }
  }
};

Wire::Wire() : impl_(std::make_unique<Impl>()) {}

Wire::~Wire() { close(); }

Result<void> Wire::connect(const std::string& address, std::uint16_t port, TimePoint deadline) {
  close();
  error_code ec;
  const auto ip = asio::ip::make_address(address, ec);
  if (ec) {
    return Error{ErrorKind::kConnect, address + " is not an address"};
  }
  const Outcome outcome = impl_->run(impl_->connect(tcp::endpoint(ip, port)), deadline);
  if (outcome.ec) {
    return impl_->failure(is_ours(outcome.ec) ? ErrorKind::kIo : ErrorKind::kConnect, outcome.ec.message());
  }
  impl_->socket.set_option(tcp::no_delay(true), ec);  // an optimisation: without it requests only wait for ACKs
  notice_silence(impl_->socket.native_handle());
  return {};
}

Result<void> Wire::handshake(const TlsPeer& peer, TimePoint deadline) {
  impl_->tls_context.emplace(ssl::context::tls_client);
  if (const auto configured = configure(*impl_->tls_context, peer); !configured) {
    close();
    return configured.error();
  }
  impl_->tls.emplace(impl_->socket, *impl_->tls_context);
  SSL* handle = impl_->tls->native_handle();
  if (!set_peer_name(handle, peer)) {
    return impl_->failure(ErrorKind::kTls, "'" + peer.name + "' cannot be a TLS server's name");
  }
  const Outcome outcome = impl_->run(impl_->handshake(), deadline);
  impl_->count_tls();
  if (outcome.ec) {
    const long verdict = SSL_get_verify_result(handle);
    const std::string why = verdict == X509_V_OK || !peer.verify ? "" : X509_verify_cert_error_string(verdict);
    return impl_->failure(ErrorKind::kTls, "TLS handshake: " + (why.empty() ? outcome.ec.message() : why));
  }
  return {};
}

Result<void> Wire::write(std::string_view bytes, TimePoint deadline) {
  const asio::const_buffer buffer(bytes.data(), bytes.size());
  const Outcome outcome = impl_->run(impl_->write(buffer), deadline);
  impl_->count_tls();
  if (outcome.ec) {
    return impl_->failure(kind_of_failure(outcome.ec), "sending failed: " + outcome.ec.message());
  }
  return {};
}

Result<std::size_t> Wire::read_some(std::span<char> out, TimePoint deadline) {
  const asio::mutable_buffer buffer(out.data(), out.size());
  const Outcome outcome = impl_->run(impl_->read_some(buffer), deadline);
  if (impl_->tls) {
    impl_->count_tls();
  } else {
    impl_->bytes_received += outcome.bytes;
  }
  if (outcome.ec == asio::error::eof) {
    close();
    return std::size_t{0};
  }
  if (outcome.ec == ssl::error::stream_truncated) {
    return impl_->failure(ErrorKind::kReset, "closed by the peer in the middle of the TLS stream");
  }
  if (outcome.ec) {
    return impl_->failure(kind_of_failure(outcome.ec), outcome.ec.message());
  }
  return outcome.bytes;
}

bool Wire::is_open() const { return impl_->socket.is_open(); }

bool Wire::is_quiet() const {
  char byte = 0;
  const int fd = impl_->socket.native_handle();
  return ::recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

void Wire::close() noexcept { impl_->close(); }

void Wire::cancel() noexcept {
  impl_->cancelled.store(true);
  try {
    asio::post(impl_->context, [impl = impl_.get()] {
      error_code ignored;
      impl->socket.close(ignored);
    });
  } catch (...) {
    // No memory to wake the step up: it ends at its deadline, and the next one does not begin.
    return;
  }
}

bool Wire::cancelled() const noexcept { return impl_->cancelled.load(); }

std::uint64_t Wire::bytes_received() const noexcept { return impl_->bytes_received.load(); }

}  // namespace spark_exporter::net
