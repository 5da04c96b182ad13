#include "exporter/net/exchange.hpp"

#include <algorithm>
#include <cstring>

namespace spark_exporter::net {
namespace {

/// A peer that takes longer over what nobody wants loses the connection.
constexpr auto kDrainTime = std::chrono::milliseconds{500};

BodyExpected body_expected(const Request& request) {
  return request.method == "HEAD" ? BodyExpected::kNo : BodyExpected::kYes;
}

}  // namespace

void InputBuffer::consume(std::size_t count) {
  begin_ += count;
  if (empty()) {
    clear();
  }
}

std::span<char> InputBuffer::space() {
  if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  return std::span(buffer_).subspan(end_);
}

Exchange::Exchange(Wire& wire, InputBuffer& input, const Request& request, TimePoint deadline)
    : wire_(wire), input_(input), request_(request), deadline_(deadline), parser_(body_expected(request)) {}

Result<void> Exchange::ask(std::string_view message) {
  const TimePoint write_by = std::min(deadline_, after_unless_zero(request_.idle_timeout));
  if (const auto sent = wire_.write(message, write_by); !sent) {
    return sent.error();
  }
  for (int answers = 0; answers <= limits::kHttpInterimAnswers; ++answers) {
    if (const auto got = read_head(); !got) {
      return got.error();
    }
    if (!parser_.interim()) {
      return {};
    }
    parser_ = ResponseParser(body_expected(request_));
  }
  return Error{ErrorKind::kProtocol, "too many 1xx answers"};
}

Result<void> Exchange::read_head() {
  while (!parser_.head_done()) {
    const auto progress = parser_.feed(input_.bytes(), {});
    if (!progress) {
      return progress.error();
    }
    input_.consume(progress->consumed);
    if (parser_.head_done() || progress->consumed > 0) {
      continue;
    }
    if (const auto filled = fill(); !filled) {
      return filled.error();
    }
  }
  return {};
}

Result<std::size_t> Exchange::read(std::span<char> out) {
  while (!parser_.done()) {
    const auto progress = parser_.feed(input_.bytes(), out);
    if (!progress) {
      return progress.error();
    }
    input_.consume(progress->consumed);
    if (progress->produced > 0) {
      return progress->produced;
    }
    if (parser_.done() || progress->consumed > 0) {
      continue;
    }
    if (const auto filled = fill(); !filled) {
      return filled.error();
    }
  }
  return std::size_t{0};
}

Result<void> Exchange::fill() {
  const auto space = input_.space();
  if (space.empty()) {
    return Error{ErrorKind::kTooLarge, "a chunk's head or trailer is too long"};
  }
  const auto got = wire_.read_some(space, std::min(deadline_, after_unless_zero(request_.idle_timeout)));
  if (!got) {
    return got.error();
  }
  heard_ = heard_ || *got > 0;
  input_.filled(*got);
  return *got > 0 ? Result<void>() : parser_.finish();
}

bool Exchange::settle() {
  if (!parser_.done() && request_.timeout == std::chrono::milliseconds::zero()) {
    return false;  // a watch: its end is not near
  }
  deadline_ = std::min(deadline_, after(kDrainTime));
  std::array<char, 4096> scratch;
  std::size_t drained = 0;
  while (!parser_.done() && drained <= limits::kHttpDrainBytes) {
    const auto got = read(scratch);
    if (!got) {
      return false;
    }
    drained += *got;
  }
  return parser_.done() && parser_.keep_alive() && input_.empty() && wire_.is_open();
}

}  // namespace spark_exporter::net
