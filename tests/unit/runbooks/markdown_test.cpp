#include "exporter/runbooks/markdown.hpp"

#include <gtest/gtest.h>

#include <random>

namespace spark_exporter::runbooks {
namespace {

struct Case {
  std::string markdown, html;
};

TEST(Markdown, RendersItsSubset) {
  const Case cases[] = {
      {"# One `two`\n", "<h1 id=\"one-two\">One <code>two</code></h1>\n"},
      {"### UserError", "<h3 id=\"usererror\">UserError</h3>\n"},
      {"#no heading", "<p>#no heading</p>\n"},
      {"a\nb\n\nc\n", "<p>a\nb</p>\n<p>c</p>\n"},
      {"- a\n  more\n- b\nafter\n\nend", "<ul>\n<li>a\nmore</li>\n<li>b\nafter</li>\n</ul>\n<p>end</p>\n"},
      {"1. a\n2. b\n", "<ol>\n<li>a</li>\n<li>b</li>\n</ol>\n"},
      {"| a | b |\n| --- | --- |\n| `c` | d |\n",
       "<table>\n<tr><th>a</th><th>b</th></tr>\n"
       "<tr><td><code>c</code></td><td>d</td></tr>\n</table>\n"},
      {"| no table |", "<p>| no table |</p>\n"},
      {"```sh\na <b>\n\n# c\n```\nd", "<pre><code>a &lt;b&gt;\n\n# c\n</code></pre>\n<p>d</p>\n"},
      {"```sh changes\na\n```\n", "<p class=\"mark\">changes</p>\n<pre><code>a\n</code></pre>\n"},
      {"```\nnever closed", "<pre><code>never closed\n</code></pre>\n"},
      {"*a* **b** `*c*` 2 * 3 * 4", "<p><em>a</em> <strong>b</strong> <code>*c*</code> 2 * 3 * 4</p>\n"},
      {"[a](b.md) [c](b.md#d) [e](#f) [g](https://h/i)",
       "<p><a href=\"b.md\">a</a> <a href=\"b.md#d\">c</a> <a href=\"#f\">e</a> <a href=\"https://h/i\">g</a></p>\n"},
      {"[a `b`](c.md)", "<p><a href=\"c.md\">a <code>b</code></a></p>\n"},
      {"", ""},
      {"\n\n", ""},
      {"a`b", "<p>a`b</p>\n"},
      {"[a", "<p>[a</p>\n"},
      {"**", "<p>**</p>\n"},
      {"|", "<p>|</p>\n"},
      {"|\n| ---", "<table>\n<tr><th></th></tr>\n</table>\n"},
  };
  for (const auto& one : cases) EXPECT_EQ(to_html(one.markdown), one.html) << one.markdown;
}

TEST(Markdown, AddsTheQueryToLinksToOtherPages) {
  EXPECT_EQ(to_html("[a](b.md#c)", "?x=1&y=2"), "<p><a href=\"b.md?x=1&amp;y=2#c\">a</a></p>\n");
  EXPECT_EQ(to_html("[a](#c) [d](https://e) [f](?g)", "?x=1"),
            "<p><a href=\"#c\">a</a> <a href=\"https://e\">d</a> <a href=\"?g\">f</a></p>\n");
}

TEST(Markdown, NoHtmlOfItsInputComesOut) {
  for (const char* hostile : {"<script>alert(1)</script>", "# <script>", "- <script>", "`<script>`", "**<script>**",
                              "| <script> |\n| --- |\n| <script> |", "```sh <script>\n<script>\n```",
                              "[<script>](a.md)", "[a](<script>)", "[a](\"><script>.md)"}) {
    EXPECT_EQ(to_html(hostile).find("<script"), std::string::npos) << hostile;
  }
  for (const char* target : {"javascript:alert(1)", "javascript:alert(1)//x.md", "//evil/x.md", "data:text/html,x",
                             "http://x", "a.md\" onclick=\"x", "../a.md", "x?y.md", "a b.md"}) {
    EXPECT_EQ(to_html("[a](" + std::string(target) + ")").find("<a"), std::string::npos) << target;
  }
}

TEST(Markdown, EndsOnAnythingWithItsTagsClosed) {
  constexpr std::string_view kLetters = "#-|`*[]()\n\n 1.a<&\"";
  std::mt19937 random(6);
  for (int i = 0; i < 20'000; ++i) {
    std::string text;
    for (auto left = random() % 60; left > 0; --left) text += kLetters[random() % kLetters.size()];
    const auto html = to_html(text, "?a=1&b=2");
    const auto count = [&html](const char* what) {
      std::size_t found = 0;
      for (auto at = html.find(what); at != std::string::npos; at = html.find(what, at + 1)) ++found;
      return found;
    };
    for (const char* tag : {"p>", "a>", "ul>", "li>", "td>", "em>", "strong>"}) {
      const auto closed = count(("</" + std::string(tag)).c_str());
      auto open = count(("<" + std::string(tag)).c_str());
      if (tag[0] == 'a') open = count("<a href=\"");
      if (tag[0] == 'p') open += count("<p class=\"mark\">");
      ASSERT_EQ(open, closed) << text << "\n" << html;
    }
  }
}

TEST(Markdown, AnchorsAreGitHubs) {
  EXPECT_EQ(anchor_of("Do this now"), "do-this-now");
  EXPECT_EQ(anchor_of("`SparkJobFailed` & co: what's up?"), "sparkjobfailed--co-whats-up");
  EXPECT_EQ(anchor_of("a_b-c 1"), "a_b-c-1");
}

}  // namespace
}  // namespace spark_exporter::runbooks
