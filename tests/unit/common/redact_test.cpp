#include "exporter/common/redact.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <random>
#include <string>
#include <vector>

namespace spark_exporter {
namespace {

struct Case {
  std::string text;
  std::string shown;
};

class Redact : public testing::TestWithParam<Case> {};

TEST_P(Redact, HidesTheSecretAndNothingElse) { EXPECT_EQ(without_secrets(GetParam().text), GetParam().shown); }

INSTANTIATE_TEST_SUITE_P(
    Hidden, Redact,
    testing::Values(Case{"password=hunter2", "password=***"},
                    Case{"PASSWORD = hunter2, user=ann", "PASSWORD = ***, user=ann"},
                    Case{"fs.s3a.secret.key: abcdef/ghi+j= was refused", "fs.s3a.secret.key: *** was refused"},
                    Case{"jdbc:postgresql://db/x?user=ann&password=hunter2&ssl=true",
                         "jdbc:postgresql://db/x?user=ann&password=***&ssl=true"},
                    Case{"https://ann:hunter2@db.example.com/x refused", "https://***@db.example.com/x refused"},
                    Case{"a@b://u:p@ss@host/", "a@b://***@host/"},
                    Case{R"({"clientSecret": "x y,z: 7", "id": 7})", R"({"clientSecret": "***", "id": 7})"},
                    Case{R"("{\"api_key\":\"abcdef\"}")", R"("{\"api_key\":\"***\"}")"},
                    Case{"CREATE TABLE t USING jdbc OPTIONS (user 'ann', password 'it hurts')",
                         "CREATE TABLE t USING jdbc OPTIONS (user 'ann', password '***')"},
                    Case{"Authorization: Basic YW5uOmh1bnRlcjI=\nHost: db", "Authorization: ***\nHost: db"},
                    Case{"sent Bearer abcdefgh.ijk and failed", "sent Bearer *** and failed"},
                    Case{"got eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln, expired", "got ***, expired"},
                    Case{"The AWS Access Key Id AKIAIOSFODNN7EXAMPLE does not exist",
                         "The AWS Access Key Id *** does not exist"},
                    Case{"https://a/b?X-Amz-Credential=AKIA%2F1&X-Amz-Signature=00ff&X-Amz-Date=1",
                         "https://a/b?X-Amz-Credential=***&X-Amz-Signature=***&X-Amz-Date=1"},
                    Case{"https://acc.blob/x?sv=1&sig=ab%2Bcd&se=2", "https://acc.blob/x?sv=1&sig=***&se=2"},
                    Case{"-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----",
                         "-----BEGIN RSA PRIVATE KEY-----***-----END RSA PRIVATE KEY-----"},
                    Case{"-----BEGIN PRIVATE KEY-----\nMIIE", "-----BEGIN PRIVATE KEY-----***"},
                    Case{"x-auth-token: 0123456789", "x-auth-token: ***"},
                    Case{"--password=hunter2 -v", "--password=*** -v"}, Case{"pwd='never closed", "pwd='***"}));

INSTANTIATE_TEST_SUITE_P(
    Kept, Redact,
    testing::Values(
        Case{"", ""},
        Case{"java.lang.IllegalStateException: planted failure", "java.lang.IllegalStateException: planted failure"},
        Case{R"(secret "sales-credentials" not found)", R"(secret "sales-credentials" not found)"},
        Case{"couldn't find key password in Secret spark/creds", "couldn't find key password in Secret spark/creds"},
        Case{"org.apache.hadoop.security.token.SecretManager$InvalidToken: token can't be found in cache",
             "org.apache.hadoop.security.token.SecretManager$InvalidToken: token can't be found in cache"},
        Case{"InvalidToken: Authentication failed", "InvalidToken: Authentication failed"},
        Case{"Unrecognized token 'foo': was expecting null", "Unrecognized token 'foo': was expecting null"},
        Case{"unexpected token: ')' at 7", "unexpected token: ')' at 7"},
        Case{"abfss://container@account.dfs.core.windows.net/x", "abfss://container@account.dfs.core.windows.net/x"},
        Case{"s3a://bucket/a:b@c", "s3a://bucket/a:b@c"}, Case{"the bearer of news", "the bearer of news"},
        Case{"tokens", "tokens"}, Case{"password", "password"}, Case{"password=", "password="},
        Case{"\xFF\xFE\x00", "\xFF\xFE\x00"}));

TEST(RedactAny, TextEndsAndIsBoundedByItsInput) {
  const std::vector<std::string> pieces{"password", "=", ":",       " ",    "'",     "\"",          "\\",
                                        "://",      "@", "Bearer ", "eyJ",  ".eyJ",  "-----BEGIN ", "PRIVATE KEY-----",
                                        "AKIA",     "x", "\n",      "\xC3", "token", "a.B"};
  std::mt19937 random(7);
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (auto left = random() % 12; left > 0; --left) text += pieces[random() % pieces.size()];
    const auto shown = without_secrets(text);
    EXPECT_LE(shown.size(), text.size() * 3 + 3) << text;
    if (shown.find("***") == std::string::npos) {
      EXPECT_EQ(shown, text);
    }
  }
}

TEST(RedactAny, ALongTextIsReadOnce) {
  // Quadratic work would take minutes and run into the test's time-out.
  std::string text;
  for (int i = 0; i < 200'000; ++i) text += "://a";
  EXPECT_EQ(without_secrets(text), text);
  text.assign(2'000'000, '-');
  EXPECT_EQ(without_secrets(text), text);
  text.clear();
  for (int i = 0; i < 200'000; ++i) text += "-----BEGIN ";
  EXPECT_EQ(without_secrets(text), text);
}

}  // namespace
}  // namespace spark_exporter
