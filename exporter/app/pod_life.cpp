#include "exporter/app/pod_life.hpp"

#include <unistd.h>

#include <algorithm>

#include "exporter/common/log.hpp"
#include "exporter/common/version.hpp"
#include "exporter/delivery/channels.hpp"
#include "exporter/logs/clues.hpp"

namespace spark_exporter::app {
namespace {

using namespace std::chrono_literals;

/// Without rights, or with an API server that is away: how long the UI that was there must be silent until nobody is
/// asked any more.
constexpr Millis kSilence = 120s;
constexpr Millis kApiPatience = 10min;
/// Before we must leave, with nothing known: time for "unknown" to be delivered and scraped.
constexpr Millis kLastChance = 3s;
/// After SIGTERM: nobody may ever tell more (an eviction kills us two seconds later), so what is known is left behind.
constexpr Millis kProvisional = 1s;

std::string own_container_name(const kubernetes::Environment& environment) {
  return environment("CONTAINER_NAME").value_or("");
}

bool asked_for(const config::Options& options) {
  return !options.kubernetes_api_server.empty() || !options.kubernetes_token_file.empty() ||
         !options.kubernetes_ca_file.empty();
}

bool same(const outcome::Verdict& a, const outcome::Verdict& b) {
  return a.state == b.state && a.reason == b.reason && a.exit_code == b.exit_code && a.exception == b.exception;
}

}  // namespace

/// Hands all pods on to the fleet, and keeps what our own says.
class PodLife::OwnStore final : public kubernetes::Store<kubernetes::Pod> {
 public:
  explicit OwnStore(PodLife& life) : life_(life), pods_(life.fleet_.pods()) {}

  void begin_list() override {
    {
      const std::lock_guard lock(life_.mutex_);
      life_.held_.begin_list();
    }
    pods_.begin_list();
  }
  void end_list() override {
    {
      const std::lock_guard lock(life_.mutex_);
      life_.held_.end_list(life_.clock_.wall());
    }
    pods_.end_list();
  }
  void put(kubernetes::Pod&& pod) override {
    look(pod);
    {
      const std::lock_guard lock(life_.mutex_);
      life_.held_.put(pod);
    }
    pods_.put(std::move(pod));
  }
  void remove(kubernetes::Pod&& pod) override {
    look(pod);
    {
      const std::lock_guard lock(life_.mutex_);
      life_.held_.remove(pod, life_.clock_.wall());
    }
    pods_.remove(std::move(pod));
  }

 private:
  void look(const kubernetes::Pod& pod) {
    if (pod.name != life_.options_.kubernetes_pod || pod.namespace_name != life_.namespace_) return;
    auto own = read_own_pod(pod, life_.own_container_, life_.options_.kubernetes_driver_container);
    life_.message_bytes_ = termination_message_bytes(own.containers);
    const std::lock_guard lock(life_.mutex_);
    life_.own_ = std::move(own);
    life_.last_seen_ = pod;
  }

  PodLife& life_;
  kubernetes::Store<kubernetes::Pod>& pods_;
};

jobs::FleetOptions PodLife::fleet_options(const config::Options& options, std::vector<std::string> labels) const {
  jobs::FleetOptions out;
  out.driver_container = options.kubernetes_driver_container;
  out.job_name = options.job_name;
  out.job_name_label = options.job_name_label;
  out.job_labels = std::move(labels);
  out.single_run = true;
  return out;
}

PodLife::PodLife(const config::Options& options, std::vector<std::string> job_labels, spark::Clock clock, Events events)
    : options_(options),
      last_minutes_{options.outcome_owner == config::OutcomeOwner::kSidecar, options.observer_url.has_value(),
                    options.linger_success, options.linger_failure},
      clock_(std::move(clock)),
      events_(std::move(events)),
      own_container_(own_container_name(kubernetes::system_environment())),
      namespace_(options.kubernetes_namespace),
      fleet_(fleet_options(options, std::move(job_labels))),
      held_(options.kubernetes_driver_container) {
  // No operator is watched here whose word could come before the pod's.
  fleet_.set_synced();
}

PodLife::~PodLife() {
  watches_.reset();
  courier_.reset();
}

Result<void> PodLife::start() {
  if (options_.kubernetes) {
    auto cluster = kubernetes::find_cluster({options_.kubernetes_api_server, options_.kubernetes_token_file,
                                             options_.kubernetes_ca_file, options_.kubernetes_namespace},
                                            kubernetes::system_environment());
    if (cluster.has_error() && (asked_for(options_) || cluster.error().kind != ErrorKind::kNotFound)) {
      return Error{cluster.error().kind, "Kubernetes cannot be used: " + cluster.error().what};
    }
    if (cluster) {
      if (namespace_.empty()) namespace_ = cluster->namespace_name;
      cluster_ = std::move(*cluster);
    }
  }
  if (cluster_ && (options_.kubernetes_pod.empty() || namespace_.empty())) {
    const std::string what = options_.kubernetes_pod.empty()
                                 ? "this pod's name is not known: set POD_NAME (downward API) or --kubernetes.pod"
                                 : "this pod's namespace is not known: set POD_NAMESPACE or --kubernetes.namespace";
    if (asked_for(options_)) return Error{ErrorKind::kNotFound, "Kubernetes cannot be used: " + what};
    log::warn("the pod is not watched, its outcome stays unknown", {{"reason", what}});
    cluster_.reset();
  }
  courier_ = std::make_unique<delivery::Courier>(channels());
  if (!cluster_) return boost::system::in_place_value;
  in_pod_ = true;
  fleet_.own_pod(namespace_, options_.kubernetes_pod);
  store_ = std::make_unique<OwnStore>(*this);
  watch({kubernetes::kPods, namespace_, "", "metadata.name=" + options_.kubernetes_pod});
  return boost::system::in_place_value;
}

std::vector<std::unique_ptr<delivery::Channel>> PodLife::channels() {
  std::vector<std::unique_ptr<delivery::Channel>> channels;
  // Outside a pod there is no such file, and nobody would read one.
  if (access(options_.termination_log.c_str(), W_OK) == 0) {
    channels.push_back(
        delivery::termination_message(options_.termination_log, [this] { return message_bytes_.load(); }));
  }
  if (options_.observer_url) {
    const auto& token = cluster_ ? cluster_->token_file : options_.kubernetes_token_file;
    channels.push_back(delivery::observer(*options_.observer_url, options_.observer_tls, token));
  }
  if (options_.outcome_event && cluster_) {
    channels.push_back(
        delivery::event(kubernetes::make_api_client(*cluster_, std::string("spark_exporter/") + kVersion)));
  }
  if (options_.gateway_url) channels.push_back(delivery::pushgateway(*options_.gateway_url));
  if (options_.alertmanager_url) channels.push_back(delivery::alertmanager(*options_.alertmanager_url));
  return channels;
}

void PodLife::watch(const kubernetes::Selection& selection) {
  watches_ = std::make_unique<Watches>(*cluster_);
  watches_->add<kubernetes::Pod>(selection, *store_, [this] { on_change(); });
}

/// The run's executors have its label, and so has our own pod: one watch for all of them takes the first one's place,
/// because two lists into one store would take each other's pods for gone.
void PodLife::watch_executors() {
  const auto own = own_pod();
  if (with_executors_ || own.app_id.empty() || !watches_->ready()) return;
  with_executors_ = true;
  const auto health = watches_->health(clock_.wall());
  for (std::size_t kind = 0; kind < earlier_errors_.size(); ++kind) earlier_errors_[kind] += health.errors[kind];
  watches_.reset();
  watch({kubernetes::kPods, namespace_, "spark-app-selector=" + own.app_id, ""});
}

void PodLife::on_change() {
  if (outcome::is_final(fleet_.verdict(clock_.wall()).state)) events_.ended();
  events_.wake();
}

bool PodLife::listed() const { return !in_pod_ || watches_->ready(); }

OwnPod PodLife::own_pod() const {
  const std::lock_guard lock(mutex_);
  return own_.value_or(OwnPod{});
}

std::optional<std::vector<HeldPod>> PodLife::held_pods() const {
  if (!in_pod_ || !watches_->readable("pods")) return std::nullopt;
  const std::lock_guard lock(mutex_);
  return held_.all();
}

bool PodLife::knows_pod() const {
  const std::lock_guard lock(mutex_);
  return own_.has_value();
}

void PodLife::scraped(const std::string& peer, bool final) {
  scrapes_.note(peer, clock_.steady(), final);
  if (final) events_.wake();
}

void PodLife::terminate() {
  {
    const std::lock_guard lock(mutex_);
    if (!terminated_at_) terminated_at_ = clock_.steady();
  }
  events_.wake();
}

bool PodLife::terminated() const {
  const std::lock_guard lock(mutex_);
  return terminated_at_.has_value();
}

bool PodLife::is_last_chance(const Moment& moment) const {
  if (!moment.terminated_at) return false;
  Moment going_on = moment;
  going_on.run_over = false;
  const auto latest = decide_leaving(last_minutes_, going_on).ask_again;
  return moment.now >= latest - std::min<Instant::duration>(kLastChance, (latest - *moment.terminated_at) / 4);
}

/// Of a pod that it terminates the kubelet reports nothing until all its containers are gone, ourselves included: the
/// driver's end is never seen. So once the driver is silent, a pod that is being deleted is taken for deleted.
void PodLife::take_for_deleted(const Ui& ui) {
  if (taken_for_deleted_ || !terminated()) return;
  if (!own_pod().being_deleted || (ui.there && !is_last_chance(moment()))) return;
  taken_for_deleted_ = true;
  kubernetes::Pod pod;
  {
    const std::lock_guard lock(mutex_);
    pod = last_seen_;
  }
  fleet_.pods().remove(std::move(pod));
}

bool PodLife::is_over(const outcome::Verdict& verdict, const Ui& ui) {
  if (ui.there) {
    ui_gone_since_.reset();
  } else if (!ui_gone_since_) {
    ui_gone_since_ = clock_.steady();
  }
  if (outcome::is_final(verdict.state)) return true;
  if (!in_pod_) return false;
  const bool refused = watches_->ready() && !watches_->readable("pods");
  const auto m = moment();
  if (m.terminated_at) return (refused && !ui.there) || is_last_chance(m);
  const bool answers = watches_->health(clock_.wall()).up && !refused;
  const auto silent = ui.seen && ui_gone_since_ ? m.now - *ui_gone_since_ : 0s;
  return !answers && silent >= (refused ? kSilence : kApiPatience);
}

PodLife::Turn PodLife::turn(const Ui& ui) {
  const auto now = clock_.wall();
  if (in_pod_) watch_executors();
  judge_grace();
  tell_facts(now);
  if (in_pod_) take_for_deleted(ui);
  auto view = fleet_.view(now);
  if (!knows_pod()) {
    for (auto& shown : view.runs) shown.info_labels = labels_;
  }
  outcome::RunView run;
  if (!view.runs.empty()) run = view.runs.back();
  const bool over = is_over(run.verdict, ui);
  // Nobody can tell how it ended: said in every place, instead of the last that was heard of it.
  if (over && !outcome::is_final(run.verdict.state)) {
    run.verdict.state = outcome::State::kUnknown;
    for (auto& shown : view.runs) shown.verdict.state = outcome::State::kUnknown;
  }
  Turn turn;
  turn.news = over != run_over_ || !same(run.verdict, verdict_) || cost_is_news_;
  cost_is_news_ = false;
  run_over_ = over;
  verdict_ = run.verdict;
  if (over && final_published_ && published_state_ != verdict_.state) scrapes_.forget_final();
  const auto m = moment();
  to_say_.reset();
  if (over || (m.terminated_at && m.now >= *m.terminated_at + kProvisional)) to_say_ = run;
  if (!over) cost_.reset();
  const bool delivered = courier_->done() && quality_passed_on_;
  turn.news = turn.news || delivered != delivered_;
  delivered_ = delivered;
  for (const auto& [name, counts] : courier_->counts()) {
    turn.beside.deliveries[{std::string(to_string(name)), "delivered"}] = counts.delivered;
    turn.beside.deliveries[{std::string(to_string(name)), "failed"}] = counts.failed;
  }
  if (in_pod_) {
    turn.beside.kubernetes = watches_->health(now);
    auto& errors = turn.beside.kubernetes->errors;
    for (std::size_t kind = 0; kind < errors.size(); ++kind) errors[kind] += earlier_errors_[kind];
  }
  if (!view.runs.empty()) turn.beside.run = run;
  if (last_minutes_.owner) turn.beside.outcomes = std::move(view);
  turn.beside.warning = warning_;
  turn.beside.run_over = over;
  if (over) turn.beside.final_scrapes = scrapes_.final_scrapes();
  return turn;
}

/// A driver that died before its UI was there has said nothing but its log.
void PodLife::tell_facts(jobs::TimePoint now) {
  const bool only_log = !facts_ && knows_pod() && !log_clues_.text.empty();
  if (!facts_ && !only_log) return;
  auto facts = facts_.value_or(jobs::RestFacts{});
  logs::add_clues(log_clues_, facts.clues);
  fleet_.rest_says(facts, now);
}

void PodLife::published(const Turn& turn) {
  if (!turn.beside.run_over) {
    final_published_.reset();
    return;
  }
  if (final_published_ && published_state_ == verdict_.state) return;
  final_published_ = clock_.steady();
  published_state_ = verdict_.state;
  log::info("the run is over", {{"outcome", std::string(to_string(verdict_.state))},
                                {"reason", std::string(to_string(verdict_.reason))},
                                {"evidence", verdict_.evidence}});
}

void PodLife::run_cost(const cost::Final& cost) {
  if (cost_) return;
  cost_ = cost;
  cost_is_news_ = true;
  fleet_.run_cost(cost);
}

void PodLife::quality(std::vector<intake::QualityResult> results, bool passed_on) {
  quality_ = std::move(results);
  quality_passed_on_ = passed_on;
}

void PodLife::say_last_words() {
  if (to_say_) send(*to_say_);
}

void PodLife::send(const outcome::RunView& run) {
  outcome::LastWordsMessage message;
  message.kubernetes_namespace = run.kubernetes_namespace.empty() ? namespace_ : run.kubernetes_namespace;
  message.pod = run.driver_pod.empty() ? options_.kubernetes_pod : run.driver_pod;
  message.pod_uid = own_pod().uid;
  message.app = run.app.empty() ? options_.job_name : run.app;
  message.app_from = run.app_from;
  message.app_id = run.app_id;
  message.kind = run.kind;
  message.spark_version = run.spark_version;
  message.verdict = run.verdict;
  message.submitted = run.submitted;
  if (facts_) message.input_bytes = facts_->input_bytes;
  message.cost = cost_;
  message.quality = quality_;
  message.advice = advice_;
  auto text = outcome::encode(message, limits::kLastWordsBytes);
  if (text == sent_) return;
  sent_ = std::move(text);
  courier_->send(message);
}

Moment PodLife::moment() const {
  Moment m;
  m.now = clock_.steady();
  m.pod_known = in_pod_;
  m.state = verdict_.state;
  m.run_over = run_over_;
  m.final_published = final_published_;
  m.final_scrapes = static_cast<int>(std::min<std::uint64_t>(scrapes_.final_scrapes_of_each(m.now), 1'000));
  m.scrape_interval = scrapes_.interval();
  m.delivered = delivered_ && courier_->done();  // not before what was sent since turn() is
  const std::lock_guard lock(mutex_);
  m.terminated_at = terminated_at_;
  if (own_) {
    m.container = own_->container;
    m.grace_period = own_->grace_period;
  }
  return m;
}

Decision PodLife::decide() const { return decide_leaving(last_minutes_, moment()); }

void PodLife::judge_grace() {
  const auto m = moment();
  if (!m.grace_period) return;
  warning_ = judge_grace_period(last_minutes_, m);
  if (judged_) return;
  judged_ = true;
  if (!warning_.empty()) log::warn("the grace period is too short", {{"reason", warning_}});
}

}  // namespace spark_exporter::app
