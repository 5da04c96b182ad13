// POST /api/v1/quality: at the observer, whose validation is believed; at the sidecar, that it is counted once, kept and
// passed on.

#include "exporter/app/quality_answer.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "exporter/app/quality_desk.hpp"
#include "exporter/common/limits.hpp"
#include "exporter/intake/limits.hpp"
#include "exporter/intake/quality_decode.hpp"
#include "tests/support/fault_server.hpp"
#include "tests/support/folder.hpp"

namespace spark_exporter::app {
namespace {

using namespace std::chrono_literals;
using test::FaultServer;
using test::ReceivedRequest;
using test::Reply;
namespace replies = test::replies;

constexpr char kReviews[] = "/apis/authentication.k8s.io/v1/tokenreviews";
constexpr char kBody[] = R"({"id":"1","dataset":"sales.orders","checks":[{"name":"rows","outcome":"failed"}]})";

web::HttpRequest post(const std::string& body, const std::string& query = "", bool loopback = true) {
  web::HttpRequest request;
  request.method = "POST";
  request.body = body;
  request.query = query;
  request.peer_is_loopback = loopback;
  return request;
}

Reply review(const ReceivedRequest& request) {
  const auto has = [&](const char* token) {
    return request.body.find(R"("token":")" + std::string(token) + '"') != std::string::npos;
  };
  const std::string user = R"({"status":{"authenticated":true,"user":{"username":"system:serviceaccount:etl:spark")";
  if (has("good")) {
    return replies::json(user + R"(,"extra":{"authentication.kubernetes.io/pod-name":["nightly-driver"],
        "authentication.kubernetes.io/pod-uid":["u-1"]}}}})")
        .with_status(201);
  }
  if (has("account")) return replies::json(user + "}}}").with_status(201);
  return replies::json(R"({"status":{"user":{},"error":"unknown"}})").with_status(201);
}

class AtTheObserver : public testing::Test {
 protected:
  AtTheObserver() {
    server_.on(kReviews, review);
    folder_.write("token", "ours\n");
  }
  web::HttpResponse answer(const std::string& authorization, const std::string& query = "",
                           const std::string& body = kBody) {
    auto request = post(body, query, false);
    request.authorization = authorization;
    return answer_quality(request, guard_, reviewer_,
                          [this](const QualitySender& sender, const std::vector<intake::QualityResult>& results)
                              -> Result<std::size_t> {
                            sender_ = sender;
                            taken_ = results;
                            if (sender.pod == "nightly-driver" || sender.app == "nightly") return results.size();
                            return Error{ErrorKind::kNotFound, "no run of pod"};
                          });
  }

  FaultServer server_;
  test::Folder folder_;
  IntakeGuard guard_{folder_.file("token")};
  TokenReviewer reviewer_{{*net::parse_url(server_.url()), "", "", ""}, {300ms, 2, 60s}};
  QualitySender sender_;
  std::vector<intake::QualityResult> taken_;
};

TEST_F(AtTheObserver, BelievesAPodOfItself) {
  const auto taken = answer("Bearer good");
  EXPECT_EQ(taken.status, 200);
  EXPECT_EQ(taken.body, "taken: 1 validation, 1 new\n");
  EXPECT_EQ(sender_.kubernetes_namespace, "etl");
  EXPECT_EQ(sender_.pod, "nightly-driver");
  EXPECT_EQ(sender_.pod_uid, "u-1");
  EXPECT_EQ(sender_.app, "");
  ASSERT_EQ(taken_.size(), 1U);
  EXPECT_EQ(taken_[0].dataset, "sales.orders");
  // Whatever job it names.
  answer("Bearer good", "namespace=prod&app=other");
  EXPECT_EQ(sender_.kubernetes_namespace, "etl");
  EXPECT_EQ(sender_.app, "");
}

TEST_F(AtTheObserver, LetsTheConfiguredTokenNameTheJob) {
  EXPECT_EQ(answer("Bearer ours", "namespace=etl&app=nightly&suite=dbt%20daily").status, 200);
  EXPECT_EQ(sender_.kubernetes_namespace, "etl");
  EXPECT_EQ(sender_.app, "nightly");
  EXPECT_EQ(sender_.pod, "");
  EXPECT_EQ(taken_[0].suite, "dbt daily");
  EXPECT_EQ(answer("Bearer ours").status, 400) << "which job?";
}

TEST_F(AtTheObserver, RefusesEverybodyElse) {
  EXPECT_EQ(answer("").status, 401);
  EXPECT_EQ(answer("Bearer stolen").status, 401);
  EXPECT_EQ(answer("Bearer account").status, 403);
  EXPECT_EQ(answer("Basic good").status, 401);
  EXPECT_TRUE(taken_.empty());
}

TEST_F(AtTheObserver, SaysWhatIsWrong) {
  EXPECT_EQ(answer("Bearer good", "", "{").status, 400);
  EXPECT_EQ(answer("Bearer good", "dataset=%zz").status, 400);
  EXPECT_EQ(answer("Bearer good", "", std::string(limits::kQualityBodyBytes + 1, ' ')).status, 413);
  server_.on(kReviews, replies::status(500));
  EXPECT_EQ(answer("Bearer another").status, 503);
}

TEST_F(AtTheObserver, APodThatIsNotKnownYetTriesAgain) {
  server_.on(kReviews, replies::json(R"({"status":{"authenticated":true,"user":{"username":"system:serviceaccount:etl:x",
      "extra":{"authentication.kubernetes.io/pod-name":["new"],"authentication.kubernetes.io/pod-uid":["u-2"]}}}})")
                           .with_status(201));
  EXPECT_EQ(answer("Bearer new").status, 404);
}

// --- the sidecar's desk ------------------------------------------------------------------------

class Desk : public testing::Test {
 protected:
  Desk() { options_.termination_log.clear(); }

  std::unique_ptr<QualityDesk> open() {
    auto desk = std::make_unique<QualityDesk>(options_, spark::Clock::system(), [this] { ++woken_; });
    desk->start(folder_.file("token"));
    return desk;
  }
  static const quality::Dataset& orders(const QualityDesk& desk) {
    return desk.ledger()->datasets().at({"sales.orders", "default"});
  }

  config::Options options_;
  test::Folder folder_;
  std::atomic<int> woken_{0};
};

TEST_F(Desk, TakesAValidationOnce) {
  const auto desk = open();
  EXPECT_EQ(desk->ledger(), nullptr);
  EXPECT_TRUE(desk->health().empty()) << "nobody uses it";
  EXPECT_EQ(desk->answer(post(kBody)).body, "taken: 1 validation, 1 new\n");
  EXPECT_EQ(desk->answer(post(kBody)).body, "taken: 1 validation, 0 new\n");
  EXPECT_EQ(orders(*desk).violations, 1U);
  EXPECT_FALSE(orders(*desk).last.success);
  EXPECT_EQ(woken_, 1);
  EXPECT_TRUE(desk->health().at("quality").up);
  EXPECT_TRUE(desk->passed_on()) << "there is nobody to pass it on to";
}

TEST_F(Desk, OneWithoutIdOrTimeIsNewEachTime) {
  const auto desk = open();
  for (int i = 0; i < 3; ++i) desk->answer(post(R"({"dataset":"sales.orders"})"));
  EXPECT_EQ(orders(*desk).validations, 3U);
}

TEST_F(Desk, KnowsQuarantinedRowsByTheQuery) {
  const auto desk = open();
  EXPECT_EQ(desk->answer(post(kBody, "quarantined_rows=13")).status, 200);
  EXPECT_EQ(orders(*desk).quarantined_rows, 13U);
  EXPECT_EQ(desk->answer(post(kBody, "quarantined_rows=-1")).status, 400);
  EXPECT_EQ(desk->answer(post(kBody, "quarantined_rows=x")).status, 400);
  EXPECT_EQ(desk->answer(post(R"([{"dataset":"a"},{"dataset":"b"}])", "quarantined_rows=1")).status, 400);
}

TEST_F(Desk, IsForThePodAlone) {
  const auto desk = open();
  EXPECT_EQ(desk->answer(post(kBody, "", false)).status, 403);
  EXPECT_EQ(desk->ledger(), nullptr);
}

TEST_F(Desk, CountsWhatCannotBeUsedAndKeepsWhatItHas) {
  const auto desk = open();
  desk->answer(post(kBody));
  EXPECT_EQ(desk->answer(post("{\"dataset\":")).status, 400);
  EXPECT_EQ(desk->answer(post(R"({"dataset":"a","rows":"many"})")).body,
            "body.rows: string \"many\" where a number of rows is documented\n");
  const auto health = desk->health().at("quality");
  EXPECT_FALSE(health.up);
  EXPECT_EQ(health.errors[static_cast<std::size_t>(ErrorKind::kMalformed)], 1U);
  EXPECT_EQ(health.errors[static_cast<std::size_t>(ErrorKind::kWrongType)], 1U);
  EXPECT_EQ(orders(*desk).validations, 1U);
}

TEST_F(Desk, GoesOnFromItsStateFile) {
  options_.state_file = folder_.file("state");
  {
    const auto desk = open();
    desk->answer(post(kBody));
    desk->save();
  }
  const auto desk = open();
  EXPECT_EQ(orders(*desk).violations, 1U);
  desk->answer(post(kBody));
  EXPECT_EQ(orders(*desk).violations, 1U) << "a replay, also after a restart";
}

TEST_F(Desk, ADiskThatIsFullOrGoneLosesNothingInMemory) {
  options_.state_file = folder_.file("no/such/folder/state");
  const auto desk = open();
  EXPECT_EQ(desk->answer(post(kBody)).status, 200);
  desk->save();
  desk->save();
  EXPECT_EQ(orders(*desk).violations, 1U);
  std::filesystem::create_directories(folder_.file("no/such/folder"));
  desk->save();
  EXPECT_TRUE(std::filesystem::exists(options_.state_file + ".quality")) << "tried again";
}

TEST_F(Desk, AStateFileThatIsNoneIsSaidAndLeft) {
  options_.state_file = folder_.file("state");
  folder_.write("state.quality", "garbage");
  const auto desk = open();
  EXPECT_EQ(desk->ledger(), nullptr);
}

TEST_F(Desk, ReadsTheFolder) {
  options_.quality_folder = folder_.path();
  const auto desk = open();
  folder_.write("a.tmp", R"({"dataset":"sales.orders"})");
  std::filesystem::rename(folder_.file("a.tmp"), folder_.file("a.json"));
  const auto end = std::chrono::steady_clock::now() + 10s;
  while (desk->ledger() == nullptr && std::chrono::steady_clock::now() < end) std::this_thread::sleep_for(1ms);
  ASSERT_NE(desk->ledger(), nullptr);
  EXPECT_FALSE(orders(*desk).last.id.empty()) << "the same file is the same validation";
}

TEST_F(Desk, PassesOnWhatIsNewWithThePodsTokenUntilItIsTaken) {
  FaultServer observer;
  std::atomic<int> asked{0};
  observer.on("/api/v1/quality", [&asked](const ReceivedRequest&) {
    return ++asked == 1 ? replies::status(404) : replies::json("{}");
  });
  options_.observer_url = *net::parse_url(observer.url());
  folder_.write("token", "pod-token");
  const auto desk = open();
  desk->answer(post(R"({"dataset":"sales.orders","rows":7})"));
  desk->answer(post(kBody));
  ASSERT_TRUE(observer.wait_for_requests(2));
  const auto end = std::chrono::steady_clock::now() + 10s;
  while (!desk->passed_on() && std::chrono::steady_clock::now() < end) std::this_thread::sleep_for(1ms);
  EXPECT_TRUE(desk->passed_on());
  std::string all;
  for (const auto& request : observer.requests()) {
    EXPECT_EQ(request.header("authorization"), "Bearer pod-token");
    all = request.body;
  }
  const auto document = intake::decode_quality(all, "sent");
  ASSERT_TRUE(document) << all;
  EXPECT_FALSE(document->results.front().id.empty());
  EXPECT_TRUE(document->results.front().time);
  EXPECT_GE(desk->health().at("observer").errors[static_cast<std::size_t>(ErrorKind::kNotFound)], 1U);
  EXPECT_TRUE(desk->health().at("observer").up);
}

TEST_F(Desk, TellsFailedDatasetsFirstInItsLastWords) {
  const auto desk = open();
  desk->answer(post(R"([{"dataset":"a","success":true,"time":1000},{"dataset":"b","success":false,"time":900},
                        {"dataset":"c","success":true,"time":1100}])"));
  std::string order;
  for (const auto& result : desk->for_last_words()) order += result.dataset;
  EXPECT_EQ(order, "bca");
}

}  // namespace
}  // namespace spark_exporter::app
