// Holds the code against the vectors that docs/protocol.md gives to those who write another client.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <iterator>
#include <map>
#include <string>

#include "crypto/hop.hpp"
#include "crypto/sender_key.hpp"
#include "crypto/sframe.hpp"
#include "wire/datagram.hpp"

namespace partyline {
namespace {

using Json = nlohmann::json;

std::string text_at(const Json& vector, const std::string& name) {
    return vector.at(name).get<std::string>();
}

template <class Number>
Number number_at(const Json& vector, const char* name) {
    return vector.at(name).get<Number>();
}

Bytes bytes_at(const Json& vector, const std::string& name) {
    return from_hex(text_at(vector, name)).value();
}

template <std::size_t Size>
std::array<std::byte, Size> array_at(const Json& vector, const std::string& name) {
    const auto bytes = bytes_at(vector, name);
    std::array<std::byte, Size> array{};
    EXPECT_EQ(bytes.size(), Size) << name;
    std::copy_n(bytes.begin(), std::min(bytes.size(), Size), array.begin());
    return array;
}

Json read_vectors() {
    std::ifstream in("docs/protocol.md");
    const std::string page{std::istreambuf_iterator<char>(in), {}};
    const std::string fence = "```json datagram-vectors\n";
    const auto from = page.find(fence);
    const auto to = page.find("\n```", from + fence.size());
    if (from == std::string::npos || to == std::string::npos) {
        throw std::runtime_error("docs/protocol.md has no datagram-vectors: run from the top");
    }
    return Json::parse(page.substr(from + fence.size(), to - from - fence.size()));
}

class DatagramVectors : public testing::Test {
protected:
    const Json vectors_ = read_vectors();

    [[nodiscard]] const Json& with_header(const std::string& name) const {
        for (const auto& vector : vectors_.at("with_header")) {
            if (text_at(vector, "name") == name) {
                return vector;
            }
        }
        throw std::runtime_error("no vector is called " + name);
    }

    [[nodiscard]] crypto::HopKey key_of(const Json& vector) const {
        const bool up = text_at(vector, "direction") == "up";
        return crypto::HopKey(bytes_at(vectors_, up ? "hop_key_up" : "hop_key_down"));
    }
};

wire::DatagramKind kind_of(const Json& vector) {
    using enum wire::DatagramKind;
    const std::map<std::string, wire::DatagramKind> kinds{
        {"voice", voice}, {"ping", ping}, {"pong", pong}, {"challenge", challenge}, {"echo", echo}};
    return kinds.at(text_at(vector, "kind"));
}

/// The record of a vector; `sealed` is where its bytes stay.
wire::Record record_of(const Json& vector, const Bytes& sealed) {
    const auto stream = number_at<unsigned>(vector, "stream");
    const unsigned end = vector.at("end_of_spurt").get<bool>() ? unsigned{wire::end_of_spurt} : 0U;
    const unsigned kept = vector.at("kept").get<bool>() ? unsigned{wire::kept_frame} : 0U;
    return {.speaker = SessionId{number_at<std::uint32_t>(vector, "speaker")},
            .stream_and_flags = static_cast<std::uint8_t>(stream << 4U | end | kept),
            .sealed = sealed};
}

Bytes body_of(const Json& vector) {
    const auto permille = [&](const char* name) { return number_at<std::uint16_t>(vector, name); };
    switch (kind_of(vector)) {
        case wire::DatagramKind::voice: {
            const auto sealed = bytes_at(vector.at("record"), "sealed");
            Bytes body;
            wire::append_record(body, record_of(vector.at("record"), sealed));
            return body;
        }
        case wire::DatagramKind::ping:
            return to_bytes(
                encode(wire::Ping{.sent = load_be<std::uint64_t>(bytes_at(vector, "sent")),
                                  .downlink_loss_permille = permille("downlink_loss_permille")}));
        case wire::DatagramKind::pong:
            return to_bytes(
                encode(wire::Pong{.sent = load_be<std::uint64_t>(bytes_at(vector, "sent")),
                                  .uplink_loss_permille = permille("uplink_loss_permille"),
                                  .room_loss_permille = permille("room_loss_permille")}));
        case wire::DatagramKind::challenge:
        case wire::DatagramKind::echo: return bytes_at(vector, "nonce");
    }
    throw std::runtime_error("no such kind");
}

TEST_F(DatagramVectors, HopKeysAreTheExportersFirstBytes) {
    for (const std::string way : {"up", "down"}) {
        const auto exporter = array_at<crypto::exporter_bytes>(vectors_, "exporter_" + way);
        EXPECT_EQ(to_hex(crypto::hop_key(exporter).view()), text_at(vectors_, "hop_key_" + way));
    }
}

TEST_F(DatagramVectors, FieldsGiveTheDatagram) {
    for (const auto& vector : vectors_.at("with_header")) {
        Bytes datagram(wire::uplink_header_bytes);
        wire::write_header(datagram, {.kind = kind_of(vector),
                                      .hop_epoch = number_at<std::uint8_t>(vector, "hop_epoch"),
                                      .route = Route{number_at<std::uint32_t>(vector, "route")},
                                      .counter = number_at<std::uint64_t>(vector, "counter")});
        append(datagram, body_of(vector));
        crypto::hop_seal(key_of(vector), datagram);
        EXPECT_EQ(to_hex(datagram), text_at(vector, "datagram")) << text_at(vector, "name");
    }
}

TEST_F(DatagramVectors, TheDatagramGivesTheFields) {
    for (const auto& vector : vectors_.at("with_header")) {
        const auto datagram = bytes_at(vector, "datagram");
        const auto parsed = wire::parse_header(datagram);
        ASSERT_TRUE(parsed) << text_at(vector, "name");
        EXPECT_EQ(parsed->header.kind, kind_of(vector)) << text_at(vector, "name");
        EXPECT_EQ(parsed->header.hop_epoch, number_at<std::uint8_t>(vector, "hop_epoch"))
            << text_at(vector, "name");
        EXPECT_EQ(parsed->header.route.value, number_at<std::uint32_t>(vector, "route"))
            << text_at(vector, "name");
        EXPECT_EQ(parsed->header.counter, number_at<std::uint64_t>(vector, "counter"))
            << text_at(vector, "name");
        EXPECT_EQ(to_hex(parsed->body), to_hex(body_of(vector))) << text_at(vector, "name");
        EXPECT_EQ(parsed->header.mac, crypto::hop_mac(key_of(vector), datagram));
    }
}

TEST_F(DatagramVectors, MacsVerifyAndCoverEveryByte) {
    for (const auto& vector : vectors_.at("with_header")) {
        auto datagram = bytes_at(vector, "datagram");
        EXPECT_TRUE(crypto::hop_verify(key_of(vector), datagram)) << text_at(vector, "name");
        for (std::size_t i = 0; i < datagram.size(); ++i) {
            datagram[i] ^= std::byte{1};
            EXPECT_FALSE(crypto::hop_verify(key_of(vector), datagram))
                << text_at(vector, "name") << ", byte " << i;
            datagram[i] ^= std::byte{1};
        }
    }
}

TEST_F(DatagramVectors, RecordsOpen) {
    const auto server_id = array_at<crypto::public_key_bytes>(vectors_, "server_id");
    for (const auto& vector : vectors_.at("with_header")) {
        if (kind_of(vector) != wire::DatagramKind::voice) {
            continue;
        }
        const auto& fields = vector.at("record");
        const auto datagram = bytes_at(vector, "datagram");
        const auto record = wire::parse_record(wire::parse_header(datagram).value().body);
        ASSERT_TRUE(record) << text_at(vector, "name");
        const auto kid = crypto::make_kid(number_at<std::uint32_t>(fields, "generation"),
                                          number_at<std::uint16_t>(fields, "step"));
        const auto header = crypto::parse_sframe_header(record->sealed);
        ASSERT_TRUE(header);
        EXPECT_EQ(header->header.kid, kid);
        EXPECT_EQ(header->header.counter, number_at<std::uint64_t>(fields, "sframe_counter"));

        const auto metadata =
            crypto::frame_metadata({.server_id = server_id,
                                    .speaker = record->speaker,
                                    .stream_and_flags = record->stream_and_flags});
        crypto::SFrameKey key(bytes_at(fields, "sender_key"), kid);
        Bytes opened(record->sealed.size());
        const auto size = key.open(record->sealed, metadata, opened);
        ASSERT_TRUE(size) << text_at(vector, "name");
        opened.resize(*size);
        EXPECT_EQ(load_be<std::uint32_t>(opened), number_at<std::uint32_t>(fields, "media_time"));
        EXPECT_EQ(to_hex(ByteView(opened).subspan(4)), text_at(fields, "opus"));
    }
}

TEST_F(DatagramVectors, DownlinkCarriesTheRecordsOfTheUplinkUnchanged) {
    for (const auto& vector : vectors_.at("downlink_voice")) {
        const auto datagram = bytes_at(vector, "datagram");
        Bytes expected{wire::downlink_voice_lead};
        const auto names = vector.at("records_of").get<std::vector<std::string>>();
        for (const auto& name : names) {
            const auto up = bytes_at(with_header(name), "datagram");
            append(expected, ByteView(up).subspan(wire::uplink_header_bytes));
        }
        EXPECT_EQ(to_hex(datagram), to_hex(expected)) << text_at(vector, "name");

        auto records = wire::DownlinkRecords::parse(datagram);
        ASSERT_TRUE(records) << text_at(vector, "name");
        for (const auto& name : names) {
            const auto& fields = with_header(name).at("record");
            const auto record = records->next();
            ASSERT_TRUE(record) << name;
            EXPECT_EQ(record->speaker.value, number_at<std::uint32_t>(fields, "speaker"));
            EXPECT_EQ(record->stream().value, number_at<std::uint8_t>(fields, "stream"));
            EXPECT_EQ(record->ends_spurt(), number_at<bool>(fields, "end_of_spurt"));
            EXPECT_EQ(record->was_kept(), number_at<bool>(fields, "kept"));
            EXPECT_EQ(to_hex(record->sealed), text_at(fields, "sealed"));
        }
        EXPECT_FALSE(records->next());
    }
}

TEST_F(DatagramVectors, WhatIsToBeRefusedIs) {
    for (const auto& [why, hex] : vectors_.at("refused_headers").items()) {
        EXPECT_FALSE(wire::parse_header(from_hex(hex.get<std::string>()).value())) << why;
    }
    for (const auto& [why, hex] : vectors_.at("refused_downlink_voice").items()) {
        EXPECT_FALSE(wire::DownlinkRecords::parse(from_hex(hex.get<std::string>()).value())) << why;
    }
}

}  // namespace
}  // namespace partyline
