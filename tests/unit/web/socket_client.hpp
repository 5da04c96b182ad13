#pragma once
// A client to the byte: plain sockets on loopback, nothing sent or read that the test did not ask for.

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

namespace spark_exporter::web {

/// "127.0.0.1:80", "[::1]:80" or "[::]:80" (reached by 127.0.0.1) taken apart.
struct Target {
  bool v6 = false;
  unsigned short port = 0;
};
Target target_of(const std::string& address);

class SocketClient {
 public:
  /// Connects; a `receive_buffer` above 0 keeps the kernel from reading ahead for a slow reader.
  explicit SocketClient(const std::string& address, int receive_buffer = 0);
  /// An IPv4 socket for connect(): whoever connects needs no new descriptor.
  SocketClient();
  ~SocketClient();
  SocketClient(const SocketClient&) = delete;
  SocketClient& operator=(const SocketClient&) = delete;

  bool connected() const { return socket_ >= 0; }
  bool connect(const std::string& address);
  /// False once the server has gone.
  bool send(std::string_view bytes);
  void end_sending();
  /// Everything until the server closes or resets. Fails the test after half a minute.
  std::string read_all();
  /// What has come, at least one byte unless the server has closed.
  std::string read_some(std::size_t at_most = 4096);
  /// Waits, without reading, until the server has closed or reset.
  void await_close();

 private:
  int socket_ = -1;
};

struct Answer {
  int status = 0;
  std::map<std::string, std::string> headers;  ///< names as sent
  std::string body;
  std::string raw;

  std::string header(const std::string& name) const;
};

/// Status 0 if `raw` is no whole answer.
Answer parse_answer(const std::string& raw);

/// One request on a connection of its own.
Answer ask(const std::string& address, std::string_view request);
Answer get(const std::string& address, const std::string& path, const std::string& headers = "");

}  // namespace spark_exporter::web
