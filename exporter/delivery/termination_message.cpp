// The kubelet makes this file for each container, binds it to terminationMessagePath, and puts what it holds into the
// pod's status (state.terminated.message) when the container has ended.

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "exporter/common/text.hpp"
#include "exporter/delivery/channels.hpp"

namespace spark_exporter::delivery {
namespace {

class File {
 public:
  explicit File(int descriptor) : descriptor_(descriptor) {}
  ~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

ErrorKind kind_of(int error) {
  switch (error) {
    case ENOENT:
    case ENOTDIR:
    case ENXIO:
    case EISDIR: return ErrorKind::kNotFound;
    case EACCES:
    case EPERM:
    case EROFS: return ErrorKind::kForbidden;
    default: return ErrorKind::kIo;
  }
}

bool is_regular(int descriptor) {
  struct stat status {};
  return ::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
}

class TerminationMessage final : public Channel {
 public:
  TerminationMessage(std::string path, std::function<std::size_t()> most)
      : path_(std::move(path)), most_(std::move(most)) {}

  Name name() const override { return Name::kTerminationMessage; }
  Result<void> deliver(const outcome::LastWordsMessage& message) override;
  void cancel() noexcept override {}

 private:
  Error failed(int error) const {
    return {kind_of(error), quoted(path_) + ": " + std::generic_category().message(error)};
  }

  const std::string path_;
  const std::function<std::size_t()> most_;
};

Result<void> TerminationMessage::deliver(const outcome::LastWordsMessage& message) {
  const std::string text = outcome::encode(message, most_());
  // O_NONBLOCK: a pipe without a reader must not hold us.
  const File file(::open(path_.c_str(), O_WRONLY | O_TRUNC | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (file.get() < 0) return failed(errno);
  if (!is_regular(file.get())) return Error{ErrorKind::kNotFound, quoted(path_) + ": not a regular file"};
  const ssize_t written = ::write(file.get(), text.data(), text.size());
  if (written >= 0 && static_cast<std::size_t>(written) == text.size()) return {};
  const int error = written < 0 ? errno : ENOSPC;
  // Half a message would be none.
  if (::ftruncate(file.get(), 0) != 0) return failed(errno);
  return failed(error);
}

}  // namespace

std::unique_ptr<Channel> termination_message(std::string path, std::function<std::size_t()> most) {
  return std::make_unique<TerminationMessage>(std::move(path), std::move(most));
}

}  // namespace spark_exporter::delivery
