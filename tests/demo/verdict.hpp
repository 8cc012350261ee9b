// From what happened to figures, and from figures to yes or no.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "demo/conversation.hpp"
#include "demo/wire_check.hpp"

namespace partyline::demo {

/// What one listener heard of the talks it was there for.
struct Hearing {
    std::string listener;
    std::string speaker;
    std::size_t windows = 0;         // of speech
    std::vector<double> delays_ms;   // of those that were heard
    std::vector<double> si_sdrs_db;  // of the same
    // Of what was said through the capture chain, which none of the above is.
    std::size_t chain_windows = 0;
    std::vector<double> chain_delays_ms;
    Listener::Count count;
};

struct Verdict {
    std::size_t talks = 0;
    std::size_t talks_heard = 0;
    std::uint64_t frames_lost = 0;
    double mouth_to_ear_ms_median = 0;
    double mouth_to_ear_ms_p99 = 0;
    double si_sdr_db = 0;
    // Through the capture chain, and by how much that is more than without, from the same mouths to the same ears.
    double chain_mouth_to_ear_ms_median = 0;
    double chain_growth_ms = 0;
    double chain_heard_share = 0;  // of its windows of speech
    bool texts_arrived = false;
    bool outsider_silent = false;
    bool late_joiner_blind = false;
    WireCheck wire;
    std::vector<Hearing> hearings;  // for the table
    double outsider_level = 0;

    /// What does not hold; empty when all does.
    [[nodiscard]] std::vector<std::string> shortcomings() const;
    /// Name and value of each figure that can be followed over time.
    [[nodiscard]] std::vector<std::pair<std::string, double>> figures() const;
};

Verdict judge(const Evidence& evidence);

}  // namespace partyline::demo
