#pragma once
// What the decoders' tests share: decoding from text, and all decoders behind one signature.

#include <array>
#include <functional>
#include <sstream>
#include <streambuf>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/spark/decode.hpp"
#include "exporter/spark/sql_write.hpp"

namespace spark_exporter::spark::test {

template <class T>
struct Decoded {
  Result<DecodeReport> report;
  std::vector<T> items;
};

/// decode_list(decode_jobs, text)
template <class T>
Decoded<T> decode_list(Result<DecodeReport> (&decode)(std::istream&, const Each<T>&), const std::string& text) {
  std::istringstream in(text);
  std::vector<T> items;
  const Each<T> each = [&items](T&& item) { items.push_back(std::move(item)); };
  auto report = decode(in, each);
  return {std::move(report), std::move(items)};
}

template <class T>
Decoded<T> decode_one(Result<DecodeReport> (&decode)(std::istream&, T&), const std::string& text) {
  std::istringstream in(text);
  T out{};
  auto report = decode(in, out);
  std::vector<T> items;
  items.push_back(std::move(out));
  return {std::move(report), std::move(items)};
}

struct Decoder {
  std::string_view name;
  Result<DecodeReport> (*run)(std::istream&);
};

/// Every decoder, its facts thrown away.
const std::vector<Decoder>& all_decoders();

/// `head`, then `body` `times` times, then `tail`, without holding it, in pieces as a network gives them.
class RepeatBuffer final : public std::streambuf {
 public:
  RepeatBuffer(std::string head, std::string body, std::size_t times, std::string tail)
      : head_(std::move(head)), body_(std::move(body)), times_(times), tail_(std::move(tail)) {}

  /// Called before each refill.
  std::function<void()> on_refill = [] {};

 protected:
  int_type underflow() override;

 private:
  std::string next();

  std::string head_;
  std::string body_;
  std::size_t times_;
  std::string tail_;
  std::size_t part_ = 0;
  std::string current_;
  std::size_t given_ = 0;  ///< of current_
};

/// The heap in use by glibc's count; 0 where a sanitizer replaced its allocator.
std::size_t heap_bytes();

struct Measured {
  Result<DecodeReport> report;
  std::size_t peak_heap;  ///< extra heap in use at its highest, seen at each refill
};
Measured measure(RepeatBuffer& source, Result<DecodeReport> (*decode)(std::istream&));

}  // namespace spark_exporter::spark::test
