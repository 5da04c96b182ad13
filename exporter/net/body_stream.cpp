#include "exporter/net/body_stream.hpp"

#include <string>

namespace spark_exporter::net {

Result<std::size_t> GunzipReader::read(std::span<char> out) {
  for (;;) {
    const auto progress = inflater_.decode(pending_, out);
    if (!progress) {
      return progress.error();
    }
    pending_ = pending_.subspan(progress->consumed);
    if (progress->produced > 0) {
      return progress->produced;
    }
    if (!pending_.empty()) {
      continue;  // the end of a member that had nothing more to say
    }
    const auto got = inner_.read(buffer_);
    if (!got) {
      return got.error();
    }
    if (*got == 0 && !inflater_.at_boundary()) {
      return Error{ErrorKind::kProtocol, "broken gzip: it ends too early"};
    }
    if (*got == 0) {
      return std::size_t{0};
    }
    pending_ = std::span<const char>(buffer_).first(*got);
  }
}

Result<std::size_t> BodyStreambuf::refill() {
  const auto got = reader_.read(buffer_);
  if (!got) {
    return got.error();
  }
  delivered_ += *got;
  counter_ += *got;
  if (limit_ != 0 && delivered_ > limit_) {
    return Error{ErrorKind::kTooLarge, "the body is longer than " + std::to_string(limit_) + " bytes"};
  }
  return *got;
}

BodyStreambuf::int_type BodyStreambuf::underflow() {
  if (ended_) {
    return traits_type::eof();
  }
  const auto got = refill();
  if (!got) {
    error_ = got.error();
  }
  ended_ = !got || *got == 0;
  if (ended_) {
    return traits_type::eof();
  }
  setg(buffer_.data(), buffer_.data(), buffer_.data() + *got);
  return traits_type::to_int_type(*gptr());
}

}  // namespace spark_exporter::net
