#include "exporter/net/inflate.hpp"

#include <zlib.h>

#include <algorithm>
#include <limits>
#include <new>
#include <string>

namespace spark_exporter::net {
namespace {

constexpr int kGzipOnly = 16;  // zlib.h, inflateInit2: added to windowBits, "decode only the gzip format"

uInt clamp(std::size_t size) {
  return static_cast<uInt>(std::min<std::size_t>(size, std::numeric_limits<uInt>::max()));
}

}  // namespace

struct Inflater::Stream {
  z_stream z{};
};

Inflater::Inflater() : stream_(std::make_unique<Stream>()) {
  if (inflateInit2(&stream_->z, MAX_WBITS + kGzipOnly) != Z_OK) {
    throw std::bad_alloc();
  }
}

Inflater::~Inflater() { inflateEnd(&stream_->z); }

Result<Inflater::Progress> Inflater::decode(std::span<const char> in, std::span<char> out) {
  z_stream& z = stream_->z;
  Progress progress;
  // Without input there may still be output: what zlib held back when `out` was full.
  while (progress.produced < out.size() && (progress.consumed < in.size() || !at_boundary_)) {
    if (at_boundary_) {
      inflateReset(&z);
      at_boundary_ = false;
    }
    const auto rest_in = in.subspan(progress.consumed);
    const auto rest_out = out.subspan(progress.produced);
    // zlib's next_in is const only under ZLIB_CONST, and its bytes are unsigned.
    z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(rest_in.data()));
    z.avail_in = clamp(rest_in.size());
    z.next_out = reinterpret_cast<Bytef*>(rest_out.data());
    z.avail_out = clamp(rest_out.size());
    const uInt offered_in = z.avail_in;
    const uInt offered_out = z.avail_out;
    const int status = inflate(&z, Z_NO_FLUSH);
    progress.consumed += offered_in - z.avail_in;
    progress.produced += offered_out - z.avail_out;
    if (status == Z_STREAM_END) {
      at_boundary_ = true;
    } else if (status == Z_MEM_ERROR) {
      throw std::bad_alloc();
    } else if (status != Z_OK && status != Z_BUF_ERROR) {
      return Error{ErrorKind::kProtocol, std::string("broken gzip: ") + (z.msg != nullptr ? z.msg : "unknown cause")};
    } else if (offered_in == z.avail_in && offered_out == z.avail_out) {
      break;
    }
  }
  return progress;
}

}  // namespace spark_exporter::net
