#include "exporter/app/quality_desk.hpp"

#include <algorithm>
#include <utility>

#include "exporter/app/quality_answer.hpp"
#include "exporter/common/file.hpp"
#include "exporter/common/limits.hpp"
#include "exporter/common/log.hpp"
#include "exporter/intake/limits.hpp"
#include "exporter/intake/quality_decode.hpp"

namespace spark_exporter::app {
namespace {

/// Beside the state file, as that of the cost.
constexpr char kSuffix[] = ".quality";
constexpr std::size_t kLastWords = 10;

}  // namespace

QualityDesk::QualityDesk(const config::Options& options, spark::Clock clock, std::function<void()> wake)
    : options_(options),
      clock_(std::move(clock)),
      wake_(std::move(wake)),
      guard_(options.api_token_file),
      state_file_(options.state_file.empty() ? "" : options.state_file + kSuffix) {
  posts_.up = true;
}

QualityDesk::~QualityDesk() = default;

void QualityDesk::start(const std::string& token_file) {
  if (!state_file_.empty()) {
    const auto text = read_whole(state_file_, limits::kStateFileBytes);
    auto restored = text ? quality::Ledger::restore(*text) : Result<quality::Ledger>(text.error());
    if (restored) {
      const std::lock_guard lock(mutex_);
      if (!restored->empty()) ledger_ = std::make_shared<const quality::Ledger>(std::move(*restored));
      used_ = ledger_ != nullptr;
    } else if (restored.error().kind != ErrorKind::kNotFound) {
      log::warn("no earlier state of data quality", {{"file", state_file_}, {"reason", restored.error().what}});
    }
  }
  if (options_.observer_url) {
    sender_ = std::make_unique<delivery::QualitySender>(*options_.observer_url, options_.observer_tls, token_file);
  } else if (options_.outcome_owner == config::OutcomeOwner::kObserver && !options_.quality_folder.empty()) {
    log::warn("results of data quality checks are shown by nobody: the observer owns outcomes, and --observer.url "
              "is not given");
  }
  if (options_.quality_folder.empty()) return;
  folder_ = std::make_unique<intake::DropFolder>(
      options_.quality_folder, limits::kQualityFileBytes,
      [this](std::istream& in, const std::string& name, const std::string& version) {
        return read_file(in, name, version);
      });
}

web::HttpResponse QualityDesk::answer(const web::HttpRequest& request) {
  if (auto refusal = guard_.refuse(request, limits::kQualityBodyBytes)) return std::move(*refusal);
  auto read = read_quality_post(request);
  note(read ? Result<void>(boost::system::in_place_value) : Result<void>(read.error()));
  if (!read) return api_answer(400, read.error().what);
  const auto told = enter(std::move(*read));
  return quality_taken(told.all, told.fresh);
}

Result<void> QualityDesk::read_file(std::istream& in, const std::string& name, const std::string& version) {
  auto document = intake::decode_quality(in, name);
  if (!document) return document.error();
  std::size_t number = 0;
  for (auto& result : document->results) {
    // The same file is the same validation, also for an exporter that begins anew.
    if (result.id.empty()) result.id = name.substr(0, 60) + '-' + version + '-' + std::to_string(number);
    ++number;
  }
  enter(std::move(document->results));
  return boost::system::in_place_value;
}

void QualityDesk::take(std::vector<intake::QualityResult> results) { enter(std::move(results)); }

QualityDesk::Told QualityDesk::enter(std::vector<intake::QualityResult> results) {
  Told told{results.size(), 0};
  if (results.empty()) return told;
  {
    const std::lock_guard lock(mutex_);
    used_ = true;
    auto ledger = ledger_ == nullptr ? std::make_shared<quality::Ledger>() : std::make_shared<quality::Ledger>(*ledger_);
    const auto now = clock_.wall();
    for (auto& result : results) {
      // So that it counts once, however often it is passed on.
      if (result.id.empty()) result.id = unique_id();
      if (!result.time) result.time = now;
      if (ledger->take(result, now) == quality::Ledger::Taken::kKnown) continue;
      ++told.fresh;
      if (sender_ != nullptr) sender_->send(result);
    }
    ledger->forget(now);
    if (told.fresh > 0) {
      ledger_ = std::move(ledger);
      changed_ = true;
    }
  }
  if (told.fresh > 0) wake_();
  return told;
}

/// The pod and the moment make it another one than that of any other exporter.
std::string QualityDesk::unique_id() {
  const auto now = clock_.wall().time_since_epoch().count();
  return options_.kubernetes_pod.substr(0, 60) + '-' + std::to_string(now) + '-' + std::to_string(++ids_);
}

void QualityDesk::note(const Result<void>& read) {
  const std::lock_guard lock(mutex_);
  used_ = true;
  posts_.up = read.has_value();
  if (read) {
    posts_.last_success = clock_.wall();
    return;
  }
  ++posts_.errors[static_cast<std::size_t>(read.error().kind)];
  std::uint64_t held_back = 0;
  if (log_limit_.admit(std::string(to_string(read.error().kind)), clock_.steady(), held_back)) {
    log::warn("a posted validation cannot be used",
              {{"error", read.error().what}, {"held_back", std::to_string(held_back)}});
  }
}

std::shared_ptr<const quality::Ledger> QualityDesk::ledger() const {
  const std::lock_guard lock(mutex_);
  return ledger_;
}

std::map<std::string, model::SourceHealth> QualityDesk::health() const {
  std::map<std::string, model::SourceHealth> sources;
  {
    const std::lock_guard lock(mutex_);
    if (used_ || folder_ != nullptr) sources["quality"] = posts_;
    if (ledger_ != nullptr) {
      sources["quality"].errors[static_cast<std::size_t>(ErrorKind::kWrongType)] += ledger_->future_times();
    }
  }
  if (folder_ != nullptr) {
    const auto folder = folder_->health();
    auto& quality = sources["quality"];
    quality.up = quality.up && folder.up;
    quality.last_success = std::max(quality.last_success, folder.last_success);
    for (std::size_t kind = 0; kind < folder.errors.size(); ++kind) quality.errors[kind] += folder.errors[kind];
  }
  if (sender_ != nullptr) {
    const auto sent = sender_->health();
    sources["observer"] = {sent.up, sent.last_success, std::nullopt, sent.errors};
  }
  return sources;
}

bool QualityDesk::passed_on() const { return sender_ == nullptr || sender_->done(); }

std::vector<intake::QualityResult> QualityDesk::for_last_words() const {
  const auto known = ledger();
  if (known == nullptr) return {};
  std::vector<const quality::Dataset*> order;
  for (const auto& [key, dataset] : known->datasets()) order.push_back(&dataset);
  std::stable_sort(order.begin(), order.end(), [](const auto* a, const auto* b) {
    return std::tuple(a->last.success, b->last_time) < std::tuple(b->last.success, a->last_time);
  });
  std::vector<intake::QualityResult> results;
  for (const auto* dataset : order) {
    if (results.size() < kLastWords) results.push_back(dataset->last);
  }
  return results;
}

void QualityDesk::save() {
  std::shared_ptr<const quality::Ledger> ledger;
  {
    const std::lock_guard lock(mutex_);
    if (state_file_.empty() || !std::exchange(changed_, false)) return;
    ledger = ledger_;
  }
  const auto text = ledger->save();
  const auto saved = text.size() > limits::kStateFileBytes
                         ? Result<void>(Error{ErrorKind::kTooLarge, state_file_ + ": too large"})
                         : write_atomically(state_file_, text);
  if (saved) return;
  {
    const std::lock_guard lock(mutex_);
    changed_ = true;  // tried again with the next poll: the disk may have room then
  }
  std::uint64_t held_back = 0;
  if (log_limit_.admit("state", clock_.steady(), held_back)) {
    log::warn("cannot save the state of data quality", {{"error", saved.error().what}});
  }
}

}  // namespace spark_exporter::app
