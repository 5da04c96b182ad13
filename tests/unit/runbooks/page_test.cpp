#include "exporter/runbooks/page.hpp"

#include <gtest/gtest.h>

#include "exporter/common/limits.hpp"

namespace spark_exporter::runbooks {
namespace {

constexpr Page kPage{
    "stage-skew", "# SparkStageSkew\n\nOf `$APP`.\n\n```sh\nkubectl -n \"$NAMESPACE\" get pod \"$DRIVER_POD\"\n```\n"};

std::vector<Run> runs() {
  return {{"etl", "sales", "app-1", "sales-1-driver", "node-1", "failed", "UserError"},
          {"etl", "sales", "app-2", "sales-2-driver", "node-2", "running", ""},
          {"ml", "train", "app-3", "train-driver", "", "succeeded", ""}};
}

Served served(const std::string& query, const std::vector<Run>& known) {
  const auto asked = read_query(query);
  EXPECT_TRUE(asked) << query;
  return serve(kPage, *asked, known);
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST(ReadQuery, TakesKnownNames) {
  const auto asked = read_query("namespace=etl&app=a%20b+c&utm=x&=&app_id&backup=&executor_id=7");
  ASSERT_TRUE(asked);
  EXPECT_EQ(*asked, (Asked{{"namespace", "etl"}, {"app", "a b c"}, {"executor_id", "7"}}));
  EXPECT_TRUE(read_query("")->empty());
  EXPECT_TRUE(read_query("NAMESPACE=x&&&")->empty());
}

TEST(ReadQuery, RefusesWhatIsNoLabelValue) {
  const std::string longest(limits::kLabelValueBytes, 'a');
  EXPECT_TRUE(read_query("app=" + longest));
  for (const auto& bad : {"app=" + longest + "a", std::string("app=%0a"), std::string("app=%00"),
                          std::string("app=%7f"), std::string("app=%ff"), std::string("app=%"), std::string("app=%2"),
                          std::string("app=%zz"), std::string("app=%c3%28")}) {
    const auto asked = read_query(bad);
    ASSERT_TRUE(asked.has_error()) << bad;
    EXPECT_EQ(asked.error().what, "bad value of app");
  }
}

TEST(Serve, FillsInTheOnlyRun) {
  const auto page = served("", {runs().back()});
  EXPECT_TRUE(has(page.markdown, "| `$APP` | `train` |")) << page.markdown;
  EXPECT_TRUE(has(page.markdown, "| state | `succeeded` |"));
  EXPECT_TRUE(has(page.markdown, "Of `train`."));
  EXPECT_TRUE(has(page.markdown, "kubectl -n ml get pod train-driver\n"));
  EXPECT_EQ(page.query, "?namespace=ml&app=train&app_id=app-3");
}

TEST(Serve, TakesTheRunThatWasAskedFor) {
  EXPECT_TRUE(has(served("app_id=app-1", runs()).markdown, "get pod sales-1-driver\n"));
  EXPECT_TRUE(has(served("namespace=etl&app=sales", runs()).markdown, "get pod sales-2-driver\n"));  // the newest
  EXPECT_TRUE(has(served("namespace=ml", runs()).markdown, "get pod train-driver\n"));
}

TEST(Serve, OffersAChoiceOfSeveral) {
  const auto page = served("", runs());
  EXPECT_TRUE(
      has(page.markdown, "- [etl/sales app-1](?namespace=etl&app=sales&app_id=app-1) failed, UserError\n- [etl/"))
      << page.markdown;
  EXPECT_TRUE(has(page.markdown, "-n \"$NAMESPACE\" get pod \"$DRIVER_POD\""));
  EXPECT_EQ(page.query, "");
  std::vector<runbooks::Run> many;
  for (int i = 0; i < 21; ++i) many.push_back({"etl", "job-" + std::to_string(i), "app", "", "", "", ""});
  EXPECT_TRUE(has(served("", many).markdown, "and 1 more"));
  many.pop_back();
  EXPECT_FALSE(has(served("", many).markdown, "more"));
}

TEST(Serve, BelievesTheQueryWhereTheRunIsNotKnown) {
  const auto page = served("namespace=old&app=gone", runs());
  EXPECT_TRUE(has(page.markdown, "kubectl -n old get pod \"$DRIVER_POD\"")) << page.markdown;
  EXPECT_TRUE(has(page.markdown, "Of `gone`."));
}

TEST(Serve, WithoutAnyRunIsThePageAsItIs) { EXPECT_EQ(served("", {}).markdown, kPage.text); }

TEST(Serve, HostileValuesStayValues) {
  const auto page =
      served("namespace=%3Cscript%3E&app=%60%5D(javascript:x)%7C&app_id=$(reboot)&driver_pod=';reboot", {});
  EXPECT_TRUE(has(page.markdown, "-n '<script>' get pod ''\\'';reboot'")) << page.markdown;
  const auto html = html_page(kPage, page);
  EXPECT_FALSE(has(html, "<script"));
  EXPECT_FALSE(has(html, "javascript:x\""));
  const std::vector<runbooks::Run> hostile{{"<script>", "`|](x)", "a&b", "", "", "", ""},
                                           {"x", "y", "z", "", "", "", ""}};
  const auto choice = html_page(kPage, served("", hostile));
  EXPECT_FALSE(has(choice, "<script"));
  EXPECT_TRUE(has(choice, "href=\"?namespace=%3Cscript%3E&amp;app=%60%7C%5D%28x%29&amp;app_id=a%26b\"")) << choice;
}

TEST(HtmlPage, IsWholeAndLinksToTheIndex) {
  const auto html = html_page(kPage, served("app_id=app-1", runs()));
  EXPECT_TRUE(html.starts_with("<!DOCTYPE html>"));
  EXPECT_TRUE(has(html, "<title>SparkStageSkew</title>"));
  EXPECT_TRUE(has(html, "href=\"README.md?namespace=etl&amp;app=sales&amp;app_id=app-1\""));
  EXPECT_TRUE(has(html, "kubectl -n etl get pod sales-1-driver"));
}

}  // namespace
}  // namespace spark_exporter::runbooks
