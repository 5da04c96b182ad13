#pragma once
// The sidecar and its pod: watches it, decides with Spark's facts what became of the run, sends the last words, and
// says when to leave. The rules are those of docs/architecture.md, "the sidecar's last minutes".
//
// Thread-safety: scraped(), terminate() and in_pod() from any thread, all else from the sidecar's.

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "exporter/app/held_pods.hpp"
#include "exporter/app/last_minutes.hpp"
#include "exporter/app/own_pod.hpp"
#include "exporter/app/scrape_log.hpp"
#include "exporter/app/watches.hpp"
#include "exporter/config/options.hpp"
#include "exporter/cost/view.hpp"
#include "exporter/delivery/courier.hpp"
#include "exporter/jobs/fleet.hpp"
#include "exporter/logs/tally.hpp"
#include "exporter/sizing/advice.hpp"
#include "exporter/spark/poller.hpp"

namespace spark_exporter::app {

/// What is to be published beside Spark's own facts.
struct Beside {
  std::optional<outcome::View> outcomes;  ///< as the owner only
  std::optional<outcome::RunView> run;    ///< for the report, whoever is the owner
  std::optional<model::SourceHealth> kubernetes;
  std::optional<std::uint64_t> prices_missing;         ///< pods priced by a guess; absent: without prices
  std::map<std::string, model::SourceHealth> sources;  ///< more that we ask: nodes, opencost, web_config
  std::optional<cost::View> cost;                      ///< of the current run
  std::optional<sizing::Advice> advice;                ///< to it
  std::map<logs::Component, logs::Tally> logs;         ///< of its parts, as far as they are read
  std::map<std::pair<std::string, std::string>, std::uint64_t> deliveries;
  std::optional<std::uint64_t> final_scrapes;
  std::string warning;
  std::shared_ptr<const quality::Ledger> quality;  ///< of the job's datasets; null: nobody told
  bool run_over = false;                           ///< these are the final values
};

class PodLife {
 public:
  /// `wake`: turn() has something new to say; `ended`: the run has ended for good. Both are called on any thread.
  struct Events {
    std::function<void()> wake;
    std::function<void()> ended;
  };

  PodLife(const config::Options& options, std::vector<std::string> job_labels, spark::Clock clock, Events events);
  ~PodLife();
  PodLife(const PodLife&) = delete;
  PodLife& operator=(const PodLife&) = delete;

  /// Begins to watch, where this is a pod. Error: it was asked for and cannot be.
  Result<void> start();
  bool in_pod() const { return in_pod_; }
  const std::string& namespace_name() const { return namespace_; }
  /// Where the API server is, in a pod.
  const std::optional<kubernetes::Cluster>& cluster() const { return cluster_; }
  /// The first list is in, or will not be.
  bool listed() const;
  OwnPod own_pod() const;
  bool knows_pod() const;
  /// What the run's pods hold, also those that are gone; nothing while they are not read.
  std::optional<std::vector<HeldPod>> held_pods() const;

  void scraped(const std::string& peer, bool final);
  /// SIGTERM.
  void terminate();
  bool terminated() const;
  void set_job_labels(std::vector<std::string> labels) { fleet_.set_job_labels(std::move(labels)); }

  /// How the driver's UI is: `seen` once, `there` now.
  struct Ui {
    bool seen = false;
    bool there = false;
  };
  /// `labels`: for spark_job_info where the pod itself is not read.
  using Labels = std::vector<std::pair<std::string, std::string>>;
  void rest_says(const jobs::RestFacts& facts, Labels labels) {
    facts_ = facts;
    labels_ = std::move(labels);
  }

  /// What the driver's log says of its end: for what Kubernetes and Spark leave open.
  void log_says(outcome::Clues clues) { log_clues_ = std::move(clues); }

  struct Turn {
    Beside beside;
    bool news = false;  ///< worth publishing at once
  };
  Turn turn(const Ui& ui);
  /// What the run cost, once it is over: the first that is told counts, what it lingers afterwards does not.
  void run_cost(const cost::Final& cost);
  /// What the last words tell of the job's datasets, and whether the observer has been told all of it.
  void quality(std::vector<intake::QualityResult> results, bool passed_on);
  /// What it should have asked for, as far as is known: the last one goes into the last words.
  void run_advice(outcome::Advice advice) { advice_ = std::move(advice); }
  /// Sends what has not been said yet, after turn().
  void say_last_words();
  /// `turn` was published.
  void published(const Turn& turn);
  Decision decide() const;
  /// The last words are under way.
  bool delivering() const { return run_over_ && !(courier_->done() && quality_passed_on_); }

 private:
  class OwnStore;
  jobs::FleetOptions fleet_options(const config::Options& options, std::vector<std::string> labels) const;
  std::vector<std::unique_ptr<delivery::Channel>> channels();
  void watch(const kubernetes::Selection& selection);
  void watch_executors();
  void on_change();
  bool is_over(const outcome::Verdict& verdict, const Ui& ui);
  bool is_last_chance(const Moment& moment) const;
  void take_for_deleted(const Ui& ui);
  void send(const outcome::RunView& run);
  Moment moment() const;
  void judge_grace();
  void tell_facts(jobs::TimePoint now);

  const config::Options options_;
  const LastMinutesOptions last_minutes_;
  const spark::Clock clock_;
  const Events events_;
  const std::string own_container_;
  std::string namespace_;
  std::optional<kubernetes::Cluster> cluster_;
  bool in_pod_ = false;

  jobs::Fleet fleet_;
  ScrapeLog scrapes_;
  std::atomic<std::size_t> message_bytes_{termination_message_bytes(1)};

  mutable std::mutex mutex_;  ///< guards own_, last_seen_, held_ and terminated_at_
  std::optional<OwnPod> own_;
  kubernetes::Pod last_seen_;  ///< our own
  HeldPods held_;
  std::optional<Instant> terminated_at_;

  std::optional<jobs::RestFacts> facts_;
  outcome::Clues log_clues_;
  Labels labels_;
  std::optional<Instant> ui_gone_since_;
  bool run_over_ = false;
  outcome::Verdict verdict_;
  std::optional<Instant> final_published_;
  outcome::State published_state_ = outcome::State::kPending;
  std::string sent_;                        ///< the last words as sent last
  std::optional<outcome::RunView> to_say_;  ///< of the last turn, if it is time for last words
  std::optional<cost::Final> cost_;
  std::optional<outcome::Advice> advice_;
  bool cost_is_news_ = false;
  std::vector<intake::QualityResult> quality_;
  bool quality_passed_on_ = true;
  std::string warning_;
  bool judged_ = false;
  bool delivered_ = true;
  bool with_executors_ = false;
  bool taken_for_deleted_ = false;
  std::array<std::uint64_t, kErrorKinds> earlier_errors_{};  ///< of the watch before

  std::unique_ptr<OwnStore> store_;
  std::unique_ptr<delivery::Courier> courier_;
  std::unique_ptr<Watches> watches_;
};

}  // namespace spark_exporter::app
