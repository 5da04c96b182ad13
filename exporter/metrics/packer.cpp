#include "exporter/metrics/packer.hpp"

#include <zlib.h>

#include <cstring>
#include <limits>
#include <map>
#include <new>
#include <random>
#include <stdexcept>
#include <utility>
#include <vector>

#include "exporter/metrics/deflater.hpp"

namespace spark_exporter::metrics {
namespace {

// RFC 1952: magic, deflate, no flags, no time, no extra flags, unknown system.
constexpr std::string_view kHead("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff", 10);
/// An empty last block of deflate.
constexpr std::string_view kEnd("\x03\x00", 2);

Bytef* bytes(char* data) { return reinterpret_cast<Bytef*>(data); }

void append_little_endian(std::string& out, std::uint64_t value) {
  for (int shift = 0; shift < 32; shift += 8) out += static_cast<char>(value >> shift & 0xFF);
}

std::uint64_t load(const char* from) {
  std::uint64_t value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

std::uint64_t multiply(std::uint64_t a, std::uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

/// Texts of two numbers in one: what a hostile label can do about it is to guess `seed`.
std::uint64_t hash(std::string_view text, std::uint64_t seed) {
  constexpr std::uint64_t kOdd1 = 0xa0761d6478bd642fULL;
  constexpr std::uint64_t kOdd2 = 0xe7037ed1a0b428dbULL;
  std::uint64_t even = seed ^ kOdd1;
  std::uint64_t odd = seed ^ kOdd2;
  const char* at = text.data();
  std::size_t left = text.size();
  for (; left >= 32; left -= 32, at += 32) {
    even = multiply(load(at) ^ kOdd1, load(at + 8) ^ even);
    odd = multiply(load(at + 16) ^ kOdd2, load(at + 24) ^ odd);
  }
  char rest[32] = {};
  std::memcpy(rest, at, left);
  even = multiply(load(rest) ^ kOdd1, load(rest + 8) ^ even);
  odd = multiply(load(rest + 16) ^ kOdd2, load(rest + 24) ^ odd);
  return multiply(even ^ text.size(), odd ^ seed);
}

struct Piece {
  std::string deflated;  ///< ends at a byte, not with a last block
  std::size_t text_bytes = 0;
  std::uint32_t crc = 0;
  std::uint64_t used = 0;  ///< the exposition that it was last part of
};

}  // namespace

class Packer::Impl {
 public:
  Impl() : seed_(std::random_device{}() | std::uint64_t{std::random_device{}()} << 32) {}

  void begin() { order_.clear(); }

  void add(std::string_view text) {
    if (text.empty()) return;
    auto& piece = pieces_[{hash(text, seed_), text.size()}];
    if (piece.deflated.empty()) deflate_into(piece, text);
    piece.used = round_;
    order_.push_back(&piece);
  }

  Packed finish() {
    Packed packed;
    std::size_t size = kHead.size() + kEnd.size() + 8;
    for (const auto* piece : order_) size += piece->deflated.size();
    packed.gzip.reserve(size);
    packed.gzip += kHead;
    uLong crc = 0;  // of nothing
    for (const auto* piece : order_) {
      packed.gzip += piece->deflated;
      packed.text_bytes += piece->text_bytes;
      crc = crc32_combine(crc, piece->crc, static_cast<z_off_t>(piece->text_bytes));
    }
    packed.gzip += kEnd;
    append_little_endian(packed.gzip, crc);
    append_little_endian(packed.gzip, packed.text_bytes);  // modulo 2^32, as the format has it
    order_.clear();
    std::erase_if(pieces_, [this](const auto& entry) { return entry.second.used != round_; });
    ++round_;
    return packed;
  }

  std::uint64_t compressed() const { return compressed_; }

 private:
  void deflate_into(Piece& piece, std::string_view text) {
    piece.deflated = deflater_.piece(text);
    piece.text_bytes = text.size();
    piece.crc = checksum(text);
    ++compressed_;
  }

  const std::uint64_t seed_;
  Deflater deflater_;
  std::map<std::pair<std::uint64_t, std::size_t>, Piece> pieces_;  ///< by hash and size
  std::vector<const Piece*> order_;                                ///< entries of a map stay where they are
  std::uint64_t round_ = 1;
  std::uint64_t compressed_ = 0;
};

Packer::Packer() : impl_(std::make_unique<Impl>()) {}
Packer::~Packer() = default;
void Packer::begin() { impl_->begin(); }
void Packer::add(std::string_view piece) { impl_->add(piece); }
Packed Packer::finish() { return impl_->finish(); }
std::uint64_t Packer::compressed() const { return impl_->compressed(); }

std::string gzip_member(std::string_view text) {
  Packer packer;
  packer.begin();
  packer.add(text);
  return packer.finish().gzip;
}

std::string unpack(std::string_view gzip, std::size_t text_bytes) {
  constexpr int kGzipWindow = 15 + 16;
  constexpr std::size_t kMost = std::numeric_limits<uInt>::max();
  if (gzip.size() > kMost || text_bytes > kMost) throw std::length_error("too large for zlib");
  z_stream stream{};
  if (inflateInit2(&stream, kGzipWindow) != Z_OK) throw std::bad_alloc();
  struct End {
    z_stream* stream;
    ~End() { inflateEnd(stream); }
  } const end{&stream};
  std::string text(text_bytes, '\0');
  stream.next_in = bytes(const_cast<char*>(gzip.data()));  // zlib does not write there
  stream.avail_in = static_cast<uInt>(gzip.size());
  stream.next_out = bytes(text.data());
  stream.avail_out = static_cast<uInt>(text.size());
  if (inflate(&stream, Z_FINISH) != Z_STREAM_END || stream.avail_out != 0) throw std::runtime_error("not our gzip");
  return text;
}

}  // namespace spark_exporter::metrics
