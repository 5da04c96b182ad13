#include "exporter/app/fleet_file.hpp"

#include <cstdio>

#include "exporter/common/file.hpp"
#include "exporter/common/limits.hpp"

namespace spark_exporter::app {

void FleetFile::restore(jobs::Fleet& fleet, jobs::TimePoint now) {
  if (path_.empty()) return;
  const auto text = read_whole(path_, limits::kStateFileBytes);
  if (text.has_error() && text.error().kind == ErrorKind::kNotFound) {
    log::info("no earlier state", {{"reason", text.error().what}});
    return;
  }
  const auto restored = text ? fleet.restore(*text, now) : Result<void>(text.error());
  if (restored) {
    log::info("going on from the state file", {{"file", path_}});
    return;
  }
  const std::string aside = path_ + ".bad";
  const bool moved = std::rename(path_.c_str(), aside.c_str()) == 0;
  log::error("the state file cannot be read: starting without",
             {{"file", path_}, {"error", restored.error().what}, {"moved_to", moved ? aside : std::string()}});
}

void FleetFile::save_if_due(jobs::Fleet& fleet, jobs::TimePoint now, Instant steady) {
  if (steady - written_ >= pause_) save(fleet, now, steady);
}

void FleetFile::save(jobs::Fleet& fleet, jobs::TimePoint now, Instant steady) {
  if (path_.empty() || (!failed_ && !fleet.changed_since_save())) return;
  written_ = steady;
  const auto saved = write_atomically(path_, fleet.save(now));
  failed_ = saved.has_error();
  std::uint64_t held_back = 0;
  if (failed_ && log_limit_.admit("state", steady, held_back)) {
    log::warn("cannot save the state", {{"error", saved.error().what}});
  }
}

}  // namespace spark_exporter::app
