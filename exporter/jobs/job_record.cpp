#include "exporter/jobs/job_record.hpp"

#include <algorithm>

#include "exporter/common/limits.hpp"

namespace spark_exporter::jobs {
namespace {

std::optional<double> median(std::vector<double> values) {
  if (values.empty()) return std::nullopt;
  std::sort(values.begin(), values.end());
  const auto half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

std::optional<double> median(const std::vector<GoodRun>& runs, std::optional<double> GoodRun::*value) {
  std::vector<double> values;
  for (const auto& run : runs) {
    if (run.*value) values.push_back(*(run.*value));
  }
  return median(std::move(values));
}

void take_cost(const std::vector<GoodRun>& runs, outcome::Baseline& baseline) {
  const auto newest = std::find_if(runs.rbegin(), runs.rend(), [](const auto& run) { return run.cost.has_value(); });
  if (newest == runs.rend()) return;
  std::vector<double> values;
  for (const auto& run : runs) {
    if (run.cost && run.currency == newest->currency) values.push_back(*run.cost);
  }
  baseline.cost = median(std::move(values));
  baseline.currency = newest->currency;
}

}  // namespace

Due ScheduleClock::at(TimePoint now, TimePoint not_before, const ScheduleText& text) {
  const bool changed = text != text_;
  if (changed) {
    text_ = text;
    due_ = {};
    schedule_.reset();
    if (auto parsed = Schedule::parse(text.schedule, text.zone)) schedule_ = *parsed;
  }
  if (!schedule_) return {};
  if (changed || !due_.next_run || now >= *due_.next_run) {
    // While it is suspended nothing falls due.
    if (!text.suspended) due_.last_due = schedule_->last(now, not_before);
    due_.next_run = text.suspended ? std::nullopt : schedule_->next(now);
    due_.deadline.reset();
    if (due_.last_due && !text.deadline.empty()) {
      if (const auto deadline = schedule_->deadline(*due_.last_due, text.deadline)) due_.deadline = *deadline;
    }
  }
  return due_;
}

void JobRecord::note_success(const GoodRun& run) {
  last_success = std::max(last_success.value_or(run.ended), run.ended);
  std::erase_if(failures, [&](TimePoint failure) { return failure <= run.ended; });
  // Those beyond what is kept are the older ones.
  const bool all_are_later = failures.size() == limits::kBaselineRuns;
  if (!all_are_later) consecutive_failures = failures.size();
  const auto place =
      std::upper_bound(good.begin(), good.end(), run, [](const auto& a, const auto& b) { return a.ended < b.ended; });
  good.insert(place, run);
  if (good.size() > limits::kBaselineRuns) good.erase(good.begin());
}

void JobRecord::note_failure(TimePoint ended) {
  last_failure = std::max(last_failure.value_or(ended), ended);
  if (last_success && *last_success >= ended) return;
  ++consecutive_failures;
  failures.insert(std::upper_bound(failures.begin(), failures.end(), ended), ended);
  if (failures.size() > limits::kBaselineRuns) failures.erase(failures.begin());
}

void JobRecord::note_input(TimePoint ended, std::optional<double> input_bytes) {
  for (auto& run : good) {
    if (run.ended == ended) run.input_bytes = input_bytes;
  }
}

void JobRecord::note_cost(TimePoint ended, const cost::Final& cost) {
  for (auto& run : good) {
    if (run.ended != ended) continue;
    run.cost = cost::sum(cost.used);
    run.currency = cost.currency;
  }
}

void JobRecord::count_cost(outcome::State state, TimePoint ended, const cost::Final& cost) {
  spent.add(ended, cost.currency, cost::sum(cost.used));
  if (runs_cost.size() >= kCurrencies && !runs_cost.contains(cost.currency)) return;
  auto& sums = runs_cost[cost.currency];
  for (std::size_t i = 0; i < sums.size(); ++i) {
    if (outcome::kEndStates[i] == state) sums[i] += cost::sum(cost.used);
  }
}

void JobRecord::count(outcome::State state) {
  for (std::size_t i = 0; i < runs.size(); ++i) {
    if (outcome::kEndStates[i] == state) ++runs[i];
  }
}

std::size_t JobRecord::take_quality(const std::vector<quality::QualityResult>& results, TimePoint now) {
  const auto is_known = [this](const auto& result) { return quality != nullptr && quality->knows(result); };
  if (std::all_of(results.begin(), results.end(), is_known)) return 0;
  auto ledger = quality == nullptr ? std::make_shared<quality::Ledger>() : std::make_shared<quality::Ledger>(*quality);
  std::size_t fresh = 0;
  for (const auto& result : results) {
    if (ledger->take(result, now) == quality::Ledger::Taken::kNew) ++fresh;
  }
  ledger->forget(now);
  quality = std::move(ledger);
  touched = std::max(touched, now);
  return fresh;
}

outcome::Baseline JobRecord::baseline() const {
  outcome::Baseline baseline;
  baseline.runs = good.size();
  baseline.duration_seconds = median(good, &GoodRun::duration_seconds);
  baseline.input_bytes = median(good, &GoodRun::input_bytes);
  take_cost(good, baseline);
  return baseline;
}

bool JobRecord::is_blank() const {
  const bool counted = std::any_of(runs.begin(), runs.end(), [](auto count) { return count > 0; });
  return members.empty() && !counted && retries == 0 && !last_success && !last_failure && quality == nullptr;
}

}  // namespace spark_exporter::jobs
