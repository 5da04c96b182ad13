// A 7.8 MB answer of /applications/ID/stages?withSummaries=true, decoded by us and by nlohmann's DOM in one run:
// throughput of each, and how much each adds to the highest resident memory of a process of its own.

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <streambuf>
#include <string>

#include "exporter/spark/decode.hpp"

namespace {

using spark_exporter::spark::decode_stages;
using spark_exporter::spark::Each;
using spark_exporter::spark::Stage;

constexpr std::size_t kAnswerBytes = 7'800'000;
constexpr int kRounds = 9;
constexpr const char* kRecordedStage =
    FIXTURES_DIR "/spark-3.5.9/healthy/finished/applications-APP-stages-25-0-details-false-withSummaries-true.json";

std::string read_file(const char* path) {
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (text.empty()) throw std::runtime_error(std::string("cannot read ") + path);
  return text;
}

/// The answer as a stream that holds one stage of it, as the network would.
class AnswerBuffer final : public std::streambuf {
 public:
  AnswerBuffer(const std::string& stage, std::size_t stages) : stage_(stage), left_(stages) {}

 protected:
  int_type underflow() override {
    if (done_) return traits_type::eof();
    piece_.clear();
    if (left_ == 0) {
      piece_ += ']';
      done_ = true;
    } else {
      piece_ += first_ ? '[' : ',';
      piece_ += stage_;
      --left_;
    }
    first_ = false;
    setg(piece_.data(), piece_.data(), piece_.data() + piece_.size());
    return traits_type::to_int_type(piece_.front());
  }

 private:
  const std::string& stage_;
  std::size_t left_;
  bool first_ = true;
  bool done_ = false;
  std::string piece_;
};

using Decode = std::size_t (*)(std::istream&);

std::size_t decode_ours(std::istream& in) {
  std::size_t tasks = 0;
  const Each<Stage> each = [&tasks](Stage&& stage) { tasks += static_cast<std::size_t>(stage.tasks); };
  const auto report = decode_stages(in, each);
  if (!report) throw std::runtime_error(report.error().what);
  return tasks;
}

/// nlohmann::json but for the container of binary values, which JSON has none of: the linker would otherwise merge
/// this parser's code with ours, and one of the two would run what was inlined for the other.
using Dom = nlohmann::basic_json<std::map, std::vector, std::string, bool, std::int64_t, std::uint64_t, double,
                                 std::allocator, nlohmann::adl_serializer, std::vector<char>>;

std::size_t decode_dom(std::istream& in) {
  const auto document = Dom::parse(in);
  std::size_t tasks = 0;
  for (const auto& stage : document) tasks += stage.at("numTasks").get<std::size_t>();
  return tasks;
}

std::size_t run(Decode decode, const std::string& stage, std::size_t stages) {
  AnswerBuffer buffer(stage, stages);
  std::istream in(&buffer);
  return decode(in);
}

/// The processor's time: what else runs on the machine is not in it.
double processor_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

double seconds(Decode decode, const std::string& stage, std::size_t stages, std::size_t expected) {
  const double start = processor_seconds();
  if (run(decode, stage, stages) != expected) throw std::runtime_error("the tasks do not add up");
  return processor_seconds() - start;
}

/// /proc/self/status, VmHWM: the highest resident memory so far.
long peak_kilobytes() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    long kilobytes = 0;
    if (word == "VmHWM:" && status >> kilobytes) return kilobytes;
  }
  throw std::runtime_error("no VmHWM in /proc/self/status");
}

/// In a child, after one stage has paged in the code.
long extra_peak_kilobytes(Decode decode, const std::string& stage, std::size_t stages) {
  int ends[2];
  if (pipe(ends) != 0) throw std::runtime_error("pipe failed");
  const pid_t child = fork();
  if (child < 0) throw std::runtime_error("fork failed");
  if (child == 0) {
    run(decode, stage, 1);
    const long before = peak_kilobytes();
    run(decode, stage, stages);
    const long extra = peak_kilobytes() - before;
    const bool written = write(ends[1], &extra, sizeof extra) == static_cast<ssize_t>(sizeof extra);
    _exit(written ? 0 : 1);
  }
  close(ends[1]);
  long extra = -1;
  const bool got = read(ends[0], &extra, sizeof extra) == static_cast<ssize_t>(sizeof extra);
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  if (!got || status != 0) throw std::runtime_error("the measuring child failed");
  return extra;
}

void compare() {
  const std::string stage = read_file(kRecordedStage);
  const std::size_t stages = kAnswerBytes / (stage.size() + 1);
  const double megabytes = static_cast<double>(stages * (stage.size() + 1)) / 1e6;

  // Before anything large was freed here, which a child would inherit and use again.
  const long extra_ours = extra_peak_kilobytes(decode_ours, stage, stages);
  const long extra_dom = extra_peak_kilobytes(decode_dom, stage, stages);
  const std::size_t tasks = run(decode_dom, stage, stages);
  double best_ours = 1e9;
  double best_dom = 1e9;
  for (int round = 0; round < kRounds; ++round) {
    best_ours = std::min(best_ours, seconds(decode_ours, stage, stages, tasks));
    best_dom = std::min(best_dom, seconds(decode_dom, stage, stages, tasks));
  }

  std::printf("stages?withSummaries=true, %zu stages, %.1f MB; best of %d\n", stages, megabytes, kRounds);
  std::printf("%-24s %12s %12s %10s\n", "", "ours", "DOM", "ratio");
  std::printf("%-24s %12.1f %12.1f %9.2fx\n", "throughput, MB/s", megabytes / best_ours, megabytes / best_dom,
              best_dom / best_ours);
  std::printf("%-24s %12.1f %12.1f %9.2fx\n", "processor time, ms", best_ours * 1e3, best_dom * 1e3,
              best_ours / best_dom);
  const double ratio = static_cast<double>(extra_ours) / static_cast<double>(std::max(extra_dom, 1L));
  std::printf("%-24s %12ld %12ld %9.4fx\n", "extra peak memory, KiB", extra_ours, extra_dom, ratio);
  std::printf("extra peak memory under 1 MB: %s\n", extra_ours < 1000 ? "yes" : "NO");
}

}  // namespace

int main() {
  try {
    compare();
    return EXIT_SUCCESS;
  } catch (const std::exception& failure) {
    std::cerr << "decode_bench: " << failure.what() << '\n';
    return EXIT_FAILURE;
  }
}
