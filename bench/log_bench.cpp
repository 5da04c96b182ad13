// Reads a log as the sidecar does, to its end, several times: log_bench FILE. Prints lines, bytes and the processor time
// of the best round, as JSON.

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>

#include "exporter/logs/file_tail.hpp"

namespace {

using spark_exporter::logs::FileTail;
using spark_exporter::logs::Reader;
using spark_exporter::logs::Tally;

constexpr int kRounds = 5;

/// The processor's time: what else runs on the machine is not in it.
double processor_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

struct Round {
  Tally tally;
  std::uint64_t bytes = 0;
  double seconds = 0;
};

Round read(const std::string& path) {
  Round round;
  const double begin = processor_seconds();
  FileTail tail(path, ~0ULL);
  Reader reader;
  while (true) {
    const auto got = tail.read(reader);
    if (!got) throw std::runtime_error(got.error().what);
    if (*got == 0) break;
    round.bytes += *got;
  }
  reader.end();
  round.tally = reader.take();
  round.seconds = processor_seconds() - begin;
  return round;
}

template <class Counts>
std::uint64_t sum(const Counts& counts) {
  std::uint64_t total = 0;
  for (const auto count : counts) total += count;
  return total;
}

void measure(const std::string& path) {
  auto best = read(path);
  for (int i = 1; i < kRounds; ++i) {
    const auto round = read(path);
    if (round.tally != best.tally) throw std::runtime_error("two rounds counted differently");
    best.seconds = std::min(best.seconds, round.seconds);
  }
  std::ifstream file(path, std::ios::binary);
  std::uint64_t lines = 0;
  for (std::string line; std::getline(file, line);) ++lines;
  std::printf("{\"lines\": %llu, \"bytes\": %llu, \"seconds\": %.6f, \"messages\": %llu, \"signatures\": %llu}\n",
              static_cast<unsigned long long>(lines), static_cast<unsigned long long>(best.bytes), best.seconds,
              static_cast<unsigned long long>(sum(best.tally.messages)),
              static_cast<unsigned long long>(sum(best.tally.signatures)));
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc != 2) throw std::runtime_error("usage: log_bench FILE");
    measure(argv[1]);
    return EXIT_SUCCESS;
  } catch (const std::exception& failure) {
    std::cerr << "log_bench: " << failure.what() << '\n';
    return EXIT_FAILURE;
  }
}
