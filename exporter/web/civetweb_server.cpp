// The one file that knows civetweb. What Debian's 1.15 cannot do is not asked of it: no TLS (it crashes), no IPv6, no
// files (no document_root, CVE-2025-55763), no form parsing. C calls into here: nothing may throw past on_request().

#include <arpa/inet.h>
#include <civetweb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <exception>
#include <system_error>
#include <thread>

#include "exporter/common/limits.hpp"
#include "exporter/common/log.hpp"
#include "exporter/common/text.hpp"
#include "exporter/web/backend.hpp"
#include "exporter/web/http_text.hpp"
#include "exporter/web/negotiation.hpp"
#include "exporter/web/request_head.hpp"
#include "exporter/web/router.hpp"

namespace spark_exporter::web {
namespace {

/// Room for the front's own lines beside a head of full size.
constexpr std::size_t kHeadRoom = 1024;

std::string_view view(const char* text) { return text == nullptr ? std::string_view() : std::string_view(text); }

std::string_view header(mg_connection* connection, std::string_view name) {
  return view(mg_get_header(connection, name.data()));  // the names are literals, so they end with NUL
}

bool is_loopback(const std::string& address) {
  in_addr v4{};
  if (inet_pton(AF_INET, address.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;
  in6_addr v6{};
  return inet_pton(AF_INET6, address.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

/// Exactly the announced bytes, or false: the front sends no POST without a length.
bool read_body(mg_connection* connection, long long announced, std::string& body) {
  if (announced < 0 || static_cast<unsigned long long>(announced) > limits::kRequestBodyBytes) return false;
  body.resize(static_cast<std::size_t>(announced));
  for (std::size_t have = 0; have < body.size();) {
    const int got = mg_read(connection, body.data() + have, body.size() - have);
    if (got <= 0) return false;
    have += static_cast<std::size_t>(got);
  }
  return true;
}

void send(mg_connection* connection, const HttpResponse& response, bool head_only) {
  const std::string_view body = response.shared.data() != nullptr ? response.shared : std::string_view(response.body);
  HeaderList headers = response.headers;
  if (!response.content_encoding.empty()) headers.emplace_back("Content-Encoding", response.content_encoding);
  if (response.negotiated) headers.emplace_back("Vary", "Accept-Encoding");
  std::string head = response_head(response.status, response.content_type, body.size(), headers);
  constexpr std::size_t kOneWrite = 8 * 1024;
  const bool together = !head_only && body.size() <= kOneWrite;
  if (together) head += body;
  if (mg_write(connection, head.data(), head.size()) <= 0 || head_only || together) return;
  mg_write(connection, body.data(), body.size());
}

void send_text(mg_connection* connection, int status, std::string text) {
  HttpResponse response;
  response.status = status;
  response.body = std::move(text);
  send(connection, response, false);
}

class CivetwebServer final : public Backend {
 public:
  CivetwebServer(const BackendOptions& options, std::vector<Route> routes)
      : secret_(options.secret),
        router_(std::move(routes), options.gate),
        library_(mg_init_library(MG_FEATURES_DEFAULT)) {}
  CivetwebServer(const CivetwebServer&) = delete;
  CivetwebServer& operator=(const CivetwebServer&) = delete;
  ~CivetwebServer() override;

  std::uint16_t port() const override { return port_; }
  Result<void> start(const BackendOptions& options);

 private:
  static int on_request(mg_connection* connection, void* self) noexcept;
  static int on_error(mg_connection* connection, int status, const char* message) noexcept;
  static int on_log(const mg_connection* connection, const char* message) noexcept;

  int serve(mg_connection* connection);
  void wake_acceptor() const noexcept;

  std::string secret_;
  Router router_;
  log::RateLimited complaints_;
  unsigned library_;
  mg_context* context_ = nullptr;
  std::uint16_t port_ = 0;
};

int CivetwebServer::serve(mg_connection* connection) {
  if (!equal_in_constant_time(header(connection, kSecretHeader), secret_)) {
    send_text(connection, 403, "forbidden\n");
    return 403;
  }
  const mg_request_info& info = *mg_get_request_info(connection);
  HttpRequest request;
  request.method = view(info.request_method);
  request.path = view(info.local_uri_raw);
  request.query = view(info.query_string);
  request.peer = header(connection, kPeerHeader);
  request.peer_is_loopback = is_loopback(request.peer);
  request.accepts_gzip = accepts_gzip(header(connection, "Accept-Encoding"));
  request.accepts_html = accepts_html(header(connection, "Accept"));
  request.authorization = header(connection, "Authorization");
  if (request.method == "POST" && !read_body(connection, info.content_length, request.body)) {
    send_text(connection, 400, "the request body ended early\n");
    return 400;
  }
  const HttpResponse response = router_.dispatch(request);
  send(connection, response, request.method == "HEAD");
  return response.status;
}

int CivetwebServer::on_request(mg_connection* connection, void* self) noexcept {
  try {
    return static_cast<CivetwebServer*>(self)->serve(connection);
  } catch (const std::exception& error) {
    on_log(connection, error.what());  // out of memory: the connection ends without an answer, the front says 502
  } catch (...) {
    on_log(connection, "not a std::exception");
  }
  return 500;
}

/// Civetweb's own refusals (a method it does not know) in our words: its page names no version, but the path.
int CivetwebServer::on_error(mg_connection* connection, int status, const char*) noexcept {
  try {
    send_text(connection, status, std::string(reason_phrase(status)) + '\n');
  } catch (...) {
    return 0;
  }
  return 0;
}

int CivetwebServer::on_log(const mg_connection* connection, const char* message) noexcept {
  try {
    auto* const self = static_cast<CivetwebServer*>(mg_get_user_data(mg_get_context(connection)));
    std::uint64_t held_back = 0;
    if (self != nullptr && self->complaints_.admit("civetweb", std::chrono::steady_clock::now(), held_back)) {
      log::warn("web server", {{"error", std::string(view(message))}, {"held_back", std::to_string(held_back)}});
    }
  } catch (...) {
    return 1;
  }
  return 1;  // handled: civetweb writes nothing itself
}

Result<void> CivetwebServer::start(const BackendOptions& options) {
  const std::string threads = std::to_string(options.threads);
  const std::string timeout = std::to_string(options.io_timeout.count());
  const std::string head_bytes = std::to_string(limits::kRequestHeadBytes + kHeadRoom);
  // clang-format off
  const char* settings[] = {"listening_ports", "127.0.0.1:0",
                            "num_threads", threads.c_str(),
                            "connection_queue", threads.c_str(),
                            "request_timeout_ms", timeout.c_str(),
                            "max_request_size", head_bytes.c_str(),
                            "enable_keep_alive", "no",
                            "tcp_nodelay", "1",
                            "access_control_allow_origin", "",
                            "access_control_allow_methods", "",
                            "access_control_allow_headers", "",
                            "enable_directory_listing", "no",
                            "enable_auth_domain_check", "no",
                            nullptr};
  // clang-format on
  mg_callbacks callbacks{};
  callbacks.http_error = &CivetwebServer::on_error;
  callbacks.log_message = &CivetwebServer::on_log;
  mg_init_data init{&callbacks, this, settings};
  char text[256] = "";
  unsigned code = 0;
  mg_error_data error{&code, text, sizeof text};
  context_ = mg_start2(&init, &error);
  if (context_ == nullptr) return Error{ErrorKind::kIo, "web server does not start: " + std::string(view(text))};
  mg_server_port bound{};
  if (mg_get_server_ports(context_, 1, &bound) != 1 || bound.port <= 0) {
    return Error{ErrorKind::kIo, "web server does not start: no loopback port"};
  }
  port_ = static_cast<std::uint16_t>(bound.port);
  mg_set_request_handler(context_, "/", &CivetwebServer::on_request, this);
  return {};
}

/// One connection to ourselves, which ends the accepting thread's poll.
void CivetwebServer::wake_acceptor() const noexcept {
  const int client = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (client < 0) return;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port_);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  (void)connect(client, reinterpret_cast<const sockaddr*>(&address), sizeof address);  // the attempt is what wakes it
  close(client);
}

CivetwebServer::~CivetwebServer() {
  if (context_ != nullptr) {
    // mg_stop() raises a flag and joins the accepting thread, which looks at it every 2 s or after a connection.
    std::atomic<bool> stopped{false};
    const auto wake = [this, &stopped] {
      while (!stopped) {
        wake_acceptor();
        std::this_thread::sleep_for(std::chrono::milliseconds{5});
      }
    };
    std::thread waker;
    try {
      waker = std::thread(wake);
    } catch (const std::system_error&) {
      log::debug("web server stops without a hurry: no thread");
    }
    mg_stop(context_);
    stopped = true;
    if (waker.joinable()) waker.join();
  }
  if (library_ != 0) mg_exit_library();
}

}  // namespace

Result<std::unique_ptr<Backend>> start_backend(const BackendOptions& options, std::vector<Route> routes) {
  auto server = std::make_unique<CivetwebServer>(options, std::move(routes));
  if (auto started = server->start(options); !started) return started.error();
  return std::unique_ptr<Backend>(std::move(server));
}

}  // namespace spark_exporter::web
