#include "exporter/web/negotiation.hpp"

#include <gtest/gtest.h>

#include <utility>

namespace spark_exporter::web {
namespace {

TEST(AcceptsGzip, FollowsTheQValues) {
  const std::pair<std::string_view, bool> cases[] = {
      {"", false},
      {"gzip", true},
      {"GZip", true},
      {"x-gzip", true},
      {"deflate, gzip;q=1.0, *;q=0.5", true},
      {"gzip;q=0", false},
      {"gzip;q=0.0", false},
      {"gzip;q=0.000", false},
      {"gzip;q=0.001", true},
      {"gzip ; q = 0", false},
      {"gzip;Q=0", false},
      {"gzip;q=0, *", false},
      {"*", true},
      {"*;q=0", false},
      {"*;q=0, gzip", true},
      {"identity", false},
      {"gzipped", false},
      {"br, zstd", false},
      {"gzip;q=abc", false},
      {"gzip;q=2", false},
      {"gzip;q=1.5", false},
      {"gzip;q=-1", false},
      {"gzip;q=", false},
      {"gzip;q=0.0001", false},
      {",,;,gzip,", true},
      {";q=1", false},
  };
  for (const auto& [header, expected] : cases) EXPECT_EQ(accepts_gzip(header), expected) << header;
}

TEST(AcceptsHtml, MeansABrowser) {
  const std::pair<std::string_view, bool> cases[] = {
      {"", false},
      {"*/*", false},
      {"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", true},
      {"TEXT/HTML;level=1", true},
      {"text/html;q=0", false},
      {"text/plain;version=0.0.4;q=0.5,*/*;q=0.1", false},
      {"application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1", false},
  };
  for (const auto& [header, expected] : cases) EXPECT_EQ(accepts_html(header), expected) << header;
}

}  // namespace
}  // namespace spark_exporter::web
