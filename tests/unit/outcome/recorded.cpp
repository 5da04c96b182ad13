#include "tests/unit/outcome/recorded.hpp"

#include <sstream>
#include <stdexcept>

#include "exporter/kubernetes/decode.hpp"
#include "tests/support/fixtures.hpp"

namespace spark_exporter::outcome::test {
namespace {

template <class Object>
Object read(const std::string& path) {
  std::istringstream in(spark_exporter::test::fixture("kubernetes/" + path));
  Object object;
  const auto report = kubernetes::decode_object(in, object);
  if (!report) throw std::runtime_error(path + ": " + report.error().what);
  if (report->wrong_types > 0) throw std::runtime_error(path + ": " + report->first);
  return object;
}

template <class Object>
std::vector<Event<Object>> read_watch(const std::string& path, const std::string& name) {
  std::istringstream in(spark_exporter::test::fixture("kubernetes/" + path));
  std::vector<Event<Object>> events;
  for (std::string line; std::getline(in, line);) {
    kubernetes::WatchHead head;
    if (!kubernetes::decode_watch_head(line, head)) throw std::runtime_error(path + ": not an event");
    if (head.type == kubernetes::EventType::kBookmark) continue;
    Object object;
    if (!kubernetes::decode_event(line, object)) throw std::runtime_error(path + ": not an object");
    if (name.empty() || object.name == name) events.push_back({head.type, std::move(object)});
  }
  return events;
}

}  // namespace

kubernetes::Pod recorded_pod(const std::string& path) { return read<kubernetes::Pod>(path); }
kubernetes::SparkApplication recorded_application(const std::string& path) {
  return read<kubernetes::SparkApplication>(path);
}
std::vector<Event<kubernetes::Pod>> recorded_pods(const std::string& path, const std::string& name) {
  return read_watch<kubernetes::Pod>(path, name);
}
std::vector<Event<kubernetes::SparkApplication>> recorded_applications(const std::string& path,
                                                                       const std::string& name) {
  return read_watch<kubernetes::SparkApplication>(path, name);
}

}  // namespace spark_exporter::outcome::test
