#pragma once
// One accepted connection of the test server: reads requests, sends replies to the letter.

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tests/support/fault_server.hpp"

namespace spark_exporter::test {

class PeerConnection {
 public:
  /// Owns `fd` from now on.
  PeerConnection(int fd, std::size_t number) : fd_(fd), number_(number) {}
  ~PeerConnection();
  PeerConnection(const PeerConnection&) = delete;
  PeerConnection& operator=(const PeerConnection&) = delete;

  /// The next request; nothing once the client has gone or drop() was called.
  std::optional<ReceivedRequest> receive();
  /// Returns whether the connection goes on.
  bool answer(const ReceivedRequest& request, const Reply& reply);
  /// Does what is said; true for kKeep only.
  bool end(End how);

  /// From any thread: makes whatever goes on fail.
  void drop();

 private:
  bool send(std::string_view bytes);
  bool send_body(const Reply& reply);
  bool send_piece(const Reply& reply, std::string_view piece);
  /// True after the pause, false if the client went.
  bool pause(int milliseconds);

  const int fd_;
  const std::size_t number_;
  std::size_t received_ = 0;
  std::string input_;
  std::atomic<bool> dropped_{false};
};

}  // namespace spark_exporter::test
