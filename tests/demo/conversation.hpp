// The play itself: a switchboard, five talkies, three talks, and one more through the capture chain; and
// what is left of it afterwards.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "crypto/keys.hpp"
#include "harness/talkie.hpp"

namespace partyline::demo {

/// Sound on the common clock: sample n is at `started` + n / 48 kHz.
struct Track {
    TimePoint started;
    std::vector<float> samples;
};

/// One piece of speech: `samples` of it from `first` on in its speaker's microphone.
struct Talk {
    std::string speaker;
    std::size_t first = 0;
    std::size_t samples = 0;
    /// As a device's voice goes; else the file is sent as it is.
    bool through_chain = false;
};

struct Speaker {
    std::string name;
    std::uint32_t session = 0;
    Track said;
};

struct Listener {
    std::string name;
    Track heard;
    /// What `stats` says of each speaker, and what that speaker had sent since this one listens.
    struct Count {
        std::string speaker;
        std::uint64_t sent = 0;
        std::uint64_t received = 0;
        std::uint64_t lost = 0;
        std::uint64_t concealed = 0;
    };
    std::vector<Count> counts;
    std::size_t first_talk = 0;  // it was there from this one on
    bool behind_tap = false;
};

/// What the late joiner made of packets from before its time.
struct LateJoiner {
    std::uint64_t replayed = 0;
    std::uint64_t unopened = 0;
    Track heard;     // everything it heard
    TimePoint from;  // when the first packet was replayed
    TimePoint to;    // some time after the last
};

struct Evidence {
    std::vector<Speaker> speakers;
    std::vector<Talk> talks;
    std::vector<Listener> listeners;  // in the room
    Listener outsider;
    std::uint64_t outsider_packets = 0;
    LateJoiner late;
    unsigned texts_sent = 0;        // text × people who were to read it
    unsigned texts_received = 0;    // by those
    unsigned texts_astray = 0;      // by the outsider
    crypto::PublicKey server_id{};  // what sealed frames are bound to; no secret
    std::vector<Bytes> captured;    // datagrams on one talkie's wire, both ways
};

/// Plays it all. `progress` is told each phase. Throws harness::Failure.
Evidence hold_conversation(const std::function<void(const std::string&)>& progress);

}  // namespace partyline::demo
