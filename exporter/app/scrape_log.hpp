#pragma once
// Who scrapes, how often, and whether the final values were seen. Thread-safe: told by the web server's threads.

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>

namespace spark_exporter::app {

class ScrapeLog {
 public:
  using Instant = std::chrono::steady_clock::time_point;
  using Millis = std::chrono::milliseconds;

  /// A scrape by `peer` was answered; `final`: with the final values.
  void note(const std::string& peer, Instant now, bool final);
  /// From now on other values are final.
  void forget_final();

  /// Time between two scrapes, of the slowest of the regular scrapers: the median of each one's last five gaps.
  std::optional<Millis> interval() const;
  /// Scrapes with the final values.
  std::uint64_t final_scrapes() const;
  /// The same, of the scraper that saw the fewest. One that has not come for three of its intervals, or for a minute
  /// while its interval is not known, is not waited for.
  std::uint64_t final_scrapes_of_each(Instant now) const;

 private:
  struct Peer {
    Instant last;
    std::deque<Millis> gaps;
    std::uint64_t final_scrapes = 0;
  };
  static std::optional<Millis> interval_of(const Peer& peer);

  mutable std::mutex mutex_;
  std::map<std::string, Peer> peers_;
  std::uint64_t final_scrapes_ = 0;
};

}  // namespace spark_exporter::app
