#include "tests/unit/web/socket_client.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>

namespace spark_exporter::web {
namespace {

constexpr int kPatienceMs = 30'000;

bool connect_to(int socket, const Target& target) {
  if (target.v6) {
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(target.port);
    address.sin6_addr = in6addr_loopback;
    return ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(target.port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

}  // namespace

Target target_of(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  return {address.starts_with("[::1]"),
          static_cast<unsigned short>(std::strtoul(address.c_str() + colon + 1, nullptr, 10))};
}

SocketClient::SocketClient(const std::string& address, int receive_buffer) {
  const Target target = target_of(address);
  socket_ = socket(target.v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket_ < 0) return;
  if (receive_buffer > 0) setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  if (connect_to(socket_, target)) return;
  close(socket_);
  socket_ = -1;
}

SocketClient::SocketClient() : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {}

bool SocketClient::connect(const std::string& address) { return connect_to(socket_, target_of(address)); }

SocketClient::~SocketClient() {
  if (socket_ >= 0) close(socket_);
}

bool SocketClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

void SocketClient::end_sending() { shutdown(socket_, SHUT_WR); }

std::string SocketClient::read_some(std::size_t at_most) {
  pollfd waiting{socket_, POLLIN, 0};
  if (poll(&waiting, 1, kPatienceMs) != 1) {
    ADD_FAILURE() << "nothing came in time";
    return {};
  }
  std::string bytes(at_most, '\0');
  const ssize_t got = recv(socket_, bytes.data(), bytes.size(), 0);
  bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return bytes;
}

std::string SocketClient::read_all() {
  std::string all;
  for (std::string more = read_some(65536); !more.empty(); more = read_some(65536)) all += more;
  return all;
}

void SocketClient::await_close() {
  pollfd waiting{socket_, POLLRDHUP, 0};
  if (poll(&waiting, 1, kPatienceMs) != 1) ADD_FAILURE() << "not closed in time";
}

std::string Answer::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? "" : found->second;
}

Answer parse_answer(const std::string& raw) {
  Answer answer;
  answer.raw = raw;
  const std::size_t end = raw.find("\r\n\r\n");
  if (!raw.starts_with("HTTP/1.1 ") || end == std::string::npos) return answer;
  std::size_t at = raw.find("\r\n");
  while (at < end) {
    const std::size_t next = raw.find("\r\n", at + 2);
    const std::string line = raw.substr(at + 2, next - at - 2);
    const std::size_t colon = line.find(": ");
    if (colon == std::string::npos) return answer;
    answer.headers[line.substr(0, colon)] = line.substr(colon + 2);
    at = next;
  }
  answer.status = std::atoi(raw.c_str() + 9);
  answer.body = raw.substr(end + 4);
  return answer;
}

Answer ask(const std::string& address, std::string_view request) {
  SocketClient client(address);
  client.send(request);
  return parse_answer(client.read_all());
}

Answer get(const std::string& address, const std::string& path, const std::string& headers) {
  return ask(address, "GET " + path + " HTTP/1.1\r\nHost: test\r\n" + headers + "\r\n");
}

}  // namespace spark_exporter::web
