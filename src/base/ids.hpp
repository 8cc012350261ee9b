// Distinct types for the numbers that name things, so that a session is never passed for a channel.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace partyline {

/// A number that names one kind of thing. `Tag` makes each kind a type of its own.
template <class Tag, class Number>
struct Id {
    using number_type = Number;

    Number value{};

    constexpr auto operator<=>(const Id&) const = default;
    /// True unless this is the zero id, which never names anything.
    constexpr explicit operator bool() const { return value != Number{}; }
};

/// One login, from Welcome to the end of its seat. Never reused while the server runs.
using SessionId = Id<struct SessionTag, std::uint32_t>;
/// One room of the tree. Zero means "in no room".
using ChannelId = Id<struct ChannelTag, std::uint32_t>;
/// What the uplink datagram is looked up by. The low 8 bits name the relay thread.
using Route = Id<struct RouteTag, std::uint32_t>;
/// One stored or relayed text message; ordered by time of arrival at the server.
using MessageId = Id<struct MessageTag, std::uint64_t>;
/// Counts the joins and leaves of one channel or whisper set. A key share names the epoch it covers.
using ChannelEpoch = Id<struct ChannelEpochTag, std::uint32_t>;
/// 0 is the room; 1 to 7 are whisper target sets.
using StreamId = Id<struct StreamTag, std::uint8_t>;
/// A person who has claimed a name here, on whatever devices. Zero: a guest. Never reused.
using AccountId = Id<struct AccountTag, std::uint64_t>;
/// What an account may be given. Never reused.
using RoleId = Id<struct RoleTag, std::uint32_t>;
using BanId = Id<struct BanTag, std::uint64_t>;
using InviteId = Id<struct InviteTag, std::uint64_t>;

}  // namespace partyline

template <class Tag, class Number>
struct std::hash<partyline::Id<Tag, Number>> {
    std::size_t operator()(const partyline::Id<Tag, Number>& id) const noexcept {
        return std::hash<Number>{}(id.value);
    }
};
