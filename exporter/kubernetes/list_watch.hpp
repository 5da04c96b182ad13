#pragma once
// Keeps a Store the same as one kind of object in the API: lists, watches from the list's version, and goes on whatever
// happens. For each there is one thread, which calls run(); stop() and status() are for any thread.
//
// What it does when
//   the server ends a watch (its time is up)       watches on from the last version, at once
//   a watch ended though it had just begun         the same, after a pause
//   a watch said nothing, not even a bookmark,     lists: its version may be one that the server has yet to reach
//     until its end or for `idle_timeout`            (a restored etcd), which the API answers with silence
//   a connection is silent in mid-watch            watches on from the last version
//   a watch could not be begun for a while         asks for the list's version first, and lists if that is lower than
//                                                    its own: a restored etcd would catch up in silence
//   410, as status or as ERROR event               lists
//   a line does not decode                         lists: an event is lost
//   401                                            the token's file is read again
//   403, 404 (no right; the kind is not there)     is ready without it, and asks again after pauses that double up to
//                                                    `refused_pause`: an API server that has just started refuses what
//                                                    it allows a moment later
//   429, 5xx, no connection                        a pause that doubles, or as long as the server asked for; the first
//                                                    answer after none begins with a short one
// Pauses of all watches of a process share a RetryBudget; the first one that is answered ends those of the others.

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "exporter/common/limits.hpp"
#include "exporter/common/memory_limit.hpp"
#include "exporter/kubernetes/api_client.hpp"
#include "exporter/kubernetes/feed.hpp"
#include "exporter/kubernetes/line_reader.hpp"
#include "exporter/kubernetes/resource.hpp"
#include "exporter/kubernetes/timing.hpp"

namespace spark_exporter::kubernetes {

struct WatchTuning {
  std::size_t page_objects = limits::kPageObjects;
  std::size_t line_bytes = longest_line(allowed_memory());  ///< of one event
  Millis list_timeout = std::chrono::seconds{60};           ///< for each page
  Millis list_silence = std::chrono::seconds{25};           ///< in a page, from the question on
  /// Asked of the server: this, and up to as much again by chance.
  Seconds watch_time{290};
  /// Bookmarks come about every minute. A peer that is gone, not only silent, is noticed by the wire, long before.
  Millis idle_timeout = std::chrono::seconds{90};
  /// A watch that lived so long was a good one.
  Millis good_watch = std::chrono::seconds{30};
  Millis first_pause = std::chrono::seconds{1};
  Millis most_pause = std::chrono::seconds{15};
  Millis first_refused_pause = std::chrono::seconds{5};
  Millis refused_pause = std::chrono::minutes{5};
  /// Answers that are errors in a row, after which the version is not believed any more.
  int tries_of_a_version = 5;
};

enum class WatchCondition {
  kStarting,  ///< no answer yet
  kSynced,
  kFailing,  ///< was synced, or never was, and does not get on
  kForbidden,
  kAbsent,  ///< the API does not know the kind
};

struct WatchStatus {
  WatchCondition condition = WatchCondition::kStarting;
  /// A first list is in, or there is nothing to wait for (forbidden, absent).
  bool ready = false;
  std::optional<Instant> last_heard;  ///< any byte that was no error
  std::uint64_t lists = 0;            ///< complete ones
  std::uint64_t watches = 0;
  std::uint64_t events = 0;  ///< without bookmarks
  std::uint64_t bookmarks = 0;
  std::uint64_t wrong_types = 0;
  std::array<std::uint64_t, kErrorKinds> errors{};
  std::string last_error;
};

class ListWatch {
 public:
  /// All by reference must outlive it.
  ListWatch(ApiClient& api, Selection selection, Feed& feed, Timing& timing, RetryBudget& budget,
            WatchTuning tuning = {});

  /// Until stop(). Never throws: what the store throws is counted as kIo, and all is listed again.
  void run() noexcept;
  void stop() noexcept;
  WatchStatus status() const;

 private:
  struct Ended;

  void step();
  bool is_version_good();
  bool list();
  ApiResult<void> page(ListHead& head);
  void watch();
  Result<void> read_events(std::istream& body, Ended& ended);
  Result<void> take_line(std::string_view line, Ended& ended);
  void after_watch(const Ended& ended, const std::optional<Failure>& failure);
  void pause_after(const Failure& failure);
  void pause_refused(const Failure& failure);
  void log_trouble(const Failure& failure, bool absent);
  void log_end_of_trouble();
  void sleep_booked(Millis span);
  void relist();
  void note(const Failure& failure, WatchCondition condition);
  void heard();
  void report(const DecodeReport& found);
  template <class Change>
  void change_status(Change change);

  ApiClient& api_;
  const Selection selection_;
  Feed& feed_;
  Timing& timing_;
  RetryBudget& budget_;
  const WatchTuning tuning_;
  Backoff backoff_;
  Backoff refused_backoff_;
  std::atomic<bool> stopped_{false};

  std::string version_;         ///< to watch from; empty: list first
  bool listing_ = false;        ///< a list is under way
  std::string continue_token_;  ///< its next page
  std::string list_version_;    ///< of its first page
  std::size_t pages_ = 0;
  int failed_tries_ = 0;                                       ///< of version_
  bool failing_ = false;                                       ///< no try was answered since one failed
  bool answered_ = true;                                       ///< the last failure was an answer
  bool was_absent_ = false;                                    ///< the last answer was a 404
  bool was_away_ = false;                                      ///< the API, since version_ was current
  std::optional<std::pair<ErrorKind, std::int64_t>> trouble_;  ///< kind and status of what was logged last
  std::string line_;

  mutable std::mutex mutex_;
  WatchStatus status_;
};

}  // namespace spark_exporter::kubernetes
