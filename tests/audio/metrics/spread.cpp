#include "audio/metrics/spread.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace partyline::metrics {

double percentile(std::vector<double> values, double share) {
    if (values.empty()) {
        return 0;
    }
    const auto rank = std::ceil(share * static_cast<double>(values.size()));
    const auto index = static_cast<std::size_t>(std::max(rank, 1.0)) - 1;
    const auto at =
        values.begin() + static_cast<std::ptrdiff_t>(std::min(index, values.size() - 1));
    std::ranges::nth_element(values, at);
    return *at;
}

Spread spread(const std::vector<double>& values) {
    if (values.empty()) {
        return {};
    }
    const auto [least, most] = std::ranges::minmax(values);
    // Of an even number, the mean of the two in the middle.
    const auto low = percentile(values, 0.5);
    const auto high = values.size() % 2 == 0
                          ? percentile(values, 0.5 + 1.0 / static_cast<double>(values.size()))
                          : low;
    return {.median = (low + high) / 2, .least = least, .most = most};
}

}  // namespace partyline::metrics
