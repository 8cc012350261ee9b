// What the room model is made of: plain data without rules.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/ids.hpp"
#include "server/room/message.hpp"

namespace partyline::room {

/// A room as everybody is told of it.
struct Channel {
    ChannelId id{};
    ChannelId parent{};  // zero at the top
    std::string name;
    std::string topic;
    std::uint32_t order = 0;            // among its siblings
    std::string icon;                   // an emoji, or nothing
    std::uint32_t bitrate_bps_max = 0;  // of each speaker; 0: whatever it likes
    std::uint32_t seats_max = 0;        // 0: as many as come
    std::uint32_t slow_mode_s = 0;      // between two texts of one person
    bool password = false;              // one is asked for
    bool temporary = false;             // vanishes with its last member; never stored
    Retention retention;                // of what is said in it
    bool operator==(const Channel&) const = default;
};

/// A peer's proof of whose agreement key it sees. Checked by whoever brings it here: to the model
/// these are bytes.
struct DeviceKey {
    std::array<std::byte, 64> signature{};
    std::int64_t expiry_unix_ms = 0;
    bool operator==(const DeviceKey&) const = default;
};

/// Who a session is and how voice keys are sealed for it: for members of its own room only.
struct PeerKeys {
    std::array<std::byte, 32> identity{};
    std::array<std::byte, 32> x25519{};
    DeviceKey device;
    bool operator==(const PeerKeys&) const = default;
};

/// What everybody may see of everybody.
struct Presence {
    SessionId session{};
    std::string name;
    ChannelId channel{};  // zero: in no room
    bool self_mute = false;
    bool self_deafen = false;
    bool speaking = false;
    bool server_mute = false;  // may not speak where they are, or at all
    bool server_deafen = false;
    std::string account;     // its name; empty for a guest
    bool recording = false;  // the room they are in
    bool priority = false;   // is to be heard above others in this room
    bool operator==(const Presence&) const = default;
};

}  // namespace partyline::room
