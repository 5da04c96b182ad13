#include "exporter/logs/reader.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "exporter/logs/limits.hpp"
#include "exporter/outcome/failure_text.hpp"

namespace spark_exporter::logs {
namespace {

constexpr std::string_view kTraceback = "Traceback (most recent call last)";
constexpr std::string_view kThread = "Exception in thread \"";
/// spark-submit's own end after the one of the Python program that it ran, which said more.
constexpr std::string_view kUserApp = "SparkUserAppException";

/// Where a message that was logged names its exception, if it has one.
constexpr std::size_t kExceptionBytes = 1024;

bool is_quiet(Level level) { return level <= Level::kInfo; }

bool is_blank(std::string_view line) { return line.find_first_not_of(" \t") == std::string_view::npos; }

/// Between two tracebacks of one exception, as CPython and PySpark print them.
bool announces_traceback(std::string_view line) {
  return line.starts_with("During handling of the above exception") ||
         line.starts_with("The above exception was the direct cause") ||
         line.find("exception was thrown from the Python worker") != std::string_view::npos;
}

/// What the JVM says at its own end, past any logger.
bool is_jvm_end(std::string_view line) {
  static constexpr std::array<std::string_view, 6> kBeginnings{
      "java.lang.OutOfMemoryError",  "Terminating due to java.lang.", "Aborting due to java.lang.",
      "# java.lang.OutOfMemoryError", "# There is insufficient memory", "# A fatal error has been detected"};
  return std::any_of(kBeginnings.begin(), kBeginnings.end(), [line](auto text) { return line.starts_with(text); });
}

}  // namespace

Reader::Reader(StampGate* gate)
    : gate_(gate), automaton_(automaton()), line_start_([this] {
        NeedleSet none;
        return automaton_.scan(Automaton::kStart, "\n", none);
      }()) {}

void Reader::feed(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto* const newline = static_cast<const char*>(std::memchr(bytes.data(), '\n', bytes.size()));
    const auto size = newline == nullptr ? bytes.size() : static_cast<std::size_t>(newline - bytes.data());
    if (newline != nullptr && partial_bytes_ == 0 && !resync_) {
      take_line(bytes.substr(0, size), nullptr);
    } else {
      take_piece(bytes.substr(0, size), newline != nullptr);
    }
    bytes.remove_prefix(newline == nullptr ? size : size + 1);
  }
}

void Reader::take_piece(std::string_view piece, bool ends_line) {
  if (resync_) {
    resync_ = !ends_line;
    return;
  }
  partial_bytes_ += piece.size();
  const auto held = std::min(piece.size(), limits::kLogHeadBytes - partial_.size());
  partial_ += piece.substr(0, held);
  if (held < piece.size()) take_long_piece(piece.substr(held));
  if (ends_line) end_partial();
}

/// Of a line whose beginning is in partial_.
void Reader::take_long_piece(std::string_view piece) {
  if (!long_) {
    long_ = true;
    std::string_view head = partial_;
    if (gate_ != nullptr) StampGate().pass(head);
    const auto level = read_level(head);
    long_wanted_ = level ? !is_quiet(*level) : !there_ || !message_.quiet;
    long_found_.reset();
    long_state_ = line_start_;
    if (long_wanted_) long_state_ = automaton_.scan(long_state_, head, long_found_);
  }
  if (long_wanted_) long_state_ = automaton_.scan(long_state_, piece, long_found_);
}

void Reader::end_partial() {
  // A message may take the place of the one that is in partial_ only after it was read.
  take_line(partial_, long_ ? &long_found_ : nullptr);
  drop_partial();
}

void Reader::end() {
  if (partial_bytes_ > 0) end_partial();
}

void Reader::drop_partial() {
  partial_.clear();
  partial_bytes_ = 0;
  long_ = false;
}

void Reader::skip(std::uint64_t bytes) {
  tally_.skipped_bytes += bytes;
  drop_partial();
  there_ = false;
  resync_ = true;
}

void Reader::take_line(std::string_view line, const NeedleSet* found) {
  if (gate_ != nullptr && !gate_->pass(line)) return;
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (const auto level = read_level(line)) {
    begin(*level);
    if (message_.level == Level::kError || message_.level == Level::kFatal) begin_failure(false);
  } else {
    take_text(line);
  }
  if (message_.quiet) return;
  if (found != nullptr) {
    count(*found);
  } else {
    NeedleSet here;
    automaton_.scan(line_start_, line, here);
    if (here.any()) count(here);
  }
  if (message_.kept) keep(line);
}

/// A line without a level: a message of its own, or more of the one before.
void Reader::take_text(std::string_view line) {
  if (is_blank(line)) {
    if (!there_) begin(Level::kNone);
    return;
  }
  const bool chained = std::exchange(chained_, announces_traceback(line));
  if (line.front() == ' ' || line.front() == '\t') {
    if (!there_) begin(Level::kNone);
  } else if (line.starts_with(kTraceback)) {
    if (chained) return;
    begin(Level::kNone);
    begin_failure(true);
  } else if (line.starts_with(kThread)) {
    begin(Level::kNone);
    if (line.find(kUserApp) == std::string_view::npos || !failure_.uncaught) begin_failure(true);
  } else if (!there_ || (message_.quiet && is_jvm_end(line))) {
    begin(Level::kNone);
    if (is_jvm_end(line)) begin_failure(true);
  } else if (!message_.quiet && ++message_.margin_lines > limits::kLogMarginLines) {
    begin(Level::kNone);
  }
}

void Reader::begin(Level level) {
  choose_failure();
  message_ = Message();
  message_.level = level;
  message_.quiet = is_quiet(level);
  there_ = true;
  chained_ = false;
  ++tally_.messages[static_cast<std::size_t>(level)];
}

void Reader::begin_failure(bool uncaught) {
  if (failure_.uncaught && !uncaught) return;
  message_.kept = true;
  current_ = {"", uncaught};
}

/// What is being read, in place of what was kept: an error that names an exception says more than one that does not.
void Reader::choose_failure() {
  if (!std::exchange(current_is_news_, false)) return;
  const auto head = std::string_view(current_.text).substr(0, kExceptionBytes);
  const bool names_one = current_.uncaught || !outcome::exception_class(head).empty();
  if (!names_one && names_exception_) return;
  names_exception_ = names_one;
  failure_ = current_;
  news_ = true;
}

bool Reader::take_news() {
  choose_failure();
  return std::exchange(news_, false);
}

void Reader::count(const NeedleSet& found) {
  message_.found |= found;
  const auto fresh = signatures_of(message_.found) & ~message_.counted;
  message_.counted |= fresh;
  for (std::size_t i = 0; i < fresh.size(); ++i) tally_.signatures[i] += fresh[i] ? 1U : 0U;
}

void Reader::keep(std::string_view line) {
  const auto room = limits::kLogEvidenceBytes - current_.text.size();
  if (room == 0) return;
  current_.text += line.substr(0, room);
  if (line.size() < room) current_.text += '\n';
  current_is_news_ = true;
}

}  // namespace spark_exporter::logs
