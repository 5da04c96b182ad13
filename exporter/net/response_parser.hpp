#pragma once
// The bytes of one HTTP/1.x answer to its head and body. A wrapper of Beast's parser, which is header-heavy: Beast
// reads the grammar, this class adds the bounds and names the errors. No I/O.

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "exporter/common/result.hpp"
#include "exporter/net/http_client.hpp"

namespace spark_exporter::net {

enum class BodyExpected { kYes, kNo };  ///< kNo: the answer to a HEAD request

class ResponseParser {
 public:
  explicit ResponseParser(BodyExpected expected);
  ~ResponseParser();
  ResponseParser(ResponseParser&&) noexcept;
  ResponseParser& operator=(ResponseParser&&) noexcept;

  struct Progress {
    std::size_t consumed = 0;
    std::size_t produced = 0;
  };

  /// Parses `in` up to the end of the head (head_done() turns true), later body bytes into `out`; stops when it needs
  /// more of either. Neither consumed nor produced: more input is needed. Errors: kProtocol, kTooLarge (the head).
  Result<Progress> feed(std::span<const char> in, std::span<char> out);

  /// The peer closed. Ends an answer without a length. Errors: kReset if something is missing.
  Result<void> finish();

  bool head_done() const;
  bool done() const;

  // Once head_done():
  const ResponseHead& head() const;
  const std::string& content_encoding() const;  ///< lower case, "" for none
  bool interim() const;                         ///< 1xx: the real answer is still to come
  bool keep_alive() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace spark_exporter::net
