#include "wire/control.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <set>
#include <string>
#include <type_traits>
#include <vector>

#include "partyline/v1/control.pb.h"
#include "wire/control_examples.hpp"
#include "wire/frame.hpp"
#include "wire/limits.hpp"

namespace partyline::wire {
namespace {

using examples::counting_bytes;

Result<ClientMessage> decode_as(const ClientMessage&, ByteView bytes) {
    return decode_client(bytes);
}
Result<ServerMessage> decode_as(const ServerMessage&, ByteView bytes) {
    return decode_server(bytes);
}

template <class Message>
void expect_round_trip(const Message& message) {
    const auto decoded = decode_as(message, encode(message));
    ASSERT_TRUE(decoded) << name_of(message.body) << ": " << decoded.error().message;
    EXPECT_TRUE(*decoded == message) << name_of(message.body);
}

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

template <class Generated>
Bytes serialised(const Generated& message) {
    const auto text = message.SerializeAsString();
    return to_bytes(as_bytes(text));
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

// --- limits ----------------------------------------------------------------------------------

std::string repeated(std::string_view text, std::size_t times) {
    std::string out;
    for (std::size_t i = 0; i < times; ++i) {
        out += text;
    }
    return out;
}

/// A field whose size is bounded: makes a message in which it has `size` bytes, code points or
/// entries.
template <class Message>
struct SizeCase {
    std::string_view field;
    std::size_t max;
    std::function<decltype(Message::body)(std::size_t size)> body;
};

template <class Message>
void expect_size_limit(const SizeCase<Message>& limit) {
    expect_round_trip(Message{.body = limit.body(0)});
    expect_round_trip(Message{.body = limit.body(limit.max)});
    const Message above{.body = limit.body(limit.max + 1)};
    const auto decoded = decode_as(above, encode(above));
    ASSERT_FALSE(decoded) << limit.field;
    EXPECT_EQ(decoded.error().code, ErrorCode::too_large) << limit.field;
    EXPECT_TRUE(decoded.error().message.starts_with(limit.field)) << decoded.error().message;
    for (const auto number : {limit.max, limit.max + 1}) {
        EXPECT_NE(decoded.error().message.find(std::to_string(number)), std::string::npos)
            << decoded.error().message;
    }
}

template <class Body>
Body example_of(const auto& bodies) {
    for (const auto& body : bodies) {
        if (const auto* found = std::get_if<Body>(&body)) {
            return *found;
        }
    }
    throw std::logic_error("no such example");
}

TEST(ControlLimits, OfTheTalkiesMessages) {
    const auto bodies = examples::client_bodies();
    const auto login = example_of<Login>(bodies);
    const auto share = example_of<ShareKeys>(bodies);
    // The longest code points there are: a limit in code points must not turn into one in bytes.
    const std::string_view wide = "\U0001F399";
    const SizeCase<ClientMessage> cases[] = {
        {"Login.versions", versions_max,
         [&](std::size_t size) {
             auto body = login;
             body.versions.assign(size, 1);
             return body;
         }},
        {"Login.name", name_code_points_max,
         [&](std::size_t size) {
             auto body = login;
             body.name = repeated(wide, size);
             return body;
         }},
        {"SendText.text", text_bytes_max,
         [&](std::size_t size) { return SendText{.text = repeated("x", size)}; }},
        {"EditText.text", text_bytes_max,
         [&](std::size_t size) { return EditText{.text = repeated("x", size)}; }},
        {"ShareKeys.shares", shares_per_message_max,
         [&](std::size_t size) {
             auto body = share;
             body.shares.assign(size, {.to = SessionId{0xFFFF'FFFF},
                                       .sealed = counting_bytes(share_bytes_max, 0)});
             return body;
         }},
        {"SealedShare.sealed", share_bytes_max,
         [&](std::size_t size) {
             auto body = share;
             body.shares.back().sealed = counting_bytes(size, 0);
             return body;
         }},
        {"GetMemberKeys.sessions", member_keys_request_max,
         [&](std::size_t size) {
             return GetMemberKeys{.sessions = std::vector(size, SessionId{0xFFFF'FFFF})};
         }},
        {"VoiceTunnel.datagram", datagram_bytes_max,
         [&](std::size_t size) { return VoiceTunnel{.datagram = counting_bytes(size, 0)}; }},
    };
    for (const auto& limit : cases) {
        expect_size_limit(limit);
    }
}

TEST(ControlLimits, OfTheSwitchboardsMessages) {
    const auto bodies = examples::server_bodies();
    const auto hello = example_of<Hello>(bodies);
    const std::string_view wide = "\U0001F399";
    const SizeCase<ServerMessage> cases[] = {
        {"Hello.versions", versions_max,
         [&](std::size_t size) {
             auto body = hello;
             body.versions.assign(size, 1);
             return body;
         }},
        {"Hello.server_name", server_name_code_points_max,
         [&](std::size_t size) {
             auto body = hello;
             body.server_name = repeated(wide, size);
             return body;
         }},
        {"Error.message", error_message_bytes_max,
         [&](std::size_t size) {
             return Refusal{
                 .error = {.code = ErrorCode::malformed, .message = repeated("x", size)}};
         }},
        {"Error.message", error_message_bytes_max,
         [&](std::size_t size) { return Goodbye{.error = {.message = repeated("x", size)}}; }},
        {"ChannelPage.channels", page_entries_max,
         [&](std::size_t size) {
             return ChannelPage{.channels = std::vector(size, Channel{.id = ChannelId{1}})};
         }},
        {"Channel.name", channel_name_code_points_max,
         [&](std::size_t size) {
             return ChannelPage{.channels = {Channel{.name = repeated(wide, size)}}};
         }},
        {"Channel.topic", topic_bytes_max,
         [&](std::size_t size) {
             return ChannelPage{.channels = {Channel{.topic = repeated("x", size)}}};
         }},
        {"PresencePage.sessions", page_entries_max,
         [&](std::size_t size) {
             return PresencePage{.sessions = std::vector(size, examples::presence(1))};
         }},
        {"Presence.name", name_code_points_max,
         [&](std::size_t size) {
             return PresencePage{.sessions = {Presence{.name = repeated(wide, size)}}};
         }},
        {"PresenceChanged.sessions", page_entries_max,
         [&](std::size_t size) {
             return PresenceChanged{.sessions = std::vector(size, examples::presence(1))};
         }},
        {"PresenceChanged.gone", page_entries_max,
         [&](std::size_t size) {
             return PresenceChanged{.gone = std::vector(size, SessionId{1})};
         }},
        {"MemberKeys.members", page_entries_max,
         [&](std::size_t size) {
             return MemberKeys{.members = std::vector(size, examples::member(1))};
         }},
        {"KeyShare.sealed", share_bytes_max,
         [&](std::size_t size) { return KeyShare{.sealed = counting_bytes(size, 0)}; }},
        {"VoiceTunnel.datagram", datagram_bytes_max,
         [&](std::size_t size) { return VoiceTunnel{.datagram = counting_bytes(size, 0)}; }},
    };
    for (const auto& limit : cases) {
        expect_size_limit(limit);
    }
}

TEST(ControlLimits, OfWhispers) {
    const SizeCase<ClientMessage> client[] = {
        {"SetWhisper.sessions", whisper_sessions_max,
         [&](std::size_t size) {
             return SetWhisper{.stream = StreamId{1}, .sessions = std::vector(size, SessionId{1})};
         }},
        {"SetWhisper.channels", whisper_channels_max,
         [&](std::size_t size) {
             return SetWhisper{.stream = StreamId{1}, .channels = std::vector(size, ChannelId{1})};
         }},
    };
    for (const auto& limit : client) {
        expect_size_limit(limit);
    }
    const std::string_view wide = "\U0001F399";
    const SizeCase<ServerMessage> server[] = {
        {"WhisperMembers.members", page_entries_max,
         [&](std::size_t size) {
             return WhisperMembers{.stream = StreamId{1},
                                   .members = std::vector(size, examples::member(1))};
         }},
        {"WhisperChanged.joined", page_entries_max,
         [&](std::size_t size) {
             return WhisperChanged{.stream = StreamId{1},
                                   .joined = std::vector(size, examples::member(1))};
         }},
        {"WhisperChanged.left", page_entries_max,
         [&](std::size_t size) {
             return WhisperChanged{.stream = StreamId{1}, .left = std::vector(size, SessionId{1})};
         }},
        {"WhisperOpened.name", name_code_points_max,
         [&](std::size_t size) {
             return WhisperOpened{.whisperer = examples::member(1),
                                  .name = repeated(wide, size),
                                  .stream = StreamId{1}};
         }},
    };
    for (const auto& limit : server) {
        expect_size_limit(limit);
    }
}

TEST(ControlLimits, OfTexts) {
    const std::string_view wide = "\U0001F399";
    const SizeCase<ServerMessage> cases[] = {
        {"Text.name", name_code_points_max,
         [&](std::size_t size) {
             auto body = examples::text();
             body.name = repeated(wide, size);
             return body;
         }},
        {"Text.text", text_bytes_max,
         [&](std::size_t size) {
             auto body = examples::text();
             body.text = repeated("x", size);
             return body;
         }},
        {"History.texts", page_entries_max,
         [&](std::size_t size) { return History{.texts = std::vector(size, examples::text())}; }},
    };
    for (const auto& limit : cases) {
        expect_size_limit(limit);
    }
}

/// Of a field that holds so many times `unit`.
template <class Body>
void expect_text_limit(std::string_view field, const Body& body, std::string Body::* member,
                       std::size_t max, std::string_view unit) {
    expect_size_limit(SizeCase<ClientMessage>{field, max, [&](std::size_t size) {
                                                  auto changed = body;
                                                  changed.*member = repeated(unit, size);
                                                  return changed;
                                              }});
}

TEST(ControlLimits, OfAccounts) {
    const std::string_view wide = "\U0001F399";
    const auto bodies = examples::client_bodies();
    const auto claim = example_of<ClaimAccount>(bodies);
    expect_text_limit("ClaimAccount.name", claim, &ClaimAccount::name, name_code_points_max, wide);
    expect_text_limit("ClaimAccount.password", claim, &ClaimAccount::password, password_bytes_max,
                      "x");
    expect_text_limit("ClaimAccount.label", claim, &ClaimAccount::label, name_code_points_max,
                      wide);
    const auto link = example_of<LinkDevice>(bodies);
    expect_text_limit("LinkDevice.name", link, &LinkDevice::name, name_code_points_max, wide);
    expect_text_limit("LinkDevice.secret", link, &LinkDevice::secret, password_bytes_max, "x");
    expect_text_limit("LinkDevice.label", link, &LinkDevice::label, name_code_points_max, wide);
    expect_text_limit("UnlinkDevice.name", example_of<UnlinkDevice>(bodies), &UnlinkDevice::name,
                      name_code_points_max, wide);
    expect_text_limit("ListDevices.name", ListDevices{}, &ListDevices::name, name_code_points_max,
                      wide);
    const ChangePassword change;
    expect_text_limit("ChangePassword.current", change, &ChangePassword::current,
                      password_bytes_max, "x");
    expect_text_limit("ChangePassword.password", change, &ChangePassword::password,
                      password_bytes_max, "x");
    expect_text_limit("ChangePassword.name", change, &ChangePassword::name, name_code_points_max,
                      wide);
    expect_text_limit("BecomeOwner.token", BecomeOwner{}, &BecomeOwner::token, password_bytes_max,
                      "x");

    const auto device = example_of<Devices>(examples::server_bodies()).devices.front();
    expect_size_limit(SizeCase<ServerMessage>{
        "Devices.devices", account_devices_max,
        [&](std::size_t size) { return Devices{.devices = std::vector(size, device)}; }});
}

TEST(ControlLimits, AMessageAboveAFrameIsTooLarge) {
    const Bytes zeros(frame_bytes_max + 1);
    EXPECT_EQ(decode_client(zeros).error().code, ErrorCode::too_large);
    EXPECT_EQ(decode_server(zeros).error().code, ErrorCode::too_large);
}

TEST(ControlLimits, TheFullestPagesFitAFrame) {
    const std::string wide_name = repeated("\U0001F399", name_code_points_max);
    const Presence presence{.session = SessionId{0xFFFF'FFFF},
                            .name = wide_name,
                            .channel = ChannelId{0xFFFF'FFFF},
                            .self_mute = true,
                            .self_deafen = true,
                            .speaking = true};
    const Channel channel{.id = ChannelId{0xFFFF'FFFF},
                          .parent = ChannelId{0xFFFF'FFFF},
                          .name = repeated("\U0001F399", channel_name_code_points_max),
                          .topic = repeated("x", topic_bytes_max),
                          .order = 0xFFFF'FFFF};
    auto member = examples::member(0xFFFF'FFFF);
    member.device.expiry_unix_ms = -1;  // the longest varint
    const ServerBody fullest[] = {
        ChannelPage{.channels = std::vector(page_entries_max, channel)},
        PresencePage{.sessions = std::vector(page_entries_max, presence)},
        PresenceChanged{.sessions = std::vector(page_entries_max, presence),
                        .gone = std::vector(page_entries_max, SessionId{0xFFFF'FFFF})},
        MemberKeys{.channel = ChannelId{0xFFFF'FFFF},
                   .channel_epoch = ChannelEpoch{0xFFFF'FFFF},
                   .members = std::vector(page_entries_max, member),
                   .more = true},
        WhisperChanged{.stream = StreamId{stream_max},
                       .epoch = ChannelEpoch{0xFFFF'FFFF},
                       .joined = std::vector(page_entries_max, member),
                       .left = std::vector(page_entries_max, SessionId{0xFFFF'FFFF})},
    };
    for (const auto& body : fullest) {
        Bytes frame;
        const ServerMessage message{
            .seq = ~std::uint64_t{0}, .reply_to = ~std::uint64_t{0}, .body = body};
        EXPECT_TRUE(append_frame(frame, encode(message))) << name_of(body);
        expect_round_trip(message);
    }
}

// --- fields outside their type's range -------------------------------------------------------

/// A field that must have exactly `size` bytes.
template <class Message>
struct FixedCase {
    std::string_view field;
    std::size_t size;
    std::function<decltype(Message::body)(Bytes value)> body;
};

template <class Message>
void expect_fixed_size(const FixedCase<Message>& fixed) {
    for (const auto size : {std::size_t{0}, fixed.size - 1, fixed.size, fixed.size + 1}) {
        const Message message{.body = fixed.body(counting_bytes(size, 3))};
        const auto decoded = decode_as(message, encode(message));
        ASSERT_EQ(decoded.has_value(), size == fixed.size) << fixed.field << ": " << size;
        if (!decoded) {
            EXPECT_EQ(decoded.error().code, ErrorCode::malformed) << fixed.field;
            EXPECT_TRUE(decoded.error().message.starts_with(fixed.field))
                << decoded.error().message;
        }
    }
}

/// A copy of `body` in which the field that `member` points to is `value`.
template <class Body, class Field>
auto with(Body body, Field Body::* member) {
    return [body, member](Bytes value) {
        auto changed = body;
        changed.*member = std::move(value);
        return changed;
    };
}

TEST(ControlRanges, KeysAndSignaturesHaveTheirExactSize) {
    const auto login = example_of<Login>(examples::client_bodies());
    const auto resume = example_of<Resume>(examples::client_bodies());
    const auto hello = example_of<Hello>(examples::server_bodies());
    const auto welcome = example_of<Welcome>(examples::server_bodies());
    const auto resumed = example_of<Resumed>(examples::server_bodies());
    const FixedCase<ClientMessage> client[] = {
        {"Login.identity", public_key_bytes, with(login, &Login::identity)},
        {"Login.x25519", public_key_bytes, with(login, &Login::x25519)},
        {"Login.signature", signature_bytes, with(login, &Login::signature)},
        {"UnlinkDevice.identity", public_key_bytes,
         [&](Bytes value) { return UnlinkDevice{.identity = std::move(value), .name = {}}; }},
        {"Resume.token", resume_token_bytes, with(resume, &Resume::token)},
        {"Resume.signature", signature_bytes, with(resume, &Resume::signature)},
        {"DeviceKey.signature", signature_bytes,
         [&](Bytes value) { return RenewDevice{.device = {.signature = std::move(value)}}; }},
    };
    for (const auto& fixed : client) {
        expect_fixed_size(fixed);
    }
    const auto joined = [](Member member) { return MemberJoined{.member = std::move(member)}; };
    const FixedCase<ServerMessage> server[] = {
        {"Hello.server_identity", public_key_bytes, with(hello, &Hello::server_identity)},
        {"Hello.signature", signature_bytes, with(hello, &Hello::signature)},
        {"Welcome.resume_token", resume_token_bytes, with(welcome, &Welcome::resume_token)},
        {"Resumed.resume_token", resume_token_bytes, with(resumed, &Resumed::resume_token)},
        {"Text.author", public_key_bytes,
         [&](Bytes value) {
             return TextChanged{with(examples::text(), &Text::author)(std::move(value))};
         }},
        {"Member.identity", public_key_bytes,
         [&](Bytes value) {
             return joined(with(examples::member(1), &Member::identity)(std::move(value)));
         }},
        {"Member.x25519", public_key_bytes,
         [&](Bytes value) {
             return joined(with(examples::member(1), &Member::x25519)(std::move(value)));
         }},
    };
    for (const auto& fixed : server) {
        expect_fixed_size(fixed);
    }
}

/// A number that must be at most `max`.
struct NumberCase {
    std::string_view field;
    std::uint32_t max;
    std::function<bool(std::uint32_t value, ErrorCode* code)> decodes;
};

void expect_number_limit(const NumberCase& number) {
    auto code = ErrorCode::unspecified;
    EXPECT_TRUE(number.decodes(number.max, &code)) << number.field;
    EXPECT_FALSE(number.decodes(number.max + 1, &code)) << number.field;
    EXPECT_EQ(code, ErrorCode::malformed) << number.field;
    EXPECT_FALSE(number.decodes(0xFFFF'FFFF, &code)) << number.field;
}

bool decodes(const v1::Client& message, ErrorCode* code) {
    const auto decoded = decode_client(serialised(message));
    *code = decoded ? ErrorCode::unspecified : decoded.error().code;
    return decoded.has_value();
}
bool decodes(const v1::Server& message, ErrorCode* code) {
    const auto decoded = decode_server(serialised(message));
    *code = decoded ? ErrorCode::unspecified : decoded.error().code;
    return decoded.has_value();
}

TEST(ControlRanges, NumbersThatDoNotFitAreMalformed) {
    const NumberCase cases[] = {
        {"ShareKeys.stream", stream_max,
         [](std::uint32_t value, ErrorCode* code) {
             v1::Client message;
             message.mutable_share_keys()->set_stream(value);
             return decodes(message, code);
         }},
        {"ShareKeys.step", 0xFFFF,
         [](std::uint32_t value, ErrorCode* code) {
             v1::Client message;
             message.mutable_share_keys()->set_step(value);
             return decodes(message, code);
         }},
        {"KeyShare.stream", stream_max,
         [](std::uint32_t value, ErrorCode* code) {
             v1::Server message;
             message.mutable_key_share()->set_stream(value);
             return decodes(message, code);
         }},
        {"KeyShare.step", 0xFFFF,
         [](std::uint32_t value, ErrorCode* code) {
             v1::Server message;
             message.mutable_key_share()->set_step(value);
             return decodes(message, code);
         }},
        {"Welcome.hop_epoch", 0xFF,
         [](std::uint32_t value, ErrorCode* code) {
             v1::Server message;
             message.mutable_welcome()->set_hop_epoch(value);
             message.mutable_welcome()->set_resume_token(std::string(resume_token_bytes, 'x'));
             return decodes(message, code);
         }},
        {"Resumed.hop_epoch", 0xFF,
         [](std::uint32_t value, ErrorCode* code) {
             v1::Server message;
             message.mutable_resumed()->set_hop_epoch(value);
             message.mutable_resumed()->set_resume_token(std::string(resume_token_bytes, 'x'));
             return decodes(message, code);
         }},
    };
    for (const auto& number : cases) {
        expect_number_limit(number);
    }
}

TEST(ControlRanges, StreamsOfWhispersThatDoNotFitAreMalformed) {
    const NumberCase cases[] = {
        {"KeyRequest.stream", stream_max,
         [](std::uint32_t value, ErrorCode* code) {
             v1::Client message;
             message.mutable_key_request()->set_stream(value);
             return decodes(message, code);
         }},
        {"SetWhisper.stream", stream_max,
         [](std::uint32_t value, ErrorCode* code) {
             v1::Client message;
             message.mutable_set_whisper()->set_stream(value);
             return decodes(message, code);
         }},
        {"WhisperClosed.stream", stream_max,
         [](std::uint32_t value, ErrorCode* code) {
             v1::Server message;
             message.mutable_whisper_closed()->set_stream(value);
             return decodes(message, code);
         }},
    };
    for (const auto& number : cases) {
        expect_number_limit(number);
    }
}

TEST(ControlRanges, NobodyWhispersOnTheRoomsStream) {
    const auto client = decode_client(encode(ClientMessage{.body = SetWhisper{}}));
    ASSERT_FALSE(client);
    EXPECT_EQ(client.error().code, ErrorCode::malformed);
    EXPECT_TRUE(client.error().message.starts_with("SetWhisper.stream")) << client.error().message;
    const ServerBody bodies[] = {WhisperMembers{}, WhisperChanged{},
                                 WhisperOpened{.whisperer = examples::member(1), .name = {}},
                                 WhisperClosed{}};
    for (const auto& body : bodies) {
        const auto server = decode_server(encode(ServerMessage{.body = body}));
        ASSERT_FALSE(server) << name_of(body);
        EXPECT_EQ(server.error().code, ErrorCode::malformed) << name_of(body);
    }
}

TEST(ControlRanges, TheFirstFieldThatIsWrongIsNamed) {
    auto login = example_of<Login>(examples::client_bodies());
    login.x25519.clear();
    login.versions.assign(versions_max + 1, 1);
    const auto decoded = decode_client(encode(ClientMessage{.body = login}));
    ASSERT_FALSE(decoded);
    EXPECT_EQ(decoded.error().message, "Login.x25519: 0 bytes, must be 32");
}

TEST(ControlRanges, MissingPartsAreMalformedWhereTheyMatter) {
    v1::Server joined;
    joined.mutable_member_joined()->set_channel(3);
    EXPECT_EQ(decode_server(serialised(joined)).error().code, ErrorCode::malformed);

    v1::Client renew;
    renew.mutable_renew_device();
    EXPECT_EQ(decode_client(serialised(renew)).error().code, ErrorCode::malformed);

    v1::Server goodbye;
    goodbye.mutable_goodbye();
    EXPECT_EQ(decode_server(serialised(goodbye)), (ServerMessage{.body = Goodbye{}}));
}

TEST(ControlRanges, TextThatIsNotUtf8IsMalformedAndNotLogged) {
    const ClientMessage message{.body = SendText{.text = "\xC0\xAF"}};
    testing::internal::CaptureStderr();
    const auto decoded = decode_client(encode(message));
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
    ASSERT_FALSE(decoded);
    EXPECT_EQ(decoded.error().code, ErrorCode::malformed);
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
