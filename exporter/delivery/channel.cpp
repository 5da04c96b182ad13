#include "exporter/delivery/channel.hpp"

namespace spark_exporter::delivery {

std::string_view to_string(Name name) {
  switch (name) {
    case Name::kTerminationMessage: return "termination_message";
    case Name::kObserver: return "observer";
    case Name::kEvent: return "event";
    case Name::kPushgateway: return "pushgateway";
    case Name::kAlertmanager: return "alertmanager";
  }
  return "";
}

}  // namespace spark_exporter::delivery
