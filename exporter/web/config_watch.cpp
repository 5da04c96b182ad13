#include "exporter/web/config_watch.hpp"

#include <sys/stat.h>

#include "exporter/common/log.hpp"
#include "exporter/web/tls_context.hpp"

namespace spark_exporter::web {
namespace {

std::vector<std::string> files_of(const WebConfigSource& source, const WebConfig& config) {
  std::vector<std::string> files{source.file};
  if (!config.tls) return files;
  for (const Pem* pem : {&config.tls->certificate, &config.tls->key, &config.tls->client_ca}) {
    if (!pem->file.empty()) files.push_back(pem->file);
  }
  return files;
}

}  // namespace

Result<std::shared_ptr<ConfigWatch>> ConfigWatch::open(WebConfigSource source) {
  auto watch = std::make_shared<ConfigWatch>(std::move(source));
  if (watch->source_.file.empty()) return watch;
  watch->files_ = {watch->source_.file};
  auto first = watch->read();
  if (!first) return first.error();
  watch->files_ = files_of(watch->source_, (*first)->config);
  watch->active_ = std::move(*first);
  // Nothing is seen yet: the first look reads once more, so that no change in between is missed.
  return watch;
}

std::vector<ConfigWatch::Stamp> ConfigWatch::stamps() const {
  std::vector<Stamp> stamps;
  for (const std::string& file : files_) {
    struct stat status {};
    Stamp stamp;
    if (stat(file.c_str(), &status) == 0) {
      stamp = {status.st_dev, status.st_ino, static_cast<std::uint64_t>(status.st_size), status.st_mtim.tv_sec,
               status.st_mtim.tv_nsec};
    }
    stamps.push_back(stamp);
  }
  return stamps;
}

Result<std::shared_ptr<const ActiveConfig>> ConfigWatch::read() const {
  auto config = source_.load();
  if (!config) return config.error();
  auto active = std::make_shared<ActiveConfig>();
  if (config->tls) {
    auto tls = TlsContext::make(*config->tls);
    if (!tls) return Error{tls.error().kind, source_.file + ": " + tls.error().what};
    active->tls = std::move(*tls);
  }
  active->config = std::move(*config);
  return std::shared_ptr<const ActiveConfig>(std::move(active));
}

std::shared_ptr<const ActiveConfig> ConfigWatch::current() const {
  const std::lock_guard lock(mutex_);
  return active_;
}

std::shared_ptr<const ActiveConfig> ConfigWatch::refreshed() {
  if (source_.file.empty()) return current();
  const std::lock_guard reading(reading_);
  auto found = stamps();
  if (found == seen_) return current();
  const bool first_look = seen_.empty();
  seen_ = std::move(found);
  auto fresh = read();
  const auto before = current();
  if (fresh && ((*fresh)->tls != nullptr) != (before->tls != nullptr)) {
    fresh = Error{ErrorKind::kTls, source_.file + ": TLS is turned on and off by a restart only"};
  }
  good_ = fresh.has_value();
  if (!fresh) {
    failures_.fetch_add(1, std::memory_order_relaxed);
    log::error("web configuration not read again, the old one stays", {{"error", fresh.error().what}});
    return before;
  }
  if (auto files = files_of(source_, (*fresh)->config); files != files_) {
    files_ = std::move(files);
    seen_ = stamps();
  }
  if (!first_look) log::info("web configuration read again", {{"file", source_.file}});
  const std::lock_guard lock(mutex_);
  active_ = std::move(*fresh);
  return active_;
}

}  // namespace spark_exporter::web
