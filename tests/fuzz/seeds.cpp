#include "fuzz/seeds.hpp"

#include <array>
#include <format>

#include "crypto/sframe.hpp"
#include "wire/control.hpp"
#include "wire/control_examples.hpp"
#include "wire/datagram.hpp"
#include "wire/frame.hpp"

namespace partyline::fuzz {
namespace {

using wire::examples::counting_bytes;

void append_frame_or_abort(Bytes& out, ByteView message) {
    wire::append_frame(out, message).value();
}

void add_frames(std::vector<Seed>& seeds) {
    const auto add = [&seeds](std::string_view name, std::byte pieces, Bytes stream) {
        stream.insert(stream.begin(), pieces);
        seeds.push_back({.path = std::format("frame/{}", name), .bytes = std::move(stream)});
    };
    Bytes several;
    for (const std::size_t size : {1U, 2U, 300U, 17U}) {
        append_frame_or_abort(several, counting_bytes(size, 0));
    }
    add("several", std::byte{3}, several);
    auto cut = several;
    cut.resize(cut.size() - 5);
    add("cut-short", std::byte{0}, cut);
    auto empty = several;
    append_be<std::uint32_t>(empty, 0);
    add("then-an-empty-one", std::byte{7}, empty);
    auto large = several;
    append_be<std::uint32_t>(large, wire::frame_bytes_max + 1);
    add("then-one-too-large", std::byte{9}, large);
}

Bytes with_header(wire::DatagramKind kind, ByteView body) {
    Bytes out(wire::uplink_header_bytes);
    wire::write_header(out, {.kind = kind,
                             .hop_epoch = 1,
                             .route = Route{0x1203},
                             .counter = 77,
                             .mac = 0x2122232425262728});
    append(out, body);
    return out;
}

void add_datagrams(std::vector<Seed>& seeds) {
    const auto add = [&seeds](std::string_view name, Bytes bytes) {
        seeds.push_back({.path = std::format("datagram/{}", name), .bytes = std::move(bytes)});
    };
    const auto sealed = counting_bytes(60, 0x11);
    Bytes record;
    wire::append_record(record,
                        {.speaker = SessionId{7}, .stream_and_flags = 0x01, .sealed = sealed});
    Bytes downlink{wire::downlink_voice_lead};
    append(downlink, record);
    add("downlink-one", downlink);
    wire::append_record(downlink, {.speaker = SessionId{8}, .sealed = sealed});
    wire::append_record(downlink, {.speaker = SessionId{9}, .sealed = ByteView(sealed).first(1)});
    add("downlink-three", downlink);

    using enum wire::DatagramKind;
    add("voice", with_header(voice, record));
    add("ping",
        with_header(ping, wire::encode(wire::Ping{.sent = 5, .downlink_loss_permille = 9})));
    add("pong",
        with_header(pong, wire::encode(wire::Pong{
                              .sent = 5, .uplink_loss_permille = 9, .room_loss_permille = 30})));
    const auto nonce = counting_bytes(wire::probe_body_bytes, 0x90);
    add("challenge", with_header(challenge, nonce));
    add("echo", with_header(echo, nonce));
    add("ping-body", to_bytes(wire::encode(wire::Ping{.sent = 5})));
}

void add_control(std::vector<Seed>& seeds) {
    const auto add = [&seeds](std::string_view from, std::string_view kind, std::byte direction,
                              Bytes message) {
        message.insert(message.begin(), direction);
        seeds.push_back(
            {.path = std::format("control/{}-{}", from, kind), .bytes = std::move(message)});
    };
    for (const auto& body : wire::examples::client_bodies()) {
        add("talkie", wire::name_of(body), std::byte{0},
            encode(wire::ClientMessage{.request_id = 5, .body = body}));
    }
    for (const auto& body : wire::examples::server_bodies()) {
        add("switchboard", wire::name_of(body), std::byte{1},
            encode(wire::ServerMessage{.seq = 300, .reply_to = 5, .body = body}));
    }
}

void add_sframe_headers(std::vector<Seed>& seeds) {
    const std::uint64_t values[] = {0, 7, 8, 0xFF, 0x100, 0xFFFF'FFFF'FFFF, ~std::uint64_t{0}};
    for (const auto kid : values) {
        for (const auto counter : values) {
            std::array<std::byte, crypto::sframe_header_bytes_max> out{};
            const auto size = crypto::write_sframe_header(out, {.kid = kid, .counter = counter});
            seeds.push_back({.path = std::format("sframe-header/{:x}-{:x}", kid, counter),
                             .bytes = to_bytes(ByteView(out).first(size))});
        }
    }
}

}  // namespace

std::vector<Seed> all_seeds() {
    std::vector<Seed> seeds;
    add_frames(seeds);
    add_datagrams(seeds);
    add_control(seeds);
    add_sframe_headers(seeds);
    return seeds;
}

}  // namespace partyline::fuzz
