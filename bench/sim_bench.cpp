// The jitter buffer's figures on simulated networks, as a table and as JSON. They follow from
// seeds, not from the speed of the machine; what is promised is checked by the tests, too.
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/write_figures.hpp"
#include "sim/figures.hpp"

namespace {

using partyline::sim::Figure;

std::vector<Figure> measure() {
    std::vector<Figure> all;
    for (const auto& part :
         {partyline::sim::figures_of_loss_and_jitter(), partyline::sim::figures_of_fec(),
          partyline::sim::figures_of_drift(), partyline::sim::figures_against_fixed_buffers()}) {
        all.insert(all.end(), part.begin(), part.end());
    }
    return all;
}

}  // namespace

int main(int argc, char** argv) {
    const bool to_file = argc == 3 && std::string_view(argv[1]) == "--json";
    if (argc != 1 && !to_file) {
        std::fputs("usage: bench-sim [--json FILE]\n", stderr);
        return 2;
    }
    const auto figures = measure();
    bool kept = true;
    std::vector<std::pair<std::string, double>> values;
    std::printf("%-54s %8s %8s\n", "worst of all seeds", "value", "limit");
    for (const auto& figure : figures) {
        const auto limit =
            figure.limit < 0 ? std::string("-") : std::to_string(figure.limit).substr(0, 5);
        std::printf("%-54s %8.2f %8s\n", figure.name.c_str(), figure.value, limit.c_str());
        values.emplace_back(figure.name, figure.value);
        kept = kept && (figure.limit < 0 || figure.value <= figure.limit);
    }
    const bool written = partyline::bench::write_figures(to_file ? argv[2] : "", values);
    return written && kept ? 0 : 1;
}
