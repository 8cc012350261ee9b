#include "wire/control.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <type_traits>
#include <vector>

#include "partyline/v1/control.pb.h"
#include "wire/control_examples.hpp"
#include "wire/control_test_support.hpp"
#include "wire/frame.hpp"

namespace partyline::wire {
namespace {

// --- every kind ------------------------------------------------------------------------------

/// Fails for an alternative of the variant that has no example.
template <class Body>
void expect_an_example_of_each(const std::vector<Body>& bodies) {
    std::set<std::size_t> kinds;
    std::set<std::string_view> names;
    for (const auto& body : bodies) {
        kinds.insert(body.index());
        names.insert(name_of(body));
    }
    EXPECT_EQ(kinds.size(), std::variant_size_v<Body>) << "a kind without an example";
    EXPECT_EQ(names.size(), std::variant_size_v<Body>) << "two kinds with one name";
}

TEST(Control, EveryKindOfTheTalkieRoundTrips) {
    const auto bodies = examples::client_bodies();
    expect_an_example_of_each(bodies);
    for (const auto& body : bodies) {
        expect_round_trip(ClientMessage{.request_id = 0xFFFF'FFFF'FFFF'FFFF, .body = body});
        expect_round_trip(ClientMessage{.body = body});
    }
}

TEST(Control, EveryKindOfTheSwitchboardRoundTrips) {
    const auto bodies = examples::server_bodies();
    expect_an_example_of_each(bodies);
    for (const auto& body : bodies) {
        expect_round_trip(
            ServerMessage{.seq = 0xFFFF'FFFF'FFFF'FFFF, .reply_to = 1ULL << 63U, .body = body});
        expect_round_trip(ServerMessage{.body = body});
    }
}

// In the examples all flags are set, so two that were exchanged would not be seen there.
TEST(Control, EachFlagStandsForItself) {
    expect_round_trip(ClientMessage{.body = SetSelfState{.mute = true}});
    expect_round_trip(ClientMessage{.body = SetSelfState{.deafen = true}});
    const Presence presences[] = {{.self_mute = true}, {.self_deafen = true}, {.speaking = true}};
    for (const auto& presence : presences) {
        expect_round_trip(ServerMessage{.body = PresencePage{.sessions = {presence}}});
    }
}

TEST(Control, EveryPrefixIsDecodedOrRefusedAsMalformed) {
    for (const auto& body : examples::server_bodies()) {
        const auto bytes = encode(ServerMessage{.seq = 300, .reply_to = 300, .body = body});
        for (std::size_t size = 0; size < bytes.size(); ++size) {
            const auto decoded = decode_server(ByteView(bytes).first(size));
            if (!decoded) {
                EXPECT_EQ(decoded.error().code, ErrorCode::malformed)
                    << name_of(body) << " cut to " << size;
            }
        }
    }
}

// --- what this version does not know ---------------------------------------------------------

/// A field of 3 bytes that no schema of ours has (number 1000).
Bytes unknown_field() { return *from_hex("c23e03010203"); }

TEST(Control, AnUnknownBodyIsUnknownAndKeepsItsIds) {
    auto client = encode(ClientMessage{.request_id = 5});
    append(client, unknown_field());
    EXPECT_EQ(decode_client(client), (ClientMessage{.request_id = 5, .body = Unknown{}}));

    auto server = encode(ServerMessage{.seq = 6, .reply_to = 7});
    append(server, unknown_field());
    EXPECT_EQ(decode_server(server), (ServerMessage{.seq = 6, .reply_to = 7, .body = Unknown{}}));
}

TEST(Control, AnUnknownFieldBesideAKnownBodyIsIgnored) {
    const ClientMessage ping{.request_id = 5, .body = ControlPing{.token = 9}};
    auto bytes = encode(ping);
    append(bytes, unknown_field());
    EXPECT_EQ(decode_client(bytes), ping);
}

TEST(Control, AMissingBodyIsUnknown) {
    EXPECT_EQ(decode_client({}), ClientMessage{});
    EXPECT_EQ(decode_server({}), ServerMessage{});
}

TEST(Control, AnUnknownEnumValueIsUnspecified) {
    v1::Client lane;
    lane.mutable_set_voice_lane()->set_lane(static_cast<v1::VoiceLane>(3));
    EXPECT_EQ(decode_client(serialised(lane)),
              (ClientMessage{.body = SetVoiceLane{.lane = VoiceLane::unspecified}}));

    v1::Server refusal;
    refusal.mutable_error()->set_code(static_cast<v1::Error::Code>(v1::Error::Code_MAX + 1));
    EXPECT_EQ(decode_server(serialised(refusal)), (ServerMessage{.body = Refusal{}}));
}

// --- errors ----------------------------------------------------------------------------------

TEST(ControlErrors, CodesAreTheSchemasNumbers) {
    const std::pair<ErrorCode, std::string_view> codes[] = {
        {ErrorCode::unspecified, "UNSPECIFIED"},
        {ErrorCode::unsupported, "UNSUPPORTED"},
        {ErrorCode::malformed, "MALFORMED"},
        {ErrorCode::too_large, "TOO_LARGE"},
        {ErrorCode::wrong_version, "WRONG_VERSION"},
        {ErrorCode::bad_signature, "BAD_SIGNATURE"},
        {ErrorCode::wrong_identity, "WRONG_IDENTITY"},
        {ErrorCode::not_logged_in, "NOT_LOGGED_IN"},
        {ErrorCode::already_logged_in, "ALREADY_LOGGED_IN"},
        {ErrorCode::invalid_name, "INVALID_NAME"},
        {ErrorCode::name_taken, "NAME_TAKEN"},
        {ErrorCode::unknown_channel, "UNKNOWN_CHANNEL"},
        {ErrorCode::unknown_session, "UNKNOWN_SESSION"},
        {ErrorCode::not_in_room, "NOT_IN_ROOM"},
        {ErrorCode::rate_limited, "RATE_LIMITED"},
        {ErrorCode::server_full, "SERVER_FULL"},
        {ErrorCode::bad_key_share, "BAD_KEY_SHARE"},
        {ErrorCode::shutting_down, "SHUTTING_DOWN"},
        {ErrorCode::timed_out, "TIMED_OUT"},
        {ErrorCode::not_permitted, "NOT_PERMITTED"},
        {ErrorCode::unknown_text, "UNKNOWN_TEXT"},
        {ErrorCode::store_failed, "STORE_FAILED"},
        {ErrorCode::replaced, "REPLACED"},
        {ErrorCode::kicked, "KICKED"},
        {ErrorCode::banned, "BANNED"},
        {ErrorCode::room_full, "ROOM_FULL"},
        {ErrorCode::bad_password, "BAD_PASSWORD"},
        {ErrorCode::unknown_role, "UNKNOWN_ROLE"},
        {ErrorCode::unknown_account, "UNKNOWN_ACCOUNT"},
        {ErrorCode::resume_refused, "RESUME_REFUSED"},
        {ErrorCode::unknown_ban, "UNKNOWN_BAN"},
        {ErrorCode::unknown_invite, "UNKNOWN_INVITE"},
        {ErrorCode::unknown_person, "UNKNOWN_PERSON"},
        {ErrorCode::not_kept, "NOT_KEPT"},
    };
    ASSERT_EQ(std::size(codes), static_cast<std::size_t>(v1::Error::Code_ARRAYSIZE))
        << "a code without a line here";
    for (const auto& [code, name] : codes) {
        EXPECT_EQ(v1::Error::Code_Name(static_cast<v1::Error::Code>(code)), name);
        expect_round_trip(ServerMessage{.body = Refusal{.error = {.code = code}}});
    }
}

TEST(ControlErrors, WhatHappensOnOnesOwnMachineStaysThere) {
    for (const auto code : {ErrorCode::io, ErrorCode::closed, ErrorCode::config}) {
        const ServerMessage message{.body = Refusal{.error = {.code = code}}};
        EXPECT_EQ(decode_server(encode(message)), (ServerMessage{.body = Refusal{}}));
    }
}

// --- events encoded once ---------------------------------------------------------------------

TEST(EncodedEvent, IsTheFrameThatEncodeWouldMake) {
    for (const auto& body : examples::server_bodies()) {
        const EncodedEvent event(body);
        for (const std::uint64_t seq :
             {std::uint64_t{1}, std::uint64_t{127}, std::uint64_t{128}, ~std::uint64_t{0}}) {
            Bytes expected{std::byte{0x55}};
            auto out = expected;
            ASSERT_TRUE(append_frame(expected, encode(ServerMessage{.seq = seq, .body = body})));
            event.append_event(out, seq);
            EXPECT_EQ(to_hex(out), to_hex(expected)) << name_of(body) << ", seq " << seq;
        }
    }
}

TEST(EncodedEvent, SeqZeroIsLeftOut) {
    Bytes out;
    EncodedEvent(SnapshotEnd{}).append_event(out, 0);
    Bytes expected;
    ASSERT_TRUE(append_frame(expected, encode(ServerMessage{.body = SnapshotEnd{}})));
    EXPECT_EQ(to_hex(out), to_hex(expected));
}

}  // namespace
}  // namespace partyline::wire
