// Many values as few.
#pragma once

#include <vector>

namespace partyline::metrics {

/// The value that `share` (0 to 1) of them do not exceed; 0 if there are none.
double percentile(std::vector<double> values, double share);

struct Spread {
    double median = 0;
    double least = 0;
    double most = 0;
};

Spread spread(const std::vector<double>& values);

}  // namespace partyline::metrics
