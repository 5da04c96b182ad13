// Lists and watches over real connections: streams in pieces, silence, and being stopped.

#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <thread>

#include "exporter/kubernetes/list_watch.hpp"
#include "tests/support/fault_server.hpp"
#include "tests/unit/kubernetes/scripted_api.hpp"

namespace spark_exporter::kubernetes {
namespace {

using spark_exporter::test::End;
using spark_exporter::test::FaultServer;
using spark_exporter::test::Gate;
using spark_exporter::test::ReceivedRequest;
using spark_exporter::test::Reply;
using test::bookmark_line;
using test::event_line;
using test::page_json;
namespace replies = spark_exporter::test::replies;

/// What the watch's thread puts, waited for by the test's.
class WaitingStore final : public Store<Pod> {
 public:
  void begin_list() override {}
  void put(Pod&& pod) override { say(pod.name); }
  void remove(Pod&& pod) override { say("-" + pod.name); }
  void end_list() override { say("synced"); }

  bool wait_for(const std::string& what) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds{20},
                             [&] { return std::find(said_.begin(), said_.end(), what) != said_.end(); });
  }

 private:
  void say(const std::string& what) {
    const std::lock_guard lock(mutex_);
    said_.push_back(what);
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> said_;
};

class ListWatchStream : public testing::Test {
 protected:
  void start(WatchTuning tuning = {}) {
    Cluster cluster;
    cluster.api_server = *net::parse_url(server_.url());
    client_ = make_api_client(cluster, "test");
    watch_ = std::make_unique<ListWatch>(
        *client_, Selection{.resource = kPods, .namespace_name = "", .label_selector = "", .field_selector = ""}, feed_,
        *timing_, budget_, tuning);
    thread_ = std::thread([this] { watch_->run(); });
  }

  void stop() {
    if (!thread_.joinable()) return;
    watch_->stop();
    thread_.join();
  }

  void TearDown() override { stop(); }

  /// Lists are empty and of version 1; a watch gets what `on_watch` says.
  void serve(std::function<Reply(const ReceivedRequest&)> on_watch) {
    server_.set_fallback([on_watch = std::move(on_watch)](const ReceivedRequest& request) {
      if (request.target.find("watch=true") == std::string::npos) return replies::json(page_json({}, "1"));
      return on_watch(request);
    });
  }

  FaultServer server_;
  WaitingStore store_;
  StoreFeed<Pod> feed_{store_};
  std::unique_ptr<Timing> timing_ = make_timing();
  RetryBudget budget_;
  std::unique_ptr<ApiClient> client_;
  std::unique_ptr<ListWatch> watch_;
  std::thread thread_;
};

TEST_F(ListWatchStream, EventsArriveAsTheyAreSent) {
  const std::string first = event_line("ADDED", "a", "2");
  const std::string second = event_line("DELETED", "a", "3");
  const auto gate = std::make_shared<Gate>();
  serve([&](const ReceivedRequest&) {
    return replies::json(first + second)
        .chunked()
        .gated(gate, first.size())
        .cut_after(first.size() + second.size(), End::kHang);
  });
  start();
  EXPECT_TRUE(store_.wait_for("synced"));
  gate->release();
  EXPECT_TRUE(store_.wait_for("a"));
  gate->open();
  EXPECT_TRUE(store_.wait_for("-a"));
  stop();  // while the connection hangs
}

TEST_F(ListWatchStream, LinesSpanPieces) {
  serve([](const ReceivedRequest&) {
    return replies::json(event_line("ADDED", "a", "2") + event_line("ADDED", "b", "3"))
        .chunked(7)
        .cut_after(100'000, End::kHang);
  });
  start();
  EXPECT_TRUE(store_.wait_for("b"));
}

TEST_F(ListWatchStream, AWatchHasNoLimitOfTimeOrSize) {
  serve([](const ReceivedRequest&) {
    std::string lines;
    for (int i = 0; i < 20'000; ++i) lines += bookmark_line(std::to_string(i + 2));
    return replies::json(lines + event_line("ADDED", "last", "99999")).chunked();
  });
  start();
  EXPECT_TRUE(store_.wait_for("last"));
}

TEST_F(ListWatchStream, AConnectionThatHangsIsGivenUp) {
  std::atomic<int> watches{0};
  serve([&](const ReceivedRequest& request) {
    if (++watches == 1) return replies::json(event_line("ADDED", "a", "2")).chunked().cut_after(100'000, End::kHang);
    return replies::json(
               event_line("ADDED", request.target.find("resourceVersion=2&") != std::string::npos ? "b" : "x", "3"))
        .chunked();
  });
  WatchTuning tuning;
  tuning.idle_timeout = Millis{50};
  tuning.good_watch = Millis{10};
  tuning.first_pause = Millis{1};
  start(tuning);
  EXPECT_TRUE(store_.wait_for("a"));
  EXPECT_TRUE(store_.wait_for("b"));
  EXPECT_GE(watch_->status().errors[static_cast<std::size_t>(ErrorKind::kTimeout)], 1U);
}

TEST_F(ListWatchStream, StopsInAPause) {
  server_.set_fallback([](const ReceivedRequest&) { return replies::status(503).with_header("Retry-After", "100"); });
  start();
  EXPECT_TRUE(server_.wait_for_requests(1));
  stop();
  EXPECT_FALSE(watch_->status().ready);
}

TEST_F(ListWatchStream, StopsBeforeItBegins) {
  start();
  stop();
}

}  // namespace
}  // namespace spark_exporter::kubernetes
