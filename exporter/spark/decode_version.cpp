#include "exporter/spark/decode_fields.hpp"

namespace spark_exporter::spark {
namespace {

struct Version {
  std::string spark;
};

// GET /api/v1/version
constexpr Field<Version> kFields[] = {
    {"spark", text<&Version::spark>},
};
static_assert(is_sorted(kFields));

const char* missing(Version& version) { return version.spark.empty() ? "no spark" : nullptr; }

}  // namespace

Result<DecodeReport> decode_version(std::istream& in, std::string& out) {
  Version version;
  auto report = decode_object(in, "version", kFields, missing, version);
  if (report) out = std::move(version.spark);
  return report;
}

}  // namespace spark_exporter::spark
