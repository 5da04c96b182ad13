#pragma once
// The gzip form of an exposition that is too large to be held as text: compressed piece by piece as it is written, and
// a piece that is as it was in the exposition before is not compressed again.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace spark_exporter::metrics {

/// One gzip member and the size of the text in it.
struct Packed {
  std::string gzip;
  std::size_t text_bytes = 0;
};

/// One thread.
class Packer {
 public:
  Packer();
  ~Packer();
  Packer(const Packer&) = delete;
  Packer& operator=(const Packer&) = delete;

  /// A new text; what was added to one that was never finished is forgotten.
  void begin();
  /// The next piece of the text. The better pieces agree with those of the text before, the less there is to do.
  void add(std::string_view piece);
  /// All pieces since begin(). Keeps them, and forgets older ones.
  Packed finish();

  /// Pieces that had to be compressed, since the beginning.
  std::uint64_t compressed() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// `text` as one gzip member. Members may be concatenated.
std::string gzip_member(std::string_view text);

/// The text of a gzip member that is ours, of which it is known to have `text_bytes`.
std::string unpack(std::string_view gzip, std::size_t text_bytes);

}  // namespace spark_exporter::metrics
