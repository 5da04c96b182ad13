#include "exporter/intake/python_json.hpp"

#include <algorithm>

namespace spark_exporter::intake {
namespace {

constexpr std::array<std::string_view, 3> kWords = {"NaN", "Infinity", "-Infinity"};

bool begins_word(std::string_view text) {
  return std::any_of(kWords.begin(), kWords.end(), [&](std::string_view word) { return word.starts_with(text); });
}

}  // namespace

/// A word that is whole becomes null, any other goes on as it is.
void PythonJson::end_word() {
  const bool is_word = std::find(kWords.begin(), kWords.end(), word_) != kWords.end();
  out_ += is_word ? std::string_view("null") : std::string_view(word_);
  word_.clear();
}

void PythonJson::take(char c) {
  if (in_string_) {
    out_ += c;
    if (escaped_) {
      escaped_ = false;
    } else if (c == '\\') {
      escaped_ = true;
    } else if (c == '"') {
      in_string_ = false;
    }
    return;
  }
  const bool goes_on = word_.empty() ? c == 'N' || c == 'I' || c == '-' : begins_word(word_ + c);
  if (goes_on) {
    word_ += c;
    return;
  }
  if (!word_.empty()) end_word();
  out_ += c;
  in_string_ = c == '"';
}

PythonJson::int_type PythonJson::underflow() {
  out_.clear();
  while (out_.empty()) {
    const auto got =
        source_ == nullptr ? 0 : source_->sgetn(raw_.data(), static_cast<std::streamsize>(raw_.size()));
    for (std::streamsize i = 0; i < got; ++i) take(raw_[static_cast<std::size_t>(i)]);
    if (got > 0) continue;
    if (word_.empty()) return traits_type::eof();
    end_word();
  }
  setg(out_.data(), out_.data(), out_.data() + out_.size());
  return traits_type::to_int_type(out_.front());
}

}  // namespace spark_exporter::intake
