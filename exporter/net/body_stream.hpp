#pragma once
// A body as a pipe of readers, pulled by whoever reads the std::istream at its end:
// connection -> (gunzip) -> streambuf. Each stage holds one small buffer.

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <span>
#include <streambuf>

#include "exporter/common/result.hpp"
#include "exporter/net/inflate.hpp"

namespace spark_exporter::net {

class BodyReader {
 public:
  virtual ~BodyReader() = default;
  /// Waits for at least one byte; 0 is the end.
  virtual Result<std::size_t> read(std::span<char> out) = 0;
};

/// Errors: the inner reader's; kProtocol for bad gzip or gzip that ends too early.
class GunzipReader final : public BodyReader {
 public:
  explicit GunzipReader(BodyReader& inner) : inner_(inner) {}
  Result<std::size_t> read(std::span<char> out) override;

 private:
  static constexpr std::size_t kBufferBytes = 16 * 1024;

  BodyReader& inner_;
  Inflater inflater_;
  std::array<char, kBufferBytes> buffer_;
  std::span<const char> pending_;
};

/// Ends the stream at the first error, which error() then keeps, and at `limit` bytes (kTooLarge; zero: no limit).
class BodyStreambuf final : public std::streambuf {
 public:
  BodyStreambuf(BodyReader& reader, std::uint64_t limit, std::atomic<std::uint64_t>& counter)
      : reader_(reader), limit_(limit), counter_(counter) {}

  const std::optional<Error>& error() const { return error_; }
  /// Whether the reader has been seen to end, or to fail.
  bool ended() const { return ended_; }

 protected:
  int_type underflow() override;

 private:
  static constexpr std::size_t kBufferBytes = 16 * 1024;

  Result<std::size_t> refill();

  BodyReader& reader_;
  const std::uint64_t limit_;
  std::atomic<std::uint64_t>& counter_;
  std::uint64_t delivered_ = 0;
  bool ended_ = false;
  std::optional<Error> error_;
  std::array<char, kBufferBytes> buffer_;
};

}  // namespace spark_exporter::net
