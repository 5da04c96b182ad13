#include "tests/unit/spark/decode_support.hpp"

#include <malloc.h>

#include <algorithm>

namespace spark_exporter::spark::test {
namespace {

constexpr std::size_t kPieceBytes = 4096;

template <class T, Result<DecodeReport> (*Decode)(std::istream&, const Each<T>&)>
Result<DecodeReport> run_list(std::istream& in) {
  const Each<T> ignore = [](T&&) {};
  return Decode(in, ignore);
}

template <class T, Result<DecodeReport> (*Decode)(std::istream&, T&)>
Result<DecodeReport> run_one(std::istream& in) {
  T out{};
  return Decode(in, out);
}

}  // namespace

const std::vector<Decoder>& all_decoders() {
  static const std::vector<Decoder> kDecoders = {
      {"applications", run_list<Application, decode_applications>},
      {"jobs", run_list<Job, decode_jobs>},
      {"stages", run_list<Stage, decode_stages>},
      {"tasks", run_list<Task, decode_tasks>},
      {"executors", run_list<Executor, decode_executors>},
      {"sql", run_list<SqlExecution, decode_sql>},
      {"sql write", run_one<SqlWrite, decode_sql_write>},
      {"rdds", run_list<Rdd, decode_rdds>},
      {"task summary", run_one<TaskSummary, decode_task_summary>},
      {"environment", run_one<Environment, decode_environment>},
      {"streaming statistics", run_one<StreamingStatistics, decode_streaming_statistics>},
      {"metrics", run_one<MetricsDump, decode_metrics>},
      {"version", run_one<std::string, decode_version>},
  };
  return kDecoders;
}

std::string RepeatBuffer::next() {
  while (true) {
    const std::size_t part = part_++;
    if (part > times_ + 1) return {};
    const std::string& text = part == 0 ? head_ : part <= times_ ? body_ : tail_;
    if (!text.empty()) return text;
  }
}

RepeatBuffer::int_type RepeatBuffer::underflow() {
  on_refill();
  if (given_ == current_.size()) {
    current_ = next();
    given_ = 0;
  }
  if (current_.empty()) return traits_type::eof();
  char* const piece = current_.data() + given_;
  const std::size_t length = std::min(kPieceBytes, current_.size() - given_);
  given_ += length;
  setg(piece, piece, piece + length);
  return traits_type::to_int_type(*piece);
}

std::size_t heap_bytes() {
  const auto info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

Measured measure(RepeatBuffer& source, Result<DecodeReport> (*decode)(std::istream&)) {
  std::istream in(&source);
  const std::size_t before = heap_bytes();
  std::size_t highest = before;
  source.on_refill = [&highest] { highest = std::max(highest, heap_bytes()); };
  auto report = decode(in);
  source.on_refill = [] {};
  return {std::move(report), highest - before};
}

}  // namespace spark_exporter::spark::test
