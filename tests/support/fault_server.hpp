#pragma once
// A small HTTP/1.1 server for tests that misbehaves on request: plain POSIX sockets on 127.0.0.1, a port of the
// kernel's choice, a thread for each connection. What a path answers is a Reply, or a function from the request to one.
//
//   FaultServer server;
//   server.on("/ok", replies::json("{}"));
//   server.on("/cut", replies::json("{...}").cut_after(100, End::kReset));
//   server.set_fallback([](const ReceivedRequest& r) { return replies::json(r.path); });
//
// Thread-safety: all methods from any thread. Handlers run in the connection's thread.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/reply.hpp"

namespace spark_exporter::test {

struct ReceivedRequest {
  std::string method;
  std::string target;                          ///< as sent
  std::string path;                            ///< target without the query
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string body;
  std::size_t connection = 0;            ///< 0 for the first connection the server accepted
  std::size_t number_on_connection = 0;  ///< 0 for the first request on it

  std::string header(const std::string& lower_case_name) const;
};

using Handler = std::function<Reply(const ReceivedRequest&)>;

class FaultServer {
 public:
  FaultServer();
  ~FaultServer();
  FaultServer(const FaultServer&) = delete;
  FaultServer& operator=(const FaultServer&) = delete;

  std::uint16_t port() const;
  /// "http://127.0.0.1:<port>" and the path.
  std::string url(std::string_view path = "") const;

  /// `path` is compared without the query. What is set later replaces what was set before.
  void on(std::string path, Reply reply);
  void on(std::string path, Handler handler);
  /// For paths that nothing was set for; without one: 404.
  void set_fallback(Handler handler);
  /// What happens to the n-th connection (from 0) before its first request is read; kKeep serves it.
  void on_accept(std::function<End(std::size_t connection)> decide);
  /// Closes a connection without a word after its n-th answer; 0 never.
  void close_after(std::size_t answers);

  std::vector<ReceivedRequest> requests() const;
  std::size_t connections() const;
  /// Waits until that many requests have come; false after ten seconds.
  bool wait_for_requests(std::size_t count) const;
  bool wait_for_connections(std::size_t count) const;

  /// Drops all connections and the port: later connects are refused. The destructor does it as well.
  void stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace spark_exporter::test
