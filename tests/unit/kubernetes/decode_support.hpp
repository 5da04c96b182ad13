#pragma once
// Decoding from text, and all kinds behind one signature.

#include <array>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "exporter/kubernetes/decode.hpp"
#include "tests/support/fixtures.hpp"

namespace spark_exporter::kubernetes::test {

inline std::string recorded(const std::string& path) { return spark_exporter::test::fixture("kubernetes/" + path); }

/// The lines of a recorded watch.
inline std::vector<std::string> recorded_lines(const std::string& path) {
  std::istringstream in(recorded(path));
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

template <class Object>
struct Listed {
  Result<DecodeReport> report;
  ListHead head;
  std::vector<Object> objects;
};

template <class Object>
Listed<Object> list(const std::string& text) {
  std::istringstream in(text);
  ListHead head;
  std::vector<Object> objects;
  const json::Each<Object> each = [&objects](Object&& object) { objects.push_back(std::move(object)); };
  auto report = decode_list<Object>(in, head, each);
  return {std::move(report), head, std::move(objects)};
}

template <class Object>
std::pair<Result<DecodeReport>, Object> read(const std::string& text) {
  std::istringstream in(text);
  Object object;
  auto report = decode_object(in, object);
  return {std::move(report), std::move(object)};
}

/// `{"metadata":{"name":"a"},` and `rest`.
inline std::string object(const std::string& rest) { return R"({"metadata":{"name":"a"})" + rest + "}"; }

/// Everything that decodes a document, its facts thrown away.
using AnyDecoder = Result<DecodeReport> (*)(const std::string&);

template <class Object>
Result<DecodeReport> any_list(const std::string& text) {
  return list<Object>(text).report;
}
template <class Object>
Result<DecodeReport> any_object(const std::string& text) {
  return read<Object>(text).first;
}
template <class Object>
Result<DecodeReport> any_event(const std::string& text) {
  Object object;
  return decode_event(text, object);
}
inline Result<DecodeReport> any_status(const std::string& text) {
  std::istringstream in(text);
  Status status;
  return decode_status(in, status);
}
inline Result<DecodeReport> any_head(const std::string& text) {
  WatchHead head;
  return decode_watch_head(text, head);
}

inline constexpr std::array<AnyDecoder, 20> kAllDecoders{
    any_list<Pod>,
    any_list<Node>,
    any_list<Job>,
    any_list<CronJob>,
    any_list<SparkApplication>,
    any_list<ScheduledSparkApplication>,
    any_object<Pod>,
    any_object<Node>,
    any_object<Job>,
    any_object<CronJob>,
    any_object<SparkApplication>,
    any_object<ScheduledSparkApplication>,
    any_event<Pod>,
    any_event<Node>,
    any_event<Job>,
    any_event<CronJob>,
    any_event<SparkApplication>,
    any_event<ScheduledSparkApplication>,
    any_status,
    any_head,
};

}  // namespace spark_exporter::kubernetes::test
