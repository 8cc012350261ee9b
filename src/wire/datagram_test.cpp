#include "wire/datagram.hpp"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace partyline::wire {
namespace {

constexpr DatagramKind all_kinds[] = {DatagramKind::voice, DatagramKind::ping, DatagramKind::pong,
                                      DatagramKind::challenge, DatagramKind::echo};

Bytes bytes_of(std::size_t size, unsigned first = 0xA0) {
    Bytes bytes(size);
    for (std::size_t i = 0; i < size; ++i) {
        bytes[i] = static_cast<std::byte>(first + i);
    }
    return bytes;
}

Header example_header(DatagramKind kind) {
    return {.kind = kind,
            .hop_epoch = 0xE1,
            .route = Route{0x01020304},
            .counter = 0x1112131415161718,
            .mac = 0x2122232425262728};
}

Bytes datagram_of(const Header& header, ByteView body) {
    Bytes out(uplink_header_bytes);
    write_header(out, header);
    append(out, body);
    return out;
}

Record record_of(ByteView sealed, std::uint32_t speaker = 7, std::uint8_t stream_and_flags = 0) {
    return {.speaker = SessionId{speaker}, .stream_and_flags = stream_and_flags, .sealed = sealed};
}

// --- header ----------------------------------------------------------------------------------

TEST(Header, StandsWhereTheDocumentSays) {
    const auto datagram = datagram_of(example_header(DatagramKind::ping), bytes_of(2));
    EXPECT_EQ(to_hex(datagram), "12e100000102030411121314151617182122232425262728a0a1");
}

TEST(Header, RoundTripsForEachKind) {
    for (const auto kind : all_kinds) {
        const auto body = bytes_of(16);
        const auto datagram = datagram_of(example_header(kind), body);
        const auto parsed = parse_header(datagram);
        ASSERT_TRUE(parsed) << static_cast<int>(kind);
        EXPECT_EQ(parsed->header, example_header(kind));
        EXPECT_EQ(to_bytes(parsed->body), body);
        EXPECT_EQ(parsed->body.data(), datagram.data() + uplink_header_bytes) << "not a copy";
    }
}

TEST(Header, LengthEdges) {
    const std::pair<std::size_t, bool> cases[] = {
        {0, false},
        {1, false},
        {uplink_header_bytes - 1, false},
        {uplink_header_bytes, true},
        {datagram_bytes_max, true},
        {datagram_bytes_max + 1, false},
    };
    const auto whole =
        datagram_of(example_header(DatagramKind::voice), bytes_of(datagram_bytes_max));
    for (const auto& [size, expected] : cases) {
        EXPECT_EQ(parse_header(ByteView(whole).first(size)).has_value(), expected) << size;
    }
}

TEST(Header, EveryLeadByteButTheFiveIsRefused) {
    auto datagram = datagram_of(example_header(DatagramKind::voice), {});
    for (unsigned lead = 0; lead < 256; ++lead) {
        datagram[0] = static_cast<std::byte>(lead);
        const bool expected = lead >= 0x11 && lead <= 0x15;
        EXPECT_EQ(parse_header(datagram).has_value(), expected) << lead;
    }
}

TEST(Header, TheZeroFieldMustBeZero) {
    for (std::size_t bit = 0; bit < 16; ++bit) {
        auto datagram = datagram_of(example_header(DatagramKind::voice), {});
        datagram[2 + bit / 8] = static_cast<std::byte>(1U << (bit % 8));
        EXPECT_FALSE(parse_header(datagram)) << "bit " << bit;
    }
}

// --- records ---------------------------------------------------------------------------------

TEST(Record, StandsWhereTheDocumentSays) {
    const auto sealed = bytes_of(3);
    Bytes out{std::byte{0x55}};
    append_record(out, record_of(sealed, 0x01020304, 0x71));
    EXPECT_EQ(to_hex(out),
              "55"
              "0008"
              "01020304"
              "71"
              "a0a1a2");
}

TEST(Record, RoundTripsAndSaysHowMuchItTook) {
    for (const std::size_t size : {std::size_t{1}, std::size_t{90}, sealed_bytes_max}) {
        const auto sealed = bytes_of(size);
        Bytes out;
        append_record(out, record_of(sealed, 0xFFFF'FFFF, 0x31));
        const auto record_bytes = out.size();
        append(out, bytes_of(4));
        std::size_t taken = 0;
        const auto parsed = parse_record(out, &taken);
        ASSERT_TRUE(parsed) << size;
        EXPECT_EQ(taken, record_bytes);
        EXPECT_EQ(parsed->speaker.value, 0xFFFF'FFFF);
        EXPECT_EQ(parsed->stream().value, 3);
        EXPECT_TRUE(parsed->ends_spurt());
        EXPECT_EQ(to_bytes(parsed->sealed), sealed);
    }
}

TEST(Record, FlagsDoNotLeakIntoTheStream) {
    const auto sealed = bytes_of(1);
    EXPECT_FALSE(record_of(sealed, 7, 0x7E).ends_spurt());
    EXPECT_FALSE(record_of(sealed, 7, 0x7D).was_kept());
    EXPECT_TRUE(record_of(sealed, 7, 0x72).was_kept());
    EXPECT_EQ(record_of(sealed, 7, 0x7F).stream().value, 7);
    EXPECT_EQ(record_of(sealed, 7, 0x0F).stream().value, 0);
}

TEST(Record, CutShortAtEachByteIsRefused) {
    Bytes out;
    append_record(out, record_of(bytes_of(20)));
    for (std::size_t size = 0; size < out.size(); ++size) {
        EXPECT_FALSE(parse_record(ByteView(out).first(size))) << size;
    }
    EXPECT_TRUE(parse_record(out));
}

TEST(Record, LengthFieldEdges) {
    // The length counts speaker (4), stream and flags (1) and the sealed bytes (at least 1).
    const std::pair<std::uint16_t, bool> cases[] = {
        {0, false},
        {4, false},
        {5, false},
        {6, true},
        {static_cast<std::uint16_t>(record_bytes_max - 2), true},
        {static_cast<std::uint16_t>(record_bytes_max - 1), false},
        {0xFFFF, false},
    };
    for (const auto& [length, expected] : cases) {
        Bytes bytes(0x1'0010);
        store_be<std::uint16_t>(bytes, length);
        EXPECT_EQ(parse_record(bytes).has_value(), expected) << length;
    }
}

// --- downlink --------------------------------------------------------------------------------

Bytes downlink_of(const std::vector<std::size_t>& sealed_sizes) {
    Bytes out{downlink_voice_lead};
    std::uint32_t speaker = 1;
    for (const auto size : sealed_sizes) {
        append_record(out, record_of(bytes_of(size, speaker), speaker));
        ++speaker;
    }
    return out;
}

/// The sealed sizes that the walk finds, or nothing when the datagram is refused.
std::optional<std::vector<std::size_t>> walk(ByteView datagram) {
    auto records = DownlinkRecords::parse(datagram);
    if (!records) {
        return std::nullopt;
    }
    std::vector<std::size_t> sizes;
    std::uint32_t speaker = 1;
    while (const auto record = records->next()) {
        EXPECT_EQ(record->speaker.value, speaker);
        EXPECT_EQ(to_bytes(record->sealed), bytes_of(record->sealed.size(), speaker));
        sizes.push_back(record->sealed.size());
        ++speaker;
    }
    EXPECT_FALSE(records->next()) << "past the end";
    return sizes;
}

TEST(DownlinkRecords, WalksOneAndMany) {
    const std::vector<std::vector<std::size_t>> cases{
        {1},
        {80},
        {80, 1, 300},
        std::vector<std::size_t>(149, 1),  // 1 + 149 * 8 bytes: as many as there can be
        {sealed_bytes_max},
    };
    for (const auto& sizes : cases) {
        EXPECT_EQ(walk(downlink_of(sizes)), sizes) << sizes.size() << " records";
    }
}

TEST(DownlinkRecords, LeadAndLengthEdges) {
    EXPECT_FALSE(walk({})) << "empty";
    EXPECT_FALSE(walk(Bytes{downlink_voice_lead})) << "no record";
    auto datagram = downlink_of({5});
    for (unsigned lead = 0; lead < 256; ++lead) {
        datagram[0] = static_cast<std::byte>(lead);
        EXPECT_EQ(walk(datagram).has_value(), lead == 0x11) << lead;
    }
    // Two records that fill the datagram to the last byte, and one byte more.
    const auto room = datagram_bytes_max - 1 - 2 * record_header_bytes;
    EXPECT_EQ(downlink_of({600, room - 600}).size(), datagram_bytes_max);
    EXPECT_TRUE(walk(downlink_of({600, room - 600})));
    EXPECT_FALSE(walk(downlink_of({600, room - 599})));
}

TEST(DownlinkRecords, CutShortAtEachByteIsRefusedUnlessARecordEndsThere) {
    const auto datagram = downlink_of({10, 20});
    const auto first_end = 1 + record_header_bytes + 10;
    for (std::size_t size = 0; size < datagram.size(); ++size) {
        EXPECT_EQ(walk(ByteView(datagram).first(size)).has_value(), size == first_end) << size;
    }
}

TEST(DownlinkRecords, LengthsThatDoNotSumExactlyAreRefused) {
    for (const int off : {-1, 1}) {
        for (const std::size_t at : {std::size_t{1}, 1 + record_header_bytes + 10}) {
            auto datagram = downlink_of({10, 20});
            const MutableByteView field = MutableByteView(datagram).subspan(at);
            store_be(field, static_cast<std::uint16_t>(load_be<std::uint16_t>(field) + off));
            EXPECT_FALSE(walk(datagram)) << "record at " << at << ", length off by " << off;
        }
    }
    auto trailing = downlink_of({10, 20});
    trailing.push_back(std::byte{0});
    EXPECT_FALSE(walk(trailing));
}

// --- probes ----------------------------------------------------------------------------------

TEST(Probe, StandsWhereTheDocumentSays) {
    EXPECT_EQ(to_hex(encode(Ping{.sent = 0x0102030405060708, .downlink_loss_permille = 0x0910})),
              "01020304050607080910000000000000");
    EXPECT_EQ(to_hex(encode(Pong{.sent = 0x0102030405060708,
                                 .uplink_loss_permille = 0x0910,
                                 .room_loss_permille = 0x1112})),
              "01020304050607080910111200000000");
}

TEST(Probe, RoundTrips) {
    const Ping ping{.sent = 0xFFFF'FFFF'FFFF'FFFF, .downlink_loss_permille = 1000};
    const Pong pong{
        .sent = 0x8000'0000'0000'0001, .uplink_loss_permille = 65535, .room_loss_permille = 1};
    EXPECT_EQ(parse_ping(encode(ping)), ping);
    EXPECT_EQ(parse_pong(encode(pong)), pong);
}

TEST(Probe, AnyOtherLengthIsRefused) {
    const Bytes zeros(probe_body_bytes + 1);
    for (std::size_t size = 0; size <= zeros.size(); ++size) {
        const auto body = ByteView(zeros).first(size);
        EXPECT_EQ(parse_ping(body).has_value(), size == probe_body_bytes) << size;
        EXPECT_EQ(parse_pong(body).has_value(), size == probe_body_bytes) << size;
    }
}

TEST(Probe, ReservedBytesMustBeZero) {
    for (std::size_t i = 0; i < probe_body_bytes; ++i) {
        ProbeBody body{};
        body[i] = std::byte{0x80};
        EXPECT_EQ(parse_ping(body).has_value(), i < 10) << i;
        EXPECT_EQ(parse_pong(body).has_value(), i < 12) << i;
    }
}

}  // namespace
}  // namespace partyline::wire
