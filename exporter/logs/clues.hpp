#pragma once
// What the driver's log says of its end, in the words that outcomes are decided with.

#include "exporter/logs/reader.hpp"
#include "exporter/outcome/evidence.hpp"

namespace spark_exporter::logs {

/// The exception and its line as the program died of it: of a Python traceback the last line, of Py4J's the Java
/// exception in it. An error that was only logged names no cause for the end, so it gives no clue, but text and
/// exception.
outcome::Clues clues_of(const Failure& failure);

/// Adds what the log knows and `clues`, which is Spark's own word, does not.
void add_clues(const outcome::Clues& from_log, outcome::Clues& clues);

}  // namespace spark_exporter::logs
