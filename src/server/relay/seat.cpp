#include "server/relay/seat.hpp"

#include <cstring>

#include "server/relay/limits.hpp"

namespace partyline::relay {
namespace {

using Words = std::array<std::uint64_t, 5>;

constexpr unsigned port_shift = 48;
constexpr unsigned socket_shift = 40;
constexpr std::uint64_t is_set = std::uint64_t{1} << 39U;  // below: the scope, 32 bits

Words pack(const PeerAddress& address) {
    Words words{};
    const auto& bytes = address.endpoint.address();
    std::memcpy(words.data(), bytes.data(), bytes.size());
    words[2] = std::uint64_t{address.endpoint.port()} << port_shift |
               std::uint64_t{address.socket} << socket_shift | is_set | address.endpoint.scope();
    std::memcpy(&words[3], address.local.data(), address.local.size());
    return words;
}

std::optional<PeerAddress> unpack(const Words& words) {
    if ((words[2] & is_set) == 0) {
        return std::nullopt;
    }
    net::Endpoint::Address bytes{};
    std::memcpy(bytes.data(), words.data(), bytes.size());
    net::Endpoint::Address local{};
    std::memcpy(local.data(), &words[3], local.size());
    return PeerAddress{.endpoint = {bytes, static_cast<std::uint16_t>(words[2] >> port_shift),
                                    static_cast<std::uint32_t>(words[2])},
                       .socket = static_cast<std::uint8_t>(words[2] >> socket_shift),
                       .local = local};
}

}  // namespace

std::optional<PeerAddress> AddressCell::load() const {
    for (int tries = 0; tries < load_tries_max; ++tries) {
        const auto before = sequence_.load(std::memory_order_acquire);
        Words copy{};
        for (std::size_t i = 0; i < words; ++i) {
            copy[i] = words_[i].load(std::memory_order_acquire);
        }
        if (before % 2 == 0 && sequence_.load(std::memory_order_relaxed) == before) {
            return unpack(copy);
        }
    }
    return std::nullopt;
}

bool AddressCell::store(const PeerAddress& address) {
    auto sequence = sequence_.load(std::memory_order_relaxed);
    if (sequence % 2 != 0 ||
        !sequence_.compare_exchange_strong(sequence, sequence + 1, std::memory_order_acquire)) {
        return false;
    }
    const auto packed = pack(address);
    for (std::size_t i = 0; i < words; ++i) {
        words_[i].store(packed[i], std::memory_order_release);
    }
    sequence_.store(sequence + 2, std::memory_order_release);
    return true;
}

std::optional<PeerAddress> Seat::udp_destination(TimePoint now) const {
    return has_fresh_uplink(now) ? address.load() : std::nullopt;
}

bool Seat::has_fresh_uplink(TimePoint now) const {
    const auto last = last_uplink.load(std::memory_order_relaxed);
    return last != TimePoint::min() && now - last < uplink_silence_max;
}

bool Seat::is_speaking(TimePoint now) const {
    const auto last = last_voice.load(std::memory_order_relaxed);
    return last != TimePoint::min() && now - last < speaking_hold;
}

bool Seat::is_whispering(TimePoint now) const {
    const auto last = last_whisper.load(std::memory_order_relaxed);
    return last != TimePoint::min() && now - last < speaking_hold;
}

}  // namespace partyline::relay
