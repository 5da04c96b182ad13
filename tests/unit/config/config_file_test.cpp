#include "exporter/config/config_file.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "exporter/common/text.hpp"

namespace spark_exporter::config {
namespace {

const std::vector<std::string> kCollectors{"executors", "gc", "work", "sql", "streaming", "job"};

Result<Config> parse(const std::string& text) { return parse_config(text, "c.yml", kCollectors); }

std::string repeat(const std::string& text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

std::string label_list(int count) {
  std::string out = "job:\n  labels:\n";
  for (int i = 0; i < count; ++i) out += "  - l" + std::to_string(i) + "\n";
  return out;
}

TEST(ConfigFile, NothingMeansDefaults) {
  for (const std::string text : {"", "\n", "# only a comment\n", "---\n", "~", "{}", "limits:\njob:\ncollectors:\n",
                                 "limits: {}\njob: {labels: }\n", "job: {labels: []}", "\xEF\xBB\xBF", "---\n...\n"}) {
    const Result<Config> config = parse(text);
    ASSERT_TRUE(config) << text << config.error().what;
    EXPECT_EQ(*config, Config{}) << text;
  }
}

TEST(ConfigFile, ReadsEveryKey) {
  const Result<Config> config = parse(R"(# comment
limits:
  executors: 50
  gc_executors: 0
  series: 5000
  streaming_queries: 7
job:
  labels: [team, "owner", cost_center_2]
collectors:
  sql: false
  gc: true
)");
  ASSERT_TRUE(config) << config.error().what;
  EXPECT_EQ(config->limits, (Limits{50, 0, 5'000, 7, true}));
  EXPECT_EQ(config->job_labels, (std::vector<std::string>{"team", "owner", "cost_center_2"}));
  EXPECT_EQ(config->collectors, (std::map<std::string, bool>{{"sql", false}, {"gc", true}}));
}

struct Bad {
  const char* name;
  std::string text;
  std::string error;
};

void expect_errors(const std::vector<Bad>& cases) {
  for (const Bad& c : cases) {
    SCOPED_TRACE(c.name);
    const Result<Config> config = parse(c.text);
    ASSERT_FALSE(config);
    EXPECT_EQ(config.error().what, c.error);
  }
}

TEST(ConfigFile, NamesThePlaceOfAWrongKey) {
  expect_errors({
      {"unknown", "limits:\n  executers: 5\n",
       "c.yml:2:3: limits.executers: unknown key (known: executors, gc_executors, series, streaming_queries)"},
      {"unknown section", "limit: {}\n", "c.yml:1:1: limit: unknown key (known: collectors, cost, job, limits)"},
      {"unknown collector", "collectors: {sqll: true}",
       "c.yml:1:14: collectors.sqll: unknown key (known: executors, gc, job, sql, streaming, work)"},
      {"odd name", "\"a\\nb\": 1", "c.yml:1:1: \"a\\nb\": unknown key (known: collectors, cost, job, limits)"},
      {"duplicate", "limits:\n  series: 500\n  executors: 1\n  series: 600\n",
       "c.yml:4:3: limits.series: duplicate key (each key once)"},
      {"duplicate section", "job: {}\nlimits: {}\njob: {}\n", "c.yml:3:1: job: duplicate key (each key once)"},
      {"duplicate, quoted", "job: {}\n\"job\": {}\n", "c.yml:2:1: job: duplicate key (each key once)"},
      {"merge key", "limits: {<<: {series: 500}}",
       "c.yml:1:10: limits.\"<<\": unknown key (known: executors, "
       "gc_executors, series, streaming_queries)"},
      {"key is a list", "? [a]\n: 1\n", "c.yml:1:3: a list or mapping where a key is expected (a text)"},
      {"empty key", "{~: 1}", "c.yml:1:2: an empty key (a text is expected)"},
  });
}

TEST(ConfigFile, NamesThePlaceOfAWrongValue) {
  const std::string series = " (a whole number from 100 to 1000000)";
  const std::string label = " is not valid (a label name: letters, digits and _, no digit first, not starting with __)";
  expect_errors({
      {"text", "limits:\n  series: many\n", "c.yml:2:11: limits.series: \"many\" is no whole number" + series},
      {"in quotes", "limits: {series: '500'}",
       "c.yml:1:18: limits.series: the text \"500\" is no whole number" + series},
      {"fraction", "limits: {series: 500.0}", "c.yml:1:18: limits.series: \"500.0\" is no whole number" + series},
      {"octal", "limits: {series: 0500}", "c.yml:1:18: limits.series: \"0500\" is no whole number" + series},
      {"empty", "limits:\n  series:\n", "c.yml:2:3: limits.series: nothing is no whole number" + series},
      {"list", "limits: {series: [1]}", "c.yml:1:18: limits.series: a list is no whole number" + series},
      {"mapping", "limits: {series: {a: 1}}", "c.yml:1:18: limits.series: a mapping is no whole number" + series},
      {"too small", "limits: {series: 99}", "c.yml:1:18: limits.series: \"99\" is out of range" + series},
      {"too large", "limits: {series: 1000001}", "c.yml:1:18: limits.series: \"1000001\" is out of range" + series},
      {"huge", "limits: {series: 99999999999999999999}",
       "c.yml:1:18: limits.series: \"99999999999999999999\" is out of range" + series},
      {"negative", "limits: {executors: -1}",
       "c.yml:1:21: limits.executors: \"-1\" is out of range (a whole number from 0 to 100000)"},
      {"no switch", "collectors: {sql: yes}", "c.yml:1:19: collectors.sql: \"yes\" is no switch (true or false)"},
      {"quoted switch", "collectors: {sql: \"true\"}",
       "c.yml:1:19: collectors.sql: the text \"true\" is no switch (true or false)"},
      {"no mapping", "limits: 5\n", "c.yml:1:9: limits: \"5\" is no mapping (key: value)"},
      {"root is a list", "- a\n", "c.yml:1:1: a list is no mapping (key: value)"},
      {"root is a text", "hello", "c.yml:1:1: \"hello\" is no mapping (key: value)"},
      {"no list", "job: {labels: team}",
       "c.yml:1:15: job.labels: \"team\" is no list (of texts: a label name: letters, digits and _, no digit first, "
       "not "
       "starting with __)"},
      {"label", "job:\n  labels:\n  - team\n  - 2nd\n", "c.yml:4:5: job.labels[1]: \"2nd\"" + label},
      {"label with a dash", "job: {labels: [cost-center]}", "c.yml:1:16: job.labels[0]: \"cost-center\"" + label},
      {"reserved label", "job: {labels: [__name]}", "c.yml:1:16: job.labels[0]: \"__name\"" + label},
      {"empty label", "job: {labels: ['']}", "c.yml:1:16: job.labels[0]: the text \"\"" + label},
      {"null label", "job: {labels: [~]}", "c.yml:1:16: job.labels[0]: nothing" + label},
      {"label twice", "job: {labels: [a, b, a]}", "c.yml:1:22: job.labels[2]: \"a\" is there twice (each entry once)"},
      {"21 labels", label_list(21), "c.yml:23:5: job.labels: too many entries (at most 20)"},
  });
  EXPECT_TRUE(parse(label_list(20)));
  EXPECT_TRUE(parse("limits: {series: 100, executors: 0}"));
  EXPECT_TRUE(parse("limits: {series: 1000000, executors: 100000}"));
}

TEST(ConfigFile, RefusesWhatIsNoSinglePlainDocument) {
  expect_errors({
      {"anchor", "limits: &a {}\n", "c.yml:1:9: anchors are not supported (write the value out)"},
      {"anchor on a scalar", "limits: {series: &a 500}", "c.yml:1:18: anchors are not supported (write the value out)"},
      {"alias bomb", "a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\n",
       "c.yml:1:4: anchors are not supported (write the value out)"},
      {"tag", "limits: !!map {}", "c.yml:1:9: the tag \"tag:yaml.org,2002:map\" is not supported"},
      {"two documents", "limits: {}\n---\njob: {}\n", "c.yml:2:1: a second document (one expected)"},
      {"not UTF-8", "limits: {}\n# h\xE4h\n", "c.yml:2:4: not UTF-8 text"},
  });
  for (const std::string text : {"limits: {series: 5", "a: b: c", "limits:\n\t- x", "]", "a: *nowhere", "'open",
                                 "a: \"\\x4\n\"", "a: \"\\x4\xC3\xA4\"", "%YAML x\n---\n"}) {
    const Result<Config> config = parse(text);
    ASSERT_FALSE(config) << text;
    EXPECT_EQ(config.error().what.rfind("c.yml:1:", 0) == 0 || config.error().what.rfind("c.yml:2:", 0) == 0, true)
        << config.error().what;
    EXPECT_EQ(config.error().what.find('\n'), std::string::npos) << config.error().what;
    EXPECT_EQ(find_invalid_utf8(config.error().what), std::string::npos) << config.error().what;
  }
}

TEST(ConfigFile, BoundsDepthSizeAndCount) {
  const auto nested = [](int depth) { return "a: " + repeat("[", depth - 1) + repeat("]", depth - 1); };
  EXPECT_EQ(parse(nested(limits::kConfigDepth)).error().what,
            "c.yml:1:1: a: unknown key (known: collectors, cost, job, limits)");
  EXPECT_EQ(parse(nested(limits::kConfigDepth + 1)).error().what, "c.yml:1:19: nested too deep (at most 16 levels)");
  EXPECT_EQ(parse(repeat("- ", 100'000)).error().what, "c.yml:1:33: nested too deep (at most 16 levels)");
  // Never closed: yaml-cpp takes the first bracket for the start of a key, and is stopped there.
  EXPECT_FALSE(parse(repeat("[", 200'000)));
  EXPECT_FALSE(parse(repeat("{a: ", 50'000)));

  const auto padded = [](std::size_t size) { return "#" + std::string(size - 2, 'x') + "\n"; };
  EXPECT_TRUE(parse(padded(limits::kConfigFileBytes)));
  EXPECT_EQ(parse(padded(limits::kConfigFileBytes + 1)).error().what,
            "c.yml:1:1: the file is too large (at most 256 KiB)");

  // The mapping, its key and the list are three of the values.
  const auto list = [](int values) { return "a: [" + repeat("1,", values - 4) + "1]"; };
  EXPECT_EQ(parse(list(limits::kConfigNodes)).error().what,
            "c.yml:1:1: a: unknown key (known: collectors, cost, job, limits)");
  const Result<Config> crowded = parse(list(limits::kConfigNodes + 1));
  EXPECT_NE(crowded.error().what.find("too many values (at most 20000)"), std::string::npos) << crowded.error().what;
}

TEST(ConfigFile, LoadsFromDisk) {
  namespace fs = std::filesystem;
  std::string folder = (fs::temp_directory_path() / "config-XXXXXX").string();
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  const std::string path = folder + "/exporter.yml";
  std::ofstream(path) << "limits: {series: 777}\n";
  const Result<Config> good = load_config(path, kCollectors);
  ASSERT_TRUE(good) << good.error().what;
  EXPECT_EQ(good->limits.series, 777);

  std::ofstream(path) << "nope: 1\n";
  EXPECT_EQ(load_config(path, kCollectors).error().what,
            path + ":1:1: nope: unknown key (known: collectors, cost, job, limits)");

  const Result<Config> missing = load_config(folder + "/missing.yml", kCollectors);
  EXPECT_EQ(missing.error().kind, ErrorKind::kIo);
  EXPECT_EQ(missing.error().what, folder + "/missing.yml: No such file or directory");
  EXPECT_EQ(load_config(folder, kCollectors).error().what, folder + ": Is a directory");
  EXPECT_EQ(load_config("/dev/zero", kCollectors).error().kind, ErrorKind::kTooLarge);
  fs::remove_all(folder);
}

TEST(ConfigFile, SurvivesEveryCutAndFlip) {
  const std::string good = "limits:\n  series: 500\njob:\n  labels: [team, \"ow\\x41\"]\ncollectors: {sql: false}\n";
  for (std::size_t cut = 0; cut < good.size(); ++cut) {
    (void)parse(good.substr(0, cut));
    for (const char c : {'\0', '[', '{', '"', '\n', '\t', '&', '*', '!', '\xFF', '%', '|'}) {
      std::string changed = good;
      changed[cut] = c;
      const Result<Config> config = parse(changed);
      if (!config) {
        EXPECT_EQ(config.error().what.rfind("c.yml:", 0), 0U) << config.error().what;
      }
    }
  }
}

}  // namespace
}  // namespace spark_exporter::config
