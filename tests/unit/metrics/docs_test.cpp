// docs/metrics.md and the program say the same.

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <sstream>

#include "exporter/model/removal_reason.hpp"
#include "tests/unit/metrics/scene.hpp"

namespace spark_exporter::metrics {
namespace {

struct Entry {
  std::string type;
  std::set<std::string> labels;

  bool operator==(const Entry&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Entry& entry) {
  out << entry.type << " {";
  for (const auto& label : entry.labels) out << label << ' ';
  return out << '}';
}

using Entries = std::map<std::string, Entry>;

std::string documentation() {
  std::ifstream in(SOURCE_DIR "/docs/metrics.md");
  return {std::istreambuf_iterator<char>(in), {}};
}

std::set<std::string> code_spans(const std::string& text) {
  std::set<std::string> spans;
  for (std::size_t from = text.find('`'); from != std::string::npos;) {
    const auto to = text.find('`', from + 1);
    if (to == std::string::npos) break;
    spans.insert(text.substr(from + 1, to - from - 1));
    from = text.find('`', to + 1);
  }
  return spans;
}

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(' ');
  return first == std::string::npos ? "" : text.substr(first, text.find_last_not_of(' ') - first + 1);
}

/// Rows "| `family` | type | labels | ..." of the tables.
Entries documented() {
  Entries all;
  std::istringstream in(documentation());
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with("| `")) continue;
    std::istringstream row(line.substr(1));
    std::string family, type, labels;
    std::getline(row, family, '|');
    std::getline(row, type, '|');
    std::getline(row, labels, '|');
    auto known = code_spans(labels);
    known.erase("job.labels");
    const auto [at, added] = all.emplace(*code_spans(family).begin(), Entry{trimmed(type), known});
    EXPECT_TRUE(added) << at->first << " has two rows";
  }
  return all;
}

/// Label names of a sample line, without those that every run's series has.
std::set<std::string> labels_of(const std::string& line) {
  std::set<std::string> names;
  for (std::size_t equals = line.find("=\""); equals != std::string::npos; equals = line.find("=\"", equals + 1)) {
    const auto start = line.find_last_of("{,", equals) + 1;
    names.insert(line.substr(start, equals - start));
  }
  for (const auto* common : {"namespace", "app", "app_id", "le"}) names.erase(common);
  return names;
}

Entries exposed(const std::string& exposition) {
  Entries all;
  std::istringstream in(exposition);
  std::string family;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("# TYPE ")) {
      const auto blank = line.find(' ', 7);
      family = line.substr(7, blank - 7);
      all[family].type = line.substr(blank + 1);
    } else if (!line.starts_with('#')) {
      all[family].labels.merge(labels_of(line));
    }
  }
  return all;
}

std::string everything() {
  test::Scene scene;
  fill(scene);
  for (auto& run : scene.outcomes().runs) run.info_labels.clear();
  const auto names = collector_names();
  ProcessStats process;
  process.cpu_seconds = process.start_time_seconds = 1;
  process.resident_memory_bytes = process.virtual_memory_bytes = process.threads = process.open_fds = process.max_fds =
      1;
  return render(scene.snapshot(), {names.begin(), names.end()}, scene.drops()) + render_process(process);
}

TEST(Documentation, ListsEveryFamilyWithItsTypeAndLabelsAndNoOther) {
  const auto in_docs = documented();
  const auto in_program = exposed(everything());
  for (const auto& [family, entry] : in_program) {
    ASSERT_TRUE(in_docs.contains(family)) << family << " is not documented";
    EXPECT_EQ(in_docs.at(family), entry) << family;
  }
  for (const auto& [family, entry] : in_docs) EXPECT_TRUE(in_program.contains(family)) << family << " is not exposed";
}

TEST(Documentation, ListsClosedListsInFull) {
  const auto words = code_spans(documentation());
  for (int kind = 0; kind < kErrorKinds; ++kind) {
    const auto name = to_string(static_cast<ErrorKind>(kind));
    EXPECT_TRUE(words.contains(std::string(name))) << name;
  }
  const auto expect_all = [&words]<class Value>(int count, Value) {
    using outcome::to_string;
    for (int i = 0; i < count; ++i) {
      const auto name = to_string(static_cast<Value>(i));
      EXPECT_TRUE(name.empty() || words.contains(std::string(name))) << name;
    }
  };
  expect_all(outcome::kStates, outcome::State{});
  expect_all(outcome::kReasons, outcome::Reason{});
  expect_all(outcome::kWaitings, outcome::Waiting{});
  expect_all(outcome::kTerminations, outcome::Termination{});
  expect_all(outcome::kPhases, kubernetes::Phase{});
  expect_all(outcome::kComponents, outcome::Component{});
  for (int i = 0; i < logs::kLevels; ++i) {
    EXPECT_TRUE(words.contains(std::string(logs::to_string(static_cast<logs::Level>(i))))) << i;
  }
  for (int i = 0; i < intake::kCheckOutcomes; ++i) {
    EXPECT_TRUE(words.contains(std::string(to_string(static_cast<intake::CheckOutcome>(i))))) << i;
  }
  for (std::size_t i = 0; i < cost::kUses; ++i) {
    EXPECT_TRUE(words.contains(std::string(cost::to_string(static_cast<cost::Use>(i))))) << i;
  }
  for (std::size_t i = 0; i < backup::kOutcomes; ++i) {
    EXPECT_TRUE(words.contains(std::string(to_string(static_cast<backup::Outcome>(i))))) << i;
  }
  for (int reason = 0; reason < model::kRemovalReasons; ++reason) {
    const auto name = model::to_string(static_cast<model::RemovalReason>(reason));
    EXPECT_TRUE(words.contains(std::string(name))) << name;
  }
}

/// Without those of the scene's query.
std::size_t series(int executors) {
  test::Scene scene;
  fill(scene);
  scene.snapshot().outcomes = nullptr;
  scene.snapshot().backups = nullptr;
  scene.snapshot().logs.reset();
  scene.snapshot().quality.clear();
  scene.snapshot().deliveries.clear();
  scene.snapshot().final_scrapes.reset();
  scene.view().cost = nullptr;
  scene.view().advice = nullptr;
  std::vector<spark::Executor> crew;
  for (int id = 2; id <= executors; ++id) {
    crew.push_back(test::with_gc(test::executor(std::to_string(id), 1500), 1, 0, 1));
  }
  auto one = *scene.run().executors().by_age().back();
  one.peak->process_tree_jvm_rss = one.peak->process_tree_python_rss = 0;
  crew.push_back(one);
  crew.push_back(*scene.run().executors().by_age().front());
  scene.run().apply_executors(crew, test::at(1991));
  spark::MetricsDump dump;
  for (const auto* queue : {"appStatus", "eventLog", "executorManagement", "shared"}) dump.dropped_events[queue] = 0;
  scene.run().apply_metrics(dump);
  const auto names = collector_names();
  std::istringstream in(render(scene.snapshot(), {names.begin(), names.end()}, scene.drops()));
  std::size_t lines = 7;  // process_*
  for (std::string line; std::getline(in, line);) {
    const bool counts = !line.starts_with('#') && line.find("query=") == std::string::npos;
    lines += counts ? 1U : 0U;
  }
  return lines;
}

std::size_t series_of(const outcome::View& view) {
  model::Snapshot snapshot;
  snapshot.outcomes = &view;
  DropCounters drops;
  std::istringstream in(render(snapshot, {"outcome"}, drops));
  std::size_t lines = 0;
  for (std::string line; std::getline(in, line);) lines += line.starts_with('#') ? 0U : 1U;
  return lines;
}

TEST(Documentation, TellsTheNumberOfSeriesOfOutcomes) {
  test::Scene scene;
  fill(scene);
  const auto& view = scene.outcomes();
  auto ended = view.runs.at(0);
  ended.submitted = test::at(90);
  const auto& alive = view.runs.at(1);
  EXPECT_EQ(series_of({{ended}, {}}), 39U);
  EXPECT_EQ(series_of({{alive}, {}}), 46U);
  EXPECT_EQ(series_of({{}, view.jobs}), 21U);
  outcome::JobView own;
  own.kubernetes_namespace = "prod";
  own.app = "sales";
  EXPECT_EQ(series_of({{alive}, {own}}), 51U) << "of a sidecar that is the owner";
  std::string text = documentation();
  std::replace(text.begin(), text.end(), '\n', ' ');
  EXPECT_NE(text.find("the outcome too 51 more while the run lives"), std::string::npos);
  EXPECT_NE(text.find("46 series for a run that lives, at most 39 for one that has ended, and at most 21 for each job"),
            std::string::npos);
}

TEST(Documentation, TellsTheNumberOfSeriesOfCost) {
  test::Scene scene;
  fill(scene);
  const auto lines_of = [&scene](const std::set<std::string>& collectors) {
    std::istringstream in(render(scene.snapshot(), collectors, scene.drops()));
    std::size_t lines = 0;
    for (std::string line; std::getline(in, line);) lines += line.starts_with('#') ? 0U : 1U;
    return lines;
  };
  scene.cost().totals.groups.clear();
  scene.cost().prices.clear();
  EXPECT_EQ(lines_of({"cost"}), 22U);
  EXPECT_EQ(lines_of({"sizing"}), 5U);
  std::string text = documentation();
  std::replace(text.begin(), text.end(), '\n', ' ');
  EXPECT_NE(text.find("cost adds 22, up to 5 for each kind of node and one for each group; the recommended size 5"),
            std::string::npos);
}

TEST(Documentation, TellsTheNumberOfSeriesOfBackups) {
  test::Scene scene;
  fill(scene);
  const auto text = render(scene.snapshot(), {"backup"}, scene.drops());
  std::istringstream in(text);
  std::size_t lines = 0;
  for (std::string line; std::getline(in, line);) lines += line.starts_with('#') ? 0U : 1U;
  EXPECT_EQ(lines, 19U);
  EXPECT_NE(documentation().find("at most 19 for each backup"), std::string::npos);
}

TEST(Documentation, TellsTheNumberOfSeriesOfLogs) {
  constexpr int kOfAComponent = logs::kLevels + logs::kSignatures + 1;
  EXPECT_EQ(kOfAComponent, 40);
  EXPECT_EQ(kOfAComponent + kErrorKinds + 3, 63);
  std::string text = documentation();
  std::replace(text.begin(), text.end(), '\n', ' ');
  EXPECT_NE(text.find("63 more (the source `logs` among them), and 40 for the executors' logs"), std::string::npos);
}

TEST(Documentation, ListsEverySignature) {
  std::ifstream in(SOURCE_DIR "/docs/logs.md");
  const auto words = code_spans({std::istreambuf_iterator<char>(in), {}});
  for (int i = 0; i < logs::kSignatures; ++i) {
    const std::string name(logs::to_string(static_cast<logs::Signature>(i)));
    EXPECT_TRUE(words.contains(name)) << name;
  }
}

TEST(Documentation, TellsTheNumberOfSeries) {
  ASSERT_NE(documentation().find("121 + 16 E + 10 Q"), std::string::npos);
  EXPECT_EQ(series(1), 121U + 16);
  EXPECT_EQ(series(150), 121U + 16 * 150);
  ASSERT_NE(documentation().find("23 more"), std::string::npos);
  EXPECT_EQ(kErrorKinds + 3, 23) << "of a source";
  std::size_t of_a_query = 0;
  for (const auto& [family, entry] : exposed(everything())) of_a_query += entry.labels.contains("query") ? 1U : 0U;
  EXPECT_EQ(of_a_query, 10U);
}

}  // namespace
}  // namespace spark_exporter::metrics
