#pragma once
// The service account's token, which the kubelet replaces every hour in its file.

#include <sys/stat.h>

#include <optional>
#include <string>

#include "exporter/common/result.hpp"

namespace spark_exporter::kubernetes {

/// For one thread.
class TokenFile {
 public:
  /// An empty path: there is no token.
  explicit TokenFile(std::string path) : path_(std::move(path)) {}

  /// The token, "" if there is none to send; read again when the file is another one or has changed.
  /// Errors: kIo for a file that cannot be read, is empty, or holds what no token holds.
  Result<std::string> get();

  /// Reads the file whatever its times say (the last token was refused). True if it now holds another token.
  bool refresh();

 private:
  Result<void> read();
  bool is_current() const;

  std::string path_;
  std::string token_;
  std::optional<struct stat> seen_;
};

}  // namespace spark_exporter::kubernetes
