// How measured loss sets the codec: pure arithmetic.
#pragma once

#include <algorithm>
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
    /// What the room leaves each speaker; 0: all they like. True if a bitrate has changed.
    bool set_cap(unsigned bits_per_second);

    [[nodiscard]] unsigned bitrate_bps() const { return capped(bitrate_bps_); }
    [[nodiscard]] unsigned music_bitrate_bps() const;
    [[nodiscard]] unsigned expected_loss_percent() const { return expected_loss_percent_; }
    /// On a poor line: half as many packets carry half as many headers.
    [[nodiscard]] bool wants_long_packets() const { return long_packets_; }

private:
    [[nodiscard]] unsigned capped(unsigned bps) const {
        return cap_bps_ == 0 ? bps : std::min(bps, cap_bps_);
    }

    double smoothed_permille_ = 0;
    unsigned bitrate_bps_ = dsp::EncoderSettings{}.bitrate_bps;
    unsigned cap_bps_ = 0;
    unsigned expected_loss_percent_ = 0;
    bool long_packets_ = false;
};

}  // namespace partyline::client
