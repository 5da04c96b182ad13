#include "exporter/spark/decode_fields.hpp"

namespace spark_exporter::spark {
namespace {

// GET /applications/ID/streaming/statistics
constexpr Field<StreamingStatistics> kFields[] = {
    {"avgInputRate", real<&StreamingStatistics::input_rate>},
    {"avgProcessingTime", count<&StreamingStatistics::processing_time>},
    {"batchDuration", count<&StreamingStatistics::batch_duration>},
    {"numActiveBatches", count<&StreamingStatistics::active_batches>},
    {"numProcessedRecords", count<&StreamingStatistics::processed_records>},
    {"numTotalCompletedBatches", count<&StreamingStatistics::completed_batches>},
    {"startTime", time<&StreamingStatistics::start_time>},
};
static_assert(is_sorted(kFields));

}  // namespace

Result<DecodeReport> decode_streaming_statistics(std::istream& in, StreamingStatistics& out) {
  return decode_object(in, "streaming/statistics", kFields, nothing_missing<StreamingStatistics>, out);
}

}  // namespace spark_exporter::spark
