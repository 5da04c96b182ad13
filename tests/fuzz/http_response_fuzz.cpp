// Any bytes as a server's answer, whole and in pieces, through all that the client does but the socket: head, interim
// answers, chunks, gzip, the body's bound. What pieces it comes in makes no difference.

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

#include "exporter/common/limits.hpp"
#include "exporter/net/body_stream.hpp"
#include "exporter/net/exchange.hpp"
#include "exporter/net/header_fields.hpp"
#include "exporter/net/response_parser.hpp"
#include "tests/fuzz/require.hpp"

namespace spark_exporter::fuzz {
namespace {

constexpr std::uint64_t kBodyLimit = 100'000;

/// Exchange without its Wire.
class Answer final : public net::BodyReader {
 public:
  Answer(std::string_view wire, std::size_t piece, net::BodyExpected expected)
      : wire_(wire), piece_(std::max<std::size_t>(piece, 1)), expected_(expected), parser_(expected) {}

  Result<void> read_heads() {
    for (int answers = 0; answers <= limits::kHttpInterimAnswers; ++answers) {
      if (const auto got = read_head(); !got) return got.error();
      if (!parser_.interim()) return {};
      parser_ = net::ResponseParser(expected_);
    }
    return Error{ErrorKind::kProtocol, "too many 1xx answers"};
  }

  Result<std::size_t> read(std::span<char> out) override {
    while (!parser_.done()) {
      const auto progress = parser_.feed(input_.bytes(), out);
      if (!progress) return progress.error();
      input_.consume(progress->consumed);
      require(progress->produced <= out.size());
      if (progress->produced > 0) return progress->produced;
      if (parser_.done() || progress->consumed > 0) continue;
      if (const auto filled = fill(); !filled) return filled.error();
    }
    return std::size_t{0};
  }

  const net::ResponseParser& parser() const { return parser_; }

 private:
  Result<void> read_head() {
    while (!parser_.head_done()) {
      const auto progress = parser_.feed(input_.bytes(), {});
      if (!progress) return progress.error();
      input_.consume(progress->consumed);
      if (parser_.head_done() || progress->consumed > 0) continue;
      if (const auto filled = fill(); !filled) return filled.error();
    }
    return {};
  }

  Result<void> fill() {
    const auto space = input_.space();
    if (space.empty()) return Error{ErrorKind::kTooLarge, "a chunk's head or trailer is too long"};
    const std::size_t count = std::min({space.size(), piece_, wire_.size()});
    std::copy_n(wire_.begin(), count, space.begin());
    wire_.remove_prefix(count);
    input_.filled(count);
    return count > 0 ? Result<void>() : parser_.finish();
  }

  std::string_view wire_;
  const std::size_t piece_;
  const net::BodyExpected expected_;
  net::InputBuffer input_;
  net::ResponseParser parser_;
};

struct Read {
  std::optional<Error> error;
  net::ResponseHead head;
  std::string coding, body;
};

Read read(std::string_view wire, std::size_t piece, net::BodyExpected expected) {
  Answer answer(wire, piece, expected);
  Read read;
  if (const auto heads = answer.read_heads(); !heads) {
    read.error = heads.error();
    return read;
  }
  read.head = answer.parser().head();
  read.coding = answer.parser().content_encoding();
  std::optional<net::GunzipReader> gunzip;
  if (read.coding == "gzip" || read.coding == "x-gzip") gunzip.emplace(answer);
  std::atomic<std::uint64_t> counter{0};
  net::BodyStreambuf buffer(gunzip ? static_cast<net::BodyReader&>(*gunzip) : answer, kBodyLimit, counter);
  read.body.assign(std::istreambuf_iterator<char>(&buffer), {});
  require(read.body.size() <= kBodyLimit && buffer.ended());
  if (buffer.error()) read.error = *buffer.error();
  if (!read.error) require(answer.parser().done());
  static_cast<void>(answer.parser().keep_alive());
  return read;
}

void check(const Read& read) {
  if (read.error) {
    require_line(read.error->what);
    const auto kind = read.error->kind;
    require(kind == ErrorKind::kProtocol || kind == ErrorKind::kTooLarge || kind == ErrorKind::kReset);
  }
  require(read.head.location.size() + read.head.content_type.size() + read.coding.size() <= limits::kHttpHeaderBytes);
  require(read.head.status < 1000);
  require_line(net::printable(read.coding));
}

}  // namespace
}  // namespace spark_exporter::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace spark_exporter;
  if (size < 2) return 0;
  const std::string_view wire(reinterpret_cast<const char*>(data) + 2, size - 2);
  const auto expected = (data[0] & 1) != 0 ? net::BodyExpected::kNo : net::BodyExpected::kYes;
  const auto whole = fuzz::read(wire, wire.size(), expected);
  fuzz::check(whole);
  const auto pieces = fuzz::read(wire, data[1], expected);
  fuzz::check(pieces);
  // Where it ends in an error, what came before that may be more or less.
  fuzz::require(whole.error.has_value() == pieces.error.has_value());
  if (!whole.error) {
    fuzz::require(whole.body == pieces.body && whole.coding == pieces.coding);
    fuzz::require(whole.head.status == pieces.head.status && whole.head.location == pieces.head.location);
    fuzz::require(whole.head.content_type == pieces.head.content_type);
    fuzz::require(whole.head.retry_after_seconds == pieces.head.retry_after_seconds);
  }
  return 0;
}
