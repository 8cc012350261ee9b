// The voice lane's datagrams, byte for byte (docs/protocol.md, "Voice datagrams").
//
//   uplink, pong, challenge:  header (24 bytes), body to the end
//   downlink voice:           u8 version<<4|kind, one or more records
//
// These functions look at lengths and fixed fields only; MACs and keys are crypto's.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/bytes.hpp"
#include "base/ids.hpp"
#include "wire/limits.hpp"

namespace partyline::wire {

inline constexpr std::uint8_t datagram_version = 1;

enum class DatagramKind : std::uint8_t {
    voice = 1,      // up: header and one record. down: one or more records, no header
    ping = 2,       // up: header and a Ping body
    pong = 3,       // down: header and a Pong body
    challenge = 4,  // down: header and a nonce, to the address that is to be proven
    echo = 5,       // up: header and the nonce of the challenge, from that address
};

/// The first 24 bytes of all but downlink voice. `mac` covers all other bytes of the datagram.
struct Header {
    DatagramKind kind{};
    std::uint8_t hop_epoch = 0;
    Route route{};
    std::uint64_t counter = 0;
    std::uint64_t mac = 0;

    bool operator==(const Header&) const = default;
};

inline constexpr std::size_t header_mac_offset = 16;

struct HeaderAndBody {
    Header header;
    ByteView body;
};

/// Nothing for a datagram that is too short or too long, has another version, an unknown kind, or
/// its zero field set. Says nothing about the body.
std::optional<HeaderAndBody> parse_header(ByteView datagram);

/// Writes the 24 bytes at the start of `out`.
void write_header(MutableByteView out, const Header& header);

enum RecordFlag : std::uint8_t {
    end_of_spurt = 0x1,  // the last frame before silence
    kept_frame = 0x2,    // from before the microphone opened: sent later than it was said
};

/// One sealed frame of one speaker: the same bytes on the way up and on every way down.
struct Record {
    SessionId speaker{};
    std::uint8_t stream_and_flags = 0;  // stream << 4 | flags
    ByteView sealed;                    // SFrame header, ciphertext, tag; at least 1 byte

    [[nodiscard]] StreamId stream() const {
        return StreamId{static_cast<std::uint8_t>(stream_and_flags >> 4U)};
    }
    [[nodiscard]] bool ends_spurt() const { return (stream_and_flags & end_of_spurt) != 0; }
    [[nodiscard]] bool was_kept() const { return (stream_and_flags & kept_frame) != 0; }
};

/// Reads the record at the start of `bytes`; nothing unless its length fits. `*taken`, if asked
/// for, is how many bytes it is.
std::optional<Record> parse_record(ByteView bytes, std::size_t* taken = nullptr);

/// Appends length, speaker, stream and flags, and the sealed bytes.
void append_record(Bytes& out, const Record& record);

/// Walks the records of a downlink voice datagram. Nothing unless version and kind are right,
/// there is at least one record, and the lengths sum exactly to the datagram's end.
class DownlinkRecords {
public:
    static std::optional<DownlinkRecords> parse(ByteView datagram);

    /// The next record, or nothing after the last.
    std::optional<Record> next();

private:
    explicit DownlinkRecords(ByteView records) : rest_(records) {}
    ByteView rest_;
};

inline constexpr std::byte downlink_voice_lead{(datagram_version << 4U) |
                                               static_cast<std::uint8_t>(DatagramKind::voice)};

/// What a talkie tells with a ping: its own time, returned as it was sent, and how much of what it
/// should have heard over UDP since the last ping was lost.
struct Ping {
    std::uint64_t sent = 0;  // opaque to the server
    std::uint16_t downlink_loss_permille = 0;
    bool operator==(const Ping&) const = default;
};

/// What the server tells back: loss seen on this talkie's uplink, and the worst downlink loss that
/// members of its room reported; together they set bitrate and FEC.
struct Pong {
    std::uint64_t sent = 0;
    std::uint16_t uplink_loss_permille = 0;
    std::uint16_t room_loss_permille = 0;
    bool operator==(const Pong&) const = default;
};

using ProbeBody = std::array<std::byte, probe_body_bytes>;
ProbeBody encode(const Ping& ping);
ProbeBody encode(const Pong& pong);
/// Nothing unless `body` is exactly probe_body_bytes long and its reserved bytes are zero.
std::optional<Ping> parse_ping(ByteView body);
std::optional<Pong> parse_pong(ByteView body);

}  // namespace partyline::wire
