// The one translation unit with Asio: listening sockets, the accepting loop, the thread.

#include "exporter/web/front.hpp"

#include <deque>
#include <exception>
#include <optional>
#include <thread>

#include "exporter/web/connection.hpp"
#include "exporter/web/listen_address.hpp"
#include "exporter/web/tls_context.hpp"

namespace spark_exporter::web {
namespace {

using boost::system::error_code;

/// What the kernel keeps of an answer that its reader has not fetched; larger buffers would also hide for longer that
/// nobody reads.
constexpr int kSendBufferBytes = 128 * 1024;
constexpr auto kAcceptPause = std::chrono::milliseconds{50};

std::string lower_first(std::string text) {
  if (!text.empty() && text[0] >= 'A' && text[0] <= 'Z') text[0] = static_cast<char>(text[0] - 'A' + 'a');
  return text;
}

/// IPv4 peers of a dual-stack socket as what they are.
std::string peer_name(const asio::ip::address& address) {
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string();
  }
  return address.to_string();
}

error_code open_acceptor(tcp::acceptor& acceptor, const tcp::endpoint& endpoint) {
  error_code error;
  if (acceptor.is_open()) acceptor.close(error);
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  // "[::]" means every address, as it does in Go and so in every other exporter.
  if (!error && endpoint.protocol() == tcp::v6()) acceptor.set_option(asio::ip::v6_only(false), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  return error;
}

/// The address of a host's name or text; of a name's several, the first IPv4 one before all others.
asio::ip::address resolve(asio::io_context& io, const std::string& host, error_code& error) {
  const asio::ip::address numeric = asio::ip::make_address(host, error);
  if (!error) return numeric;
  tcp::resolver resolver(io);
  const auto found = resolver.resolve(host, "", tcp::resolver::passive, error);
  if (error && host == "localhost") {
    // RFC 6761: also where no /etc/hosts says so.
    error.clear();
    return asio::ip::address_v4::loopback();
  }
  if (error) return {};
  for (const auto& entry : found) {
    if (entry.endpoint().address().is_v4()) return entry.endpoint().address();
  }
  return found.begin()->endpoint().address();
}

struct Listener {
  explicit Listener(asio::io_context& io) : acceptor(io), pause(io) {}
  tcp::acceptor acceptor;
  asio::steady_timer pause;
};

class AsioFront final : public Front {
 public:
  explicit AsioFront(FrontOptions options) {
    state_.options = std::move(options);
    auto& tuning = state_.options.tuning;
    if (state_.options.watch->current()->tls != nullptr) {
      tuning.open_connections = std::min(tuning.open_connections, limits::kOpenTlsConnections);
    }
  }
  AsioFront(const AsioFront&) = delete;
  AsioFront& operator=(const AsioFront&) = delete;
  ~AsioFront() override;

  Result<void> start();
  std::vector<std::string> addresses() const override { return addresses_; }
  std::uint64_t refused() const override { return state_.refused.load(std::memory_order_relaxed); }

 private:
  Result<void> listen(const std::string& text);
  asio::awaitable<void> accept_from(Listener& listener);
  void take(tcp::socket socket) noexcept;
  void serve(tcp::socket socket);
  template <class Stream>
  void start_connection(std::shared_ptr<Connection<Stream>> connection);
  bool make_room();
  bool close_idle(std::string_view reason);
  void run() noexcept;
  void stop();

  FrontState state_;
  std::vector<std::string> addresses_;
  bool stopping_ = false;   ///< on the thread only
  asio::io_context io_{1};  ///< its connections refer to the state above
  std::deque<Listener> listeners_;
  std::thread thread_;
};

Result<void> AsioFront::listen(const std::string& text) {
  const auto address = parse_listen_address(text);
  if (!address) return address.error();
  Listener& listener = listeners_.emplace_back(io_);
  error_code error;
  if (address->host.empty()) {
    error = open_acceptor(listener.acceptor, tcp::endpoint(asio::ip::address_v6::any(), address->port));
    const bool no_v6 =
        error == asio::error::address_family_not_supported || error == boost::system::errc::address_not_available;
    if (no_v6) error = open_acceptor(listener.acceptor, tcp::endpoint(asio::ip::address_v4::any(), address->port));
  } else {
    const asio::ip::address host = resolve(io_, address->host, error);
    if (!error) error = open_acceptor(listener.acceptor, tcp::endpoint(host, address->port));
  }
  if (error) return Error{ErrorKind::kIo, "cannot listen on " + text + ": " + lower_first(error.message())};
  const tcp::endpoint bound = listener.acceptor.local_endpoint(error);
  addresses_.push_back(format_listen_address(bound.address().to_string(), bound.port()));
  return {};
}

Result<void> AsioFront::start() {
  if (state_.options.listen_addresses.empty()) return Error{ErrorKind::kIo, "no address to listen on"};
  for (const std::string& address : state_.options.listen_addresses) {
    if (auto listening = listen(address); !listening) return listening;
  }
  for (Listener& listener : listeners_) asio::co_spawn(io_, accept_from(listener), asio::detached);
  try {
    thread_ = std::thread(&AsioFront::run, this);
  } catch (const std::system_error& error) {
    return Error{ErrorKind::kIo, std::string("no thread for the web server: ") + error.what()};
  }
  return {};
}

asio::awaitable<void> AsioFront::accept_from(Listener& listener) {
  while (!stopping_) {
    tcp::socket socket(io_);
    const auto [error] = co_await listener.acceptor.async_accept(socket, kAwait);
    if (stopping_) co_return;
    if (!error) {
      take(std::move(socket));
      continue;
    }
    if (error == asio::error::no_descriptors && (state_.spares.lend_one() || close_idle("too many open files")))
      continue;
    // Out of descriptors or memory, or the client has gone already: never spin.
    state_.count_refusal("cannot accept: " + lower_first(error.message()), "");
    make_room();
    listener.pause.expires_after(kAcceptPause);
    co_await listener.pause.async_wait(kAwait);
  }
}

/// Whether one more connection fits, if need be in the place of the one that has waited longest without a request.
bool AsioFront::make_room() {
  if (state_.open.size() < state_.options.tuning.open_connections) return true;
  return close_idle("too many open connections");
}

/// Whether there was one that waits; the longest goes.
bool AsioFront::close_idle(std::string_view reason) {
  for (const auto& [id, connection] : state_.open) {
    if (!connection->is_idle()) continue;
    state_.count_refusal(reason, "");
    connection->close();
    return true;
  }
  return false;
}

/// Out of memory costs this connection, not the accepting loop.
void AsioFront::take(tcp::socket socket) noexcept {
  try {
    serve(std::move(socket));
  } catch (const std::exception& error) {
    state_.count_refusal(std::string("cannot serve: ") + error.what(), "");
  }
}

void AsioFront::serve(tcp::socket socket) {
  error_code error;
  const tcp::endpoint remote = socket.remote_endpoint(error);
  if (error) return;
  std::string peer = peer_name(remote.address());
  if (!make_room()) {
    state_.count_refusal("too many open connections", peer);
    return;
  }
  socket.set_option(tcp::no_delay(true), error);
  socket.set_option(asio::socket_base::send_buffer_size(kSendBufferBytes), error);
  const auto tls = state_.options.watch->refreshed()->tls;
  if (tls == nullptr) {
    start_connection(std::make_shared<Connection<tcp::socket>>(state_, std::move(socket), std::move(peer), nullptr));
    return;
  }
  TlsStream stream(std::move(socket), tls->context());
  start_connection(std::make_shared<Connection<TlsStream>>(state_, std::move(stream), std::move(peer), tls));
}

template <class Stream>
void AsioFront::start_connection(std::shared_ptr<Connection<Stream>> connection) {
  asio::co_spawn(io_, connection->run(), [this, connection](const std::exception_ptr& failure) {
    if (failure) state_.count_refusal("connection failed inside", "");
    connection->close();
  });
}

void AsioFront::run() noexcept {
  for (;;) {
    try {
      io_.run();
      return;
    } catch (const std::exception& error) {
      // Out of memory while accepting, say: that connection is gone, the others go on.
      state_.count_refusal(std::string("front: ") + error.what(), "");
    }
  }
}

void AsioFront::stop() {
  stopping_ = true;
  error_code ignored;
  for (Listener& listener : listeners_) {
    listener.acceptor.close(ignored);
    listener.pause.cancel();
  }
  while (!state_.open.empty()) state_.open.begin()->second->close();
}

AsioFront::~AsioFront() {
  if (!thread_.joinable()) return;
  // With every socket closed and every timer cancelled the coroutines end, and with the last one run() returns.
  asio::post(io_, [this] { stop(); });
  thread_.join();
}

}  // namespace

Result<std::unique_ptr<Front>> start_front(FrontOptions options) {
  auto front = std::make_unique<AsioFront>(std::move(options));
  if (auto started = front->start(); !started) return started.error();
  return std::unique_ptr<Front>(std::move(front));
}

}  // namespace spark_exporter::web
