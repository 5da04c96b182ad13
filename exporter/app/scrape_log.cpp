#include "exporter/app/scrape_log.hpp"

#include <algorithm>
#include <vector>

#include "exporter/common/limits.hpp"

namespace spark_exporter::app {
namespace {

constexpr std::size_t kGaps = 5;
/// Fewer gaps than these may be a person with a browser.
constexpr std::size_t kRegularGaps = 3;
/// A peer without a known interval is waited for if it came so lately: a run may end before three gaps are over.
constexpr std::chrono::milliseconds kNewPeer = std::chrono::minutes{1};
/// Nobody scrapes more rarely: Prometheus calls a series stale after five minutes.
constexpr std::chrono::milliseconds kLongestInterval = std::chrono::minutes{5};

}  // namespace

std::optional<ScrapeLog::Millis> ScrapeLog::interval_of(const Peer& peer) {
  if (peer.gaps.size() < kRegularGaps) return std::nullopt;
  std::vector<Millis> gaps(peer.gaps.begin(), peer.gaps.end());
  std::sort(gaps.begin(), gaps.end());
  const auto median = gaps[gaps.size() / 2];
  if (median > kLongestInterval) return std::nullopt;
  return median;
}

void ScrapeLog::note(const std::string& peer, Instant now, bool final) {
  const std::lock_guard lock(mutex_);
  if (final) ++final_scrapes_;
  auto at = peers_.find(peer);
  if (at == peers_.end()) {
    if (peers_.size() >= limits::kScrapePeers) {
      peers_.erase(std::min_element(peers_.begin(), peers_.end(),
                                    [](const auto& a, const auto& b) { return a.second.last < b.second.last; }));
    }
    at = peers_.emplace(peer, Peer{now, {}, 0}).first;
  } else {
    at->second.gaps.push_back(std::chrono::duration_cast<Millis>(now - at->second.last));
    if (at->second.gaps.size() > kGaps) at->second.gaps.pop_front();
    at->second.last = now;
  }
  if (final) ++at->second.final_scrapes;
}

void ScrapeLog::forget_final() {
  const std::lock_guard lock(mutex_);
  final_scrapes_ = 0;
  for (auto& [name, peer] : peers_) peer.final_scrapes = 0;
}

std::optional<ScrapeLog::Millis> ScrapeLog::interval() const {
  const std::lock_guard lock(mutex_);
  std::optional<Millis> longest;
  for (const auto& [name, peer] : peers_) {
    if (const auto interval = interval_of(peer)) longest = std::max(longest.value_or(Millis{0}), *interval);
  }
  return longest;
}

std::uint64_t ScrapeLog::final_scrapes() const {
  const std::lock_guard lock(mutex_);
  return final_scrapes_;
}

std::uint64_t ScrapeLog::final_scrapes_of_each(Instant now) const {
  const std::lock_guard lock(mutex_);
  auto fewest = final_scrapes_;
  for (const auto& [name, peer] : peers_) {
    const auto interval = interval_of(peer);
    if (now - peer.last <= (interval ? 3 * *interval : kNewPeer)) fewest = std::min(fewest, peer.final_scrapes);
  }
  return fewest;
}

}  // namespace spark_exporter::app
