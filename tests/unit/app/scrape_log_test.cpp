#include "exporter/app/scrape_log.hpp"

#include <gtest/gtest.h>

namespace spark_exporter::app {
namespace {

using namespace std::chrono_literals;

const ScrapeLog::Instant kStart{};

TEST(ScrapeLog, WaitsForAScraperThatCameOnceBeforeTheEnd) {
  ScrapeLog log;
  log.note("5s", kStart, false);
  log.note("60s", kStart + 3s, true);
  EXPECT_EQ(log.final_scrapes(), 1U);
  EXPECT_EQ(log.final_scrapes_of_each(kStart + 3s), 0U) << "the first one has not seen the end";
  log.note("5s", kStart + 5s, true);
  EXPECT_EQ(log.final_scrapes_of_each(kStart + 5s), 1U);
}

TEST(ScrapeLog, GivesUpAVisitorAfterAMinute) {
  ScrapeLog log;
  log.note("visitor", kStart, false);
  log.note("60s", kStart + 3s, true);
  EXPECT_EQ(log.final_scrapes_of_each(kStart + 60s), 0U);
  EXPECT_EQ(log.final_scrapes_of_each(kStart + 61s), 1U);
}

TEST(ScrapeLog, WaitsThreeIntervalsForARegularScraper) {
  ScrapeLog log;
  for (int scrape = 0; scrape < 4; ++scrape) log.note("5s", kStart + scrape * 5s, false);
  log.note("60s", kStart + 20s, true);
  EXPECT_EQ(log.final_scrapes_of_each(kStart + 30s), 0U);
  EXPECT_EQ(log.final_scrapes_of_each(kStart + 31s), 1U);
}

}  // namespace
}  // namespace spark_exporter::app
