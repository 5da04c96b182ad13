#include "exporter/app/app.hpp"

int main(int argc, char** argv) { return spark_exporter::app::run(argc, argv); }
