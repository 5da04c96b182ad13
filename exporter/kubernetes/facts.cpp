#include "exporter/kubernetes/facts.hpp"

#include <algorithm>
#include <array>

namespace spark_exporter::kubernetes {

std::string_view Object::label(const std::string& key) const {
  const auto found = labels.find(key);
  return found == labels.end() ? std::string_view() : std::string_view(found->second);
}

std::optional<TimePoint> Object::deletion_requested() const {
  if (!deletion_time) return std::nullopt;
  return *deletion_time - deletion_grace_period.value_or(Seconds{0});
}

bool kept_annotation(std::string_view key) {
  static constexpr std::array<std::string_view, 3> kPrefixes{"spark-exporter.io/", "sparkoperator.k8s.io/",
                                                             "batch.kubernetes.io/"};
  return std::any_of(kPrefixes.begin(), kPrefixes.end(), [key](auto prefix) { return key.starts_with(prefix); });
}

const Condition* find_condition(const std::vector<Condition>& conditions, std::string_view type) {
  for (const auto& condition : conditions) {
    if (condition.type == type) return &condition;
  }
  return nullptr;
}

}  // namespace spark_exporter::kubernetes
