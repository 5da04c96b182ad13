// Lists and watches against an API server that follows a script.

#include "exporter/kubernetes/list_watch.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <future>
#include <stdexcept>

#include "exporter/common/limits.hpp"
#include "tests/unit/kubernetes/scripted_api.hpp"

namespace spark_exporter::kubernetes {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using test::Answer;
using test::bookmark_line;
using test::error_line;
using test::event_line;
using test::in_order;
using test::page_json;
using test::RecordingStore;
using test::Script;
using test::ScriptedApi;
using test::ScriptedTiming;
using Said = std::vector<std::string>;
using Pauses = std::vector<Millis>;

constexpr Resource kResource = kPods;

/// Runs a script to its end.
class ScriptedRun {
 public:
  explicit ScriptedRun(Script script, Store<Pod>* store = nullptr, const Resource& resource = kResource,
                       RetryBudget* budget = nullptr)
      : api_(timing, std::move(script)),
        client_(api_.client(), TokenFile("")),
        feed_(store == nullptr ? recorder : *store),
        watch_(client_, {.resource = resource, .namespace_name = "spark", .label_selector = "", .field_selector = ""},
               feed_, timing, budget == nullptr ? own_budget_ : *budget) {
    api_.on_end = [this] { watch_.stop(); };
    watch_.run();
  }
  explicit ScriptedRun(std::vector<Answer> answers, Store<Pod>* store = nullptr, const Resource& resource = kResource)
      : ScriptedRun(in_order(std::move(answers)), store, resource) {}

  const Said& said() const { return recorder.said; }
  Pauses pauses() const { return timing.pauses; }
  WatchStatus status() const { return watch_.status(); }
  const std::vector<Instant>& times() const { return api_.times; }

  /// What was asked for: "list", "list TOKEN", "watch VERSION".
  Said asked() const {
    Said asked;
    for (const auto& target : api_.targets) {
      const auto value = [&](const std::string& name) {
        const auto at = target.find(name + "=");
        if (at == std::string::npos) return std::string();
        const auto begin = at + name.size() + 1;
        return target.substr(begin, target.find('&', begin) - begin);
      };
      const std::string token = value("continue");
      asked.push_back(target.find("watch=true") != std::string::npos ? "watch " + value("resourceVersion")
                      : token.empty()                                ? "list"
                                                                     : "list " + token);
    }
    return asked;
  }

  ScriptedTiming timing;
  RecordingStore recorder;

 private:
  ScriptedApi api_;
  ApiClient client_;
  StoreFeed<Pod> feed_;
  RetryBudget own_budget_;
  ListWatch watch_;
};

const Answer kEmptyList{.body = page_json({}, "10")};
constexpr Millis kLong = minutes{5};

Answer watch_of(const std::string& lines, Millis lasts = kLong, std::optional<ErrorKind> breaks = {}) {
  return {.body = lines, .lasts = lasts, .breaks = breaks};
}
Answer refused() { return {.status = 0, .breaks = ErrorKind::kConnect}; }
Answer status(unsigned code, std::uint64_t retry_after = 0) {
  return {.status = code, .body = "{}", .retry_after = retry_after};
}

std::uint64_t errors(const WatchStatus& status, ErrorKind kind) {
  return status.errors[static_cast<std::size_t>(kind)];
}

TEST(ListWatch, ListsPagesThenWatches) {
  const ScriptedRun run({{.body = page_json({{"a", "3"}, {"b", "4"}}, "10", "next")},
                         {.body = page_json({{"c", "5"}}, "11")},
                         watch_of(event_line("ADDED", "d", "12") + event_line("MODIFIED", "a", "13") +
                                  event_line("DELETED", "b", "14") + bookmark_line("20"))});
  EXPECT_EQ(run.asked(), (Said{"list", "list next", "watch 10", "watch 20"}));
  EXPECT_EQ(run.said(), (Said{"begin", "put a@3", "put b@4", "put c@5", "end", "put d@12", "put a@13", "remove b@14"}));
  EXPECT_EQ(run.pauses(), Pauses{});
  const WatchStatus status = run.status();
  EXPECT_EQ(status.condition, WatchCondition::kSynced);
  EXPECT_TRUE(status.ready);
  EXPECT_EQ(status.lists, 1U);
  EXPECT_EQ(status.events, 3U);
  EXPECT_EQ(status.bookmarks, 1U);
  EXPECT_EQ(status.wrong_types, 0U);
  EXPECT_TRUE(status.last_heard);
}

TEST(ListWatch, IsNotReadyBeforeAllPagesAreIn) {
  const ScriptedRun run({{.body = page_json({{"a", "3"}}, "10", "next")}});
  EXPECT_FALSE(run.status().ready);
  EXPECT_EQ(run.said(), (Said{"begin", "put a@3"}));
}

TEST(ListWatch, GoesOnAtOnceWhenAWatchHadItsTime) {
  const ScriptedRun run({kEmptyList, watch_of(event_line("ADDED", "a", "11")), watch_of(bookmark_line("15")),
                         watch_of(event_line("DELETED", "a", "16"), kLong, ErrorKind::kReset)});
  EXPECT_EQ(run.asked(), (Said{"list", "watch 10", "watch 11", "watch 15", "watch 16"}));
  EXPECT_EQ(run.pauses(), Pauses{});
  EXPECT_EQ(errors(run.status(), ErrorKind::kReset), 1U);
}

TEST(ListWatch, PausesAfterAShortWatch) {
  const std::string line = event_line("ADDED", "a", "11");
  const ScriptedRun run({kEmptyList, watch_of(line, seconds{2}), watch_of(line, seconds{2}), watch_of("", seconds{2}),
                         watch_of(line, seconds{29}), watch_of(line, seconds{30}), watch_of(line, seconds{2})});
  EXPECT_EQ(run.asked(),
            (Said{"list", "watch 10", "watch 11", "watch 11", "watch 11", "watch 11", "watch 11", "watch 11"}));
  EXPECT_EQ(run.pauses(), (Pauses{seconds{1}, seconds{2}, seconds{4}, seconds{8}, seconds{1}}));
}

TEST(ListWatch, ListsAgainWhenItsVersionIsGone) {
  for (const Answer& gone : {status(410), watch_of(error_line(410), Millis{1})}) {
    const ScriptedRun run({kEmptyList, gone, {.body = page_json({{"a", "40"}}, "50")}, watch_of(bookmark_line("51"))});
    EXPECT_EQ(run.asked(), (Said{"list", "watch 10", "list", "watch 50", "watch 51"}));
    EXPECT_EQ(run.said(), (Said{"begin", "end", "begin", "put a@40", "end"}));
    EXPECT_EQ(run.pauses(), (Pauses{seconds{1}}));
    EXPECT_EQ(errors(run.status(), ErrorKind::kStatus), 1U);
  }
}

TEST(ListWatch, AnErrorEventEndsTheWatchBeforeItsLines) {
  const ScriptedRun run(
      {kEmptyList,
       watch_of(event_line("ADDED", "a", "11") + error_line(410) + event_line("ADDED", "b", "12"), seconds{40})});
  EXPECT_EQ(run.said(), (Said{"begin", "end", "put a@11", "begin"}));
}

TEST(ListWatch, DoesNotBelieveAWatchThatSaysNothing) {
  // A version from the future: 200, and silence until its time is up, or until ours is.
  for (const auto& breaks : {std::optional<ErrorKind>{}, std::optional{ErrorKind::kTimeout}}) {
    const ScriptedRun run({kEmptyList, watch_of("", seconds{150}, breaks), {.body = page_json({}, "7")}});
    EXPECT_EQ(run.asked(), (Said{"list", "watch 10", "list", "watch 7"}));
    EXPECT_EQ(run.pauses(), Pauses{});
  }
}

TEST(ListWatch, AConnectionThatFallsSilentIsMadeAnew) {
  const ScriptedRun run({kEmptyList, watch_of(bookmark_line("12"), minutes{9}, ErrorKind::kTimeout)});
  EXPECT_EQ(run.asked(), (Said{"list", "watch 10", "watch 12"}));
  EXPECT_EQ(run.pauses(), Pauses{});
  EXPECT_EQ(errors(run.status(), ErrorKind::kTimeout), 1U);
}

TEST(ListWatch, AMinuteOfRefusedConnections) {
  std::vector<Answer> answers{kEmptyList, watch_of(event_line("ADDED", "a", "11"), kLong, ErrorKind::kReset)};
  answers.insert(answers.end(), 12, refused());
  answers.push_back({.body = page_json({{"a", "12"}}, "12")});  // asked for its version only
  answers.push_back(watch_of(event_line("MODIFIED", "a", "12")));
  const ScriptedRun run(answers);
  EXPECT_EQ(run.pauses(), (Pauses{seconds{1}, seconds{2}, seconds{4}, seconds{8}, seconds{15}, seconds{15}, seconds{15},
                                  seconds{15}, seconds{15}, seconds{15}, seconds{15}, seconds{15}}));
  // The version is still good: nothing was missed, nothing is listed again.
  EXPECT_EQ(run.said(), (Said{"begin", "end", "put a@11", "put a@12"}));
  EXPECT_EQ(errors(run.status(), ErrorKind::kConnect), 12U);
  const auto& times = run.times();
  for (std::size_t i = 10; i < times.size(); ++i) EXPECT_GT(times[i] - times[i - 10], minutes{1});
}

TEST(ListWatch, AnAnswerAfterNoneIsFollowedUpSoon) {
  const ScriptedRun run({kEmptyList, refused(), refused(), status(503), kEmptyList, status(410), kEmptyList});
  EXPECT_EQ(run.pauses(), (Pauses{seconds{1}, seconds{2}, seconds{1}, seconds{2}}));
}

TEST(ListWatch, VersionsThatWentBackDuringAnOutage) {
  struct Case {
    const char* listed;
    bool again;
  };
  for (const auto& [listed, again] : {Case{"9", true}, Case{"10", false}, Case{"11", false}, Case{"opaque", false}}) {
    SCOPED_TRACE(listed);
    const Answer page{.body = page_json({{"a", "8"}}, listed)};
    const ScriptedRun run({kEmptyList, refused(), page, page});
    EXPECT_EQ(run.asked(), again ? (Said{"list", "watch 10", "list", "list", "watch 9"})
                                 : (Said{"list", "watch 10", "list", "watch 10", "watch 10"}));
    EXPECT_EQ(run.said(), again ? (Said{"begin", "end", "begin", "put a@8", "end"}) : (Said{"begin", "end"}));
  }
}

TEST(ListWatch, OtherWatchesTriesCountToo) {
  RetryBudget budget;
  for (int i = 0; i < 4; ++i) budget.reserve(Instant{}, Instant{});
  const ScriptedRun run(in_order({refused(), kEmptyList}), nullptr, kResource, &budget);
  EXPECT_EQ(run.pauses(), (Pauses{seconds{12}}));
}

TEST(ListWatch, TheFirstThatIsAnsweredWakesTheOthers) {
  RetryBudget budget;
  const auto timing = make_timing();
  auto sleeper = std::async(std::launch::async, [&] { budget.sleep(*timing, std::chrono::hours{1}); });
  const auto end = std::chrono::steady_clock::now() + seconds{20};
  auto state = std::future_status::timeout;
  while (state != std::future_status::ready && std::chrono::steady_clock::now() < end) {
    const ScriptedRun run(in_order({refused(), kEmptyList}), nullptr, kResource, &budget);
    state = sleeper.wait_for(Millis{1});
  }
  EXPECT_EQ(state, std::future_status::ready);
  timing->wake();
}

TEST(ListWatch, AServerThatComesLate) {
  const ScriptedRun run({refused(), refused(), kEmptyList});
  EXPECT_EQ(run.asked(), (Said{"list", "list", "list", "watch 10"}));
  EXPECT_EQ(run.pauses(), (Pauses{seconds{1}, seconds{2}}));
  EXPECT_EQ(run.said(), (Said{"begin", "end"}));
}

TEST(ListWatch, WaitsAsLongAsItIsAsked) {
  const ScriptedRun run({status(429, 7), status(503), status(504, 1'000'000), kEmptyList, status(429, 30),
                         watch_of(bookmark_line("11"))});
  EXPECT_EQ(run.pauses(),
            (Pauses{seconds{7}, seconds{2}, std::chrono::duration_cast<Millis>(limits::kRetryAfter), seconds{30}}));
  EXPECT_EQ(run.asked(), (Said{"list", "list", "list", "list", "watch 10", "watch 10", "watch 11"}));
}

TEST(ListWatch, A500EventIsNoReasonToListButFiveOfThemAre) {
  std::vector<Answer> answers{kEmptyList};
  answers.insert(answers.end(), 4, watch_of(error_line(500), Millis{1}));
  answers.push_back(status(500));
  const ScriptedRun run(answers);
  EXPECT_EQ(run.asked(), (Said{"list", "watch 10", "watch 10", "watch 10", "watch 10", "watch 10", "list"}));
}

TEST(ListWatch, WithoutTheRight) {
  const ScriptedRun run({{.status = 403, .body = R"({"message":"pods is forbidden"})"}, kEmptyList});
  EXPECT_EQ(run.asked(), (Said{"list", "list", "watch 10"}));
  EXPECT_EQ(run.pauses(), (Pauses{seconds{5}}));
  EXPECT_EQ(errors(run.status(), ErrorKind::kForbidden), 1U);

  const ScriptedRun refused({status(403)});
  EXPECT_EQ(refused.status().condition, WatchCondition::kForbidden);
  EXPECT_TRUE(refused.status().ready);
  EXPECT_NE(refused.status().last_error.find("- {apiGroups: [''], resources: [pods], verbs: [list, watch]}"),
            std::string::npos);
}

TEST(ListWatch, ARightThatIsTakenAwayLeavesWhatWasKnown) {
  const ScriptedRun run({{.body = page_json({{"a", "3"}}, "10")}, status(403)});
  EXPECT_EQ(run.said(), (Said{"begin", "put a@3", "end", "begin"}));
  EXPECT_EQ(run.status().condition, WatchCondition::kForbidden);
}

TEST(ListWatch, ARefusalIsBelievedMoreAndMore) {
  // An API server that has just started does not know its roles yet.
  std::vector<Answer> answers{kEmptyList};
  answers.insert(answers.end(), 8, status(403));
  answers.push_back(kEmptyList);
  answers.push_back(status(403));
  const ScriptedRun run(answers);
  EXPECT_EQ(run.pauses(), (Pauses{seconds{5}, seconds{10}, seconds{20}, seconds{40}, seconds{80}, seconds{160},
                                  minutes{5}, minutes{5}, seconds{5}}));
}

TEST(ListWatch, AKindThatIsNotInstalled) {
  const Answer absent{.status = 404, .body = "404 page not found\n", .content_type = "text/plain"};
  const ScriptedRun run({absent}, nullptr, kSparkApplications);
  EXPECT_EQ(run.status().condition, WatchCondition::kAbsent);
  EXPECT_TRUE(run.status().ready);
  EXPECT_EQ(run.said(), (Said{"begin", "begin"}));

  // Nothing stays of what was there, but one 404 is not enough.
  const ScriptedRun gone({{.body = page_json({{"a", "3"}}, "10")}, absent, absent}, nullptr, kSparkApplications);
  EXPECT_EQ(gone.said(), (Said{"begin", "put a@3", "end", "begin", "begin", "end", "begin"}));
  EXPECT_EQ(gone.pauses(), (Pauses{seconds{5}, seconds{10}}));
}

TEST(ListWatch, ALineThatIsNoneLosesAnEvent) {
  const std::string good = event_line("ADDED", "a", "11");
  for (const std::string& bad :
       {std::string("not json\n"), std::string("{\"type\":\"ADDED\",\"object\":\n"),
        std::string("{\"type\":\"NEW\"}\n"), std::string(limits::kWatchLineBytes + 1, 'x') + "\n"}) {
    const ScriptedRun run({kEmptyList, watch_of(good + bad + event_line("ADDED", "b", "12")), kEmptyList});
    EXPECT_EQ(run.asked(), (Said{"list", "watch 10", "list", "watch 10"}));
    EXPECT_EQ(run.said(), (Said{"begin", "end", "put a@11", "begin", "end"}));
    EXPECT_EQ(run.pauses(), (Pauses{seconds{1}}));
  }
}

TEST(ListWatch, TheLongestLine) {
  std::string line = event_line("ADDED", "a", "11");
  line.insert(1, std::string(limits::kWatchLineBytes + 1 - line.size(), ' '));
  ASSERT_EQ(line.size(), limits::kWatchLineBytes + 1);  // with its newline
  // So many blanks are too many for one document, but the line is read whole.
  const ScriptedRun run({kEmptyList, watch_of(line)});
  EXPECT_EQ(errors(run.status(), ErrorKind::kTooLarge), 1U);
  EXPECT_NE(run.status().last_error.find("the space between two values"), std::string::npos);
}

TEST(ListWatch, HalfALineIsNone) {
  const std::string line = event_line("MODIFIED", "a", "12");
  const ScriptedRun run({kEmptyList,
                         watch_of(event_line("ADDED", "a", "11") + line.substr(0, 30), kLong, ErrorKind::kReset),
                         watch_of(line)});
  EXPECT_EQ(run.asked(), (Said{"list", "watch 10", "watch 11", "watch 12"}));
  EXPECT_EQ(run.said(), (Said{"begin", "end", "put a@11", "put a@12"}));
}

TEST(ListWatch, APageThatFailsIsAskedForAgain) {
  const ScriptedRun run({{.body = page_json({{"a", "3"}}, "10", "next")},
                         refused(),
                         status(503),
                         {.body = page_json({{"b", "4"}}, "10").substr(0, 60), .breaks = ErrorKind::kReset},
                         {.body = page_json({{"b", "4"}}, "10")}});
  EXPECT_EQ(run.asked(), (Said{"list", "list next", "list next", "list next", "list next", "watch 10"}));
  EXPECT_EQ(run.said(), (Said{"begin", "put a@3", "put b@4", "end"}));
}

TEST(ListWatch, AListThatExpiresBeginsAnew) {
  const ScriptedRun run(
      {{.body = page_json({{"a", "3"}}, "10", "next")}, status(410), {.body = page_json({{"b", "4"}}, "20")}});
  EXPECT_EQ(run.asked(), (Said{"list", "list next", "list", "watch 20"}));
  EXPECT_EQ(run.said(), (Said{"begin", "put a@3", "begin", "put b@4", "end"}));
}

TEST(ListWatch, APageThatDoesNotDecodeIsNotUsed) {
  const ScriptedRun run(
      {{.body = page_json({{"a", "3"}, {"b", "4"}}, "10") + "x"}, {.body = "[]"}, {.body = "{}"}, kEmptyList});
  EXPECT_EQ(run.asked(), (Said{"list", "list", "list", "list", "watch 10"}));
  EXPECT_EQ(run.said(), (Said{"begin", "begin", "begin", "begin", "end"}));
}

TEST(ListWatch, AListWithoutEnd) {
  std::size_t pages = 0;
  const ScriptedRun run([&](const net::Request&) -> std::optional<Answer> {
    if (++pages > limits::kListPages + 2) return std::nullopt;
    return Answer{.body = page_json({}, "10", "more")};
  });
  EXPECT_EQ(errors(run.status(), ErrorKind::kTooLarge), 1U);
  EXPECT_EQ(run.said(), (Said{"begin", "begin"}));
  EXPECT_FALSE(run.status().ready);
}

TEST(ListWatch, CountsWrongTypes) {
  const ScriptedRun run(
      {{.body = R"({"metadata":{"resourceVersion":"10"},"items":[{"metadata":{"name":"a"},"status":{"phase":7}}]})"},
       watch_of(R"({"type":"ADDED","object":{"metadata":{"resourceVersion":"11"}}})"
                "\n")});
  EXPECT_EQ(run.status().wrong_types, 2U);
  EXPECT_EQ(run.said(), (Said{"begin", "put a@", "end"}));
  EXPECT_EQ(run.asked().back(), "watch 11");
}

/// Throws once, in the midst of a watch.
class ThrowingStore final : public Store<Pod> {
 public:
  void begin_list() override { ++lists; }
  void put(Pod&&) override {
    if (std::exchange(armed, false)) throw std::runtime_error("no\nroom");
    ++puts;
  }
  void remove(Pod&&) override {}
  void end_list() override {}

  bool armed = true;
  int lists = 0;
  int puts = 0;
};

TEST(ListWatch, AStoreThatThrows) {
  ThrowingStore store;
  const ScriptedRun run(
      {kEmptyList, watch_of(event_line("ADDED", "a", "11")), {.body = page_json({{"a", "11"}}, "12")}}, &store);
  EXPECT_EQ(run.asked(), (Said{"list", "watch 10", "list", "watch 12"}));
  EXPECT_EQ(store.lists, 2);
  EXPECT_EQ(store.puts, 1);
  EXPECT_EQ(errors(run.status(), ErrorKind::kIo), 1U);
  EXPECT_EQ(run.status().last_error, R"(pods in namespace spark: "no\nroom")");
}

}  // namespace
}  // namespace spark_exporter::kubernetes
