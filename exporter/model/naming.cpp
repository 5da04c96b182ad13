#include "exporter/model/naming.hpp"

#include <algorithm>

namespace spark_exporter::model {
namespace {

constexpr std::string_view kLabelPrefix = "spark.kubernetes.driver.label.";

/// Whether `name` ends in '-' and exactly `count` characters for which `fits` holds.
template <class Predicate>
bool ends_in(std::string_view name, std::size_t count, Predicate fits) {
  if (name.size() <= count + 1 || name[name.size() - count - 1] != '-') return false;
  const auto tail = name.substr(name.size() - count);
  return std::all_of(tail.begin(), tail.end(), fits);
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); }

}  // namespace

std::string_view without_run_suffix(std::string_view name) {
  constexpr std::size_t kNanos = 19;
  constexpr std::size_t kHex = 16;
  constexpr std::string_view kDriver = "-driver";
  if (ends_in(name, kNanos, is_digit)) return name.substr(0, name.size() - kNanos - 1);
  auto stem = name;
  if (stem.ends_with(kDriver)) stem.remove_suffix(kDriver.size());
  if (ends_in(stem, kHex, is_hex)) return stem.substr(0, stem.size() - kHex - 1);
  return name;
}

std::map<std::string, std::string> driver_labels(const std::map<std::string, std::string>& properties) {
  std::map<std::string, std::string> labels;
  for (auto at = properties.lower_bound(std::string(kLabelPrefix));
       at != properties.end() && at->first.starts_with(kLabelPrefix); ++at) {
    labels[at->first.substr(kLabelPrefix.size())] = at->second;
  }
  return labels;
}

JobName job_name(const NameSources& sources) {
  const auto label = [&](const std::string& name) {
    const auto at = sources.pod_labels.find(name);
    return at == sources.pod_labels.end() ? std::string() : at->second;
  };
  const auto cut = [](const std::string& name) { return std::string(without_run_suffix(name)); };
  if (!sources.flag.empty()) return {sources.flag, "flag"};
  if (auto name = label(sources.label_name); !name.empty()) return {name, "label"};
  if (auto name = label("sparkoperator.k8s.io/scheduled-app-name"); !name.empty()) {
    return {name, "scheduledsparkapplication"};
  }
  if (auto name = label("sparkoperator.k8s.io/app-name"); !name.empty()) return {cut(name), "sparkapplication"};
  if (auto name = label("spark-app-name"); !name.empty()) return {cut(name), "spark-app-name"};
  return {cut(sources.application_name), "application"};
}

}  // namespace spark_exporter::model
