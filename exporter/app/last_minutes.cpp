#include "exporter/app/last_minutes.hpp"

#include <algorithm>

namespace spark_exporter::app {
namespace {

using namespace std::chrono_literals;

// The contract's rule waits a minute ("for: 1m"); the rest is for the scrapes and evaluations before and after it.
constexpr Millis kLeastLingerFailure = 200s;
constexpr Millis kLeastLingerSuccess = 30s;
constexpr Millis kToLeave = 2s;        ///< left of the grace period when we go
constexpr Millis kGraceSpare = 10s;    ///< the kubelet notices an end up to a few seconds late
constexpr Millis kDefaultGrace = 30s;  ///< Kubernetes' own

/// After SIGTERM: when to be gone. Of a grace period too short for that (evictions), half is left.
Instant deadline(const Moment& moment) {
  const Millis grace = std::max(moment.grace_period.value_or(kDefaultGrace), Millis{0});
  return *moment.terminated_at + std::max(grace - kToLeave, grace / 2);
}

struct Wait {
  Millis most;
  bool fulfilled = false;  ///< what was waited for is done
  const char* what = "";
};

Wait wait_of(const LastMinutesOptions& options, const Moment& moment) {
  const bool scraped = moment.final_scrapes > 0;
  if (options.owner && moment.state == outcome::State::kFailed) {
    return {linger_failure(options, moment.scrape_interval), false, "the failure was shown for long enough"};
  }
  const Millis most = linger_success(options, moment.scrape_interval);
  // A classic container keeps the pod from ending, and so the operator from noticing.
  if (!options.owner && options.observer && moment.container == ContainerKind::kClassic) {
    return {most, moment.delivered, "the last words are delivered"};
  }
  return {most, scraped && moment.delivered, "the final values were scraped"};
}

std::string seconds(Millis span) {
  return std::to_string(std::chrono::ceil<std::chrono::seconds>(span).count()) + " s";
}

}  // namespace

Millis linger_success(const LastMinutesOptions& options, std::optional<Millis> scrape_interval) {
  if (options.linger_success) return *options.linger_success;
  return std::max(kLeastLingerSuccess, scrape_interval.value_or(Millis{0}) + 5s);
}

Millis linger_failure(const LastMinutesOptions& options, std::optional<Millis> scrape_interval) {
  if (options.linger_failure) return *options.linger_failure;
  return std::max(kLeastLingerFailure, 2 * scrape_interval.value_or(Millis{0}) + 75s);
}

Decision decide_leaving(const LastMinutesOptions& options, const Moment& moment) {
  if (!moment.pod_known) return {moment.terminated_at.has_value(), "told to, and not in a pod", Instant::max()};
  const Instant latest = moment.terminated_at ? deadline(moment) : Instant::max();
  if (moment.now >= latest) return {true, "the grace period ends", latest};
  if (!moment.run_over) return {false, "the run goes on", latest};
  if (!moment.final_published) return {false, "the final values are not out yet", latest};
  const Wait wait = wait_of(options, moment);
  if (wait.fulfilled) return {true, wait.what, moment.now};
  const Instant until = *moment.final_published + wait.most;
  if (moment.now >= until) return {true, "waited for " + seconds(wait.most), until};
  return {false, "the final values are shown", std::min(until, latest)};
}

std::string judge_grace_period(const LastMinutesOptions& options, const Moment& moment) {
  if (!options.owner || moment.container != ContainerKind::kNative || !moment.grace_period) return "";
  const Millis needed = linger_failure(options, moment.scrape_interval) + kGraceSpare;
  if (*moment.grace_period >= needed) return "";
  return "terminationGracePeriodSeconds is " + seconds(*moment.grace_period) +
         ": with no observer SparkJobFailed may never fire, because the kubelet ends this container that long after "
         "the driver; set it to " +
         seconds(needed) + " or more, or let an observer own the outcome (--outcome.owner=observer)";
}

}  // namespace spark_exporter::app
