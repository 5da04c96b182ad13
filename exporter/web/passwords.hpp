#pragma once
// Basic authentication against bcrypt hashes. A hash takes some 60 ms on purpose, so good answers are remembered and
// only one is worked out at a time: a flood of guesses costs at most one core, and no scrape.

#include <atomic>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

namespace spark_exporter::web {

using Users = std::map<std::string, std::string, std::less<>>;  ///< name to bcrypt hash

/// "$2b$10$" (or 2a, 2y; cost 4 to 18) and 53 characters of bcrypt's alphabet. A higher cost would take minutes for
/// whoever asks.
bool is_bcrypt_hash(std::string_view text);

struct Credentials {
  std::string user, password;
};
/// Of "Basic BASE64": false if `authorization` is nothing of that kind, or the password has a NUL.
bool read_basic(std::string_view authorization, Credentials& out);

/// Thread-safe.
class Passwords {
 public:
  enum class Verdict { kGood, kBad, kBusy };

  /// An unknown user takes as long as a known one. kBusy: too many guesses are waiting already.
  Verdict check(const Users& users, std::string_view authorization);

 private:
  std::mutex working_;
  std::atomic<int> waiting_{0};
  std::mutex mutex_;
  std::set<std::string> good_;  ///< digests of user, hash and password; guarded by mutex_
};

}  // namespace spark_exporter::web
