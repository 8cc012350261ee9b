// The control lane's messages about keys for voice, as plain structs.
// proto/partyline/v1/keys.proto says what each message means.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.hpp"
#include "base/ids.hpp"

namespace partyline::wire {

struct DeviceKey {
    Bytes signature;  // 64 bytes
    std::int64_t expiry_unix_ms = 0;
    bool operator==(const DeviceKey&) const = default;
};

struct Member {
    SessionId session{};
    Bytes identity;  // 32 bytes
    Bytes x25519;    // 32 bytes
    DeviceKey device;
    bool operator==(const Member&) const = default;
};

// --- from the talkie -------------------------------------------------------------------------

struct SealedShare {
    SessionId to{};
    Bytes sealed;
    bool operator==(const SealedShare&) const = default;
};

struct ShareKeys {
    ChannelId channel{};
    ChannelEpoch channel_epoch{};
    StreamId stream{};
    std::uint32_t generation = 0;
    std::uint16_t step = 0;
    std::vector<SealedShare> shares;
    bool operator==(const ShareKeys&) const = default;
};

struct KeyRequest {
    SessionId speaker{};
    std::uint64_t kid = 0;
    StreamId stream{};
    bool operator==(const KeyRequest&) const = default;
};

struct GetMemberKeys {
    std::vector<SessionId> sessions;
    bool operator==(const GetMemberKeys&) const = default;
};

struct RenewDevice {
    DeviceKey device;
    bool operator==(const RenewDevice&) const = default;
};

// --- from the switchboard --------------------------------------------------------------------

struct MemberKeys {
    ChannelId channel{};
    ChannelEpoch channel_epoch{};
    std::vector<Member> members;
    bool more = false;
    bool operator==(const MemberKeys&) const = default;
};

struct MemberJoined {
    ChannelId channel{};
    ChannelEpoch channel_epoch{};
    Member member;
    std::uint32_t frame_ms = 0;
    bool operator==(const MemberJoined&) const = default;
};

struct MemberLeft {
    ChannelId channel{};
    ChannelEpoch channel_epoch{};
    SessionId session{};
    std::uint32_t frame_ms = 0;
    bool operator==(const MemberLeft&) const = default;
};

struct KeyShare {
    SessionId from{};
    ChannelId channel{};
    ChannelEpoch channel_epoch{};
    StreamId stream{};
    std::uint32_t generation = 0;
    std::uint16_t step = 0;
    Bytes sealed;
    bool operator==(const KeyShare&) const = default;
};

struct KeyRequested {
    SessionId from{};
    std::uint64_t kid = 0;
    StreamId stream{};
    bool operator==(const KeyRequested&) const = default;
};

}  // namespace partyline::wire
