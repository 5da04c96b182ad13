#include "exporter/metrics/deflater.hpp"

#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>

#include <algorithm>
#include <array>
#include <limits>
#include <stdexcept>

namespace spark_exporter::metrics {

struct Deflater::State {
  isal_zstream stream;
  std::array<std::uint8_t, ISAL_DEF_LVL1_SMALL> level;
};

Deflater::Deflater() : state_(std::make_unique<State>()) {
  auto& stream = state_->stream;
  isal_deflate_init(&stream);
  stream.level = 1;
  stream.level_buf = state_->level.data();
  stream.level_buf_size = static_cast<std::uint32_t>(state_->level.size());
}

Deflater::~Deflater() = default;

std::string_view Deflater::piece(std::string_view text) {
  if (text.size() > std::numeric_limits<std::uint32_t>::max())
    throw std::length_error("a piece is too large for deflate");
  auto& stream = state_->stream;
  isal_deflate_reset(&stream);
  stream.flush = SYNC_FLUSH;
  // ISA-L does not write there.
  stream.next_in = reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<std::uint32_t>(text.size());
  constexpr std::size_t kLeast = 1024;
  out_.resize(std::max({out_.size(), text.size() / 8, kLeast}));
  std::size_t written = 0;
  while (true) {
    // It counts in 32 bits; what compresses worst grows by a few bytes for each block.
    const auto room = std::min<std::size_t>(out_.size() - written, std::numeric_limits<std::uint32_t>::max());
    stream.next_out = reinterpret_cast<std::uint8_t*>(out_.data() + written);
    stream.avail_out = static_cast<std::uint32_t>(room);
    if (isal_deflate(&stream) != COMP_OK) throw std::runtime_error("a piece cannot be deflated");
    written += room - stream.avail_out;
    if (stream.avail_out != 0) break;
    out_.resize(2 * out_.size());
  }
  if (stream.avail_in != 0) throw std::runtime_error("a piece was deflated in part");
  return std::string_view(out_).substr(0, written);
}

std::uint32_t checksum(std::string_view text) {
  return crc32_gzip_refl(0, reinterpret_cast<const unsigned char*>(text.data()), text.size());
}

}  // namespace spark_exporter::metrics
