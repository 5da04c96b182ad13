#include "exporter/runbooks/fill.hpp"

#include <gtest/gtest.h>

namespace spark_exporter::runbooks {
namespace {

std::string shell(const std::string& line, const Values& values) {
  const auto out = fill("```sh\n" + line + "\n```\n", values);
  return out.substr(6, out.size() - 6 - 5);
}

TEST(Fill, PutsPlainValuesIntoShellWithoutQuotes) {
  const Values values{{"NAMESPACE", "etl"}, {"APP_ID", "spark-0f"}, {"DRIVER_POD", "a.b-driver"}, {"APP", "sales"}};
  const struct {
    std::string page, filled;
  } cases[] = {
      {"kubectl -n \"$NAMESPACE\" get pod \"$DRIVER_POD\"", "kubectl -n etl get pod a.b-driver"},
      {"get pods -l spark-app-selector=\"$APP_ID\"", "get pods -l spark-app-selector=spark-0f"},
      {"curl \"$SPARK_UI/applications/$APP_ID/jobs\"", "curl \"$SPARK_UI/applications/spark-0f/jobs\""},
      {"--as=\"system:serviceaccount:${NAMESPACE}:spark\"", "--as=\"system:serviceaccount:etl:spark\""},
      {"job \"$APP-again\" --from=cronjob/\"$APP\"", "job \"sales-again\" --from=cronjob/sales"},
      {"echo \"$NODE\" ${NODE} $NOBODY", "echo \"$NODE\" ${NODE} $NOBODY"},
      {"echo ${APP", "echo ${APP"},
      {"echo $", "echo $"},
  };
  for (const auto& one : cases) EXPECT_EQ(shell(one.page, values), one.filled);
}

TEST(Fill, NoValueLeavesItsWordInShell) {
  const struct {
    std::string value, alone, beside;
  } cases[] = {
      {"a b", "x 'a b' y", "x \"$APP-1\" y"},
      {"$(reboot)", "x '$(reboot)' y", "x \"$APP-1\" y"},
      {"`reboot`", "x '`reboot`' y", "x \"$APP-1\" y"},
      {"a'b; reboot #", "x 'a'\\''b; reboot #' y", "x \"$APP-1\" y"},
      {"\"; reboot; \"", "x '\"; reboot; \"' y", "x \"$APP-1\" y"},
      {"Überweisung", "x 'Überweisung' y", "x \"$APP-1\" y"},
      {"--all", "x \"$APP\" y", "x \"$APP-1\" y"},
      {"-n", "x \"$APP\" y", "x \"$APP-1\" y"},
      {"a\nreboot", "x \"$APP\" y", "x \"$APP-1\" y"},
      {std::string("a\0b", 3), "x \"$APP\" y", "x \"$APP-1\" y"},
      {"", "x \"$APP\" y", "x \"$APP-1\" y"},
      {"$NAMESPACE", "x '$NAMESPACE' y", "x \"$APP-1\" y"},
  };
  for (const auto& one : cases) {
    EXPECT_EQ(shell("x \"$APP\" y", {{"APP", one.value}, {"NAMESPACE", "n"}}), one.alone);
    EXPECT_EQ(shell("x \"$APP-1\" y", {{"APP", one.value}, {"NAMESPACE", "n"}}), one.beside);
  }
}

TEST(Fill, IsTheInsideOfAStringInPromql) {
  const std::string page = "```promql\nup{app=\"$APP\"} == 1\n```\n";
  EXPECT_EQ(fill(page, {{"APP", "a b'c"}}), "```promql\nup{app=\"a b'c\"} == 1\n```\n");
  EXPECT_EQ(fill(page, {{"APP", "\"} or up{x=\"\\"}}), "```promql\nup{app=\"\\\"} or up{x=\\\"\\\\\"} == 1\n```\n");
  EXPECT_EQ(fill(page, {{"APP", "a\nb"}}), page);
}

TEST(Fill, LeavesMarkdownAsItIs) {
  const std::string page = "# Of `$APP`\n\nrun $APP\n";
  EXPECT_EQ(fill(page, {{"APP", "it's (new) 1_2"}}), "# Of `it's (new) 1_2`\n\nrun it's (new) 1_2\n");
  for (const char* bad : {"[x](https://a)", "a`b", "a|b", "<b>", "a\\b", "*b*", "&lt;", "a\rb", "\x7F"}) {
    EXPECT_EQ(fill(page, {{"APP", bad}}), page) << bad;
  }
}

TEST(Fill, OtherBlocksAreNotTouched) {
  for (const char* block : {"```yaml\n$APP\n```\n", "```sh setup\nAPP=$APP\n```\n", "```\n$APP\n```\n"}) {
    EXPECT_EQ(fill(block, {{"APP", "x"}}), block);
  }
  EXPECT_EQ(fill("```sh changes\n\"$APP\"\n```\n$APP", {{"APP", "x"}}), "```sh changes\nx\n```\nx");
}

TEST(Shown, HasNothingThatMarkdownReads) { EXPECT_EQ(shown("a|b`[c](d)\n<e>"), "a?b??c?(d)??e?"); }

}  // namespace
}  // namespace spark_exporter::runbooks
