#pragma once
// Where a log is read from: a file, or a container through the Kubernetes API. Used by one thread, but for cancel().

#include <functional>
#include <memory>
#include <string>

#include "exporter/kubernetes/cluster.hpp"
#include "exporter/logs/file_tail.hpp"
#include "exporter/logs/reader.hpp"
#include "exporter/logs/stamp_gate.hpp"

namespace spark_exporter::app {

/// How far a log was read: of a file and of a container it is one of the two.
struct LogPosition {
  logs::FilePosition file;
  logs::StampPosition stamp;
};

enum class LogStep {
  kMore,    ///< something was read
  kIdle,    ///< nothing is new
  kEnded,   ///< the container wrote no more, and has ended as it seems
  kNotYet,  ///< the container has not started
};

class LogSource {
 public:
  virtual ~LogSource() = default;
  /// Reads on, a piece or for as long as a connection lasts. `told` is called after each piece that went into reader().
  /// Errors: those of the file or of the API; kNotFound: there is no such file or pod (any more); kForbidden names the
  /// rule that a role lacks.
  virtual Result<LogStep> read(const std::function<void()>& told) = 0;
  virtual logs::Reader& reader() = 0;
  virtual LogPosition position() const = 0;
  virtual void cancel() noexcept = 0;
};

std::unique_ptr<LogSource> log_file(const std::string& path, const LogPosition& from);

struct LoggedContainer {
  std::string namespace_name;
  std::string pod;
  std::string container;  ///< "": the pod has one
};
std::unique_ptr<LogSource> pod_log(const kubernetes::Cluster& cluster, LoggedContainer container,
                                   const LogPosition& from);

}  // namespace spark_exporter::app
