#include "tests/unit/cost/doc_table.hpp"

#include <array>
#include <cstdio>
#include <fstream>
#include <sstream>

namespace spark_exporter::cost::testing {
namespace {

std::vector<std::string> cells(const std::string& line) {
  std::vector<std::string> found;
  std::istringstream in(line.substr(1));
  for (std::string cell; std::getline(in, cell, '|');) {
    const auto from = cell.find_first_not_of(" *");
    const auto to = cell.find_last_not_of(" *");
    found.push_back(from == std::string::npos ? "" : cell.substr(from, to - from + 1));
  }
  return found;
}

}  // namespace

std::vector<Row> doc_table(const std::string& name) {
  std::ifstream in(SOURCE_DIR "/docs/cost.md");
  const std::string mark = "<!-- " + name + " -->";
  std::string line;
  while (std::getline(in, line) && line != mark) {
  }
  std::getline(in, line);  // blank
  if (!std::getline(in, line) || line.empty()) return {};
  const auto names = cells(line);
  std::getline(in, line);  // rule
  std::vector<Row> rows;
  while (std::getline(in, line) && line.starts_with('|')) {
    const auto values = cells(line);
    Row row;
    for (std::size_t i = 0; i < names.size(); ++i) row[names.at(i)] = values.at(i);
    rows.push_back(std::move(row));
  }
  return rows;
}

std::string shown(double money) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.5f", money);
  std::string number = text.data();
  number.erase(number.find_last_not_of('0') + 1);
  if (number.ends_with('.')) number.pop_back();
  return number == "-0" ? "0" : number;
}

}  // namespace spark_exporter::cost::testing
