#include "exporter/spark/decode_fields.hpp"

namespace spark_exporter::spark {
namespace {

// GET /applications/ID/storage/rdd and /storage/rdd/ID
constexpr Field<Rdd> kFields[] = {
    {"diskUsed", count<&Rdd::disk_used>},
    {"id", count<&Rdd::id>},
    {"memoryUsed", count<&Rdd::memory_used>},
    {"name", text<&Rdd::name>},
    {"numCachedPartitions", count<&Rdd::cached_partitions>},
    {"numPartitions", count<&Rdd::partitions>},
    {"storageLevel", text<&Rdd::storage_level>},
};
static_assert(is_sorted(kFields));

const char* missing(Rdd& rdd) { return rdd.id < 0 ? "no id" : nullptr; }

}  // namespace

Result<DecodeReport> decode_rdds(std::istream& in, const Each<Rdd>& each) {
  return decode_elements(in, "rdd", kFields, missing, each);
}

}  // namespace spark_exporter::spark
