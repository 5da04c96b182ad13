#include "exporter/kubernetes/list_watch.hpp"

#include <algorithm>
#include <charconv>
#include <exception>
#include <utility>

#include "exporter/common/limits.hpp"
#include "exporter/common/log.hpp"
#include "exporter/common/text.hpp"

namespace spark_exporter::kubernetes {
namespace {

constexpr std::int64_t kGone = 410;
constexpr std::size_t kShownCause = 200;

bool is_refusal(const Failure& failure) {
  return failure.error.kind == ErrorKind::kForbidden || failure.error.kind == ErrorKind::kNotFound;
}

/// The same page may be had a moment later. What does not decode will not then either.
bool is_transient(const Failure& failure) {
  if (failure.status != 0) return failure.status == 429 || failure.status >= 500;
  switch (failure.error.kind) {
    case ErrorKind::kResolve:
    case ErrorKind::kConnect:
    case ErrorKind::kTimeout:
    case ErrorKind::kReset:
    case ErrorKind::kTls: return true;
    default: return false;
  }
}

std::optional<std::uint64_t> to_number(const std::string& version) {
  std::uint64_t number = 0;
  const char* end = version.data() + version.size();
  const auto [stop, error] = std::from_chars(version.data(), end, number);
  return error == std::errc() && stop == end ? std::optional(number) : std::nullopt;
}

}  // namespace

/// How a watch went.
struct ListWatch::Ended {
  Instant began{};
  bool spoke = false;             ///< there was an event or a bookmark
  std::optional<Failure> told{};  ///< by an ERROR event
  bool lost = false;              ///< a line could not be used
};

ListWatch::ListWatch(ApiClient& api, Selection selection, Feed& feed, Timing& timing, RetryBudget& budget,
                     WatchTuning tuning)
    : api_(api),
      selection_(std::move(selection)),
      feed_(feed),
      timing_(timing),
      budget_(budget),
      tuning_(tuning),
      backoff_(tuning.first_pause, tuning.most_pause),
      refused_backoff_(tuning.first_refused_pause, tuning.refused_pause) {}

void ListWatch::stop() noexcept {
  stopped_ = true;
  api_.cancel();
  timing_.wake();
}

WatchStatus ListWatch::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

template <class Change>
void ListWatch::change_status(Change change) {
  const std::lock_guard lock(mutex_);
  change(status_);
}

void ListWatch::run() noexcept {
  while (!stopped_) {
    try {
      step();
    } catch (const std::exception& failure) {
      relist();
      pause_after({.error = {ErrorKind::kIo, describe(selection_) + ": " + quoted(failure.what(), kShownCause)}});
    } catch (...) {
      relist();
      pause_after({.error = {ErrorKind::kIo, describe(selection_) + ": an unknown exception"}});
    }
  }
}

void ListWatch::step() {
  if (was_away_ && !version_.empty() && !is_version_good()) return;
  if (version_.empty() && !list()) return;
  watch();
}

void ListWatch::relist() {
  version_.clear();
  listing_ = false;
  failed_tries_ = 0;
  was_away_ = false;
}

/// Whether to watch on from version_, as far as one object of a list can tell. Versions are opaque by contract but for
/// those of one kind, whose order is that of their numbers (Kubernetes 1.35, and etcd's revisions ever before). False:
/// not now, or not any more.
bool ListWatch::is_version_good() {
  net::Request request;
  request.target = list_target(selection_, 1, "");
  request.timeout = tuning_.list_timeout;
  request.idle_timeout = tuning_.list_silence;
  ListHead head;
  const auto done = api_.request(std::move(request), [&](std::istream& body) -> Result<void> {
    const json::Each<Node> ignore = [](Node&&) {};
    const auto decoded = decode_list<Node>(body, head, ignore);
    return decoded ? Result<void>() : decoded.error();
  });
  if (!done && is_transient(done.error())) {
    pause_after(done.error());
    return false;
  }
  was_away_ = false;
  const auto now = to_number(head.resource_version);
  const auto ours = to_number(version_);
  if (!now || !ours || *now >= *ours) return true;
  log::warn("the API's versions went back: listing " + describe(selection_) + " again",
            {{"source", "kubernetes"}, {"version", version_}, {"list_version", head.resource_version}});
  relist();
  return false;
}

// --- lists -------------------------------------------------------------------------------------

ApiResult<void> ListWatch::page(ListHead& head) {
  net::Request request;
  request.target = list_target(selection_, tuning_.page_objects, continue_token_);
  request.timeout = tuning_.list_timeout;
  request.idle_timeout = tuning_.list_silence;
  request.body_limit = limits::kListBodyBytes;
  return api_.request(std::move(request), [&](std::istream& body) -> Result<void> {
    auto done = feed_.page(body, head);
    if (!done) return done.error();
    report(*done);
    return {};
  });
}

/// All pages, or as many as there are until one fails: that one is asked for again after a pause. False: not done.
bool ListWatch::list() {
  if (!listing_) {
    listing_ = true;
    continue_token_.clear();
    list_version_.clear();
    pages_ = 0;
    feed_.begin_list();
  }
  while (!stopped_) {
    ListHead head;
    auto done = page(head);
    if (done && ++pages_ > limits::kListPages) {
      done = Failure{.error = {ErrorKind::kTooLarge, describe(selection_) + ": the list has no end"}};
    }
    if (done && head.resource_version.empty()) {
      done = Failure{.error = {ErrorKind::kMalformed, describe(selection_) + ": a list without resourceVersion"}};
    }
    if (!done) {
      if (!is_transient(done.error())) relist();
      if (is_refusal(done.error())) {
        pause_refused(done.error());
      } else {
        pause_after(done.error());
      }
      return false;
    }
    heard();
    refused_backoff_.reset();
    was_absent_ = false;
    if (list_version_.empty()) list_version_ = head.resource_version;
    continue_token_ = head.continue_token;
    if (continue_token_.empty()) break;
  }
  if (stopped_) return false;
  // Up before the news is out: whoever is told of it may look at once. Ready after, when the objects can be read.
  change_status([](WatchStatus& status) { status.condition = WatchCondition::kSynced; });
  feed_.end_list();
  version_ = list_version_;
  listing_ = false;
  failed_tries_ = 0;
  change_status([](WatchStatus& status) {
    status.ready = true;
    ++status.lists;
  });
  log_end_of_trouble();
  return true;
}

// --- watches -----------------------------------------------------------------------------------

void ListWatch::watch() {
  const auto seconds = static_cast<double>(tuning_.watch_time.count()) * (1 + timing_.random());
  net::Request request;
  request.target = watch_target(selection_, version_, static_cast<long long>(seconds));
  request.timeout = Millis{0};
  request.idle_timeout = tuning_.idle_timeout;
  request.body_limit = 0;
  Ended ended{.began = timing_.now()};
  change_status([](WatchStatus& status) { ++status.watches; });
  const auto done = api_.request(std::move(request), [&](std::istream& body) {
    heard();
    return read_events(body, ended);
  });
  if (stopped_) return;
  std::optional<Failure> failure;
  if (!done) failure = done.error();
  if (ended.told) failure = ended.told;
  after_watch(ended, failure);
}

Result<void> ListWatch::read_events(std::istream& body, Ended& ended) {
  change_status([](WatchStatus& status) { status.condition = WatchCondition::kSynced; });
  while (!stopped_) {
    const LineResult result = read_line(*body.rdbuf(), tuning_.line_bytes, line_);
    if (result == LineResult::kEnd) break;
    if (result == LineResult::kTooLong) {
      give_back(line_);
      ended.lost = true;
      return Error{ErrorKind::kTooLarge, describe(selection_) + ": an event is too long"};
    }
    auto taken = take_line(line_, ended);
    give_back(line_);
    if (!taken) return taken;
    if (ended.told) break;
  }
  give_back(line_);  // of a connection that broke in a long one
  return {};
}

Result<void> ListWatch::take_line(std::string_view line, Ended& ended) {
  WatchHead head;
  if (const auto decoded = decode_watch_head(line, head); !decoded) {
    ended.lost = true;
    return decoded.error();
  }
  if (head.type == EventType::kError) {
    ended.told = failure_of(head.status, "watch of " + describe(selection_));
    return {};
  }
  if (head.type != EventType::kBookmark) {
    const auto decoded = feed_.event(head.type, line);
    if (!decoded) {
      ended.lost = true;
      return decoded.error();
    }
    report(*decoded);
  }
  if (!head.resource_version.empty()) version_ = head.resource_version;
  if (!ended.spoke) log_end_of_trouble();
  ended.spoke = true;
  failed_tries_ = 0;
  heard();
  change_status([&](WatchStatus& status) { ++(head.type == EventType::kBookmark ? status.bookmarks : status.events); });
  return {};
}

void ListWatch::after_watch(const Ended& ended, const std::optional<Failure>& failure) {
  const bool lived = timing_.now() - ended.began >= tuning_.good_watch;
  if (lived) backoff_.reset();
  const bool gone = failure && failure->status == kGone;
  const bool answered = failure && failure->status != 0;
  if (answered && !gone) ++failed_tries_;
  const bool silent = !ended.spoke && lived;
  if (failure && !answered && !ended.spoke && is_transient(*failure)) was_away_ = true;
  if (gone || ended.lost || silent || failed_tries_ >= tuning_.tries_of_a_version) relist();
  if (failure && is_refusal(*failure)) {
    relist();
    return pause_refused(*failure);
  }
  if (lived && !answered && !ended.lost) {
    // Time is up, or a connection that was good went silent or away: the next try need not wait.
    if (!failure) return;
    note(*failure, WatchCondition::kFailing);
    return sleep_booked(Millis{0});
  }
  if (failure) return pause_after(*failure);
  sleep_booked(backoff_.next(timing_.random()));
}

// --- pauses ------------------------------------------------------------------------------------

void ListWatch::sleep_booked(Millis span) {
  failing_ = true;
  budget_.sleep(timing_, span);
}

void ListWatch::pause_after(const Failure& failure) {
  if (stopped_ || failure.error.kind == ErrorKind::kCancelled) return;
  note(failure, WatchCondition::kFailing);
  log_trouble(failure, false);
  const bool answered = failure.status != 0;
  if (answered && !answered_) backoff_.reset();
  answered_ = answered;
  const Millis pause = backoff_.next(timing_.random());
  if (failure.retry_after <= pause) return sleep_booked(pause);
  // As long as the server asked for, whoever else is answered.
  const Instant now = timing_.now();
  timing_.sleep(std::chrono::ceil<Millis>(budget_.reserve(now + failure.retry_after, now) - now));
}

/// Somebody may grant the right, or install the kind, while we run. The objects of a kind are gone with it, but not for
/// one 404.
void ListWatch::pause_refused(const Failure& failure) {
  const bool absent = failure.error.kind == ErrorKind::kNotFound;
  Failure told = failure;
  if (!absent) told.error.what = missing_right(selection_);
  note(told, absent ? WatchCondition::kAbsent : WatchCondition::kForbidden);
  log_trouble(told, absent);
  if (absent && was_absent_) {
    feed_.begin_list();
    feed_.end_list();
  }
  was_absent_ = absent;
  change_status([](WatchStatus& status) { status.ready = true; });
  timing_.sleep(refused_backoff_.next(timing_.random()));
}

void ListWatch::note(const Failure& failure, WatchCondition condition) {
  change_status([&](WatchStatus& status) {
    ++status.errors[static_cast<std::size_t>(failure.error.kind)];
    status.condition = condition;
    status.last_error = failure.error.what;
  });
}

/// Once for each kind of trouble: the texts differ with each try.
void ListWatch::log_trouble(const Failure& failure, bool absent) {
  const std::pair trouble{failure.error.kind, failure.status};
  if (trouble_ == trouble) return;
  trouble_ = trouble;
  // A custom resource that is not installed is no trouble.
  const bool custom = selection_.resource.group.find('.') != std::string_view::npos;
  const auto level = absent && custom ? log::Level::kInfo : log::Level::kWarn;
  log::write(level, "cannot watch " + describe(selection_), {{"source", "kubernetes"}, {"error", failure.error.what}});
}

void ListWatch::log_end_of_trouble() {
  if (!trouble_) return;
  trouble_.reset();
  log::info("watching " + describe(selection_) + " again", {{"source", "kubernetes"}});
}

void ListWatch::heard() {
  if (failing_) budget_.answered();
  failing_ = false;
  change_status([this](WatchStatus& status) { status.last_heard = timing_.now(); });
}

void ListWatch::report(const DecodeReport& found) {
  if (found.wrong_types == 0) return;
  change_status([&](WatchStatus& status) {
    status.wrong_types += found.wrong_types;
    status.last_error = found.first;
  });
}

}  // namespace spark_exporter::kubernetes
