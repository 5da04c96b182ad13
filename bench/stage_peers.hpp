#pragma once
// Lists of stages decoded by other libraries into the Stage that our decoder makes: all of its fields, in one pass over
// each stage's members. Each reads the whole answer into memory first, as these libraries need it, and that is in its
// time.

#include <algorithm>
#include <cstdint>
#include <functional>
#include <istream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <string_view>

#include "exporter/spark/facts.hpp"
#ifdef HAVE_SIMDJSON
#include <simdjson.h>
#endif

namespace bench {

using spark_exporter::spark::Stage;
using spark_exporter::spark::StageStatus;
using EachStage = std::function<void(Stage&&)>;

struct CountField {
  std::string_view name;
  void (*set)(Stage&, std::int64_t);
};

template <auto Member>
void set(Stage& stage, std::int64_t value) {
  using Type = std::remove_reference_t<decltype(stage.*Member)>;
  stage.*Member = Type(value);
}

/// By name, for a binary search.
inline constexpr CountField kCounts[] = {
    {"attemptId", set<&Stage::attempt>},
    {"diskBytesSpilled", set<&Stage::disk_bytes_spilled>},
    {"executorCpuTime", set<&Stage::executor_cpu_time>},
    {"executorDeserializeTime", set<&Stage::executor_deserialize_time>},
    {"executorRunTime", set<&Stage::executor_run_time>},
    {"inputBytes", set<&Stage::input_bytes>},
    {"inputRecords", set<&Stage::input_records>},
    {"jvmGcTime", set<&Stage::jvm_gc_time>},
    {"memoryBytesSpilled", set<&Stage::memory_bytes_spilled>},
    {"numActiveTasks", set<&Stage::active_tasks>},
    {"numCompleteTasks", set<&Stage::completed_tasks>},
    {"numCompletedIndices", set<&Stage::completed_indices>},
    {"numFailedTasks", set<&Stage::failed_tasks>},
    {"numKilledTasks", set<&Stage::killed_tasks>},
    {"numTasks", set<&Stage::tasks>},
    {"outputBytes", set<&Stage::output_bytes>},
    {"outputRecords", set<&Stage::output_records>},
    {"resultSerializationTime", set<&Stage::result_serialization_time>},
    {"shuffleReadBytes", set<&Stage::shuffle_read_bytes>},
    {"shuffleReadRecords", set<&Stage::shuffle_read_records>},
    {"shuffleWriteBytes", set<&Stage::shuffle_write_bytes>},
    {"shuffleWriteRecords", set<&Stage::shuffle_write_records>},
    {"stageId", set<&Stage::id>},
};

inline const CountField* find_count(std::string_view name) {
  const auto* found = std::ranges::lower_bound(kCounts, name, {}, &CountField::name);
  return found != std::end(kCounts) && found->name == name ? found : nullptr;
}

/// Whether `name` is a text of ours; if so it is kept.
inline bool is_text(std::string_view name) {
  return name == "status" || name == "name" || name == "description" || name == "failureReason" ||
         name == "submissionTime" || name == "firstTaskLaunchedTime" || name == "completionTime";
}

inline void keep_text(Stage& stage, std::string_view name, std::string_view value) {
  using spark_exporter::spark::parse_time;
  if (name == "status") {
    if (value != "COMPLETE") throw std::runtime_error("the recorded stage is complete");
    stage.status = StageStatus::kComplete;
  } else if (name == "name") {
    stage.name = value;
  } else if (name == "description") {
    stage.description = value;
  } else if (name == "failureReason") {
    stage.failure_reason = value;
  } else if (name == "submissionTime") {
    stage.submission_time = parse_time(value);
  } else if (name == "firstTaskLaunchedTime") {
    stage.first_task_launched_time = parse_time(value);
  } else {
    stage.completion_time = parse_time(value);
  }
}

inline void keep_accumulator(Stage& stage, std::string_view name, std::int64_t id, std::string_view value) {
  if (!name.starts_with(spark_exporter::spark::kQualityPrefix)) return;
  stage.quality.push_back({.id = id, .name = std::string(name), .value = std::stod(std::string(value))});
}

/// nlohmann::json but for the container of binary values, which JSON has none of: the linker would otherwise merge
/// this parser's code with ours, and one of the two would run what was inlined for the other.
using Dom = nlohmann::basic_json<std::map, std::vector, std::string, bool, std::int64_t, std::uint64_t, double,
                                 std::allocator, nlohmann::adl_serializer, std::vector<char>>;

inline void decode_nlohmann(std::istream& in, const EachStage& each) {
  for (const auto& element : Dom::parse(in)) {
    Stage stage;
    for (const auto& [key, value] : element.items()) {
      if (const auto* field = find_count(key)) {
        field->set(stage, value.get<std::int64_t>());
      } else if (is_text(key)) {
        keep_text(stage, key, value.get_ref<const std::string&>());
      } else if (key == "accumulatorUpdates") {
        for (const auto& update : value) {
          keep_accumulator(stage, update.value("name", ""), update.at("id").get<std::int64_t>(),
                           update.value("value", ""));
        }
      }
    }
    each(std::move(stage));
  }
}

#ifdef HAVE_SIMDJSON
/// The answer in one piece with the padding that simdjson reads beyond its end, without another copy.
inline std::string in_one_piece(std::istream& in) {
  std::string text;
  char piece[64 << 10];
  while (in.read(piece, sizeof piece), in.gcount() > 0) text.append(piece, static_cast<std::size_t>(in.gcount()));
  text.reserve(text.size() + simdjson::SIMDJSON_PADDING);
  return text;
}

inline void decode_simdjson_on_demand(std::istream& in, const EachStage& each) {
  const std::string text = in_one_piece(in);
  simdjson::ondemand::parser parser;
  auto document = parser.iterate(text.data(), text.size(), text.capacity());
  for (simdjson::ondemand::object element : document.get_array()) {
    Stage stage;
    for (auto member : element) {
      const std::string_view key = member.unescaped_key();
      if (const auto* field = find_count(key)) {
        field->set(stage, member.value().get_int64());
      } else if (is_text(key)) {
        keep_text(stage, key, member.value().get_string());
      } else if (key == "accumulatorUpdates") {
        for (simdjson::ondemand::object update : member.value().get_array()) {
          const std::int64_t id = update["id"].get_int64();
          std::string_view name;
          std::string_view value;
          if (update["name"].get_string().get(name) != simdjson::SUCCESS) continue;
          if (update["value"].get_string().get(value) != simdjson::SUCCESS) continue;
          keep_accumulator(stage, name, id, value);
        }
      }
    }
    each(std::move(stage));
  }
}

inline void decode_simdjson_dom(std::istream& in, const EachStage& each) {
  const std::string text = in_one_piece(in);
  simdjson::dom::parser parser;
  for (simdjson::dom::object element : parser.parse(text.data(), text.size(), false).get_array()) {
    Stage stage;
    for (const auto& [key, value] : element) {
      if (const auto* field = find_count(key)) {
        field->set(stage, value.get_int64());
      } else if (is_text(key)) {
        keep_text(stage, key, value.get_string());
      } else if (key == "accumulatorUpdates") {
        for (simdjson::dom::object update : value.get_array()) {
          std::string_view name;
          std::string_view number;
          if (update["name"].get_string().get(name) != simdjson::SUCCESS) continue;
          if (update["value"].get_string().get(number) != simdjson::SUCCESS) continue;
          keep_accumulator(stage, name, update["id"].get_int64(), number);
        }
      }
    }
    each(std::move(stage));
  }
}
#endif

}  // namespace bench
