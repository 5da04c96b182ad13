#include "exporter/net/response_parser.hpp"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/status.hpp>
#include <boost/none.hpp>
#include <string_view>
#include <utility>

#include "exporter/common/limits.hpp"
#include "exporter/net/header_fields.hpp"

namespace spark_exporter::net {
namespace {

namespace http = boost::beast::http;
using boost::system::error_code;

// Beast counts each line of the head anew when it comes in pieces, so that only the sum kept here is a bound.
// Its own limit is for a line that does not end: at the limit is fine, one past is not.
constexpr auto kLineLimit = static_cast<std::uint32_t>(limits::kHttpHeaderBytes + 1);

Error too_large_head() {
  return Error{ErrorKind::kTooLarge, "the head is longer than " + std::to_string(limits::kHttpHeaderBytes) + " bytes"};
}

}  // namespace

struct ResponseParser::Impl {
  http::response_parser<http::buffer_body> parser;
  ResponseHead head;
  std::string content_encoding;
  std::size_t head_bytes = 0;
  bool wants_chunk_head = false;  ///< the last bytes were too few for one

  std::string_view field(http::field name) const {
    const auto value = parser.get()[name];
    return {value.data(), value.size()};
  }

  Result<void> take_head() {
    head.status = parser.get().result_int();
    head.content_type = media_type(field(http::field::content_type));
    head.location = field(http::field::location);
    head.retry_after_seconds = retry_after(field(http::field::retry_after));
    content_encoding = lower_case(field(http::field::content_encoding));
    // Beast takes "gzip, chunked" for chunked and would hand out the coded bytes.
    const std::string coding = lower_case(field(http::field::transfer_encoding));
    if (!coding.empty() && coding != "chunked") {
      return Error{ErrorKind::kProtocol, "unsupported Transfer-Encoding '" + printable(coding) + "'"};
    }
    return {};
  }

  /// Counts a part of the head; after its last byte reads the fields.
  Result<void> after_head_bytes(std::size_t consumed, std::size_t pending) {
    head_bytes += consumed;
    const std::size_t seen = head_bytes + (parser.is_header_done() ? 0 : pending);
    if (seen > limits::kHttpHeaderBytes) {
      return too_large_head();
    }
    return parser.is_header_done() ? take_head() : Result<void>();
  }
};

ResponseParser::ResponseParser(BodyExpected expected) : impl_(std::make_unique<Impl>()) {
  impl_->parser.header_limit(kLineLimit);
  impl_->parser.body_limit(boost::none);  // the default is 8 MiB; the reader counts decoded bytes instead
  impl_->parser.eager(false);
  impl_->parser.skip(expected == BodyExpected::kNo);
}

ResponseParser::~ResponseParser() = default;
ResponseParser::ResponseParser(ResponseParser&&) noexcept = default;
ResponseParser& ResponseParser::operator=(ResponseParser&&) noexcept = default;

Result<ResponseParser::Progress> ResponseParser::feed(std::span<const char> in, std::span<char> out) {
  auto& parser = impl_->parser;
  if (!head_done() && impl_->head_bytes == 0 && !may_begin_answer({in.data(), in.size()})) {
    // Beast would wait for a whole line of it first, for ever perhaps.
    return Error{ErrorKind::kProtocol, "the answer is not HTTP/1.x"};
  }
  auto& body = parser.get().body();
  body.data = out.data();
  body.size = out.size();
  Progress progress;
  while (!parser.is_done() && progress.consumed < in.size() && (!head_done() || body.size > 0)) {
    const bool in_head = !head_done();
    const auto rest = in.subspan(progress.consumed);
    // Beast asserts that the last chunk is not looked at again before it can be whole.
    constexpr std::string_view kLastChunk = "0\r\n\r\n";
    if (impl_->wants_chunk_head && rest.front() == kLastChunk.front() && rest.size() < kLastChunk.size()) break;
    error_code ec;
    const std::size_t n = parser.put(boost::asio::const_buffer(rest.data(), rest.size()), ec);
    progress.consumed += n;
    if (ec == http::error::header_limit) {
      return too_large_head();
    }
    const bool hungry = ec == http::error::need_more || ec == http::error::need_buffer;
    if (ec && !hungry) {
      return Error{ErrorKind::kProtocol, "broken HTTP: " + ec.message()};
    }
    if (in_head) {
      const auto counted = impl_->after_head_bytes(n, rest.size() - n);
      if (!counted) {
        return counted.error();
      }
      if (head_done()) {
        break;
      }
    }
    impl_->wants_chunk_head = !in_head && parser.chunked() && n == 0;
    if (hungry || n == 0) {
      break;
    }
  }
  progress.produced = out.size() - body.size;
  return progress;
}

Result<void> ResponseParser::finish() {
  if (!head_done()) {
    return Error{ErrorKind::kReset, "closed by the peer before the end of the answer's head"};
  }
  error_code ec;
  if (!done()) {
    impl_->parser.put_eof(ec);
  }
  if (ec) {
    return Error{ErrorKind::kReset, "closed by the peer before the end of the body"};
  }
  return {};
}

bool ResponseParser::head_done() const { return impl_->parser.is_header_done(); }
bool ResponseParser::done() const { return impl_->parser.is_done(); }
const ResponseHead& ResponseParser::head() const { return impl_->head; }
const std::string& ResponseParser::content_encoding() const { return impl_->content_encoding; }
bool ResponseParser::keep_alive() const { return impl_->parser.keep_alive(); }

bool ResponseParser::interim() const {
  constexpr unsigned kSwitchingProtocols = 101;  // never asked for: an answer like any other
  return impl_->head.status / 100 == 1 && impl_->head.status != kSwitchingProtocols;
}

}  // namespace spark_exporter::net
