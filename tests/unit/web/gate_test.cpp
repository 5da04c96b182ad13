#include "exporter/web/gate.hpp"

#include <crypt.h>
#include <gtest/gtest.h>

#include <array>
#include <chrono>

namespace spark_exporter::web {
namespace {

using std::chrono::milliseconds;

std::string hashed(const std::string& password, const char* kind = "$2b$", unsigned long cost = 4) {
  std::array<char, CRYPT_GENSALT_OUTPUT_SIZE> salt{};
  crypt_gensalt_rn(kind, cost, nullptr, 0, salt.data(), salt.size());
  crypt_data scratch{};
  return crypt_r(password.c_str(), salt.data(), &scratch);
}

std::shared_ptr<ConfigWatch> watch_of(WebConfig config) {
  WebConfigSource source;
  source.file = "/dev/null";
  source.load = [config = std::move(config)]() -> Result<WebConfig> { return config; };
  return *ConfigWatch::open(std::move(source));
}

TEST(Passwords, KnowsABcryptHash) {
  EXPECT_TRUE(is_bcrypt_hash(hashed("a")));
  EXPECT_TRUE(is_bcrypt_hash(hashed("a", "$2y$")));
  EXPECT_TRUE(is_bcrypt_hash(hashed("a", "$2a$", 5)));
  EXPECT_FALSE(is_bcrypt_hash(""));
  EXPECT_FALSE(is_bcrypt_hash("plain"));
  EXPECT_FALSE(is_bcrypt_hash(hashed("a") + "x"));
  std::string costly = hashed("a");
  EXPECT_TRUE(is_bcrypt_hash(costly.replace(4, 2, "18")));
  EXPECT_FALSE(is_bcrypt_hash(costly.replace(4, 2, "19")));
  EXPECT_FALSE(is_bcrypt_hash(costly.replace(4, 2, "03")));
  EXPECT_FALSE(is_bcrypt_hash(costly.replace(4, 2, "-4")));
  EXPECT_FALSE(is_bcrypt_hash(hashed("a").replace(20, 1, ":")));
}

TEST(Passwords, ReadsBasicCredentials) {
  const struct {
    const char* authorization;
    bool good;
    const char *user, *password;
  } cases[] = {{"Basic YTpi", true, "a", "b"},
               {"basic YTpi", true, "a", "b"},
               {"BASIC   YTpi ", true, "a", "b"},
               {"Basic YTo=", true, "a", ""},
               {"Basic OmI=", true, "", "b"},
               {"Basic YTpiOmM=", true, "a", "b:c"},
               {"Basic YWI=", false, "", ""},
               {"Basic YTpi=", false, "", ""},
               {"Basic YT*i", false, "", ""},
               {"Basic", false, "", ""},
               {"Basic ", false, "", ""},
               {"Bearer YTpi", false, "", ""},
               {"", false, "", ""},
               {"Basic YTpiAGM=", false, "", ""},
               {"Basic YTpi YTpi", false, "", ""}};
  for (const auto& row : cases) {
    Credentials found;
    EXPECT_EQ(read_basic(row.authorization, found), row.good) << row.authorization;
    if (!row.good) continue;
    EXPECT_EQ(found.user, row.user);
    EXPECT_EQ(found.password, row.password);
  }
}

TEST(Passwords, ChecksThem) {
  Passwords passwords;
  const Users users{{"a", hashed("b")}, {"c", hashed("d", "$2y$", 5)}};
  using Verdict = Passwords::Verdict;
  EXPECT_EQ(passwords.check(users, "Basic YTpi"), Verdict::kGood);
  EXPECT_EQ(passwords.check(users, "Basic YTpi"), Verdict::kGood);
  EXPECT_EQ(passwords.check(users, "Basic YTpj"), Verdict::kBad);
  EXPECT_EQ(passwords.check(users, "Basic YTpj"), Verdict::kBad);
  EXPECT_EQ(passwords.check(users, "Basic Yzpk"), Verdict::kGood);  // c:d
  EXPECT_EQ(passwords.check(users, "Basic eDpk"), Verdict::kBad);   // x:d, d being what x is compared with
  EXPECT_EQ(passwords.check(users, ""), Verdict::kBad);
  EXPECT_EQ(passwords.check({}, "Basic YTpi"), Verdict::kBad);
  // A changed hash forgets what was good.
  EXPECT_EQ(passwords.check({{"a", hashed("z")}}, "Basic YTpi"), Verdict::kBad);
}

TEST(Gate, LetsEverybodyInWithoutAFile) {
  Gate gate(*ConfigWatch::open({}));
  EXPECT_FALSE(gate.refuse({}, true, Gate::Clock::now()));
}

TEST(Gate, LimitsTheRate) {
  WebConfig config;
  config.rate_limit = RateLimit{milliseconds{100}, 3};
  Gate gate(watch_of(config));
  auto now = Gate::Clock::now();
  const auto let_in = [&] { return !gate.refuse({}, false, now).has_value(); };
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(let_in()) << i;
  const auto refused = gate.refuse({}, false, now);
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 429);
  now += milliseconds{99};
  EXPECT_FALSE(let_in());
  now += milliseconds{1};
  EXPECT_TRUE(let_in());
  EXPECT_FALSE(let_in());
  now += std::chrono::hours{1};
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(let_in()) << i;
  EXPECT_FALSE(let_in());
}

TEST(Gate, WithoutABurstNobodyComesIn) {
  WebConfig config;
  config.rate_limit = RateLimit{milliseconds{1}, 0};
  Gate gate(watch_of(config));
  EXPECT_TRUE(gate.refuse({}, false, Gate::Clock::now() + std::chrono::hours{1}));
}

}  // namespace
}  // namespace spark_exporter::web
