// What figures are to be, and whether they are.
#pragma once

#include <cstdint>
#include <format>
#include <map>
#include <span>
#include <string>
#include <string_view>

namespace partyline::bench {

struct Target {
    enum class Bound : std::uint8_t { at_most, at_least };

    std::string_view figure;
    Bound bound = Bound::at_most;
    double value = 0;
    std::string_view what;  // in words, with the unit
};

/// A line for each target: met or missed, and by which figure. One that was not measured has none.
inline std::string verdict(const std::map<std::string, double>& figures,
                           std::span<const Target> targets) {
    std::string lines;
    for (const auto& target : targets) {
        const auto found = figures.find(std::string(target.figure));
        if (found == figures.end()) {
            continue;
        }
        const bool at_most = target.bound == Target::Bound::at_most;
        // What is no number meets nothing.
        const bool met = at_most ? found->second <= target.value : found->second >= target.value;
        lines +=
            std::format("{}  {}: {:.6g}, wanted {} {:.6g}\n", met ? "met   " : "MISSED",
                        target.what, found->second, at_most ? "at most" : "at least", target.value);
    }
    return lines;
}

}  // namespace partyline::bench
