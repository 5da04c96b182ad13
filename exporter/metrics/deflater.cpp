#include "exporter/metrics/deflater.hpp"

#include <isa-l/crc.h>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <stdexcept>

namespace spark_exporter::metrics {

Deflater::Deflater() {
  isal_deflate_init(&stream_);
  stream_.level = 1;
  stream_.level_buf = level_.data();
  stream_.level_buf_size = static_cast<std::uint32_t>(level_.size());
}

std::string_view Deflater::piece(std::string_view text) {
  if (text.size() > std::numeric_limits<std::uint32_t>::max())
    throw std::length_error("a piece is too large for deflate");
  isal_deflate_reset(&stream_);
  stream_.flush = SYNC_FLUSH;
  // ISA-L does not write there.
  stream_.next_in = reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
  stream_.avail_in = static_cast<std::uint32_t>(text.size());
  constexpr std::size_t kLeast = 1024;
  out_.resize(std::max({out_.size(), text.size() / 8, kLeast}));
  std::size_t written = 0;
  while (true) {
    // It counts in 32 bits; what compresses worst grows by a few bytes for each block.
    const auto room = std::min<std::size_t>(out_.size() - written, std::numeric_limits<std::uint32_t>::max());
    stream_.next_out = reinterpret_cast<std::uint8_t*>(out_.data() + written);
    stream_.avail_out = static_cast<std::uint32_t>(room);
    if (isal_deflate(&stream_) != COMP_OK) throw std::runtime_error("a piece cannot be deflated");
    written += room - stream_.avail_out;
    if (stream_.avail_out != 0) break;
    out_.resize(2 * out_.size());
  }
  if (stream_.avail_in != 0) throw std::runtime_error("a piece was deflated in part");
  return std::string_view(out_).substr(0, written);
}

std::uint32_t checksum(std::string_view text) {
  return crc32_gzip_refl(0, reinterpret_cast<const unsigned char*>(text.data()), text.size());
}

}  // namespace spark_exporter::metrics
