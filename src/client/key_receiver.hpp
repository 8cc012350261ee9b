// Somebody to whom a key of ours goes: how far that has come. In the room, or in a set of whispers.
#pragma once

#include <cstdint>
#include <optional>

#include "base/clock.hpp"
#include "client/limits.hpp"

namespace partyline::client {

/// Part of KeyExchange's and WhisperKeys' members. No thread. [control]
struct KeyReceiver {
    bool refused = false;               // its device does not verify
    bool requested = false;             // asks for our key, and gets it again
    bool confirmed = false;             // the server has handed it the newest key
    std::uint64_t ticket = 0;           // of the share with the newest key; 0: not sent
    std::uint32_t last_generation = 0;  // that it was ever sent
    std::optional<TimePoint> request_taken_at;
    TimePoint share_not_before{};

    /// It asks for our key. False if it does so too often.
    bool take_request(TimePoint now) {
        if (request_taken_at && now - *request_taken_at < key_request_interval) {
            return false;
        }
        request_taken_at = now;
        requested = true;
        return true;
    }
    /// There is a newer key than any that it was sent.
    void outdate() {
        ticket = 0;
        confirmed = false;
    }
    void sent(std::uint64_t in, std::uint32_t generation) {
        requested = false;
        confirmed = false;
        ticket = in;
        last_generation = generation;
    }
    /// The server has handed it over, or has refused to: then it is sent again, not before `again`.
    void answered(bool handed_over, TimePoint again) {
        confirmed = handed_over;
        ticket = handed_over ? ticket : 0;
        share_not_before = again;
    }
    /// The connection is lost, and with it perhaps what was not confirmed.
    void go_away() { ticket = confirmed ? ticket : 0; }
};

}  // namespace partyline::client
