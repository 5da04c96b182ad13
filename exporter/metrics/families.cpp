#include "exporter/metrics/families.hpp"

#include <algorithm>
#include <functional>
#include <limits>
#include <stdexcept>

#include "exporter/metrics/exposition.hpp"

namespace spark_exporter::metrics {

using prometheus::ClientMetric;
using prometheus::MetricType;

namespace {

/// A text goes into the packer in pieces of at least this size. Smaller ones compress worse; of larger ones more is
/// compressed anew when one of its lines changes.
constexpr std::size_t kPieceBytes = 32 * 1024;
/// One of this many identities may begin a piece, and any where a piece has this size.
constexpr std::size_t kCuts = 8;
constexpr std::size_t kLargestPieceBytes = 1024 * 1024;

std::string job_labels(std::string_view kubernetes_namespace, std::string_view app) {
  std::string labels;
  append_label(labels, "namespace", label_value(kubernetes_namespace));
  labels += ',';
  append_label(labels, "app", label_value(app));
  return labels;
}

std::string run_labels(std::string_view kubernetes_namespace, std::string_view app, std::string_view app_id) {
  auto labels = job_labels(kubernetes_namespace, app);
  if (app_id.empty()) return labels;
  labels += ',';
  append_label(labels, "app_id", label_value(app_id));
  return labels;
}

}  // namespace

Identity::Identity(std::string labels)
    : labels_(std::move(labels)), may_cut_(std::hash<std::string>{}(labels_) % kCuts == 0) {}

Identity::Identity(std::string_view kubernetes_namespace, std::string_view app)
    : Identity(job_labels(kubernetes_namespace, app)) {}

Identity Identity::of_backup(std::string_view kubernetes_namespace, std::string_view backup) {
  std::string labels;
  append_label(labels, "namespace", label_value(kubernetes_namespace));
  labels += ',';
  append_label(labels, "backup", label_value(backup));
  return Identity(std::move(labels));
}

Identity::Identity(std::string_view kubernetes_namespace, std::string_view app, std::string_view app_id)
    : Identity(run_labels(kubernetes_namespace, app, app_id)) {}

void DropCounters::add(std::string_view family, std::uint64_t series) {
  const auto at = series_.find(family);
  if (at == series_.end()) {
    series_.emplace(family, series);
  } else {
    at->second += series;
  }
}

void DropCounters::add_total(std::string_view family, const std::string& source, std::uint64_t total) {
  auto& last = totals_[std::string(family) + '/' + source];
  if (total > last) add(family, total - last);
  last = std::max(last, total);
}

void Families::counter(Literal name, Literal help, std::initializer_list<Literal> labels) {
  begin(MetricType::Counter, name, help, labels);
}

void Families::gauge(Literal name, Literal help, std::initializer_list<Literal> labels) {
  begin(MetricType::Gauge, name, help, labels);
}

void Families::histogram(Literal name, Literal help, std::initializer_list<Literal> labels) {
  begin(MetricType::Histogram, name, help, labels);
}

void Families::begin(MetricType type, Literal name, Literal help, std::initializer_list<Literal> labels) {
  flush();
  family_.name = name.view();
  family_.help = help.view();
  family_.type = type;
  label_names_.clear();
  for (const auto& label : labels) label_names_.push_back(label.view());
}

void Families::flush() {
  if (rewritten_) {
    auto& samples = family_.metric;
    std::stable_sort(samples.begin(), samples.end(), [](const auto& a, const auto& b) { return a.label < b.label; });
    const auto same = [](const auto& a, const auto& b) { return a.label == b.label; };
    const auto end = std::unique(samples.begin(), samples.end(), same);
    if (end != samples.end()) leave_out(static_cast<std::uint64_t>(samples.end() - end));
    samples.erase(end, samples.end());
  }
  append_family(text_, family_);
  end_family();
  if (packer_ != nullptr && text_.size() >= kPieceBytes) pack();
}

void Families::end_family() {
  family_ = {};
  rewritten_ = false;
  written_ = false;
  begin_ = text_.size();
}

void Families::append(std::string_view text) {
  flush();
  text_ += text;
  begin_ = text_.size();
}

void Families::discard() {
  text_.resize(begin_);
  end_family();
}

std::string Families::take() {
  flush();
  begin_ = 0;
  return std::exchange(text_, {});
}

Packed Families::take_packed() {
  flush();
  pack();
  return packer_->finish();
}

void Families::pack() {
  packer_->add(text_);
  text_.clear();
  begin_ = 0;
}

void Families::leave_out(std::uint64_t series) { drops_->add(family_.name, series); }

void Families::leave_out_total(const std::string& source, std::uint64_t total) {
  drops_->add_total(family_.name, source, total);
}

bool Families::has_room(std::size_t lines) {
  if (family_.name.empty()) throw std::logic_error("a sample without a family");
  if (series_ + lines > budget_) {
    leave_out(lines);
    return false;
  }
  series_ += lines;
  return true;
}

void Families::label(ClientMetric& sample, std::string_view name, std::string_view value) {
  auto& label = sample.label.emplace_back();
  label.name = name;
  label.value = label_value(value);
  if (label.value != value) rewritten_ = true;
}

void Families::label_run(ClientMetric& sample, const model::RunView& run) {
  label(sample, "namespace", run.kubernetes_namespace);
  label(sample, "app", run.app);
  if (!run.app_id.empty()) label(sample, "app_id", run.app_id);
}

ClientMetric* Families::sample(const model::RunView* run, std::initializer_list<std::string_view> values,
                               std::size_t lines) {
  if (values.size() != label_names_.size()) throw std::logic_error(family_.name + ": wrong number of label values");
  if (written_) throw std::logic_error(family_.name + ": some of its lines are written already");
  if (!has_room(lines)) return nullptr;
  ClientMetric* const sample = &family_.metric.emplace_back();
  sample->label.reserve(values.size() + 3);
  if (run != nullptr) label_run(*sample, *run);
  std::size_t at = 0;
  for (const auto value : values) label(*sample, label_names_[at++], value);
  return sample;
}

void Families::set(ClientMetric& sample, double value) const {
  if (family_.type == MetricType::Counter) {
    sample.counter.value = value;
  } else {
    sample.gauge.value = value;
  }
}

void Families::add(const model::RunView& run, std::initializer_list<std::string_view> values, double value) {
  if (ClientMetric* const at = sample(&run, values, 1)) set(*at, value);
}

void Families::add_plain(std::initializer_list<std::string_view> values, double value) {
  if (ClientMetric* const at = sample(nullptr, values, 1)) set(*at, value);
}

void Families::add_info(const model::RunView& run, const std::vector<LabelPair>& labels) {
  ClientMetric* const at = sample(&run, {}, 1);
  if (at == nullptr) return;
  for (const auto& [name, value] : labels) label(*at, name, value);
  set(*at, 1);
}

void Families::add_histogram(const model::RunView& run, std::span<const double> bounds,
                             std::span<const std::uint64_t> counts, double sum) {
  if (counts.size() != bounds.size() + 1) throw std::logic_error(family_.name + ": wrong number of buckets");
  // Beside the bounds: +Inf, _sum and _count.
  ClientMetric* const at = sample(&run, {}, bounds.size() + 3);
  if (at == nullptr) return;
  auto& histogram = at->histogram;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    histogram.sample_count += counts[i];
    const double bound = i < bounds.size() ? bounds[i] : std::numeric_limits<double>::infinity();
    histogram.bucket.push_back({histogram.sample_count, bound});
  }
  histogram.sample_sum = sum;
}

bool Families::open_line(const Identity& identity) {
  if (!family_.metric.empty()) throw std::logic_error(family_.name + ": it has samples that are not written yet");
  if (!has_room(1)) return false;
  if (!written_) append_header(text_, family_.name, family_.help, family_.type);
  written_ = true;
  if (packer_ != nullptr && text_.size() >= (identity.may_cut() ? kPieceBytes : kLargestPieceBytes)) pack();
  text_ += family_.name;
  text_ += '{';
  text_ += identity.labels();
  return true;
}

void Families::write(const Identity& identity, std::initializer_list<std::string_view> values, double value) {
  if (values.size() != label_names_.size()) throw std::logic_error(family_.name + ": wrong number of label values");
  if (!open_line(identity)) return;
  std::size_t at = 0;
  for (const auto text : values) {
    text_ += ',';
    append_label(text_, label_names_[at++], text);
  }
  text_ += "} ";
  append_number(text_, value);
  text_ += '\n';
}

void Families::write_info(const Identity& identity, std::span<const LabelPair> labels) {
  if (!open_line(identity)) return;
  for (const auto& [name, value] : labels) {
    text_ += ',';
    append_label(text_, name, label_value(value));
  }
  text_ += "} 1\n";
}

}  // namespace spark_exporter::metrics
