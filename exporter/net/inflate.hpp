#pragma once
// Streaming gzip decoder (RFC 1952), several members in a row included. Holds zlib's window (some 40 KB), never the
// text, so that a gzip bomb costs its reader only the time it is willing to spend.

#include <cstddef>
#include <memory>
#include <span>

#include "exporter/common/result.hpp"

namespace spark_exporter::net {

class Inflater {
 public:
  Inflater();
  ~Inflater();
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  struct Progress {
    std::size_t consumed = 0;
    std::size_t produced = 0;
  };

  /// Decodes as much of `in` as fits into `out`. Call again with the rest until nothing is consumed or produced.
  /// Errors: kProtocol (not gzip, checksum); the decoder is of no use afterwards.
  Result<Progress> decode(std::span<const char> in, std::span<char> out);

  /// Whether the input may end here: before the first byte, or after the last one of a member.
  bool at_boundary() const { return at_boundary_; }

 private:
  struct Stream;
  std::unique_ptr<Stream> stream_;
  bool at_boundary_ = true;
};

}  // namespace spark_exporter::net
