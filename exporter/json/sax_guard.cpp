#include "exporter/json/sax_guard.hpp"

#include <algorithm>

#include "exporter/common/limits.hpp"

namespace spark_exporter::json {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool continues_number(char c) { return is_digit(c) || c == '.' || c == 'e' || c == 'E' || c == '+' || c == '-'; }

}  // namespace

SaxGuard::int_type SaxGuard::underflow() {
  if (gptr() < egptr()) return traits_type::to_int_type(*gptr());
  before_ += static_cast<std::uint64_t>(egptr() - eback());
  setg(nullptr, nullptr, nullptr);
  if (too_long_ != nullptr) {
    stopped_ = true;
    return traits_type::eof();
  }
  const std::size_t usable = measure(fill());
  if (usable == 0) {
    stopped_ = too_long_ != nullptr;
    return traits_type::eof();
  }
  setg(buffer_.data(), buffer_.data(), buffer_.data() + usable);
  return traits_type::to_int_type(buffer_.front());
}

/// Takes what is there, and waits only for the first byte.
std::size_t SaxGuard::fill() {
  if (source_ == nullptr || traits_type::eq_int_type(source_->sgetc(), traits_type::eof())) return 0;
  const auto wanted = std::clamp<std::streamsize>(source_->in_avail(), 1, static_cast<std::streamsize>(buffer_.size()));
  return static_cast<std::size_t>(std::max<std::streamsize>(source_->sgetn(buffer_.data(), wanted), 0));
}

/// How many of the buffer's first `length` bytes may be read on.
std::size_t SaxGuard::measure(std::size_t length) {
  const char* const begin = buffer_.data();
  const char* const end = begin + length;
  const char* at = begin;
  while (at != end && too_long_ == nullptr) at = in_string_ ? measure_string(at, end) : measure_outside(at, end);
  return static_cast<std::size_t>(at - begin);
}

/// Goes on to the byte after the string, to the end, or to the first byte too many.
const char* SaxGuard::measure_string(const char* at, const char* end) {
  if (escaped_) {
    escaped_ = false;
    return count_in_string(at, at + 1);
  }
  const char* const stop = std::find_if(at, end, [](char c) { return c == '"' || c == '\\'; });
  if (stop != at) return count_in_string(at, stop);
  if (*at == '"') {
    in_string_ = false;
    gap_bytes_ = 0;
    return at + 1;
  }
  escaped_ = true;
  return count_in_string(at, at + 1);
}

const char* SaxGuard::count_in_string(const char* from, const char* to) {
  const std::size_t room = limits::kJsonStringBytes - string_bytes_;
  const auto bytes = static_cast<std::size_t>(to - from);
  if (bytes > room) {
    too_long_ = "a string";
    return from + room;
  }
  string_bytes_ += bytes;
  return to;
}

/// Goes on to the byte after the next opening quote, to the end, or to the first byte too many.
const char* SaxGuard::measure_outside(const char* at, const char* end) {
  std::size_t number = number_bytes_;
  std::size_t gap = gap_bytes_;
  for (; at != end && *at != '"'; ++at) {
    if (number > 0 ? continues_number(*at) : is_digit(*at)) {
      gap = 0;
      if (number++ == limits::kJsonNumberBytes) too_long_ = "a number";
    } else {
      number = 0;
      if (gap++ == limits::kJsonGapBytes) too_long_ = "the space between two values";
    }
    if (too_long_ != nullptr) return at;
  }
  in_string_ = at != end;
  if (in_string_) string_bytes_ = number = 0;
  number_bytes_ = number;
  gap_bytes_ = gap;
  return in_string_ ? at + 1 : at;
}

}  // namespace spark_exporter::json
