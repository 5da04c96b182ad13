#include "exporter/backup/plan.hpp"

#include <charconv>

#include "exporter/common/limits.hpp"
#include "exporter/common/text.hpp"
#include "exporter/jobs/cron_fields.hpp"

namespace spark_exporter::backup {
namespace {

constexpr std::string_view kPrefix = "spark-exporter.io/";
constexpr std::size_t kShownBytes = 64;

std::string_view annotation(const kubernetes::Object& object, std::string_view name) {
  const auto found = object.annotations.find(std::string(kPrefix) + std::string(name));
  return found == object.annotations.end() ? std::string_view() : std::string_view(found->second);
}

std::optional<std::chrono::seconds> target(const kubernetes::Object& object, std::string_view name,
                                           std::string& problem) {
  const auto text = annotation(object, name);
  if (text.empty()) return std::nullopt;
  const auto parsed = parse_target(text);
  if (!parsed && problem.empty()) {
    problem = std::string(kPrefix) + std::string(name) + " of " +
              quoted(object.namespace_name + '/' + object.name, kShownBytes) + ": " + quoted(text, kShownBytes) +
              R"( is no duration such as "24h" or "7d")";
  }
  return parsed;
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

}  // namespace

Subject subject_of(const kubernetes::Object& object) {
  const auto drill = object.label(kDrillLabel);
  if (!drill.empty()) return {std::string(drill), Kind::kRestore};
  return {std::string(object.label(kBackupLabel)), Kind::kBackup};
}

Targets targets_of(const kubernetes::Object& object, std::string& problem) {
  return {.rpo = target(object, "rpo", problem),
          .rto = target(object, "rto", problem),
          .dataset = std::string(annotation(object, "dataset"))};
}

std::optional<std::chrono::seconds> parse_target(std::string_view text) {
  using std::chrono::milliseconds;
  constexpr milliseconds kMost = std::chrono::hours{24 * 366 * 100};
  milliseconds total{0};
  if (const auto end = text.find('d'); end != std::string_view::npos) {
    std::uint32_t days = 0;
    const auto [rest, error] = std::from_chars(text.data(), text.data() + end, days);
    if (error != std::errc{} || rest != text.data() + end) return std::nullopt;
    total = std::chrono::hours{24} * static_cast<std::int64_t>(days);
    text.remove_prefix(end + 1);
    if (text.empty()) text = "0s";
  }
  const auto below = jobs::parse_go_duration(text);
  if (!below || below->count() < 0) return std::nullopt;
  total += *below;
  if (total < std::chrono::seconds{1} || total > kMost) return std::nullopt;
  return std::chrono::duration_cast<std::chrono::seconds>(total);
}

jobs::Due Plan::due(TimePoint now) { return clock.at(now, created.value_or(now), text); }

TimePoint Plan::begin_of(TimePoint ended) const {
  const auto schedule = jobs::Schedule::parse(text.schedule, text.zone);
  if (schedule.has_error()) return ended;
  return schedule->last(ended, created.value_or(ended)).value_or(ended);
}

std::vector<std::string> dataset_names(std::string_view text, const std::string& kubernetes_namespace) {
  std::vector<std::string> names;
  while (!text.empty() && names.size() < limits::kDatasetNames) {
    const auto comma = text.find(',');
    const auto name = trimmed(text.substr(0, comma));
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
    if (name.empty()) continue;
    const bool has_namespace = name.find('/') != std::string_view::npos;
    names.push_back(has_namespace ? std::string(name) : kubernetes_namespace + '/' + std::string(name));
  }
  return names;
}

}  // namespace spark_exporter::backup
