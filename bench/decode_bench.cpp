// A 7.8 MB answer of /applications/ID/stages?withSummaries=true, decoded by us, by nlohmann's DOM and by simdjson, both
// ways, into the same structure in one run: throughput of each, and how much each adds to the highest resident memory
// of a process of its own.

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iostream>
#include <iterator>
#include <stdexcept>
#include <streambuf>
#include <string>
#include <vector>

#include "bench/stage_peers.hpp"
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

/// What was read of all stages, as one number: the same from each decoder, or they did not do the same work.
class Digest {
 public:
  void add(const Stage& stage) {
    for (const auto number : {stage.id,
                              stage.attempt,
                              stage.tasks,
                              stage.active_tasks,
                              stage.completed_tasks,
                              stage.failed_tasks,
                              stage.killed_tasks,
                              stage.completed_indices,
                              stage.executor_run_time.count(),
                              stage.executor_deserialize_time.count(),
                              stage.result_serialization_time.count(),
                              stage.executor_cpu_time.count(),
                              stage.jvm_gc_time.count(),
                              stage.memory_bytes_spilled,
                              stage.disk_bytes_spilled,
                              stage.input_bytes,
                              stage.input_records,
                              stage.output_bytes,
                              stage.output_records,
                              stage.shuffle_read_bytes,
                              stage.shuffle_read_records,
                              stage.shuffle_write_bytes,
                              stage.shuffle_write_records,
                              ticks(stage.submission_time),
                              ticks(stage.first_task_launched_time),
                              ticks(stage.completion_time),
                              static_cast<std::int64_t>(stage.status),
                              size(stage.name),
                              size(stage.description),
                              size(stage.failure_reason),
                              static_cast<std::int64_t>(stage.quality.size())}) {
      value_ = value_ * 31 + static_cast<std::uint64_t>(number);
    }
  }
  std::uint64_t value() const { return value_; }

 private:
  static std::int64_t ticks(const auto& time) { return time ? time->time_since_epoch().count() : -1; }
  static std::int64_t size(const std::string& text) { return static_cast<std::int64_t>(text.size()); }

  std::uint64_t value_ = 0;
};

void decode_ours(std::istream& in, const bench::EachStage& each) {
  const auto report = decode_stages(in, Each<Stage>(each));
  if (!report) throw std::runtime_error(report.error().what);
}

using Decode = void (*)(std::istream&, const bench::EachStage&);
struct Decoder {
  const char* name;
  Decode decode;
  double best = 1e9;  ///< seconds
  long extra = 0;     ///< KiB
};

std::uint64_t run(Decode decode, const std::string& stage, std::size_t stages) {
  AnswerBuffer buffer(stage, stages);
  std::istream in(&buffer);
  Digest digest;
  decode(in, [&digest](Stage&& one) { digest.add(one); });
  return digest.value();
}

/// The processor's time: what else runs on the machine is not in it.
double processor_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

double seconds(Decode decode, const std::string& stage, std::size_t stages, std::uint64_t expected) {
  const double start = processor_seconds();
  if (run(decode, stage, stages) != expected) throw std::runtime_error("not the same was read");
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

  std::vector<Decoder> decoders = {{"ours", decode_ours}, {"nlohmann DOM", bench::decode_nlohmann}};
#ifdef HAVE_SIMDJSON
  decoders.push_back({"simdjson on-demand", bench::decode_simdjson_on_demand});
  decoders.push_back({"simdjson DOM", bench::decode_simdjson_dom});
#endif
  // Before anything large was freed here, which a child would inherit and use again.
  for (auto& decoder : decoders) decoder.extra = extra_peak_kilobytes(decoder.decode, stage, stages);
  const auto expected = run(decode_ours, stage, stages);
  for (int round = 0; round < kRounds; ++round) {
    for (auto& decoder : decoders) {
      decoder.best = std::min(decoder.best, seconds(decoder.decode, stage, stages, expected));
    }
  }

  std::printf("stages?withSummaries=true, %zu stages, %.1f MB; best of %d\n", stages, megabytes, kRounds);
  std::printf("%-20s %16s %18s %24s\n", "", "throughput, MB/s", "processor time, ms", "extra peak memory, KiB");
  for (const auto& decoder : decoders) {
    std::printf("%-20s %16.1f %18.2f %24ld\n", decoder.name, megabytes / decoder.best, decoder.best * 1e3,
                decoder.extra);
  }
  std::printf("ours: extra peak memory under 1 MB: %s\n", decoders.front().extra < 1000 ? "yes" : "NO");
#ifndef HAVE_SIMDJSON
  std::printf("simdjson: not measured: it was not there when this was built (Debian: libsimdjson-dev)\n");
#endif
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
