#pragma once
// A stream buffer between the network and nlohmann's lexer, which keeps every token it reads, and what stands between
// two of them, in memory. The guard measures them first and ends the stream before one that is too long.

#include <array>
#include <cstdint>
#include <streambuf>

namespace spark_exporter::json {

class SaxGuard final : public std::streambuf {
 public:
  /// `source` must outlive the guard; null is an empty stream.
  explicit SaxGuard(std::streambuf* source) : source_(source) {}

  /// What was too long, once the reader has come to it; null while nothing was.
  const char* too_long() const { return stopped_ ? too_long_ : nullptr; }
  /// Bytes that the reader has taken.
  std::uint64_t position() const { return before_ + static_cast<std::uint64_t>(gptr() - eback()); }

 protected:
  int_type underflow() override;

 private:
  std::size_t fill();
  std::size_t measure(std::size_t length);
  const char* measure_string(const char* at, const char* end);
  const char* count_in_string(const char* from, const char* to);
  const char* measure_outside(const char* at, const char* end);

  std::streambuf* source_;
  std::array<char, 4096> buffer_{};
  std::uint64_t before_ = 0;  ///< bytes in front of the buffer
  const char* too_long_ = nullptr;
  bool stopped_ = false;
  bool in_string_ = false;
  bool escaped_ = false;
  std::size_t string_bytes_ = 0;
  std::size_t number_bytes_ = 0;
  std::size_t gap_bytes_ = 0;
};

}  // namespace spark_exporter::json
