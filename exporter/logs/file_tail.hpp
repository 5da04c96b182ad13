#pragma once
// A log in a file that somebody else writes: read from its beginning, then what is added to it. Follows a rotation by
// rename (the old file is read to its end first) and by truncation. A truncated file that grew beyond what was read of
// it is told by the bytes before that place. Not thread-safe.

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "exporter/logs/limits.hpp"
#include "exporter/common/result.hpp"
#include "exporter/logs/reader.hpp"

namespace spark_exporter::logs {

/// How far a file was read.
struct FilePosition {
  std::uint64_t inode = 0;
  std::uint64_t offset = 0;
  std::string before;  ///< the bytes before it, a few

  bool operator==(const FilePosition&) const = default;
};

class FileTail {
 public:
  explicit FileTail(std::string path, std::uint64_t backlog = limits::kLogBacklogBytes);
  ~FileTail();
  FileTail(const FileTail&) = delete;
  FileTail& operator=(const FileTail&) = delete;

  /// Before the first read: goes on there, if it is still that file.
  void restore(FilePosition position) { position_ = std::move(position); }

  /// Hands on what there is, at most some megabytes. How many bytes that were; 0: nothing is new. Errors, naming the
  /// path: kNotFound (there is no such file, or no more), kIo.
  Result<std::size_t> read(Reader& reader);

  /// Where the last whole line ends.
  FilePosition position(const Reader& reader) const;

 private:
  Result<void> open(Reader& reader);
  void close();
  Result<std::size_t> read_some(Reader& reader);
  bool was_truncated(std::uint64_t size) const;
  void start_over(Reader& reader);
  void skip_backlog(std::uint64_t size, Reader& reader);
  Error error(const char* what) const;

  const std::string path_;
  const std::uint64_t backlog_;
  int file_ = -1;
  bool replaced_ = false;  ///< another file has its name now: what is left of this one, then that
  FilePosition position_;
};

}  // namespace spark_exporter::logs
