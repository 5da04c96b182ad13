#include "exporter/logs/file_tail.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

namespace spark_exporter::logs {
namespace {

constexpr std::size_t kPieceBytes = 64 * 1024;
constexpr std::size_t kBytesAtOnce = 4 * 1024 * 1024;
/// Enough to tell one place of a log from another.
constexpr std::size_t kBeforeBytes = 64;

}  // namespace

FileTail::FileTail(std::string path, std::uint64_t backlog) : path_(std::move(path)), backlog_(backlog) {}

FileTail::~FileTail() { close(); }

void FileTail::close() {
  if (file_ >= 0) ::close(file_);
  file_ = -1;
  replaced_ = false;
}

Error FileTail::error(const char* what) const {
  const auto kind = errno == ENOENT ? ErrorKind::kNotFound : ErrorKind::kIo;
  return {kind, std::string(what) + ' ' + path_ + ": " + std::generic_category().message(errno)};
}

Result<void> FileTail::open(Reader& reader) {
  // A pipe would hold us up here, and one has no place to go back to.
  file_ = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (file_ < 0) return error("cannot open");
  struct stat status {};
  if (fstat(file_, &status) != 0 || !S_ISREG(status.st_mode)) {
    const auto failed = fstat(file_, &status) != 0 ? error("cannot read") : Error{ErrorKind::kIo, path_ + ": is no file"};
    close();
    return failed;
  }
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (position_.inode != status.st_ino || was_truncated(size)) position_ = {status.st_ino, 0, ""};
  skip_backlog(size, reader);
  return {};
}

/// The file is shorter than what was read of it, or has other bytes there.
bool FileTail::was_truncated(std::uint64_t size) const {
  if (size < position_.offset) return true;
  if (size == position_.offset) return false;
  std::array<char, kBeforeBytes> now{};
  const auto begin = static_cast<off_t>(position_.offset - position_.before.size());
  const auto got = pread(file_, now.data(), position_.before.size(), begin);
  return got >= 0 && std::string_view(now.data(), static_cast<std::size_t>(got)) != position_.before;
}

void FileTail::start_over(Reader& reader) {
  reader.drop_partial();
  position_.offset = 0;
  position_.before.clear();
}

void FileTail::skip_backlog(std::uint64_t size, Reader& reader) {
  if (size - position_.offset <= backlog_) return;
  const auto skipped = size - position_.offset - backlog_;
  reader.skip(skipped);
  position_.offset += skipped;
  position_.before.clear();
}

Result<std::size_t> FileTail::read_some(Reader& reader) {
  std::array<char, kPieceBytes> piece;
  std::size_t total = 0;
  while (total < kBytesAtOnce) {
    const auto got = pread(file_, piece.data(), piece.size(), static_cast<off_t>(position_.offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return error("cannot read");
    if (got == 0) break;
    const std::string_view bytes(piece.data(), static_cast<std::size_t>(got));
    reader.feed(bytes);
    position_.offset += bytes.size();
    position_.before += bytes.substr(bytes.size() - std::min(bytes.size(), kBeforeBytes));
    position_.before.erase(0, position_.before.size() - std::min(position_.before.size(), kBeforeBytes));
    total += bytes.size();
  }
  return total;
}

Result<std::size_t> FileTail::read(Reader& reader) {
  if (file_ < 0) {
    if (const auto opened = open(reader); !opened) return opened.error();
  }
  struct stat status {};
  if (fstat(file_, &status) != 0) return error("cannot read");
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (was_truncated(size)) start_over(reader);
  skip_backlog(size, reader);
  const auto got = read_some(reader);
  if (!got) {
    close();
    return got;
  }
  if (*got > 0) return got;
  if (replaced_) {
    reader.end();
    close();
    return read(reader);
  }
  // Who renames a log may write to it a moment longer: it is looked at once more before the next one is opened.
  if (stat(path_.c_str(), &status) != 0) return error("cannot find");
  replaced_ = status.st_ino != position_.inode;
  return replaced_ ? read(reader) : got;
}

FilePosition FileTail::position(const Reader& reader) const {
  auto position = position_;
  const auto partial = std::min<std::uint64_t>(reader.partial_bytes(), position.offset);
  position.offset -= partial;
  position.before.resize(position.before.size() - std::min<std::uint64_t>(partial, position.before.size()));
  return position;
}

}  // namespace spark_exporter::logs
