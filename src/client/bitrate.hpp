// How measured loss sets the codec: pure arithmetic.
#pragma once

#include <cstdint>

#include "dsp/opus.hpp"

namespace partyline::client {

/// What a pong tells of losses.
struct LossReport {
    std::uint16_t uplink_permille = 0;  // of what we sent
    std::uint16_t room_permille = 0;    // the worst of those who listen
};

/// Follows the worse of both: up at once, so that the next words are protected, and down slowly,
/// as loss comes in bursts. One thread.
class BitratePolicy {
public:
    /// True if the settings have changed.
    bool on_loss(const LossReport& report);

    [[nodiscard]] unsigned bitrate_bps() const { return bitrate_bps_; }
    [[nodiscard]] unsigned expected_loss_percent() const { return expected_loss_percent_; }

private:
    double smoothed_permille_ = 0;
    unsigned bitrate_bps_ = dsp::EncoderSettings{}.bitrate_bps;
    unsigned expected_loss_percent_ = 0;
};

}  // namespace partyline::client
