#include "demo/opacity.hpp"

#include <array>
#include <cmath>
#include <unordered_set>

namespace partyline::demo {
namespace {

struct Histogram {
    std::array<double, 256> counts{};
    double total = 0;
};

Histogram histogram(const std::vector<ByteView>& pieces) {
    Histogram out;
    for (const auto piece : pieces) {
        for (const auto byte : piece) {
            out.counts[std::to_integer<std::size_t>(byte)] += 1;
        }
        out.total += static_cast<double>(piece.size());
    }
    return out;
}

template <class Function>
void for_each_run(ByteView piece, Function function) {
    for (std::size_t i = 0; i + run_bytes <= piece.size(); ++i) {
        function(load_be<std::uint64_t>(piece.subspan(i)));
    }
}

}  // namespace

double chi_squared_deviations(const std::vector<ByteView>& pieces) {
    const auto seen = histogram(pieces);
    const double expected = seen.total / 256;
    double chi_squared = 0;
    for (const double count : seen.counts) {
        chi_squared += (count - expected) * (count - expected) / expected;
    }
    constexpr double freedom = 255;
    return (chi_squared - freedom) / std::sqrt(2 * freedom);
}

double entropy_bits(const std::vector<ByteView>& pieces) {
    const auto seen = histogram(pieces);
    double bits = 0;
    for (const double count : seen.counts) {
        if (count > 0) {
            bits -= count / seen.total * std::log2(count / seen.total);
        }
    }
    return bits;
}

std::size_t repeated_runs(const std::vector<ByteView>& pieces, const std::vector<ByteView>& known) {
    std::unordered_set<std::uint64_t> seen;
    for (const auto piece : known) {
        for_each_run(piece, [&seen](std::uint64_t run) { seen.insert(run); });
    }
    std::size_t repeated = 0;
    for (const auto piece : pieces) {
        for_each_run(piece,
                     [&](std::uint64_t run) { repeated += seen.insert(run).second ? 0U : 1U; });
    }
    return repeated;
}

}  // namespace partyline::demo
