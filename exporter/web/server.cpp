#include "exporter/web/server.hpp"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "exporter/web/backend.hpp"
#include "exporter/web/front.hpp"
#include "exporter/web/server_tuning.hpp"

namespace spark_exporter::web {
namespace {

/// Threads beside those of the requests that the front lets in: one that just closes is not in its count any more.
constexpr int kSpareThreads = 4;

/// 256 random bits as hexadecimal digits; empty if the kernel gives none.
std::string make_secret() {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::array<unsigned char, 32> bytes{};
  ssize_t got = 0;
  do {
    got = getrandom(bytes.data(), bytes.size(), 0);
  } while (got < 0 && errno == EINTR);
  std::string secret;
  if (got != static_cast<ssize_t>(bytes.size())) return secret;
  for (const unsigned char byte : bytes) {
    secret += kHex[byte >> 4];
    secret += kHex[byte & 0xF];
  }
  return secret;
}

/// The front goes first: with its connections closed no handler's thread waits for a reader.
class FrontedServer final : public Server {
 public:
  FrontedServer(std::shared_ptr<const ConfigWatch> watch, std::unique_ptr<Backend> backend,
                std::unique_ptr<Front> front)
      : watch_(std::move(watch)), backend_(std::move(backend)), front_(std::move(front)) {}

  std::vector<std::string> addresses() const override { return front_->addresses(); }
  std::uint64_t refused() const override { return front_->refused(); }

  const ConfigWatch& web_config() const override { return *watch_; }

 private:
  std::shared_ptr<const ConfigWatch> watch_;
  std::unique_ptr<Backend> backend_;
  std::unique_ptr<Front> front_;
};

}  // namespace

Result<std::unique_ptr<Server>> start_server(const ServerOptions& options, std::vector<Route> routes,
                                             const FrontTuning& tuning) {
  auto watch = ConfigWatch::open(options.web_config);
  if (!watch) return watch.error();
  FrontOptions front_options;
  front_options.listen_addresses = options.listen_addresses;
  front_options.max_requests = std::max(1, options.max_requests);
  front_options.secret = make_secret();
  front_options.tuning = tuning;
  front_options.watch = *watch;
  if (front_options.secret.empty()) return Error{ErrorKind::kIo, "the kernel gives no random bytes"};

  BackendOptions backend_options;
  backend_options.secret = front_options.secret;
  backend_options.gate = std::make_shared<Gate>(*watch);
  backend_options.threads = front_options.max_requests + kSpareThreads;
  // Not its write deadline: between two of civetweb's writes a steady but slow reader has to empty a third of socket
  // buffers of some megabytes.
  backend_options.io_timeout = tuning.response_timeout + std::chrono::seconds{1};
  auto backend = start_backend(backend_options, std::move(routes));
  if (!backend) return backend.error();

  front_options.backend_port = (*backend)->port();
  auto front = start_front(std::move(front_options));
  if (!front) return front.error();
  return std::unique_ptr<Server>(std::make_unique<FrontedServer>(*watch, std::move(*backend), std::move(*front)));
}

Result<std::unique_ptr<Server>> start_server(const ServerOptions& options, std::vector<Route> routes) {
  return start_server(options, std::move(routes), FrontTuning{});
}

}  // namespace spark_exporter::web
