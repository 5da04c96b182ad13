#pragma once
// A folder in which others leave files for us: written under another name, then renamed to NAME.json. A thread of its
// own reads each version of a file once, at once where the kernel tells of the renaming (inotify), else within seconds.
// A file that was not renamed is read when it has been quiet for a while. Nothing in the folder is changed.
//
// Thread-safety: all of it; `read` is called on the folder's thread.

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <istream>
#include <memory>
#include <optional>
#include <string>

#include "exporter/common/result.hpp"
#include "exporter/intake/quality_result.hpp"

namespace spark_exporter::intake {

struct FolderTuning {
  std::chrono::milliseconds look{2'000};   ///< between two looks, where nobody tells of news
  std::chrono::milliseconds quiet{5'000};  ///< since its last change, of a file that was not seen to be renamed
};

/// How reading went so far.
struct IntakeHealth {
  bool up = true;  ///< the last document was good, and the folder is there
  std::optional<TimePoint> last_success;
  std::array<std::uint64_t, kErrorKinds> errors{};
};

class DropFolder {
 public:
  /// Reads one file; `version` is another text for each content that a file name may have had. An error is logged with
  /// the file's name and counted; the file is read again when it has changed.
  using Read = std::function<Result<void>(std::istream& in, const std::string& name, const std::string& version)>;

  /// Begins to look. `most`: bytes of a file that is read.
  DropFolder(std::string path, std::uint64_t most, Read read, FolderTuning tuning = {});
  ~DropFolder();
  DropFolder(const DropFolder&) = delete;
  DropFolder& operator=(const DropFolder&) = delete;

  IntakeHealth health() const;
  /// Looks made to their end.
  std::uint64_t looks() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace spark_exporter::intake
