// The runbooks themselves: complete, linked, and such that fill() finds what it should.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "exporter/runbooks/fill.hpp"
#include "exporter/runbooks/library.hpp"
#include "exporter/runbooks/markdown.hpp"

namespace spark_exporter::runbooks {
namespace {

namespace fs = std::filesystem;

const fs::path kFolder = fs::path(SOURCE_DIR) / "docs" / "operations" / "runbooks";

std::string read(const fs::path& path) {
  std::ifstream in(path);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::vector<std::string> lines_of(std::string_view text) {
  std::istringstream in{std::string(text)};
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

struct Block {
  std::string info;
  std::vector<std::string> lines;
};

std::vector<Block> blocks_of(std::string_view text) {
  std::vector<Block> blocks;
  bool inside = false;
  for (const auto& line : lines_of(text)) {
    if (line.starts_with("```")) {
      inside = !inside;
      if (inside) blocks.push_back({line.substr(3), {}});
    } else if (inside) {
      blocks.back().lines.push_back(line);
    }
  }
  return blocks;
}

std::vector<std::string> headings_of(std::string_view text, const std::string& mark) {
  std::vector<std::string> found;
  bool inside = false;
  for (const auto& line : lines_of(text)) {
    if (line.starts_with("```")) inside = !inside;
    if (!inside && line.starts_with(mark + " ")) found.push_back(line.substr(mark.size() + 1));
  }
  return found;
}

std::vector<Page> runbook_pages() {
  std::vector<Page> found;
  for (const auto& page : pages()) {
    if (page.name != kIndex) found.push_back(page);
  }
  return found;
}

TEST(Pages, AreTheFilesWordForWord) {
  std::set<std::string> files;
  for (const auto& file : fs::directory_iterator(kFolder)) files.insert(file.path().stem());
  std::set<std::string> embedded;
  for (const auto& page : pages()) {
    embedded.insert(std::string(page.name));
    EXPECT_EQ(page.text, read(kFolder / (std::string(page.name) + ".md")));
  }
  EXPECT_EQ(embedded, files);
}

TEST(Pages, HaveTheirSectionsInOrder) {
  for (const auto& page : runbook_pages()) {
    auto sections = headings_of(page.text, "##");
    if (page.name == "job-failure") sections.erase(std::find(sections.begin(), sections.end(), "Reasons"));
    EXPECT_EQ(sections, (std::vector<std::string>{"Do this now", "Meaning", "Impact", "Diagnosis", "Mitigation",
                                                  "When to ignore"}))
        << page.name;
    // What to do now is first, and short.
    const auto lines = lines_of(page.text);
    ASSERT_GT(lines.size(), 6U);
    EXPECT_TRUE(lines[0].starts_with("# "));
    EXPECT_EQ(lines[2], "## Do this now") << page.name;
    const auto steps =
        std::count_if(lines.begin(), std::find(lines.begin(), lines.end(), "## Meaning"),
                      [](const std::string& line) { return std::regex_search(line, std::regex("^\\d\\. ")); });
    EXPECT_GE(steps, 2) << page.name;
    EXPECT_LE(steps, 3) << page.name;
  }
}

TEST(Pages, DiagnoseByCommandAndByQuery) {
  for (const auto& page : runbook_pages()) {
    const auto blocks = blocks_of(page.text);
    const auto has = [&blocks](const std::string& info) {
      return std::any_of(blocks.begin(), blocks.end(), [&](const Block& block) { return block.info == info; });
    };
    EXPECT_TRUE(has("promql")) << page.name;
    EXPECT_TRUE(has("sh")) << page.name;
  }
}

TEST(Pages, AreNamedByTheirAlerts) {
  std::map<std::string, std::string> titles;
  for (const auto& page : runbook_pages()) titles[std::string(page.name)] = headings_of(page.text, "#").front();
  std::set<std::string> linked;
  for (const auto& alert : alerts()) {
    const std::string page(alert.page);
    ASSERT_TRUE(titles.contains(page)) << page;
    EXPECT_NE(titles[page].find(alert.name), std::string::npos) << page;
    EXPECT_TRUE(linked.insert(std::string(alert.name)).second) << alert.name;
    EXPECT_EQ(find_page(alert.name), find_page(page));
    EXPECT_EQ(find_page(page + ".md"), find_page(page));
    titles[page] += '!';
  }
  for (const auto& [page, title] : titles) EXPECT_EQ(title.back(), '!') << page << " is no alert's";
  EXPECT_EQ(find_page("nothing"), nullptr);
  EXPECT_EQ(find_page(""), nullptr);
  EXPECT_EQ(find_page(".md"), nullptr);
}

TEST(Pages, EachFailureReasonHasItsSection) {
  // The closed list of docs/metrics.md.
  const auto metrics = read(fs::path(SOURCE_DIR) / "docs" / "metrics.md");
  const auto begin = metrics.find("`reason` of a failure: ");
  ASSERT_NE(begin, std::string::npos);
  const auto end = metrics.find("Of a waiting pod", begin);
  auto text = metrics.substr(begin, end - begin);
  text.erase(0, text.find(':'));
  std::set<std::string> reasons;
  const std::regex name("`([A-Z]\\w+)`");
  for (std::sregex_iterator at(text.begin(), text.end(), name), none; at != none; ++at) reasons.insert((*at)[1]);
  EXPECT_EQ(reasons.size(), 17U);
  const auto sections = headings_of(find_page("job-failure")->text, "###");
  EXPECT_EQ(std::set<std::string>(sections.begin(), sections.end()), reasons);
  EXPECT_EQ(sections.size(), reasons.size());
}

TEST(Pages, LinksAndAnchorsResolve) {
  int links = 0;
  const std::regex link("\\]\\(([^)]*)\\)");
  for (const auto& page : pages()) {
    const std::string text(page.text);
    for (std::sregex_iterator at(text.begin(), text.end(), link), none; at != none; ++at) {
      const std::string target = (*at)[1];
      ++links;
      if (target.starts_with("https://")) continue;
      const auto file = target.substr(0, target.find('#'));
      const Page* other = file.empty() ? find_page(page.name) : find_page(file);
      ASSERT_NE(other, nullptr) << page.name << ": " << target;
      if (target.find('#') == std::string::npos) continue;
      const auto anchor = target.substr(target.find('#') + 1);
      bool found = false;
      for (const char* mark : {"#", "##", "###"}) {
        for (const auto& heading : headings_of(other->text, mark)) found = found || anchor_of(heading) == anchor;
      }
      EXPECT_TRUE(found) << page.name << ": " << target;
    }
  }
  EXPECT_GT(links, 80);
}

TEST(Pages, NamesStandWhereFillFindsThem) {
  const std::regex any("\\$\\{?([A-Z_]+)\\}?");
  for (const auto& page : pages()) {
    for (const auto& block : blocks_of(page.text)) {
      EXPECT_TRUE(block.info == "promql" || block.info == "sh" || block.info == "sh changes" ||
                  block.info == "sh elsewhere" || block.info == "sh setup" || block.info == "yaml")
          << page.name << ": " << block.info;
      for (const auto& line : block.lines) {
        for (std::sregex_iterator at(line.begin(), line.end(), any), none; at != none; ++at) {
          const std::string name = (*at)[1];
          EXPECT_TRUE(is_name(name) || name == "EXPORTER" || name == "SPARK_UI") << page.name << ": " << name;
          // Never where a shell would split it or PromQL would read it.
          const auto before = line.substr(0, static_cast<std::size_t>(at->position()));
          EXPECT_EQ(std::count(before.begin(), before.end(), '"') % 2, 1) << page.name << ": " << line;
        }
      }
    }
  }
}

/// Of an alert's rule, the values of `key` in the YAML of rules/, in the order of the file.
std::map<std::string, std::string> alerts_of_rules(const std::string& key) {
  std::map<std::string, std::string> found;
  if (!fs::exists(fs::path(SOURCE_DIR) / "rules")) return found;
  for (const auto& file : fs::directory_iterator(fs::path(SOURCE_DIR) / "rules")) {
    if (file.path().extension() != ".yaml") continue;
    std::string alert;
    const std::regex name("^ *- alert: *\"?(\\w+)\"?"), value("^ *" + key + ": *(?:>-\\s+)?[\"']?([^\"' ]+)");
    bool is_folded = false;  // "key: >-", and the value on the line after it
    std::string folded;
    for (const auto& part : lines_of(read(file.path()))) {
      const auto line = is_folded ? folded + part : part;
      is_folded = part.ends_with(">-");
      folded = part + " ";
      std::smatch match;
      if (std::regex_search(line, match, name)) {
        alert = match[1];
        found.emplace(alert, "");
      } else if (!alert.empty() && std::regex_search(line, match, value)) {
        found[alert] = match[1];
      }
    }
  }
  return found;
}

TEST(Pages, AreThoseOfTheRules) {
  const auto rules = alerts_of_rules("runbook_url");
  if (rules.empty()) GTEST_SKIP() << "no rules/*.yaml";
  std::set<std::string> of_rules, of_pages;
  for (const auto& [alert, url] : rules) {
    of_rules.insert(alert);
    const auto* page = find_page(alert);
    ASSERT_NE(page, nullptr) << alert;
    const auto file = url.substr(0, url.find_first_of("#?"));
    EXPECT_TRUE(file.ends_with("/" + std::string(page->name) + ".md")) << alert << ": " << url;
  }
  for (const auto& alert : alerts()) of_pages.insert(std::string(alert.name));
  EXPECT_EQ(of_rules, of_pages);
}

}  // namespace
}  // namespace spark_exporter::runbooks
