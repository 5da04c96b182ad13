#include "exporter/common/file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

namespace spark_exporter {
namespace {

Error io_error(const std::string& path, const std::string& doing, int code) {
  const auto kind = code == ENOENT ? ErrorKind::kNotFound : ErrorKind::kIo;
  return {kind, path + ": " + doing + ": " + std::generic_category().message(code)};
}

/// Closes a file descriptor at the end of its scope.
class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }
  int get() const { return value_; }

 private:
  int value_;
};

bool write_all(int file, std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(file, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return ::fsync(file) == 0;
}

/// The cause that `errno` holds, as a failure to write: never kNotFound, which says that nothing was there to read.
Error write_error(const std::string& path, const std::string& doing) {
  Error error = io_error(path, doing, errno);
  error.kind = ErrorKind::kIo;
  return error;
}

}  // namespace

Result<void> write_atomically(const std::string& path, std::string_view text) {
  const std::string temporary = path + ".tmp";
  {
    const Descriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (file.get() < 0 || !write_all(file.get(), text)) {
      auto error = write_error(temporary, "cannot write");
      ::unlink(temporary.c_str());
      return error;
    }
  }
  if (std::rename(temporary.c_str(), path.c_str()) != 0) {
    auto error = write_error(path, "cannot rename");
    ::unlink(temporary.c_str());
    return error;
  }
  return {};
}

Result<std::string> read_whole(const std::string& path, std::size_t most) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return io_error(path, "cannot read", errno);
  std::string text;
  char piece[16 * 1024];
  while (true) {
    const auto got = ::read(file.get(), piece, sizeof piece);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return io_error(path, "cannot read", errno);
    if (got == 0) return text;
    text.append(piece, static_cast<std::size_t>(got));
    if (text.size() > most) return Error{ErrorKind::kTooLarge, path + ": over " + std::to_string(most) + " bytes"};
  }
}

}  // namespace spark_exporter
