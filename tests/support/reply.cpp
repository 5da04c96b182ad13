#include "tests/support/reply.hpp"

#include <zlib.h>

#include <stdexcept>

namespace spark_exporter::test {

void Gate::release(std::size_t count) {
  const std::lock_guard lock(mutex_);
  tokens_ += count;
  changed_.notify_all();
}

void Gate::open() {
  const std::lock_guard lock(mutex_);
  open_ = true;
  changed_.notify_all();
}

void Gate::wait_for_arrivals(std::size_t count) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return arrivals_ >= count; });
}

bool Gate::pass(const std::function<bool()>& stopped) {
  constexpr auto kLook = std::chrono::milliseconds{10};  // nobody notifies a gate when its server stops
  std::unique_lock lock(mutex_);
  ++arrivals_;
  changed_.notify_all();
  while (!changed_.wait_for(lock, kLook, [this] { return open_ || tokens_ > 0; })) {
    if (stopped()) {
      return false;
    }
  }
  tokens_ -= open_ ? 0 : 1;
  return true;
}

Reply& Reply::with_status(unsigned value) {
  status = value;
  return *this;
}

Reply& Reply::with_header(std::string name, std::string value) {
  headers.emplace_back(std::move(name), std::move(value));
  return *this;
}

Reply& Reply::chunked(std::size_t chunk_bytes) {
  framing = Framing::kChunked;
  piece_bytes = chunk_bytes;
  return *this;
}

Reply& Reply::until_close() {
  framing = Framing::kUntilClose;
  end = End::kClose;
  return *this;
}

Reply& Reply::gzipped() {
  body = gzip(body);
  return with_header("Content-Encoding", "gzip");
}

Reply& Reply::declaring(std::uint64_t length) {
  declared_length = length;
  return *this;
}

Reply& Reply::gated(std::shared_ptr<Gate> by, std::size_t bytes) {
  gate = std::move(by);
  piece_bytes = bytes;
  return *this;
}

Reply& Reply::paced(std::chrono::milliseconds each, std::size_t bytes) {
  pace = each;
  piece_bytes = bytes;
  return *this;
}

Reply& Reply::cut_after(std::uint64_t body_bytes, End how) {
  cut = body_bytes;
  end = how;
  return *this;
}

Reply& Reply::ending(End how) {
  end = how;
  return *this;
}

namespace replies {

Reply json(std::string body) {
  Reply reply;
  reply.body = std::move(body);
  reply.with_header("Content-Type", "application/json");
  return reply;
}

Reply html(std::string body) {
  Reply reply;
  reply.body = std::move(body);
  reply.with_header("Content-Type", "text/html;charset=utf-8");
  return reply;
}

Reply status(unsigned code) {
  Reply reply;
  reply.status = code;
  return reply;
}

Reply redirect(std::string location) {
  constexpr unsigned kFound = 302;
  return status(kFound).with_header("Location", std::move(location));
}

Reply raw(std::string bytes, End end) {
  Reply reply;
  reply.raw = std::move(bytes);
  reply.end = end;
  return reply;
}

Reply nothing(End end) { return raw("", end); }

Reply huge(std::uint64_t bytes) {
  Reply reply = json("");
  reply.framing = Framing::kChunked;
  reply.generate = [bytes](std::uint64_t offset) -> std::string {
    constexpr std::size_t kPiece = 64 * 1024;
    if (offset >= bytes + 2) {
      return "";
    }
    std::string piece = offset == 0 ? "[" : "";
    while (piece.size() < kPiece) {
      piece += "0,";
    }
    if (offset + piece.size() >= bytes) {
      piece += "0]";
      piece.append(bytes + 2 > offset + piece.size() ? bytes + 2 - offset - piece.size() : 0, ' ');
    }
    return piece;
  };
  return reply;
}

Reply gzip_bomb(std::uint64_t decoded_bytes) {
  constexpr std::size_t kMember = 1 << 20;
  Reply reply = json("");
  reply.framing = Framing::kChunked;
  reply.with_header("Content-Encoding", "gzip");
  const auto member = gzip(std::string(kMember, ' '));
  const std::uint64_t members = (decoded_bytes + kMember - 1) / kMember;
  reply.generate = [member, members](std::uint64_t offset) {
    return offset < members * member.size() ? member : std::string();
  };
  return reply;
}

}  // namespace replies

std::string gzip(std::string_view text) {
  constexpr int kGzip = 16;  // zlib.h, deflateInit2: added to windowBits for a gzip header
  constexpr int kMemory = 8;
  z_stream z{};
  if (deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, MAX_WBITS + kGzip, kMemory, Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::runtime_error("deflateInit2 failed");
  }
  std::string out(deflateBound(&z, text.size()), '\0');
  std::string in(text);
  z.next_in = reinterpret_cast<Bytef*>(in.data());
  z.avail_in = static_cast<uInt>(in.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  const int status = deflate(&z, Z_FINISH);
  out.resize(z.total_out);
  deflateEnd(&z);
  if (status != Z_STREAM_END) {
    throw std::runtime_error("deflate failed");
  }
  return out;
}

}  // namespace spark_exporter::test
