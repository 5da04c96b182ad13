#pragma once
// Python's json module writes NaN, Infinity and -Infinity, which JSON does not have, and so results of Great
// Expectations may hold them. This stream buffer stands before the reader and turns each into null.

#include <array>
#include <cstddef>
#include <streambuf>
#include <string>
#include <string_view>

namespace spark_exporter::intake {

class PythonJson final : public std::streambuf {
 public:
  /// `source` must outlive the buffer; null is an empty stream.
  explicit PythonJson(std::streambuf* source) : source_(source) {}

 protected:
  int_type underflow() override;

 private:
  void take(char c);
  void end_word();

  std::streambuf* source_;
  std::array<char, 4096> raw_{};
  std::string out_;
  std::string word_;  ///< what may become one of the three
  bool in_string_ = false;
  bool escaped_ = false;
};

}  // namespace spark_exporter::intake
