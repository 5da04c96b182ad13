#include "exporter/logs/clues.hpp"

#include <string>
#include <string_view>

#include "exporter/logs/level.hpp"
#include "exporter/outcome/failure_text.hpp"

namespace spark_exporter::logs {
namespace {

constexpr std::string_view kTraceback = "Traceback (most recent call last)";

std::string_view line_at(std::string_view text, std::size_t begin) {
  return text.substr(begin, text.find('\n', begin) - begin);
}

/// The text from the line on that a traceback at its beginning ends with, which names what was raised.
std::string_view after_frames(std::string_view text) {
  for (auto at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at)) {
    ++at;
    const auto line = line_at(text, at);
    if (!line.empty() && line.front() != ' ' && line.front() != '\t') return text.substr(at);
  }
  return text;
}

/// What the program died of: of several tracebacks, each raised while the one before was handled, the last. A worker's
/// is in the message of the driver's exception.
std::string_view raised(std::string_view text) {
  while (text.starts_with(kTraceback)) {
    const auto end = after_frames(text);
    if (end.size() == text.size()) return text;
    text = end;
    const auto line = line_at(text, 0);
    if (line.find("Py4J") != std::string_view::npos) break;
    const bool of_worker = line.find("PythonException") != std::string_view::npos;
    const auto next = text.find((of_worker ? "\n" : "\n\n") + std::string(kTraceback));
    if (next == std::string_view::npos) break;
    text.remove_prefix(text.find(kTraceback, next));
  }
  return text;
}

/// "py4j.protocol.Py4JJavaError: An error occurred while calling o60.collect.\n: org.apache.spark.SparkException: ..."
std::string_view without_py4j(std::string_view text) {
  const auto java = text.find("\n: ");
  return text.starts_with("py4j.protocol.Py4J") && java != std::string_view::npos ? text.substr(java + 3) : text;
}

/// What stands before the message in a line of a log.
std::string_view without_head(std::string_view text) {
  constexpr std::string_view kTime = "26/11/27 06:10:11 ";
  if (!read_level(text) || text.size() < kTime.size() || text[2] != '/') return text;
  const auto level = text.find(' ', kTime.size());
  return level == std::string_view::npos ? text : text.substr(level + 1);
}

}  // namespace

outcome::Clues clues_of(const Failure& failure) {
  outcome::Clues clues;
  if (failure.text.empty()) return clues;
  const auto text = failure.uncaught ? without_py4j(raised(failure.text)) : without_head(failure.text);
  if (failure.uncaught) clues.log = outcome::read_clue(text);
  clues.exception = outcome::exception_class(text);
  clues.text = std::string(outcome::first_line(text));
  return clues;
}

void add_clues(const outcome::Clues& from_log, outcome::Clues& clues) {
  clues.log = from_log.log;
  if (clues.exception.empty() && clues.text.empty()) clues.text = from_log.text;
  if (clues.exception.empty()) clues.exception = from_log.exception;
}

}  // namespace spark_exporter::logs
