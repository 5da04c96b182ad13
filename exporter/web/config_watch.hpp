#pragma once
// The web configuration in use, read again when its file, or one that it names, has changed: certificates rotate and
// users come and go without a restart. A bad file changes nothing.

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "exporter/common/result.hpp"
#include "exporter/web/web_config.hpp"

namespace spark_exporter::web {

class TlsContext;

/// One state of the configuration, as it was read.
struct ActiveConfig {
  WebConfig config;
  std::shared_ptr<TlsContext> tls;  ///< null: plain HTTP
};

/// Thread-safe.
class ConfigWatch {
 public:
  /// Without a file: open to all, for ever. Errors as the source's load() and TlsContext::make().
  static Result<std::shared_ptr<ConfigWatch>> open(WebConfigSource source);

  explicit ConfigWatch(WebConfigSource source) : source_(std::move(source)) {}

  /// Looks whether a file has changed (some stat calls), reads again if so. Never null.
  std::shared_ptr<const ActiveConfig> refreshed();
  /// Without looking. Never null.
  std::shared_ptr<const ActiveConfig> current() const;
  /// Times that what was found was bad.
  std::uint64_t failures() const { return failures_.load(std::memory_order_relaxed); }
  /// Whether what is on disk is in use.
  bool good() const { return good_.load(std::memory_order_relaxed); }

 private:
  struct Stamp {
    std::uint64_t device = 0, inode = 0, size = 0;
    std::int64_t seconds = 0, nanoseconds = 0;
    bool operator==(const Stamp&) const = default;
  };

  std::vector<Stamp> stamps() const;
  Result<std::shared_ptr<const ActiveConfig>> read() const;

  WebConfigSource source_;
  std::mutex reading_;
  std::vector<Stamp> seen_;         ///< guarded by reading_
  std::vector<std::string> files_;  ///< guarded by reading_
  mutable std::mutex mutex_;
  std::shared_ptr<const ActiveConfig> active_ = std::make_shared<const ActiveConfig>();  ///< guarded by mutex_
  std::atomic<std::uint64_t> failures_{0};
  std::atomic<bool> good_{true};
};

}  // namespace spark_exporter::web
