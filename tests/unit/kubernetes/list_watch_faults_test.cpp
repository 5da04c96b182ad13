// A small API server with objects, versions and a history that is compacted, and faults by chance (fixed seeds): once
// the faults end, the store holds what the API holds, and every deletion was seen or found out.

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "exporter/kubernetes/list_watch.hpp"
#include "tests/unit/kubernetes/scripted_api.hpp"

namespace spark_exporter::kubernetes {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using test::Answer;

/// What a Store is for: the objects that are there.
class MirrorStore final : public Store<Pod> {
 public:
  void begin_list() override { listed_.clear(); }
  void put(Pod&& pod) override {
    listed_.insert(pod.name);
    known[pod.name] = pod.resource_version;
  }
  void remove(Pod&& pod) override {
    known.erase(pod.name);
    ++removed;
  }
  void end_list() override {
    vanished += std::erase_if(known, [this](const auto& entry) { return !listed_.contains(entry.first); });
  }

  std::map<std::string, std::string> known;
  std::size_t removed = 0;
  std::size_t vanished = 0;

 private:
  std::set<std::string> listed_;
};

class SmallApi {
 public:
  explicit SmallApi(unsigned seed) : random_(seed) {}

  /// A list or a watch. Things happen between requests and while a watch runs.
  std::optional<Answer> answer(const net::Request& request) {
    if (++requests_ > kRequests) return std::nullopt;
    faults_ = requests_ < kRequests - 40;
    const bool next_page = request.target.find("continue=") != std::string::npos;
    if (faults_ && (!next_page || chance(8))) happen(5);
    if (faults_ && chance(6)) return fault();
    return request.target.find("watch=true") == std::string::npos ? list(request.target) : watch(request.target);
  }

  std::map<std::string, std::string> objects() const {
    std::map<std::string, std::string> shown;
    for (const auto& [name, version] : objects_) shown[name] = std::to_string(version);
    return shown;
  }
  std::size_t deletions() const { return deletions_; }

 private:
  struct Event {
    int version;
    std::string line;
  };
  static constexpr int kRequests = 400;

  bool chance(unsigned one_in) { return random_() % one_in == 0; }

  void happen(unsigned most) {
    for (auto left = random_() % (most + 1); left > 0; --left) {
      const std::string name = "pod-" + std::to_string(random_() % 30);
      ++version_;
      const std::string version = std::to_string(version_);
      if (!objects_.contains(name)) {
        history_.push_back({version_, test::event_line("ADDED", name, version)});
        objects_[name] = version_;
      } else if (chance(3)) {
        history_.push_back({version_, test::event_line("DELETED", name, version)});
        objects_.erase(name);
        ++deletions_;
      } else {
        history_.push_back({version_, test::event_line("MODIFIED", name, version)});
        objects_[name] = version_;
      }
    }
    if (chance(20)) compacted_ = version_ - static_cast<int>(random_() % 3);
  }

  Answer fault() {
    static constexpr ErrorKind kBreaks[] = {ErrorKind::kConnect, ErrorKind::kTimeout, ErrorKind::kReset,
                                            ErrorKind::kTls};
    if (chance(2)) return {.status = 0, .breaks = kBreaks[random_() % 4]};
    static constexpr unsigned kStatuses[] = {401, 403, 404, 410, 429, 500, 503, 504};
    return {.status = kStatuses[random_() % 8], .body = "{}"};
  }

  static int number(const std::string& target, const std::string& name) {
    const auto at = target.find(name + "=");
    return at == std::string::npos ? 0 : std::stoi(target.substr(at + name.size() + 1));
  }

  /// Pages of five as of now; a continue token is "<version>0<position>", and expires with the version.
  Answer list(const std::string& target) {
    const int token = number(target, "continue");
    const std::size_t from = static_cast<std::size_t>(token % 100);
    if (token > 0 && token / 100 != version_) return {.status = 410, .body = "{}"};
    std::vector<std::pair<std::string, std::string>> page;
    std::size_t place = 0;
    for (const auto& [name, version] : objects()) {
      if (place >= from && place < from + 5) page.emplace_back(name, version);
      ++place;
    }
    const bool more = from + 5 < place;
    Answer answer{.body = test::page_json(page, std::to_string(version_),
                                          more ? std::to_string(version_ * 100 + static_cast<int>(from) + 5) : "")};
    if (faults_ && chance(10)) {
      answer.body.resize(random_() % answer.body.size());
      answer.breaks = ErrorKind::kReset;
    }
    return answer;
  }

  Answer watch(const std::string& target) {
    const int from = number(target, "resourceVersion");
    if (from < compacted_) {
      return chance(2) ? Answer{.status = 410, .body = "{}"} : Answer{.body = test::error_line(410)};
    }
    if (faults_) happen(10);
    Answer answer{.lasts = chance(2) ? Millis{seconds{1}} : Millis{minutes{5}}};
    int told = from;
    for (const auto& event : history_) {
      if (event.version <= from) continue;
      answer.body += event.line;
      told = event.version;
    }
    if (told == version_ || chance(2)) answer.body += test::bookmark_line(std::to_string(std::max(told, from)));
    if (faults_) damage(answer);
    return answer;
  }

  void damage(Answer& answer) {
    if (chance(3) && !answer.body.empty()) answer.body.resize(random_() % answer.body.size());
    if (chance(6)) answer.body += test::error_line(chance(2) ? 410 : 500);
    if (chance(10)) answer.body += "{\"type\":\"ADDED\",\"obj\n";
    if (chance(3)) answer.breaks = chance(2) ? ErrorKind::kTimeout : ErrorKind::kReset;
  }

  std::mt19937 random_;
  std::map<std::string, int> objects_;
  std::vector<Event> history_;
  int version_ = 1;
  int compacted_ = 0;
  int requests_ = 0;
  bool faults_ = true;
  std::size_t deletions_ = 0;
};

TEST(ListWatchFaults, NoObjectIsMissed) {
  std::size_t removed = 0;
  std::size_t vanished = 0;
  for (unsigned seed = 0; seed < 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    SmallApi small(seed);
    test::ScriptedTiming timing;
    test::ScriptedApi api(timing, [&](const net::Request& request) { return small.answer(request); });
    ApiClient client(api.client(), TokenFile(""));
    MirrorStore store;
    StoreFeed<Pod> feed(store);
    RetryBudget budget;
    ListWatch watch(client, {.resource = kPods, .namespace_name = "", .label_selector = "", .field_selector = ""}, feed,
                    timing, budget);
    api.on_end = [&] { watch.stop(); };
    watch.run();
    ASSERT_EQ(store.known, small.objects());
    EXPECT_TRUE(watch.status().ready);
    EXPECT_EQ(watch.status().condition, WatchCondition::kSynced);
    EXPECT_LE(store.removed, small.deletions());
    removed += store.removed;
    vanished += store.vanished;
  }
  EXPECT_GT(removed, 1'000U);
  EXPECT_GT(vanished, 100U);
}

TEST(ListWatchFaults, NeverMoreThanTenTriesAMinuteAfterFailures) {
  for (unsigned seed = 100; seed < 110; ++seed) {
    std::mt19937 random(seed);
    test::ScriptedTiming timing;
    int left = 300;
    // Every answer is a failure of some kind, at once.
    test::ScriptedApi api(timing, [&](const net::Request&) -> std::optional<Answer> {
      if (--left == 0) return std::nullopt;
      switch (random() % 5) {
        case 0: return Answer{.status = 0, .breaks = ErrorKind::kConnect};
        case 1: return Answer{.status = 503};
        case 2: return Answer{.status = 401};
        case 3: return Answer{.status = 410};
        default: return Answer{.body = "{"};
      }
    });
    ApiClient client(api.client(), TokenFile(""));
    MirrorStore store;
    StoreFeed<Pod> feed(store);
    RetryBudget budget;
    ListWatch watch(client, {.resource = kPods, .namespace_name = "", .label_selector = "", .field_selector = ""}, feed,
                    timing, budget);
    api.on_end = [&] { watch.stop(); };
    watch.run();
    ASSERT_EQ(api.times.size(), 300U);
    for (std::size_t i = 10; i < api.times.size(); ++i) EXPECT_GT(api.times[i] - api.times[i - 10], minutes{1});
  }
}

}  // namespace
}  // namespace spark_exporter::kubernetes
