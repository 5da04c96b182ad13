#include "exporter/net/resolver.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <thread>

#include "exporter/common/limits.hpp"
#include "tests/unit/net/fetch.hpp"

namespace spark_exporter::net {
namespace {

/// A name server that says nothing until the test ends; knows when it has been asked.
class HangingLookup {
 public:
  HangingLookup() : state_(std::make_shared<State>()) {}
  ~HangingLookup() { state_->let_go.set_value(); }

  Lookup lookup() const {
    return [state = state_, go = state_->go](const std::string&) -> Result<Addresses> {
      if (state->calls.fetch_add(1) == 0) {
        state->asked.set_value();
      }
      go.wait();
      return Addresses{"127.0.0.1"};
    };
  }
  void wait_until_asked() const { state_->asked.get_future().wait(); }
  int calls() const { return state_->calls; }

 private:
  struct State {
    std::promise<void> let_go;
    std::shared_future<void> go = let_go.get_future().share();
    std::promise<void> asked;
    std::atomic<int> calls{0};
  };
  std::shared_ptr<State> state_;
};

TEST(Resolver, NumericHostsAreNotLookedUp) {
  for (const std::string host : {"127.0.0.1", "::1", "10.0.0.1"}) {
    Resolver resolver(host, [](const std::string&) -> Result<Addresses> {
      ADD_FAILURE() << "looked up";
      return Addresses{};
    });
    EXPECT_EQ(resolver.resolve(kNever).value(), Addresses{host});
  }
}

TEST(Resolver, LocalhostIsALoopbackAddress) {
  Resolver resolver("localhost", system_lookup);
  const auto addresses = resolver.resolve(after(kPatient));
  ASSERT_TRUE(addresses) << addresses.error().what;
  ASSERT_FALSE(addresses->empty());
  EXPECT_LE(addresses->size(), limits::kResolvedAddresses);
  EXPECT_TRUE(std::all_of(addresses->begin(), addresses->end(),
                          [](const std::string& a) { return a == "127.0.0.1" || a == "::1"; }));
}

TEST(Resolver, LooksUpAnewEachTime) {
  int calls = 0;
  Resolver resolver("name", [&calls](const std::string& host) -> Result<Addresses> {
    EXPECT_EQ(host, "name");
    ++calls;
    return Addresses{"10.0.0." + std::to_string(calls)};
  });
  EXPECT_EQ(resolver.resolve(kNever).value(), Addresses{"10.0.0.1"});
  EXPECT_EQ(resolver.resolve(kNever).value(), Addresses{"10.0.0.2"});
}

TEST(Resolver, PassesFailuresOn) {
  Resolver unknown("name", [](const std::string&) -> Result<Addresses> {
    return Error{ErrorKind::kResolve, "no such name"};
  });
  EXPECT_EQ(unknown.resolve(kNever).error().what, "no such name");
  Resolver broken("name", [](const std::string&) -> Result<Addresses> { throw std::bad_alloc(); });
  EXPECT_EQ(broken.resolve(kNever).error().kind, ErrorKind::kResolve);
}

TEST(Resolver, AHangingLookupEndsAtTheDeadlineAndIsNotAskedTwice) {
  const HangingLookup hanging;
  Resolver resolver("name", hanging.lookup());
  EXPECT_EQ(resolver.resolve(after(kShort)).error().kind, ErrorKind::kTimeout);
  EXPECT_EQ(resolver.resolve(after(kShort)).error().kind, ErrorKind::kTimeout);
  EXPECT_EQ(hanging.calls(), 1);
}

TEST(Resolver, CancelEndsARunningResolve) {
  const HangingLookup hanging;
  Resolver resolver("name", hanging.lookup());
  std::thread canceller([&] {
    hanging.wait_until_asked();
    resolver.cancel();
  });
  EXPECT_EQ(resolver.resolve(kNever).error().kind, ErrorKind::kCancelled);
  EXPECT_EQ(resolver.resolve(kNever).error().kind, ErrorKind::kCancelled);
  canceller.join();
}

}  // namespace
}  // namespace spark_exporter::net
