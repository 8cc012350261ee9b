// What music is sent with.
#pragma once

#include "client/limits.hpp"
#include "client/talkie.hpp"

namespace partyline::client {

/// In a room that leaves each speaker so many bits per second; 0: all they like.
inline MusicRate music_rate_of(unsigned cap_bps) {
    const bool capped = cap_bps != 0 && cap_bps < music_bps;
    return {.bitrate_bps = capped ? cap_bps : music_bps, .capped = capped};
}

/// With less it would be worse than a voice.
inline bool is_enough_for_music(const MusicRate& rate) { return rate.bitrate_bps >= music_bps_min; }

}  // namespace partyline::client
