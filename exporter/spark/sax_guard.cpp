#include "exporter/spark/sax_guard.hpp"

#include <algorithm>

#include "exporter/common/limits.hpp"

namespace spark_exporter::spark {
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
  for (std::size_t i = 0; i < length; ++i) {
    if (in_string_) {
      measure_in_string(buffer_[i]);
    } else {
      measure_outside(buffer_[i]);
    }
    if (too_long_ != nullptr) return i;
  }
  return length;
}

void SaxGuard::measure_in_string(char c) {
  if (escaped_) {
    escaped_ = false;
  } else if (c == '"') {
    in_string_ = false;
    gap_bytes_ = 0;
    return;
  } else if (c == '\\') {
    escaped_ = true;
  }
  if (++string_bytes_ > limits::kJsonStringBytes) too_long_ = "a string";
}

void SaxGuard::measure_outside(char c) {
  if (c == '"') {
    in_string_ = true;
    string_bytes_ = 0;
    number_bytes_ = 0;
  } else if (number_bytes_ > 0 ? continues_number(c) : is_digit(c)) {
    gap_bytes_ = 0;
    if (++number_bytes_ > limits::kJsonNumberBytes) too_long_ = "a number";
  } else {
    number_bytes_ = 0;
    if (++gap_bytes_ > limits::kJsonGapBytes) too_long_ = "the space between two values";
  }
}

}  // namespace spark_exporter::spark
