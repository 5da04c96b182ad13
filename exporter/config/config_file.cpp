#include "exporter/config/config_file.hpp"

#include <cerrno>
#include <cstdio>
#include <exception>
#include <memory>
#include <optional>
#include <system_error>

#include "exporter/config/price_file.hpp"
#include "exporter/config/yaml_reader.hpp"

namespace spark_exporter::config {
namespace {

constexpr std::size_t kJobLabels = 20;
constexpr std::size_t kLabelNameBytes = 128;
constexpr int kLargestExecutors = 100'000;
constexpr int kLargestSeries = 1'000'000;
constexpr int kLargestQueries = 1'000;

/// A Prometheus label name: [a-zA-Z_][a-zA-Z0-9_]*, not starting with "__", which Prometheus keeps for itself.
bool is_label_name(std::string_view name) {
  if (name.empty() || name.size() > kLabelNameBytes || name.starts_with("__")) return false;
  for (const char c : name) {
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_')) return false;
  }
  return name.front() < '0' || name.front() > '9';
}

void read_limits(YamlReader reader, Limits& limits) {
  reader.take_int("executors", limits.executors, 0, kLargestExecutors);
  reader.take_int("gc_executors", limits.gc_executors, 0, kLargestExecutors);
  int series = 0;
  reader.take_int("series", series, 100, kLargestSeries);
  limits.series_given = series != 0;
  if (limits.series_given) limits.series = series;
  reader.take_int("streaming_queries", limits.streaming_queries, 0, kLargestQueries);
  reader.finish();
}

void read_job(YamlReader reader, std::vector<std::string>& labels) {
  reader.take_texts("labels", labels, kJobLabels, is_label_name,
                    "a label name: letters, digits and _, no digit first, not starting with __");
  reader.finish();
}

void read_collectors(YamlReader reader, const std::vector<std::string>& known, std::map<std::string, bool>& out) {
  for (const std::string& name : known) {
    if (const std::optional<bool> is_on = reader.take_bool(name)) out.emplace(name, *is_on);
  }
  reader.finish();
}

Result<Config> read_config(std::string_view text, const std::string& name, const std::vector<std::string>& known) {
  const Result<YamlNode> document = parse_yaml(text, name);
  if (!document) return document.error();
  Config config;
  YamlProblems problems(name);
  YamlReader root(*document, "", problems);
  read_limits(root.section("limits"), config.limits);
  read_job(root.section("job"), config.job_labels);
  read_collectors(root.section("collectors"), known, config.collectors);
  read_cost(root.section("cost"), config);
  root.finish();
  if (problems.first()) return *problems.first();
  return config;
}

/// The price file's members over those of the configuration.
Result<void> read_prices(std::string_view text, const std::string& name, Config& config) {
  if (!(config.prices == cost::PriceBook{}) || !config.budgets.empty()) {
    return Error{ErrorKind::kMalformed,
                 name + ": the configuration file has a section cost as well (only one of them)"};
  }
  const Result<YamlNode> document = parse_yaml(text, name);
  if (!document) return document.error();
  YamlProblems problems(name);
  read_cost(YamlReader(*document, "", problems), config);
  if (problems.first()) return *problems.first();
  return boost::system::in_place_value;
}

/// At most one byte more than a configuration may have, whatever the file is.
Result<std::string> read_file(const std::string& path) {
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  const std::unique_ptr<std::FILE, Close> file(std::fopen(path.c_str(), "re"));
  std::string text(limits::kConfigFileBytes + 1, '\0');
  if (file) text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  if (!file || std::ferror(file.get()) != 0)
    return Error{ErrorKind::kIo, path + ": " + std::generic_category().message(errno)};
  return text;
}

}  // namespace

Result<Config> parse_config(std::string_view text, const std::string& name,
                            const std::vector<std::string>& known_collectors) noexcept {
  try {
    return read_config(text, name, known_collectors);
  } catch (const std::exception& error) {
    return Error{ErrorKind::kMalformed, name + ":1:1: cannot be read: " + error.what()};
  }
}

Result<Config> load_config(const std::string& path, const std::vector<std::string>& known_collectors) noexcept {
  try {
    const Result<std::string> text = read_file(path);
    if (!text) return text.error();
    return parse_config(*text, path, known_collectors);
  } catch (const std::exception& error) {
    return Error{ErrorKind::kIo, path + ": " + error.what()};
  }
}

Result<Config> load_config(const std::string& path, const std::string& prices_path,
                           const std::vector<std::string>& known_collectors) noexcept {
  try {
    Result<Config> config = path.empty() ? Result<Config>(Config{}) : load_config(path, known_collectors);
    if (!config || prices_path.empty()) return config;
    const Result<std::string> text = read_file(prices_path);
    if (!text) return text.error();
    if (const auto read = read_prices(*text, prices_path, *config); read.has_error()) return read.error();
    return config;
  } catch (const std::exception& error) {
    return Error{ErrorKind::kIo, prices_path + ": " + error.what()};
  }
}

}  // namespace spark_exporter::config
