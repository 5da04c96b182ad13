#include "exporter/intake/drop_folder.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <exception>
#include <map>
#include <mutex>
#include <set>
#include <streambuf>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "exporter/common/log.hpp"
#include "exporter/common/text.hpp"
#include "exporter/intake/limits.hpp"

namespace spark_exporter::intake {
namespace {

using Clock = std::chrono::system_clock;

class Descriptor {
 public:
  explicit Descriptor(int value = -1) : value_(value) {}
  Descriptor(Descriptor&& other) noexcept : value_(std::exchange(other.value_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(value_, other.value_);
    return *this;
  }
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }
  int get() const { return value_; }

 private:
  int value_;
};

/// The bytes of an open file, at most as many as it had when it was opened.
class FileBuffer final : public std::streambuf {
 public:
  FileBuffer(int file, std::uint64_t bytes) : file_(file), left_(bytes) {}

 protected:
  int_type underflow() override {
    const auto want = std::min<std::uint64_t>(left_, buffer_.size());
    ssize_t got = 0;
    do {
      got = want == 0 ? 0 : ::read(file_, buffer_.data(), want);
    } while (got < 0 && errno == EINTR);
    if (got <= 0) return traits_type::eof();
    left_ -= static_cast<std::uint64_t>(got);
    setg(buffer_.data(), buffer_.data(), buffer_.data() + got);
    return traits_type::to_int_type(buffer_[0]);
  }

 private:
  int file_;
  std::uint64_t left_;
  std::array<char, 64 * 1024> buffer_{};
};

/// Changes with the file's content.
struct Version {
  std::uint64_t inode = 0;
  std::uint64_t bytes = 0;
  std::int64_t changed_ns = 0;
  friend bool operator==(const Version&, const Version&) = default;

  std::string text() const {
    return std::to_string(inode) + '-' + std::to_string(bytes) + '-' + std::to_string(changed_ns);
  }
};

Version version_of(const struct stat& status) {
  return {static_cast<std::uint64_t>(status.st_ino), static_cast<std::uint64_t>(status.st_size),
          static_cast<std::int64_t>(status.st_mtim.tv_sec) * 1'000'000'000 + status.st_mtim.tv_nsec};
}

bool is_ours(std::string_view name) { return name.size() > 5 && name.front() != '.' && name.ends_with(".json"); }

Error failure(const std::string& what, int code) {
  return {code == ENOENT ? ErrorKind::kNotFound : ErrorKind::kIo, what + ": " + std::generic_category().message(code)};
}

}  // namespace

class DropFolder::Impl {
 public:
  Impl(std::string path, std::uint64_t most, Read read, FolderTuning tuning)
      : path_(std::move(path)), most_(most), read_(std::move(read)), tuning_(tuning), stop_(::eventfd(0, EFD_CLOEXEC)) {
    thread_ = std::thread([this] { work(); });
  }
  ~Impl() {
    const std::uint64_t one = 1;
    (void)!::write(stop_.get(), &one, sizeof one);
    thread_.join();
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  IntakeHealth health() const {
    const std::lock_guard lock(mutex_);
    return health_;
  }
  std::uint64_t looks() const {
    const std::lock_guard lock(mutex_);
    return looks_;
  }

 private:
  void work() {
    do {
      try {
        watch();
        look();
      } catch (const std::exception& failure) {  // out of memory: the next look comes
        count({ErrorKind::kIo, failure.what()}, path_);
      }
    } while (wait());
  }

  /// The folder may come later than we do, and be replaced.
  void watch() {
    if (inotify_.get() >= 0) return;
    Descriptor fresh(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
    if (fresh.get() < 0) return;
    if (::inotify_add_watch(fresh.get(), path_.c_str(), IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF) < 0) return;
    inotify_ = std::move(fresh);
  }

  /// False: the end.
  bool wait() {
    std::array<pollfd, 2> ready{{{stop_.get(), POLLIN, 0}, {inotify_.get(), POLLIN, 0}}};
    const bool told = inotify_.get() >= 0;
    (void)::poll(ready.data(), told ? 2 : 1, static_cast<int>(tuning_.look.count()));
    if (ready[0].revents != 0) return false;
    if (told && ready[1].revents != 0) read_events();
    return true;
  }

  void read_events() {
    alignas(inotify_event) std::array<char, 16 * 1024> bytes;
    for (ssize_t got = 0; (got = ::read(inotify_.get(), bytes.data(), bytes.size())) > 0;) {
      for (ssize_t at = 0; at < got;) {
        const auto* event = reinterpret_cast<const inotify_event*>(bytes.data() + at);
        at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
        if ((event->mask & IN_MOVED_TO) != 0 && event->len > 0) {
          if (renamed_.size() < limits::kQualityFiles) renamed_.insert(event->name);
        }
        if ((event->mask & (IN_IGNORED | IN_DELETE_SELF | IN_MOVE_SELF)) != 0) gone_ = true;
      }
    }
    if (std::exchange(gone_, false)) inotify_ = Descriptor();
  }

  void look() {
    std::vector<std::string> names;
    if (auto listed = list(names); listed.has_error()) {
      if (!std::exchange(missing_, true)) count(listed.error(), path_);
      const std::lock_guard lock(mutex_);
      health_.up = false;
      ++looks_;
      return;
    }
    missing_ = false;
    const std::set<std::string> present(names.begin(), names.end());
    std::erase_if(seen_, [&](const auto& entry) { return !present.contains(entry.first); });
    for (const auto& name : names) consider(name);
    renamed_.clear();
    const std::lock_guard lock(mutex_);
    ++looks_;
  }

  Result<void> list(std::vector<std::string>& names) {
    struct Close {
      void operator()(DIR* folder) const { ::closedir(folder); }
    };
    const std::unique_ptr<DIR, Close> folder(::opendir(path_.c_str()));
    if (folder == nullptr) return failure(path_, errno);
    while (const auto* entry = ::readdir(folder.get())) {
      if (!is_ours(entry->d_name)) continue;
      if (names.size() >= limits::kQualityFiles) {
        if (!std::exchange(full_, true)) {
          count({ErrorKind::kTooLarge, path_ + ": more than " + std::to_string(limits::kQualityFiles) + " files"},
                path_);
        }
        break;
      }
      names.emplace_back(entry->d_name);
    }
    std::sort(names.begin(), names.end());
    return {};
  }

  void consider(const std::string& name) {
    const std::string path = path_ + '/' + name;
    // Neither a link out of the folder nor a pipe that would hold us.
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    struct stat status {};
    const bool is_open = file.get() >= 0 && ::fstat(file.get(), &status) == 0;
    if (!is_open && errno == ENOENT) return;
    const auto version = is_open ? version_of(status) : Version{};
    const auto known = seen_.find(name);
    if (known != seen_.end() && known->second == version) return;
    const auto error = is_open ? 0 : errno;
    const auto age = Clock::now().time_since_epoch() - std::chrono::nanoseconds{version.changed_ns};
    if (is_open && !renamed_.contains(name) && age >= std::chrono::nanoseconds{0} && age < tuning_.quiet) return;
    seen_[name] = version;
    if (!is_open) return count(failure(path, error), name);
    if (!S_ISREG(status.st_mode)) return count({ErrorKind::kIo, path + ": not a regular file"}, name);
    if (version.bytes > most_) {
      return count({ErrorKind::kTooLarge, path + ": more than " + std::to_string(most_) + " bytes"}, name);
    }
    FileBuffer buffer(file.get(), version.bytes);
    std::istream in(&buffer);
    try {
      if (const auto read = read_(in, name, version.text()); read.has_error()) return count(read.error(), name);
    } catch (const std::exception& failure) {  // not the file's fault: it is read again
      seen_.erase(name);
      return count({ErrorKind::kIo, failure.what()}, name);
    }
    const std::lock_guard lock(mutex_);
    health_.up = true;
    health_.last_success = std::chrono::time_point_cast<std::chrono::milliseconds>(Clock::now());
  }

  void count(const Error& error, const std::string& name) {
    {
      const std::lock_guard lock(mutex_);
      health_.up = false;
      ++health_.errors[static_cast<std::size_t>(error.kind)];
    }
    std::uint64_t held_back = 0;
    if (!log_limit_.admit(std::string(to_string(error.kind)), std::chrono::steady_clock::now(), held_back)) return;
    log::warn("a file in the drop folder cannot be used",
              {{"file", quoted(name)}, {"error", error.what}, {"held_back", std::to_string(held_back)}});
  }

  const std::string path_;
  const std::uint64_t most_;
  const Read read_;
  const FolderTuning tuning_;
  const Descriptor stop_;
  Descriptor inotify_;
  std::map<std::string, Version> seen_;  ///< files that were read or refused
  std::set<std::string> renamed_;        ///< since the last look
  bool gone_ = false;
  bool missing_ = false;
  bool full_ = false;
  log::RateLimited log_limit_;

  mutable std::mutex mutex_;  ///< guards the two below
  IntakeHealth health_;
  std::uint64_t looks_ = 0;
  std::thread thread_;
};

DropFolder::DropFolder(std::string path, std::uint64_t most, Read read, FolderTuning tuning)
    : impl_(std::make_unique<Impl>(std::move(path), most, std::move(read), tuning)) {}
DropFolder::~DropFolder() = default;
IntakeHealth DropFolder::health() const { return impl_->health(); }
std::uint64_t DropFolder::looks() const { return impl_->looks(); }

}  // namespace spark_exporter::intake
