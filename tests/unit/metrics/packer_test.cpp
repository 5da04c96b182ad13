// Large expositions: the same text as the plain rendering, packed anew only where something changed.

#include "exporter/metrics/packer.hpp"

#include <gtest/gtest.h>

#include <zlib.h>

#include <random>

#include "exporter/metrics/exposition.hpp"
#include "tests/unit/metrics/scene.hpp"

namespace spark_exporter::metrics {
namespace {

using outcome::State;
using test::outcome_of;
using test::Scene;

/// As a client that knows nothing of us reads it: one member, checksum and length right, nothing behind it.
std::string gunzip(const std::string& gzip) {
  z_stream stream{};
  EXPECT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
  std::string in = gzip, text, buffer(1 << 16, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  int result = Z_OK;
  while (result == Z_OK) {
    stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
    stream.avail_out = static_cast<uInt>(buffer.size());
    result = inflate(&stream, Z_NO_FLUSH);
    text.append(buffer, 0, buffer.size() - stream.avail_out);
  }
  EXPECT_EQ(result, Z_STREAM_END);
  EXPECT_EQ(stream.avail_in, 0U);
  inflateEnd(&stream);
  return text;
}

TEST(Packer, MakesOneMemberOfAllPieces) {
  const std::string pieces[] = {"a", std::string(100'000, 'b'), "", "c\n", "a"};
  Packer packer;
  std::string text;
  packer.begin();
  for (const auto& piece : pieces) {
    packer.add(piece);
    text += piece;
  }
  const auto packed = packer.finish();
  EXPECT_EQ(gunzip(packed.gzip), text);
  EXPECT_EQ(packed.text_bytes, text.size());
  EXPECT_EQ(unpack(packed.gzip, packed.text_bytes), text);
  EXPECT_LT(packed.gzip.size(), 1000U);
  EXPECT_EQ(packer.compressed(), 3U) << "the piece that is there twice is packed once";
  packer.begin();
  EXPECT_EQ(gunzip(packer.finish().gzip), "");
}

TEST(Packer, TakesAnyBytes) {
  std::mt19937 random(20'261'127);  // NOLINT(cert-msc51-cpp): every run the same
  const auto below = [&random](std::size_t bound) { return random() % bound; };
  for (int round = 0; round < 200; ++round) {
    Packer packer;
    std::string text;
    packer.begin();
    for (std::size_t pieces = 1 + below(4); pieces > 0; --pieces) {
      // Of few letters it becomes small; of all it cannot, and is longer than room is first made for.
      const std::size_t letters = 1 + below(256);
      std::string piece(below(round % 10 == 0 ? 300'000 : 3'000), '\0');
      for (auto& c : piece) c = static_cast<char>(below(letters));
      packer.add(piece);
      text += piece;
    }
    ASSERT_EQ(gunzip(packer.finish().gzip), text) << "round " << round;
  }
}

TEST(Packer, KeepsThePiecesOfTheTextBeforeAndNoOlderOnes) {
  Packer packer;
  const auto pack = [&packer](std::initializer_list<const char*> pieces) {
    packer.begin();
    for (const auto* piece : pieces) packer.add(piece);
    return gunzip(packer.finish().gzip);
  };
  EXPECT_EQ(pack({"one ", "two "}), "one two ");
  EXPECT_EQ(pack({"two ", "three ", "one "}), "two three one ");
  EXPECT_EQ(packer.compressed(), 3U);
  EXPECT_EQ(pack({"three "}), "three ");
  EXPECT_EQ(packer.compressed(), 3U);
  EXPECT_EQ(pack({"one "}), "one ");
  EXPECT_EQ(packer.compressed(), 4U) << "it was forgotten";
}

TEST(Packer, ForgetsATextThatWasNeverFinished) {
  Packer packer;
  packer.begin();
  packer.add("half");
  packer.begin();
  packer.add("whole");
  EXPECT_EQ(gunzip(packer.finish().gzip), "whole");
}

TEST(Packer, TellsEverySingleByteApart) {
  Packer packer;
  std::string text(127, 'x');  // whole blocks of 32, and one short of another
  for (std::size_t i = 0; i < text.size(); ++i) {
    packer.begin();
    packer.add(text);
    text[i] = 'y';
    packer.add(text);
    packer.finish();
    EXPECT_EQ(packer.compressed(), i + 2);
  }
}

TEST(Unpack, RefusesWhatIsNotOurs) {
  Packer packer;
  packer.add("text");
  auto packed = packer.finish();
  EXPECT_THROW(unpack(packed.gzip, 3), std::runtime_error);
  EXPECT_THROW(unpack(packed.gzip, 5), std::runtime_error);
  EXPECT_THROW(unpack("text", 4), std::runtime_error);
  packed.gzip[packed.gzip.size() - 5] ^= 1;
  EXPECT_THROW(unpack(packed.gzip, 4), std::runtime_error) << "the checksum";
}

class RenderPacked : public testing::Test {
 protected:
  RenderPacked() {
    fill(scene_);
    scene_.snapshot().limits.series = limits::kDefaultObserverSeries;
    for (int i = 0; i < 500; ++i) add(i);
  }

  void add(int i) {
    auto run = outcome_of(State::kRunning, "spark-" + std::to_string(1000 + i));
    run.pods_known = true;
    auto& runs = scene_.outcomes().runs;
    runs.insert(runs.begin(), run);
  }

  Packed packed() { return render_packed(scene_.snapshot(), enabled_, scene_.drops(), stats_, packer_); }
  std::string plain() { return render(scene_.snapshot(), enabled_, scene_.drops()) + render_process(stats_); }

  Scene scene_;
  Packer packer_;
  ProcessStats stats_{};
  const std::set<std::string> enabled_{"outcome", "job", "gc", "sql", "self"};
};

TEST_F(RenderPacked, SaysTheSameAsThePlainRendering) {
  stats_.threads = 7;
  const Exposition exposition(packed());
  EXPECT_EQ(exposition.text(), plain());
  EXPECT_EQ(gunzip(exposition.gzip()), exposition.text());
  EXPECT_GT(packer_.compressed(), 20U) << "in pieces";
}

TEST_F(RenderPacked, PacksOnlyWhatChanged) {
  packed();
  const auto all = packer_.compressed();
  packed();
  EXPECT_EQ(packer_.compressed(), all);
  scene_.outcomes().runs[250].pods[1][2] = 3;
  packed();
  EXPECT_EQ(packer_.compressed(), all + 1);
}

TEST_F(RenderPacked, ARunThatComesMovesOnlyThePiecesBesideIt) {
  packed();
  const auto all = packer_.compressed();
  add(500);
  EXPECT_EQ(gunzip(packed().gzip), plain());
  EXPECT_LT(packer_.compressed() - all, all / 2) << "of " << all;
}

TEST_F(RenderPacked, ACollectorThatThrowsLeavesAValidExposition) {
  constexpr auto kFail = [](const model::Snapshot& snapshot, Families& families) {
    collect_outcomes(snapshot, families);
    families.gauge("half", "Help.");
    for (int i = 0; i < 3000; ++i) families.write(Identity("prod", std::to_string(i)), {}, 1);
    throw std::runtime_error("broken");
  };
  const Collector table[] = {{"outcome", "", kFail, true}, {"self", "", collect_self, true}};
  const auto text = gunzip(render_packed(scene_.snapshot(), enabled_, scene_.drops(), stats_, packer_, table).gzip);
  EXPECT_NE(text.find("spark_exporter_errors_total{source=\"exporter\",kind=\"exception\"} 1\n"), std::string::npos);
  EXPECT_EQ(text.back(), '\n');
  EXPECT_EQ(text.find("half{namespace=\"prod\",app=\"2999\"}"), std::string::npos);
  EXPECT_NE(text.find("spark_job_status{"), std::string::npos);
}

}  // namespace
}  // namespace spark_exporter::metrics
