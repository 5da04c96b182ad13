#pragma once
// Recorded objects for the tests.

#include <string>
#include <vector>

#include "exporter/kubernetes/facts.hpp"

namespace spark_exporter::outcome::test {

/// tests/fixtures/kubernetes/<path>; throws if it cannot be read.
kubernetes::Pod recorded_pod(const std::string& path);
kubernetes::SparkApplication recorded_application(const std::string& path);

template <class Object>
struct Event {
  kubernetes::EventType type;
  Object object;
};

/// All events of a recorded watch but bookmarks, of objects of that name; all objects if it is empty.
std::vector<Event<kubernetes::Pod>> recorded_pods(const std::string& path, const std::string& name = "");
std::vector<Event<kubernetes::SparkApplication>> recorded_applications(const std::string& path,
                                                                       const std::string& name = "");

}  // namespace spark_exporter::outcome::test
