#include "exporter/kubernetes/token.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <system_error>

#include "exporter/common/limits.hpp"

namespace spark_exporter::kubernetes {
namespace {

bool same(const struct stat& left, const struct stat& right) {
  return left.st_dev == right.st_dev && left.st_ino == right.st_ino && left.st_size == right.st_size &&
         left.st_mtim.tv_sec == right.st_mtim.tv_sec && left.st_mtim.tv_nsec == right.st_mtim.tv_nsec;
}

/// What a header may carry: no blanks, nothing that ends a line.
bool is_token(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

}  // namespace

bool TokenFile::is_current() const {
  struct stat now {};
  return seen_ && ::stat(path_.c_str(), &now) == 0 && same(*seen_, now);
}

Result<std::string> TokenFile::get() {
  if (path_.empty() || is_current()) return token_;
  if (const auto done = read(); !done) return done.error();
  return token_;
}

bool TokenFile::refresh() {
  if (path_.empty()) return false;
  const std::string before = token_;
  return read() && token_ != before;
}

/// The kubelet swaps a link to a whole folder, so a file is never half written.
Result<void> TokenFile::read() {
  const auto failed = [this](const std::string& why) { return Error{ErrorKind::kIo, path_ + ": " + why}; };
  struct stat status {};
  std::ifstream in(path_, std::ios::binary);
  if (!in || ::stat(path_.c_str(), &status) != 0) return failed(std::generic_category().message(errno));
  std::string text(limits::kTokenBytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad()) return failed("cannot be read");
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > limits::kTokenBytes) return failed("too long for a token");
  text.erase(std::find_if(text.rbegin(), text.rend(), [](char c) { return c != '\n' && c != '\r' && c != ' '; }).base(),
             text.end());
  if (!is_token(text)) return failed(text.empty() ? "empty" : "not a token");
  token_ = std::move(text);
  seen_ = status;
  return {};
}

}  // namespace spark_exporter::kubernetes
