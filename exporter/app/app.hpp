#pragma once
// The program behind main(): reads the command line, then runs until SIGTERM or SIGINT.

namespace spark_exporter::app {

/// Returns the process's exit code. Never throws.
int run(int argc, const char* const* argv) noexcept;

}  // namespace spark_exporter::app
