#include "exporter/web/passwords.hpp"

#include <crypt.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>

#include "exporter/web/http_text.hpp"

namespace spark_exporter::web {
namespace {

constexpr int kMostWaiting = 4;
constexpr std::size_t kMostRemembered = 100;
constexpr std::size_t kHashBytes = 60;

/// "" for what is no base64 with padding.
std::string decode_base64(std::string_view text) {
  if (text.empty() || text.size() % 4 != 0) return {};
  std::string bytes(text.size() / 4 * 3, '\0');
  const int length =
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                      reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  if (length < 0) return {};
  const auto padding = static_cast<std::size_t>(text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0);
  bytes.resize(static_cast<std::size_t>(length) - padding);
  return bytes;
}

/// What is remembered is no way back to the password.
std::string digest_of(const Credentials& given, const std::string& hash) {
  std::string text;
  for (const std::string* part : {&given.user, &hash, &given.password}) {
    text += std::to_string(part->size()) + ':' + *part;
  }
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  const int done = EVP_Digest(text.data(), text.size(), digest.data(), &length, EVP_sha256(), nullptr);
  OPENSSL_cleanse(text.data(), text.size());
  return done == 1 ? std::string(digest.begin(), digest.begin() + length) : std::string();
}

bool matches(const std::string& password, const std::string& hash) {
  const auto scratch = std::make_unique<crypt_data>();  // 32 KiB
  const char* const found = crypt_r(password.c_str(), hash.c_str(), scratch.get());
  return found != nullptr && std::string_view(found).size() == hash.size() &&
         CRYPTO_memcmp(found, hash.data(), hash.size()) == 0;
}

/// Of the users' hashes the one that takes longest.
const std::string& slowest(const Users& users) {
  return std::max_element(users.begin(), users.end(),
                          [](const auto& a, const auto& b) { return a.second.compare(4, 2, b.second, 4, 2) < 0; })
      ->second;
}

}  // namespace

bool is_bcrypt_hash(std::string_view text) {
  if (text.size() != kHashBytes || !text.starts_with("$2") || text[3] != '$' || text[6] != '$') return false;
  if (text[2] != 'a' && text[2] != 'b' && text[2] != 'y') return false;
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  if (!digit(text[4]) || !digit(text[5])) return false;
  const int cost = (text[4] - '0') * 10 + (text[5] - '0');
  const std::string_view rest = text.substr(7);
  return cost >= 4 && cost <= 18 && std::all_of(rest.begin(), rest.end(), [&digit](char c) {
           return digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '/';
         });
}

bool read_basic(std::string_view authorization, Credentials& out) {
  const std::size_t blank = authorization.find(' ');
  if (blank == std::string_view::npos || !equal_ignoring_case(authorization.substr(0, blank), "Basic")) return false;
  const std::string text = decode_base64(trimmed(authorization.substr(blank + 1)));
  const std::size_t colon = text.find(':');
  // crypt() ends at a NUL: "secret\0anything" would be "secret".
  if (colon == std::string::npos || text.find('\0') != std::string::npos) return false;
  out.user = text.substr(0, colon);
  out.password = text.substr(colon + 1);
  return true;
}

Passwords::Verdict Passwords::check(const Users& users, std::string_view authorization) {
  Credentials given;
  if (users.empty() || !read_basic(authorization, given)) return Verdict::kBad;
  const auto user = users.find(given.user);
  const std::string& hash = user != users.end() ? user->second : slowest(users);
  const std::string digest = digest_of(given, hash);
  {
    const std::lock_guard lock(mutex_);
    if (user != users.end() && good_.contains(digest)) return Verdict::kGood;
  }
  if (waiting_.fetch_add(1) >= kMostWaiting) {
    waiting_.fetch_sub(1);
    return Verdict::kBusy;
  }
  bool good = false;
  {
    const std::lock_guard lock(working_);
    good = matches(given.password, hash) && user != users.end();
  }
  waiting_.fetch_sub(1);
  if (!good) return Verdict::kBad;
  const std::lock_guard lock(mutex_);
  if (good_.size() >= kMostRemembered) good_.clear();
  if (!digest.empty()) good_.insert(digest);
  return Verdict::kGood;
}

}  // namespace spark_exporter::web
