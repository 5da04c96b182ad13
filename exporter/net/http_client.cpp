// The client: which connection a request goes over, and what its failures are called. The connection is Wire, one
// request on it is Exchange, the body's way to the consumer is body_stream.hpp.

#include "exporter/net/http_client.hpp"

#include <algorithm>
#include <atomic>
#include <istream>
#include <optional>
#include <utility>

#include "exporter/common/spare_descriptors.hpp"
#include "exporter/net/body_stream.hpp"
#include "exporter/net/client_with_lookup.hpp"
#include "exporter/net/deadline.hpp"
#include "exporter/net/exchange.hpp"
#include "exporter/net/header_fields.hpp"
#include "exporter/net/wire.hpp"

namespace spark_exporter::net {
namespace {

/// An equal part of what is left, so that an address that swallows packets leaves time for the next one.
TimePoint share(TimePoint deadline, std::size_t addresses_left) {
  if (deadline == kNever) {
    return kNever;
  }
  const auto now = Clock::now();
  return now + (deadline - now) / static_cast<Clock::rep>(addresses_left);
}

class Client final : public HttpClient {
 public:
  Client(ClientOptions options, Lookup lookup)
      : options_(std::move(options)), resolver_(options_.base.host, std::move(lookup)) {}

  Result<void> get(const Request& request, const Consumer& consume) override;
  void cancel() noexcept override;
  ClientStats stats() const override;

 private:
  Result<void> open(TimePoint deadline);
  Result<void> connect(const Addresses& addresses, TimePoint deadline);
  Result<void> exchange(const std::string& message, const Request& request, const Consumer& consume);
  Result<void> deliver(Exchange& exchange, const Request& request, const Consumer& consume);
  Error named(const Request& request, const Error& error) const;

  const ClientOptions options_;
  Resolver resolver_;
  Wire wire_;
  InputBuffer input_;
  std::atomic<std::uint64_t> requests_{0};
  std::atomic<std::uint64_t> connections_{0};
  std::atomic<std::uint64_t> body_bytes_{0};
};

Error Client::named(const Request& request, const Error& error) const {
  return Error{error.kind, request.method + " " + options_.base.to_string() + request.target + ": " + error.what};
}

Result<void> Client::connect(const Addresses& addresses, TimePoint deadline) {
  Error failure{ErrorKind::kTimeout, "cannot connect to"};
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    const auto connected = wire_.connect(addresses[i], options_.base.port, share(deadline, addresses.size() - i));
    if (connected) {
      ++connections_;
      return {};
    }
    if (connected.error().kind == ErrorKind::kCancelled) {
      return connected.error();
    }
    failure.what += (i == 0 ? " " : ", ") + addresses[i] + " (" + connected.error().what + ")";
    if (connected.error().kind == ErrorKind::kIo || failure.kind == ErrorKind::kIo) {
      failure.kind = ErrorKind::kIo;  // ours: nobody is told to be away
    } else if (connected.error().kind == ErrorKind::kConnect) {
      failure.kind = ErrorKind::kConnect;
    }
  }
  return failure;
}

Result<void> Client::open(TimePoint deadline) {
  wire_.close();
  input_.clear();
  if (SpareDescriptors::low()) return Error{ErrorKind::kIo, "the last file descriptors are kept for who asks us"};
  const auto step_end = [&] { return std::min(deadline, after_unless_zero(options_.connect_timeout)); };
  const auto addresses = resolver_.resolve(step_end());
  if (!addresses) {
    return addresses.error();
  }
  if (const auto connected = connect(*addresses, step_end()); !connected) {
    return connected.error();
  }
  if (options_.base.scheme != "https") {
    return {};
  }
  const auto& tls = options_.tls;
  const std::string& name = tls.server_name.empty() ? options_.base.host : tls.server_name;
  return wire_.handshake(TlsPeer{.name = name, .ca_file = tls.ca_file, .verify = !tls.insecure}, step_end());
}

Result<void> Client::get(const Request& request, const Consumer& consume) {
  const auto message = serialize(request, options_.base, options_.user_agent);
  if (!message) {
    return named(request, message.error());
  }
  ++requests_;
  try {
    return exchange(*message, request, consume);
  } catch (...) {
    wire_.close();  // the consumer's; what it left of the answer must not become the next one
    throw;
  }
}

Result<void> Client::exchange(const std::string& message, const Request& request, const Consumer& consume) {
  TimePoint deadline = kNever;  // the second try has what the first left of it
  for (bool retry = false;; retry = true) {
    const bool reuse = !retry && wire_.is_open() && wire_.is_quiet();
    if (!reuse) {
      if (const auto opened = open(deadline); !opened) {
        wire_.close();
        return named(request, opened.error());
      }
    }
    deadline = retry ? deadline : after_unless_zero(request.timeout);
    Exchange exchange(wire_, input_, request, deadline);
    const auto asked = exchange.ask(message);
    if (asked) {
      return deliver(exchange, request, consume);
    }
    wire_.close();
    // The peer may have closed it while it was idle: no fault of this request.
    if (!reuse || exchange.heard() || asked.error().kind != ErrorKind::kReset) {
      return named(request, asked.error());
    }
  }
}

Result<void> Client::deliver(Exchange& exchange, const Request& request, const Consumer& consume) {
  const std::string& coding = exchange.content_encoding();
  const bool gzip = coding == "gzip" || coding == "x-gzip";
  if (!gzip && !coding.empty() && coding != "identity") {
    wire_.close();
    return named(request, {ErrorKind::kProtocol, "unsupported Content-Encoding '" + printable(coding) + "'"});
  }
  std::optional<GunzipReader> gunzip;
  if (gzip) {
    gunzip.emplace(exchange);
  }
  BodyStreambuf buffer(gzip ? static_cast<BodyReader&>(*gunzip) : exchange, request.body_limit, body_bytes_);
  std::istream body(&buffer);
  Result<void> verdict = consume(exchange.head(), body);
  if (buffer.error()) {
    wire_.close();
    return named(request, *buffer.error());
  }
  if (!exchange.settle()) {
    wire_.close();
  }
  if (wire_.cancelled()) {
    return named(request, {ErrorKind::kCancelled, "cancelled"});
  }
  return verdict;
}

void Client::cancel() noexcept {
  wire_.cancel();
  resolver_.cancel();
}

ClientStats Client::stats() const {
  return {.requests = requests_.load(),
          .connections = connections_.load(),
          .bytes_received = wire_.bytes_received(),
          .body_bytes = body_bytes_.load()};
}

}  // namespace

std::unique_ptr<HttpClient> make_http_client(ClientOptions options) {
  return make_http_client(std::move(options), system_lookup);
}

std::unique_ptr<HttpClient> make_http_client(ClientOptions options, Lookup lookup) {
  return std::make_unique<Client>(std::move(options), std::move(lookup));
}

}  // namespace spark_exporter::net
