#pragma once
// The kinds of objects as the API addresses them, and the rights they take.

#include <cstddef>
#include <string>
#include <string_view>

namespace spark_exporter::kubernetes {

struct Resource {
  std::string_view group;  ///< "" is the core group
  std::string_view version;
  std::string_view plural;  ///< as in paths and in Roles
  bool namespaced = true;
};

inline constexpr Resource kPods{"", "v1", "pods"};
inline constexpr Resource kNodes{"", "v1", "nodes", false};
inline constexpr Resource kJobs{"batch", "v1", "jobs"};
inline constexpr Resource kCronJobs{"batch", "v1", "cronjobs"};
inline constexpr Resource kSparkApplications{"sparkoperator.k8s.io", "v1beta2", "sparkapplications"};
inline constexpr Resource kScheduledSparkApplications{"sparkoperator.k8s.io", "v1beta2", "scheduledsparkapplications"};
inline constexpr Resource kVeleroSchedules{"velero.io", "v1", "schedules"};
inline constexpr Resource kVeleroBackups{"velero.io", "v1", "backups"};

/// Which objects of a kind are looked at.
struct Selection {
  Resource resource;
  std::string namespace_name;  ///< empty: those of all namespaces
  std::string label_selector;  ///< "spark-role in (driver,executor)"
  std::string field_selector;  ///< "metadata.name=driver"
};

/// Path and query of a page; `continue_token` of the page before, "" for the first.
std::string list_target(const Selection& selection, std::size_t limit, std::string_view continue_token);

/// Path and query of a watch from `version` that the server ends after `seconds`.
std::string watch_target(const Selection& selection, std::string_view version, long long seconds);

/// Path and query of a container's log, each line after the time it was written, that goes on until the container ends.
/// `container`: may be "" of a pod with one; `since`: RFC 3339, cut to its second by the server; "": from the beginning.
std::string log_target(std::string_view namespace_name, std::string_view pod, std::string_view container,
                       std::string_view since);

/// "pods in namespace spark", "nodes"
std::string describe(const Selection& selection);

/// A line of a Role's `rules`, in YAML that no log format escapes: "- {apiGroups: [''], resources: [pods], verbs:
/// [get]}".
std::string rule(std::string_view group, std::string_view plural, std::string_view verbs);

/// What a Role (or a ClusterRole) lacks, as one line of its `rules`, with where to put it.
std::string missing_right(const Selection& selection);

}  // namespace spark_exporter::kubernetes
