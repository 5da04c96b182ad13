#include "exporter/kubernetes/decode_fields.hpp"

namespace spark_exporter::kubernetes {
namespace {

template <auto Read>
Verdict taint(Node& node, const Scalar& value) {
  return element<&Node::taints, limits::kTaints, Read>(node, value);
}

// Kind Node of v1.
constexpr Field<Node> kFields[] = {
    {"spec.taints[].effect", taint<json::text<&Taint::effect, Taint>>},
    {"spec.taints[].key", taint<json::text<&Taint::key, Taint>>},
    {"spec.unschedulable", json::flag<&Node::unschedulable>},
    {"status.allocatable.*", inside<&Node::allocatable, amount>},
    {"status.capacity.*", inside<&Node::capacity, amount>},
    {"status.conditions[].lastTransitionTime", condition<time<&Condition::last_transition, Condition>>},
    {"status.conditions[].message", condition<json::text<&Condition::message, Condition>>},
    {"status.conditions[].reason", condition<json::text<&Condition::reason, Condition>>},
    {"status.conditions[].status", condition<json::text<&Condition::status, Condition>>},
    {"status.conditions[].type", condition<json::text<&Condition::type, Condition>>},
};
static_assert(json::is_sorted(kFields));

}  // namespace

template <>
Result<DecodeReport> decode_list(std::istream& in, ListHead& head, const json::Each<Node>& each) {
  return read_list(in, "nodes", kFields, head, each);
}
template <>
Result<DecodeReport> decode_event(std::string_view line, Node& out) {
  return read_event(line, "node event", kFields, out);
}
template <>
Result<DecodeReport> decode_object(std::istream& in, Node& out) {
  return read_object(in, "node", kFields, "", out);
}

}  // namespace spark_exporter::kubernetes
