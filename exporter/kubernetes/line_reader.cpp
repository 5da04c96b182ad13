#include "exporter/kubernetes/line_reader.hpp"

#include "exporter/common/limits.hpp"
#include "exporter/common/memory_limit.hpp"

namespace spark_exporter::kubernetes {

LineResult read_line(std::streambuf& in, std::size_t limit, std::string& line) {
  using Traits = std::streambuf::traits_type;
  line.clear();
  bool blank = true;
  for (;;) {
    const auto next = in.sbumpc();
    if (Traits::eq_int_type(next, Traits::eof())) return LineResult::kEnd;
    const char c = Traits::to_char_type(next);
    if (c == '\n') {
      if (!blank) return LineResult::kLine;
      line.clear();
      continue;
    }
    if (line.size() == limit) return LineResult::kTooLong;
    blank = blank && (c == ' ' || c == '\r' || c == '\t');
    line += c;
  }
}

void give_back(std::string& line) {
  // Assigning an empty one would keep the memory.
  if (line.capacity() > limits::kWatchLineKept) std::string().swap(line);
}

std::size_t longest_line(std::optional<std::uint64_t> memory) {
  constexpr std::uint64_t kLeast = 2ULL << 20;  // etcd's 1.5 MiB, and what JSON adds
  constexpr std::uint64_t kShare = 16;
  return share_of(memory, kShare, kLeast, limits::kWatchLineBytes);
}

}  // namespace spark_exporter::kubernetes
