// Watches pods with the library's own client and tells, for each line on stdin, what it holds, as one line of JSON on
// stdout. Ends with stdin. For test_watch.py.

#include <charconv>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "exporter/kubernetes/cluster.hpp"
#include "exporter/kubernetes/facts.hpp"
#include "exporter/kubernetes/list_watch.hpp"
#include "exporter/kubernetes/store.hpp"

namespace {

namespace kubernetes = spark_exporter::kubernetes;
using Json = nlohmann::json;

struct Flags {
  kubernetes::ClusterOptions cluster;
  std::string label_selector;
  kubernetes::WatchTuning tuning;
};

template <class Duration>
std::function<bool(const std::string&)> number(Duration& out) {
  return [&out](const std::string& text) {
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    out = Duration(value);
    return error == std::errc() && end == text.data() + text.size() && value > 0;
  };
}

std::function<bool(const std::string&)> text(std::string& out) {
  return [&out](const std::string& value) {
    out = value;
    return !value.empty();
  };
}

/// "--name=value" only. False after a line on stderr.
bool parse(int argc, char** argv, Flags& flags) {
  kubernetes::WatchTuning& tuning = flags.tuning;
  const std::map<std::string, std::function<bool(const std::string&)>> known{
      {"--api-server", text(flags.cluster.api_server)},   {"--token-file", text(flags.cluster.token_file)},
      {"--ca-file", text(flags.cluster.ca_file)},         {"--namespace", text(flags.cluster.namespace_name)},
      {"--label-selector", text(flags.label_selector)},   {"--page-objects", number(tuning.page_objects)},
      {"--list-timeout-ms", number(tuning.list_timeout)}, {"--watch-time-s", number(tuning.watch_time)},
      {"--idle-timeout-ms", number(tuning.idle_timeout)}, {"--good-watch-ms", number(tuning.good_watch)},
  };
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    const auto equals = argument.find('=');
    const auto found = known.find(argument.substr(0, equals));
    if (equals == std::string::npos || found == known.end() || !found->second(argument.substr(equals + 1))) {
      std::cerr << "not a flag with a value: " << argument << '\n';
      return false;
    }
  }
  return true;
}

/// What the API's pods are to us: name and version by uid.
class Mirror final : public kubernetes::Store<kubernetes::Pod> {
 public:
  void begin_list() override {
    const std::lock_guard lock(mutex_);
    for (auto& [uid, entry] : entries_) entry.listed = false;
  }
  void put(kubernetes::Pod&& pod) override {
    const std::lock_guard lock(mutex_);
    entries_[pod.uid] = {.name = pod.name, .version = pod.resource_version, .listed = true};
    ++puts_;
  }
  void remove(kubernetes::Pod&& pod) override {
    const std::lock_guard lock(mutex_);
    entries_.erase(pod.uid);
    ++removed_;
  }
  void end_list() override {
    const std::lock_guard lock(mutex_);
    vanished_ += std::erase_if(entries_, [](const auto& item) { return !item.second.listed; });
  }

  Json show() const {
    const std::lock_guard lock(mutex_);
    Json pods = Json::object();
    for (const auto& [uid, entry] : entries_) pods[uid] = {entry.name, entry.version};
    return {{"pods", pods}, {"puts", puts_}, {"removed", removed_}, {"vanished", vanished_}};
  }

 private:
  struct Entry {
    std::string name;
    std::string version;
    bool listed = false;
  };
  mutable std::mutex mutex_;
  std::map<std::string, Entry> entries_;
  std::uint64_t puts_ = 0;
  std::uint64_t removed_ = 0;
  std::uint64_t vanished_ = 0;  ///< gone between two lists
};

/// What is resident, counted page by page: VmRSS of /proc/self/status may lag behind.
std::uint64_t resident_kib() {
  std::ifstream in("/proc/self/smaps_rollup");
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("Rss:")) return std::strtoull(line.c_str() + 4, nullptr, 10);
  }
  return 0;
}

Json show(const kubernetes::WatchStatus& status) {
  static constexpr const char* kConditions[] = {"starting", "synced", "failing", "forbidden", "absent"};
  Json errors = Json::object();
  for (std::size_t kind = 0; kind < status.errors.size(); ++kind) {
    const auto name = spark_exporter::to_string(static_cast<spark_exporter::ErrorKind>(kind));
    if (status.errors[kind] != 0) errors[std::string(name)] = status.errors[kind];
  }
  return {{"condition", kConditions[static_cast<std::size_t>(status.condition)]},
          {"ready", status.ready},
          {"lists", status.lists},
          {"watches", status.watches},
          {"events", status.events},
          {"bookmarks", status.bookmarks},
          {"wrong_types", status.wrong_types},
          {"errors", errors},
          {"last_error", status.last_error}};
}

int watch(const Flags& flags) {
  const auto cluster = kubernetes::find_cluster(flags.cluster, kubernetes::system_environment());
  if (!cluster) {
    std::cerr << cluster.error().what << '\n';
    return 1;
  }
  const auto api = kubernetes::make_api_client(*cluster, "watch_probe");
  const auto timing = kubernetes::make_timing();
  kubernetes::RetryBudget budget;
  Mirror mirror;
  kubernetes::StoreFeed<kubernetes::Pod> feed(mirror);
  kubernetes::ListWatch list_watch(*api,
                                   {.resource = kubernetes::kPods,
                                    .namespace_name = cluster->namespace_name,
                                    .label_selector = flags.label_selector,
                                    .field_selector = {}},
                                   feed, *timing, budget, flags.tuning);
  std::thread thread([&] { list_watch.run(); });
  for (std::string line; std::getline(std::cin, line);) {
    Json shown = mirror.show();
    shown["status"] = show(list_watch.status());
    shown["rss_kib"] = resident_kib();
    std::cout << shown.dump() << std::endl;
  }
  list_watch.stop();
  thread.join();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Flags flags;
  return parse(argc, argv, flags) ? watch(flags) : 2;
}
