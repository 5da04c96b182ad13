#pragma once
// How the Kubernetes API writes times and amounts.

#include <optional>
#include <string_view>

#include "exporter/kubernetes/facts.hpp"

namespace spark_exporter::kubernetes {

/// RFC 3339, "2026-11-23T13:37:07Z", with or without a fraction, Z or an offset. Nothing for anything else and for
/// times before 1970: Go's zero time is the year 1.
std::optional<TimePoint> parse_time(std::string_view text);

/// A quantity: "1408Mi", "500m", "1k", "2", "1.5e3". Nothing for anything else and for amounts below zero.
std::optional<double> parse_quantity(std::string_view text);

}  // namespace spark_exporter::kubernetes
