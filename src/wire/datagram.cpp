#include "wire/datagram.hpp"

#include <algorithm>
#include <cassert>

namespace partyline::wire {
namespace {

// Where each field of the header starts.
constexpr std::size_t hop_epoch_offset = 1;
constexpr std::size_t zero_offset = 2;
constexpr std::size_t route_offset = 4;
constexpr std::size_t counter_offset = 8;
static_assert(header_mac_offset == counter_offset + sizeof(std::uint64_t));
static_assert(uplink_header_bytes == header_mac_offset + sizeof(std::uint64_t));

// Where each field of a record starts.
constexpr std::size_t record_length_bytes = sizeof(std::uint16_t);
constexpr std::size_t speaker_offset = record_length_bytes;
constexpr std::size_t stream_and_flags_offset = speaker_offset + sizeof(std::uint32_t);
static_assert(record_header_bytes == stream_and_flags_offset + 1);

// Where each field of a ping's or pong's body starts.
constexpr std::size_t sent_offset = 0;
constexpr std::size_t first_loss_offset = 8;
constexpr std::size_t second_loss_offset = 10;
constexpr std::size_t ping_reserved_offset = 10;
constexpr std::size_t pong_reserved_offset = 12;
static_assert(pong_reserved_offset < probe_body_bytes);

bool is_zero(ByteView bytes) {
    return std::ranges::all_of(bytes, [](std::byte b) { return b == std::byte{0}; });
}

bool is_probe_body(ByteView body, std::size_t reserved_offset) {
    return body.size() == probe_body_bytes && is_zero(body.subspan(reserved_offset));
}

std::optional<DatagramKind> kind_of(std::byte lead) {
    const auto value = std::to_integer<std::uint8_t>(lead);
    const auto kind = static_cast<DatagramKind>(value & 0xFU);
    if (value >> 4U != datagram_version) {
        return std::nullopt;
    }
    switch (kind) {
        case DatagramKind::voice:
        case DatagramKind::ping:
        case DatagramKind::pong:
        case DatagramKind::challenge:
        case DatagramKind::echo: return kind;
    }
    return std::nullopt;
}

std::byte lead_of(DatagramKind kind) {
    return static_cast<std::byte>((datagram_version << 4U) | static_cast<std::uint8_t>(kind));
}

}  // namespace

std::optional<HeaderAndBody> parse_header(ByteView datagram) {
    if (datagram.size() < uplink_header_bytes || datagram.size() > datagram_bytes_max) {
        return std::nullopt;
    }
    const auto kind = kind_of(datagram.front());
    if (!kind || load_be<std::uint16_t>(datagram.subspan(zero_offset)) != 0) {
        return std::nullopt;
    }
    return HeaderAndBody{
        .header = {.kind = *kind,
                   .hop_epoch = std::to_integer<std::uint8_t>(datagram[hop_epoch_offset]),
                   .route = Route{load_be<std::uint32_t>(datagram.subspan(route_offset))},
                   .counter = load_be<std::uint64_t>(datagram.subspan(counter_offset)),
                   .mac = load_be<std::uint64_t>(datagram.subspan(header_mac_offset))},
        .body = datagram.subspan(uplink_header_bytes),
    };
}

void write_header(MutableByteView out, const Header& header) {
    assert(out.size() >= uplink_header_bytes);
    out[0] = lead_of(header.kind);
    out[hop_epoch_offset] = static_cast<std::byte>(header.hop_epoch);
    store_be<std::uint16_t>(out.subspan(zero_offset), 0);
    store_be(out.subspan(route_offset), header.route.value);
    store_be(out.subspan(counter_offset), header.counter);
    store_be(out.subspan(header_mac_offset), header.mac);
}

std::optional<Record> parse_record(ByteView bytes, std::size_t* taken) {
    if (bytes.size() <= record_header_bytes) {
        return std::nullopt;
    }
    const std::size_t size = record_length_bytes + load_be<std::uint16_t>(bytes);
    if (size <= record_header_bytes || size > record_bytes_max || size > bytes.size()) {
        return std::nullopt;
    }
    if (taken != nullptr) {
        *taken = size;
    }
    return Record{
        .speaker = SessionId{load_be<std::uint32_t>(bytes.subspan(speaker_offset))},
        .stream_and_flags = std::to_integer<std::uint8_t>(bytes[stream_and_flags_offset]),
        .sealed = bytes.subspan(record_header_bytes, size - record_header_bytes),
    };
}

void append_record(Bytes& out, const Record& record) {
    assert(!record.sealed.empty() && record.sealed.size() <= sealed_bytes_max);
    const auto length = record_header_bytes - record_length_bytes + record.sealed.size();
    append_be(out, static_cast<std::uint16_t>(length));
    append_be(out, record.speaker.value);
    append_be(out, record.stream_and_flags);
    append(out, record.sealed);
}

std::optional<DownlinkRecords> DownlinkRecords::parse(ByteView datagram) {
    if (datagram.size() < 2 || datagram.size() > datagram_bytes_max ||
        datagram.front() != downlink_voice_lead) {
        return std::nullopt;
    }
    const auto records = datagram.subspan(1);
    for (auto rest = records; !rest.empty();) {
        std::size_t taken = 0;
        if (!parse_record(rest, &taken)) {
            return std::nullopt;
        }
        rest = rest.subspan(taken);
    }
    return DownlinkRecords(records);
}

std::optional<Record> DownlinkRecords::next() {
    std::size_t taken = 0;
    auto record = parse_record(rest_, &taken);
    rest_ = rest_.subspan(taken);
    return record;
}

ProbeBody encode(const Ping& ping) {
    ProbeBody body{};
    const MutableByteView out(body);
    store_be(out.subspan(sent_offset), ping.sent);
    store_be(out.subspan(first_loss_offset), ping.downlink_loss_permille);
    return body;
}

ProbeBody encode(const Pong& pong) {
    ProbeBody body{};
    const MutableByteView out(body);
    store_be(out.subspan(sent_offset), pong.sent);
    store_be(out.subspan(first_loss_offset), pong.uplink_loss_permille);
    store_be(out.subspan(second_loss_offset), pong.room_loss_permille);
    return body;
}

std::optional<Ping> parse_ping(ByteView body) {
    if (!is_probe_body(body, ping_reserved_offset)) {
        return std::nullopt;
    }
    return Ping{.sent = load_be<std::uint64_t>(body.subspan(sent_offset)),
                .downlink_loss_permille = load_be<std::uint16_t>(body.subspan(first_loss_offset))};
}

std::optional<Pong> parse_pong(ByteView body) {
    if (!is_probe_body(body, pong_reserved_offset)) {
        return std::nullopt;
    }
    return Pong{.sent = load_be<std::uint64_t>(body.subspan(sent_offset)),
                .uplink_loss_permille = load_be<std::uint16_t>(body.subspan(first_loss_offset)),
                .room_loss_permille = load_be<std::uint16_t>(body.subspan(second_loss_offset))};
}

}  // namespace partyline::wire
