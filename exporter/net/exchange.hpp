#pragma once
// One request and its answer over an open connection: sends, reads the head, then is the reader of the raw body.

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "exporter/net/body_stream.hpp"
#include "exporter/net/deadline.hpp"
#include "exporter/net/http_client.hpp"
#include "exporter/net/response_parser.hpp"
#include "exporter/net/wire.hpp"

namespace spark_exporter::net {

/// Bytes that came and are not parsed yet; whatever is left of an answer here belongs to no request of ours.
class InputBuffer {
 public:
  std::span<const char> bytes() const { return std::span(buffer_).subspan(begin_, end_ - begin_); }
  bool empty() const { return begin_ == end_; }
  void clear() { begin_ = end_ = 0; }
  void consume(std::size_t count);
  /// Where to read to; empty when the buffer is full. What is there moves to the front.
  std::span<char> space();
  void filled(std::size_t count) { end_ += count; }

 private:
  /// Longer than any head, so that it is full only with a chunk's extension or trailer of that size.
  static constexpr std::size_t kBytes = 2 * limits::kHttpHeaderBytes;

  std::array<char, kBytes> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

/// The errors' texts name the cause only.
class Exchange final : public BodyReader {
 public:
  Exchange(Wire& wire, InputBuffer& input, const Request& request, TimePoint deadline);

  /// Sends and waits for the head of the answer. Errors: those of Wire and ResponseParser.
  Result<void> ask(std::string_view message);
  /// Whether any byte of the answer has come.
  bool heard() const { return heard_; }

  const ResponseHead& head() const { return parser_.head(); }
  const std::string& content_encoding() const { return parser_.content_encoding(); }

  /// The body as it is on the wire, without chunks.
  Result<std::size_t> read(std::span<char> out) override;

  /// Reads away what is left of the answer, if that is little and quick; whether the connection can be used again.
  bool settle();

 private:
  Result<void> read_head();
  Result<void> fill();

  Wire& wire_;
  InputBuffer& input_;
  const Request& request_;
  TimePoint deadline_;
  ResponseParser parser_;
  bool heard_ = false;
};

}  // namespace spark_exporter::net
