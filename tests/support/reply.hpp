#pragma once
// What the test server answers: a Reply is sent to the letter, so that lengths may lie and bytes may stop.

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace spark_exporter::test {

/// Holds bytes back until the test lets them go. Ends with its server: a waiting connection then gives up.
class Gate {
 public:
  /// Lets `count` more pass.
  void release(std::size_t count = 1);
  /// Lets all pass from now on.
  void open();
  /// Waits until somebody has come for the n-th time: what the ones before let through has then been sent.
  void wait_for_arrivals(std::size_t count);

  /// Waits for its turn; false if `stopped` turned true meanwhile.
  bool pass(const std::function<bool()>& stopped);

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t arrivals_ = 0;
  std::size_t tokens_ = 0;
  bool open_ = false;
};

enum class Framing { kContentLength, kChunked, kUntilClose };
/// What happens to the connection after the answer, or where it is cut.
enum class End {
  kKeep,   ///< the next request is awaited
  kClose,  ///< FIN
  kReset,  ///< RST
  kHang,   ///< silence until the client goes or the server stops
};

/// An answer. The setters return the reply itself, to be chained.
class Reply {
 public:
  unsigned status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  Framing framing = Framing::kContentLength;
  std::string body;
  /// Instead of `body`: the next piece, given the number of bytes before it; "" at the end.
  std::function<std::string(std::uint64_t offset)> generate;
  std::optional<std::uint64_t> declared_length;  ///< a Content-Length that may lie
  std::size_t piece_bytes = 16 * 1024;           ///< bytes for each send, or chunk
  std::shared_ptr<Gate> gate;                    ///< passed before each piece
  std::chrono::milliseconds pace{0};             ///< waited before each piece
  std::optional<std::uint64_t> cut;              ///< body bytes after which `end` happens
  End end = End::kKeep;
  std::optional<std::string> raw;  ///< instead of everything above but `end`: these bytes, no head

  Reply& with_status(unsigned value);
  Reply& with_header(std::string name, std::string value);
  Reply& chunked(std::size_t chunk_bytes = 16 * 1024);
  Reply& until_close();
  /// Compresses the body and says so.
  Reply& gzipped();
  Reply& declaring(std::uint64_t length);
  /// Sends the body in pieces of that size, each held back by the gate.
  Reply& gated(std::shared_ptr<Gate> by, std::size_t bytes = 1);
  /// Sends the body in pieces of that size, each after that time.
  Reply& paced(std::chrono::milliseconds each, std::size_t bytes = 1);
  Reply& cut_after(std::uint64_t body_bytes, End how);
  Reply& ending(End how);
};

namespace replies {
Reply json(std::string body);
Reply html(std::string body = "<html><body>starting</body></html>");
Reply status(unsigned code);
Reply redirect(std::string location);
/// Exactly these bytes, then `end`.
Reply raw(std::string bytes, End end = End::kClose);
/// Closes, resets or hangs without a byte.
Reply nothing(End end);
/// A JSON array of zeros of about that many bytes, made as it is sent, in chunks.
Reply huge(std::uint64_t bytes);
/// Spaces that take a thousandth of their number on the wire, in chunks; rounded up to whole MiB.
Reply gzip_bomb(std::uint64_t decoded_bytes);
}  // namespace replies

/// One gzip member.
std::string gzip(std::string_view text);

}  // namespace spark_exporter::test
