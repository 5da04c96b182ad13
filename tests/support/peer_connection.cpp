#include "tests/support/peer_connection.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <limits>

namespace spark_exporter::test {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

std::string hex(std::size_t value) {
  std::array<char, 16> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value, 16).ptr;
  return {text.data(), end};
}

/// The head without its empty line.
ReceivedRequest parse_head(std::string_view head) {
  ReceivedRequest request;
  const std::string_view line = head.substr(0, head.find("\r\n"));
  const std::size_t first = line.find(' ');
  const std::size_t second = line.find(' ', first + 1);
  request.method = line.substr(0, first);
  request.target = line.substr(first + 1, second - first - 1);
  request.path = request.target.substr(0, request.target.find('?'));
  for (std::size_t at = line.size() + 2; at < head.size();) {
    const std::string_view field = head.substr(at, head.find("\r\n", at) - at);
    const std::size_t colon = field.find(": ");
    if (colon != std::string_view::npos) {
      request.headers[lower(field.substr(0, colon))] = field.substr(colon + 2);
    }
    at += field.size() + 2;
  }
  return request;
}

std::string head_of(const Reply& reply) {
  std::string head = "HTTP/1.1 " + std::to_string(reply.status) + " Said\r\n";
  for (const auto& [name, value] : reply.headers) {
    head.append(name).append(": ").append(value).append("\r\n");
  }
  if (reply.declared_length || reply.framing == Framing::kContentLength) {
    head += "Content-Length: " + std::to_string(reply.declared_length.value_or(reply.body.size())) + "\r\n";
  } else if (reply.framing == Framing::kChunked) {
    head += "Transfer-Encoding: chunked\r\n";
  }
  return head + "\r\n";
}

}  // namespace

PeerConnection::~PeerConnection() { ::close(fd_); }

void PeerConnection::drop() {
  dropped_.store(true);
  ::shutdown(fd_, SHUT_RDWR);
}

std::optional<ReceivedRequest> PeerConnection::receive() {
  constexpr std::string_view kEmptyLine = "\r\n\r\n";
  std::size_t needed = std::string::npos;
  ReceivedRequest request;
  for (;;) {
    const std::size_t head = input_.find(kEmptyLine);
    if (needed == std::string::npos && head != std::string::npos) {
      request = parse_head(std::string_view(input_).substr(0, head));
      const std::string length = request.header("content-length");
      needed = head + kEmptyLine.size() + (length.empty() ? 0 : std::stoul(length));
    }
    if (needed != std::string::npos && input_.size() >= needed) {
      request.body = input_.substr(head + kEmptyLine.size(), needed - head - kEmptyLine.size());
      request.connection = number_;
      request.number_on_connection = received_++;
      input_.erase(0, needed);
      return request;
    }
    std::array<char, 4096> buffer;
    const ssize_t got = ::recv(fd_, buffer.data(), buffer.size(), 0);
    if (got <= 0) {
      return std::nullopt;
    }
    input_.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

bool PeerConnection::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0) {
      return false;
    }
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool PeerConnection::pause(int milliseconds) {
  pollfd hangup{.fd = fd_, .events = POLLRDHUP, .revents = 0};
  return ::poll(&hangup, 1, milliseconds) == 0;
}

bool PeerConnection::send_piece(const Reply& reply, std::string_view piece) {
  if (reply.gate && !reply.gate->pass([this] { return dropped_.load(); })) {
    return false;
  }
  if (reply.pace.count() > 0 && !pause(static_cast<int>(reply.pace.count()))) {
    return false;
  }
  if (reply.framing != Framing::kChunked || reply.declared_length) {
    return send(piece);
  }
  return send(hex(piece.size()) + "\r\n" + std::string(piece) + "\r\n");
}

bool PeerConnection::send_body(const Reply& reply) {
  std::uint64_t offset = 0;
  const std::uint64_t stop = reply.cut.value_or(std::numeric_limits<std::uint64_t>::max());
  while (offset < stop) {
    std::string piece = reply.generate
                            ? reply.generate(offset)
                            : reply.body.substr(std::min<std::size_t>(offset, reply.body.size()), reply.piece_bytes);
    if (piece.empty()) {
      break;
    }
    piece.resize(static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), stop - offset)));
    if (!send_piece(reply, piece)) {
      return false;
    }
    offset += piece.size();
  }
  const bool last_chunk = reply.framing == Framing::kChunked && !reply.declared_length && !reply.cut;
  return !last_chunk || send("0\r\n\r\n");
}

bool PeerConnection::answer(const ReceivedRequest& request, const Reply& reply) {
  if (reply.raw) {
    return send(*reply.raw) && end(reply.end);
  }
  const bool sent = send(head_of(reply)) && (request.method == "HEAD" || send_body(reply));
  return sent && end(reply.end);
}

bool PeerConnection::end(End how) {
  switch (how) {
    case End::kKeep: return true;
    case End::kClose: return false;
    case End::kHang: pause(-1); return false;
    case End::kReset: break;
  }
  const linger rst{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &rst, sizeof rst);
  return false;
}

}  // namespace spark_exporter::test
