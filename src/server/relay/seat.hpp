// What relay threads and the control lane share about one session. Everything they share is
// atomic; nothing here is waited for.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>

#include "base/clock.hpp"
#include "net/endpoint.hpp"
#include "server/relay/meters.hpp"
#include "server/relay/relay.hpp"

namespace partyline::relay {

/// Where a talkie is, and by which of the thread's sockets it is reached.
struct PeerAddress {
    net::Endpoint endpoint;
    std::uint8_t socket = 0;
    /// The address of ours that the peer writes to; zero where the socket has only one.
    net::Endpoint::Address local{};
    bool operator==(const PeerAddress&) const = default;
};

/// A PeerAddress that any relay thread reads while another replaces it: a sequence lock.
///
/// `sequence_` is odd while somebody writes. The writer makes it odd before the first word and even
/// after the last; each word is stored with release and loaded with acquire, so a reader that sees
/// a new word sees the odd sequence as well when it looks again afterwards, and knows that its copy
/// is torn. A reader that is disturbed twice gives up: one frame is then not sent to one listener,
/// but no thread ever waits for another.
class AddressCell {
public:
    /// Nothing when no address is proven, or another thread is storing one right now.
    [[nodiscard]] std::optional<PeerAddress> load() const;
    /// False, and nothing changed, while another thread stores.
    bool store(const PeerAddress& address);

private:
    static constexpr int load_tries_max = 2;
    // 16 bytes of address; port, socket, scope and "set"; 16 bytes of our address.
    static constexpr std::size_t words = 5;

    std::atomic<std::uint32_t> sequence_{0};
    std::array<std::atomic<std::uint64_t>, words> words_{};
};

/// Made by control, alive until control and the last relay thread have let go. The comments say who
/// writes; any relay thread and control may read. Relaxed order is enough for each of these: they
/// are facts of their own and guard nothing else.
class alignas(64) Seat {
public:
    explicit Seat(SessionId session_in) : session(session_in) {}

    const SessionId session;

    // What a relay thread looks at for each listener, within one cache line.
    std::atomic<bool> closed{false};                       // control
    std::atomic<bool> muted{false};                        // control
    std::atomic<bool> deafened{false};                     // control
    std::atomic<DownlinkLane> lane{DownlinkLane::tunnel};  // control
    AddressCell address;                                   // relay
    std::atomic<TimePoint> last_uplink{TimePoint::min()};  // relay; from the address

    // The rest.
    std::atomic<TimePoint> last_voice{TimePoint::min()};    // relay; min: the spurt has ended
    std::atomic<TimePoint> last_whisper{TimePoint::min()};  // relay
    std::atomic<std::uint64_t> down_counter{0};             // relay; of the last pong, challenge
    std::atomic<std::uint16_t> uplink_loss_permille{0};     // relay
    std::atomic<std::uint16_t> downlink_loss_permille{0};   // relay
    // Of all routes together: whoever goes from room to room has no more for it.
    PacketRate rate;    // relay
    BitRate bitrate;    // relay; of what goes to rooms
    BitRate whispered;  // relay; of what goes to whoever is whispered to

    /// [control]
    void set_flags(VoiceFlags flags) {
        muted.store(flags.muted);
        deafened.store(flags.deafened);
    }
    /// Where its voice can go over UDP now; nothing when there is no such place.
    [[nodiscard]] std::optional<PeerAddress> udp_destination(TimePoint now) const;
    [[nodiscard]] bool has_fresh_uplink(TimePoint now) const;
    [[nodiscard]] bool is_speaking(TimePoint now) const;
    [[nodiscard]] bool is_whispering(TimePoint now) const;

    /// Control's own: relay threads have copies in their routes.
    struct Control {
        HopKeys keys;
        Route route{};
        std::array<Route, 2> routes_before{};  // newest first; zero until it has moved
        ChannelId channel{};
    };
    Control control;
};

static_assert(std::atomic<TimePoint>::is_always_lock_free);

}  // namespace partyline::relay
