#include <boost/version.hpp>

#include <string>

#include "exporter/common/version.hpp"
#include "exporter/config/options.hpp"

namespace spark_exporter::config {
namespace {

#if defined(__x86_64__)
constexpr char kArchitecture[] = "amd64";
#elif defined(__aarch64__)
constexpr char kArchitecture[] = "arm64";
#else
constexpr char kArchitecture[] = "other";
#endif

#if defined(NDEBUG)
constexpr char kBuildType[] = "release";
#else
constexpr char kBuildType[] = "debug";
#endif

}  // namespace

std::string version_text() {
  const std::string revision = kRevision[0] != '\0' ? kRevision : "unknown";
  return std::string("spark_exporter, version ") + kVersion + " (revision: " + revision + ")\n" +
         "  compiler: " + __VERSION__ + "\n" + "  build:    " + kBuildType + "\n" +
         "  boost:    " + std::to_string(BOOST_VERSION / 100'000) + '.' + std::to_string(BOOST_VERSION / 100 % 1'000) +
         "\n" + "  platform: linux/" + kArchitecture + "\n";
}

}  // namespace spark_exporter::config
