#include "exporter/app/kept_file.hpp"

#include <cstdio>

#include "exporter/backup/catalog.hpp"
#include "exporter/common/file.hpp"
#include "exporter/common/limits.hpp"
#include "exporter/jobs/fleet.hpp"

namespace spark_exporter::app {

template <class Kept>
void KeptFile<Kept>::restore(Kept& kept, kubernetes::TimePoint now) {
  if (path_.empty()) return;
  const auto text = read_whole(path_, limits::kStateFileBytes);
  if (text.has_error() && text.error().kind == ErrorKind::kNotFound) {
    log::info("no earlier state", {{"reason", text.error().what}});
    return;
  }
  const auto restored = text ? kept.restore(*text, now) : Result<void>(text.error());
  if (restored) {
    log::info("going on from the state file", {{"file", path_}});
    return;
  }
  const std::string aside = path_ + ".bad";
  const bool moved = std::rename(path_.c_str(), aside.c_str()) == 0;
  log::error("the state file cannot be read: starting without",
             {{"file", path_}, {"error", restored.error().what}, {"moved_to", moved ? aside : std::string()}});
}

template <class Kept>
void KeptFile<Kept>::save_if_due(Kept& kept, kubernetes::TimePoint now, Instant steady) {
  if (steady - written_ >= pause_) save(kept, now, steady);
}

template <class Kept>
void KeptFile<Kept>::save(Kept& kept, kubernetes::TimePoint now, Instant steady) {
  if (path_.empty() || (!failed_ && !kept.changed_since_save())) return;
  written_ = steady;
  const auto saved = write_atomically(path_, kept.save(now));
  failed_ = saved.has_error();
  std::uint64_t held_back = 0;
  if (failed_ && log_limit_.admit("state", steady, held_back)) {
    log::warn("cannot save the state", {{"error", saved.error().what}});
  }
}

template class KeptFile<jobs::Fleet>;
template class KeptFile<backup::Catalog>;

}  // namespace spark_exporter::app
