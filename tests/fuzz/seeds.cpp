#include "fuzz/seeds.hpp"

#include <array>
#include <cstdint>
#include <format>
#include <string_view>

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

/// What four talkies and the control thread do, as relay_fuzz.cpp reads it: who, what, and what belongs
/// to that.
class RelayScript {
public:
    RelayScript& arrive_as_is(std::uint8_t who, ByteView datagram) {
        return step(who, 0).sized(datagram);
    }
    RelayScript& say(std::uint8_t who, std::string_view text) {
        return step(who, 1).authentic(wire::DatagramKind::voice, record(who, text));
    }
    RelayScript& ping(std::uint8_t who) {
        return step(who, 2).authentic(wire::DatagramKind::ping,
                                      wire::encode(wire::Ping{.sent = 5}));
    }
    RelayScript& say_from(std::uint8_t who, std::uint8_t port, std::string_view text) {
        return step(who, 3).byte(port).authentic(wire::DatagramKind::voice, record(who, text));
    }
    RelayScript& say_through_the_tunnel(std::uint8_t who, std::string_view text) {
        return step(who, 4).authentic(wire::DatagramKind::voice, record(who, text));
    }
    RelayScript& move(std::uint8_t who, std::uint8_t room) { return step(who, 5).byte(room); }
    RelayScript& set_muted(std::uint8_t who, bool muted) {
        return step(who, 6).byte(muted ? 0 : 1);
    }
    RelayScript& wait(std::uint8_t ms) { return step(0, 7).byte(ms); }

    [[nodiscard]] const Bytes& bytes() const { return bytes_; }

private:
    static Bytes record(std::uint8_t who, std::string_view text) {
        Bytes out;
        wire::append_record(out, {.speaker = SessionId{who + 1U}, .sealed = as_bytes(text)});
        return out;
    }
    RelayScript& byte(std::uint8_t value) {
        bytes_.push_back(std::byte{value});
        return *this;
    }
    RelayScript& step(std::uint8_t who, std::uint8_t what) { return byte(who).byte(what); }
    RelayScript& sized(ByteView bytes) {
        byte(static_cast<std::uint8_t>(bytes.size()));
        append(bytes_, bytes);
        return *this;
    }
    /// Its MAC is made there.
    RelayScript& authentic(wire::DatagramKind kind, ByteView body) {
        constexpr auto version = std::uint8_t{wire::datagram_version << 4U};
        return byte(static_cast<std::uint8_t>(version | static_cast<std::uint8_t>(kind)))
            .byte(0)
            .sized(body);
    }

    Bytes bytes_;
};

void add_relay(std::vector<Seed>& seeds) {
    const auto add = [&seeds](std::string_view name, const RelayScript& script) {
        seeds.push_back({.path = std::format("relay/{}", name), .bytes = script.bytes()});
    };
    add("talk", RelayScript().say(0, "one").say(1, "two").say(0, "three").wait(10).say(2, "four"));
    add("all-at-once", RelayScript().say(0, "a").say(1, "b").say(2, "c").say(3, "d").wait(20));
    add("move", RelayScript().say(0, "a").move(1, 2).say(0, "b").move(0, 2).say(0, "c").move(0, 0));
    add("muted", RelayScript().set_muted(0, true).say(0, "a").set_muted(0, false).say(0, "b"));
    add("roam", RelayScript().ping(0).say_from(0, 7, "a").ping(0).wait(255).say_from(0, 9, "b"));
    add("tunnel", RelayScript().say_through_the_tunnel(0, "a").wait(5).say(0, "b"));
    add("strangers", RelayScript()
                         .arrive_as_is(0, with_header(wire::DatagramKind::voice, Bytes(20)))
                         .arrive_as_is(1, with_header(wire::DatagramKind::ping, Bytes(16)))
                         .arrive_as_is(2, Bytes(3)));
}

}  // namespace

std::vector<Seed> all_seeds() {
    std::vector<Seed> seeds;
    add_frames(seeds);
    add_datagrams(seeds);
    add_control(seeds);
    add_sframe_headers(seeds);
    add_relay(seeds);
    return seeds;
}

}  // namespace partyline::fuzz
