#include "exporter/kubernetes/line_reader.hpp"

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

}  // namespace spark_exporter::kubernetes
