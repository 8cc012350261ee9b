// main() of the benchmarks that are written with Google Benchmark: each one is named as its figure
// is, and `--json FILE` writes the figures as one flat object, name -> nanoseconds.
#include <benchmark/benchmark.h>

#include <cstdio>
#include <fstream>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace {

class Collector : public benchmark::ConsoleReporter {
public:
    void ReportRuns(const std::vector<Run>& runs) override {
        for (const auto& run : runs) {
            figures[run.benchmark_name()] = run.GetAdjustedCPUTime();
        }
        ConsoleReporter::ReportRuns(runs);
    }

    std::map<std::string, double> figures;
};

bool write_json(const std::string& path, const std::map<std::string, double>& figures) {
    std::ofstream file(path);
    const char* separator = "{\n";
    for (const auto& [name, value] : figures) {
        file << separator << " \"" << name << "\": " << value;
        separator = ",\n";
    }
    file << (figures.empty() ? "{}\n" : "\n}\n");
    return static_cast<bool>(file.flush());
}

}  // namespace

int main(int argc, char** argv) {
    std::string json;
    std::vector<char*> rest;
    for (int i = 0; i < argc; ++i) {
        if (std::string_view(argv[i]) == "--json" && i + 1 < argc) {
            json = argv[++i];
        } else {
            rest.push_back(argv[i]);
        }
    }
    int count = static_cast<int>(rest.size());
    benchmark::Initialize(&count, rest.data());
    if (benchmark::ReportUnrecognizedArguments(count, rest.data())) {
        return 2;
    }
    Collector collector;
    benchmark::RunSpecifiedBenchmarks(&collector);
    if (!json.empty() && !write_json(json, collector.figures)) {
        std::fprintf(stderr, "cannot write %s\n", json.c_str());
        return 1;
    }
    return 0;
}
