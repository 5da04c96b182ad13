// Runs a fuzz target without libFuzzer: each file of its seeds, and inputs that a fixed seed makes of them.
//   fuzz_replay TARGET FOLDER [EXECUTIONS]
// EXECUTIONS (5,000): how many inputs are made. A breach aborts, after what it was was written to crash-TARGET.

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#define FUZZ_TARGET(name, function) extern "C" int function(const std::uint8_t* data, std::size_t size);
#include "fuzz_targets.inc"
#undef FUZZ_TARGET

namespace {

using Input = std::vector<std::uint8_t>;
using Target = int (*)(const std::uint8_t*, std::size_t);

struct Named {
  const char* name;
  Target run;
};
constexpr Named kTargets[] = {
#define FUZZ_TARGET(name, function) {#name, function},
#include "fuzz_targets.inc"
#undef FUZZ_TARGET
};

constexpr std::size_t kMostBytes = 65536;

Input current;
std::string crash_file;

/// Only what a signal handler may call.
void keep_input(int signal) {
  const int file = open(crash_file.c_str(), O_CREAT | O_WRONLY | O_TRUNC, 0644);
  if (file >= 0) {
    if (write(file, current.data(), current.size()) < 0) _exit(3);
    close(file);
  }
  std::signal(signal, SIG_DFL);
  raise(signal);
}

void run(Target target, const Input& input) {
  current = input;
  // Of exactly its size, so that a sanitizer sees the first byte beyond it.
  const auto bytes = std::make_unique<std::uint8_t[]>(input.size());
  std::copy(input.begin(), input.end(), bytes.get());
  target(bytes.get(), input.size());
}

class Mutator {
 public:
  explicit Mutator(const std::vector<Input>& seeds) : seeds_(seeds) {}

  Input next() {
    Input input = seeds_[below(seeds_.size())];
    for (std::size_t changes = 1 + below(4); changes > 0; --changes) change(input);
    input.resize(std::min(input.size(), kMostBytes));
    return input;
  }

 private:
  std::size_t below(std::size_t bound) { return bound == 0 ? 0 : random_() % bound; }

  void change(Input& input) {
    const std::size_t at = below(input.size() + 1);
    const auto there = input.begin() + static_cast<std::ptrdiff_t>(at);
    const std::size_t rest = input.size() - at;
    switch (below(7)) {
      case 0:
        if (rest > 0) input[at] ^= static_cast<std::uint8_t>(1U << below(8));
        break;
      case 1:
        if (rest > 0) input[at] = static_cast<std::uint8_t>(random_());
        break;
      case 2: input.insert(there, static_cast<std::uint8_t>(random_())); break;
      case 3:
        input.erase(there, there + static_cast<std::ptrdiff_t>(below(std::min<std::size_t>(rest, 64) + 1)));
        break;
      case 4: input.resize(at); break;
      case 5: {  // a part again
        const Input part(there, there + static_cast<std::ptrdiff_t>(below(std::min<std::size_t>(rest, 256) + 1)));
        input.insert(input.begin() + static_cast<std::ptrdiff_t>(below(input.size() + 1)), part.begin(), part.end());
        break;
      }
      default: {  // a part of another seed
        const Input& other = seeds_[below(seeds_.size())];
        const std::size_t from = below(other.size() + 1);
        const std::size_t count = below(std::min<std::size_t>(other.size() - from, 256) + 1);
        input.insert(there, other.begin() + static_cast<std::ptrdiff_t>(from),
                     other.begin() + static_cast<std::ptrdiff_t>(from + count));
      }
    }
  }

  const std::vector<Input>& seeds_;
  std::mt19937_64 random_{1};  // NOLINT: the same each time
};

std::vector<Input> read_seeds(const char* folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  std::vector<Input> seeds;
  for (const auto& file : files) {
    std::ifstream in(file, std::ios::binary);
    seeds.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }
  return seeds;
}

}  // namespace

int main(int argc, char** argv) {
  const auto* const target = std::find_if(std::begin(kTargets), std::end(kTargets), [&](const Named& named) {
    return argc > 1 && std::strcmp(named.name, argv[1]) == 0;
  });
  if (argc < 3 || target == std::end(kTargets)) {
    std::fprintf(stderr, "usage: fuzz_replay TARGET FOLDER [EXECUTIONS]; targets:");
    for (const auto& named : kTargets) std::fprintf(stderr, " %s", named.name);
    std::fprintf(stderr, "\n");
    return 2;
  }
  const long executions = argc > 3 ? std::atol(argv[3]) : 5'000;
  crash_file = std::string("crash-") + target->name;
  for (const int signal : {SIGABRT, SIGSEGV, SIGFPE, SIGBUS, SIGILL}) std::signal(signal, keep_input);
  const auto seeds = read_seeds(argv[2]);
  if (seeds.empty()) {
    std::fprintf(stderr, "%s: no seeds\n", argv[2]);
    return 1;
  }
  for (const auto& seed : seeds) run(target->run, seed);
  Mutator mutator(seeds);
  for (long i = 0; i < executions; ++i) run(target->run, mutator.next());
  std::printf("%s: %zu seeds, %ld inputs made of them\n", target->name, seeds.size(), executions);
  return 0;
}
