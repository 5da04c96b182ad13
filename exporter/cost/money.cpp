#include "exporter/cost/money.hpp"

namespace spark_exporter::cost {
namespace {

constexpr std::array<std::string_view, kResources> kResourceNames{"cpu", "memory", "gpu", "storage"};
constexpr std::array<std::string_view, kUses> kUseNames{"task_ok",     "gc",        "task_failed", "stage_retry",
                                                        "speculation", "killed",    "idle",        "starting",
                                                        "driver",      "lingering", "unobserved"};

}  // namespace

std::string_view to_string(Resource resource) { return at(kResourceNames, resource); }
std::string_view to_string(Use use) { return at(kUseNames, use); }

}  // namespace spark_exporter::cost
