// How much of everything a control message may hold.
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "wire/check.hpp"
#include "wire/control_examples.hpp"
#include "wire/control_test_support.hpp"
#include "wire/frame.hpp"
#include "wire/limits.hpp"

namespace partyline::wire {
namespace {

using examples::counting_bytes;

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

/// Whoever asks first is told the same as by the decoder.
void expect_refused_before_sending(const ClientMessage& above) {
    const auto checked = check(above);
    ASSERT_FALSE(checked);
    EXPECT_EQ(checked.error(), decode_client(encode(above)).error());
}
void expect_refused_before_sending(const ServerMessage&) {}

template <class Message>
void expect_size_limit(const SizeCase<Message>& limit) {
    expect_round_trip(Message{.body = limit.body(0)});
    expect_round_trip(Message{.body = limit.body(limit.max)});
    const Message above{.body = limit.body(limit.max + 1)};
    expect_refused_before_sending(above);
    const auto decoded = decode_as(above, encode(above));
    ASSERT_FALSE(decoded) << limit.field;
    EXPECT_EQ(decoded.error().code, ErrorCode::too_large) << limit.field;
    EXPECT_TRUE(decoded.error().message.starts_with(limit.field)) << decoded.error().message;
    for (const auto number : {limit.max, limit.max + 1}) {
        EXPECT_NE(decoded.error().message.find(std::to_string(number)), std::string::npos)
            << decoded.error().message;
    }
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
    expect_text_limit("RenewRecoveryCode.password", RenewRecoveryCode{},
                      &RenewRecoveryCode::password, password_bytes_max, "x");

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

/// A page of entries that are as large as they can be, and how many bytes of an entry are names, texts and keys.
struct FullestPage {
    std::size_t entries_max;
    std::size_t content_bytes;
    std::function<ServerBody(std::size_t entries)> of;
};

constexpr std::uint32_t largest = 0xFFFF'FFFF;  // the longest of its type on the wire
const std::string wide_name = repeated("\U0001F399", name_code_points_max);
const std::string wide_channel_name = repeated("\U0001F399", channel_name_code_points_max);
const Bytes some_key = counting_bytes(public_key_bytes, 0);

std::vector<FullestPage> fullest_snapshots() {
    const Presence presence{.session = SessionId{largest},
                            .name = wide_name,
                            .channel = ChannelId{largest},
                            .self_mute = true,
                            .self_deafen = true,
                            .speaking = true,
                            .server_mute = true,
                            .server_deafen = true,
                            .account = wide_name,
                            .recording = true,
                            .priority = true};
    const Channel channel{.id = ChannelId{largest},
                          .parent = ChannelId{largest},
                          .name = wide_channel_name,
                          .topic = repeated("x", topic_bytes_max),
                          .order = largest,
                          .icon = repeated("x", icon_bytes_max),
                          .bitrate_bps_max = largest,
                          .seats_max = largest,
                          .slow_mode_s = largest,
                          .password = true,
                          .temporary = true};
    auto member = examples::member(largest);
    member.device.expiry_unix_ms = -1;  // the longest varint
    constexpr auto channel_bytes =
        channel_name_code_points_max * code_point_bytes_max + topic_bytes_max + icon_bytes_max;
    return {
        {page_entries_max, channel_bytes,
         [=](std::size_t size) { return ChannelPage{.channels = std::vector(size, channel)}; }},
        {page_entries_max, 2 * name_bytes_max,
         [=](std::size_t size) { return PresencePage{.sessions = std::vector(size, presence)}; }},
        {page_entries_max, 2 * public_key_bytes + signature_bytes,
         [=](std::size_t size) {
             return MemberKeys{.channel = ChannelId{largest},
                               .channel_epoch = ChannelEpoch{largest},
                               .members = std::vector(size, member),
                               .more = true};
         }},
        // With as many who are gone.
        {page_entries_max, 2 * name_bytes_max,
         [=](std::size_t size) {
             return PresenceChanged{.sessions = std::vector(size, presence),
                                    .gone = std::vector(size, SessionId{largest})};
         }},
        {page_entries_max, 2 * public_key_bytes + signature_bytes,
         [=](std::size_t size) {
             return WhisperChanged{.stream = StreamId{stream_max},
                                   .epoch = ChannelEpoch{largest},
                                   .joined = std::vector(size, member),
                                   .left = std::vector(size, SessionId{largest})};
         }},
    };
}

std::vector<FullestPage> fullest_lists() {
    const Ban ban{.id = BanId{largest},
                  .identity = some_key,
                  .account = wide_name,
                  .range = repeated("f", address_range_bytes_max),
                  .name = wide_name,
                  .reason = repeated("x", reason_bytes_max),
                  .by = wide_name,
                  .created_unix_ms = -1,
                  .until_unix_ms = -1};
    const AuditEntry entry{.id = ~std::uint64_t{0},
                           .unix_ms = -1,
                           .actor = wide_name,
                           .action = repeated("x", audit_action_bytes_max),
                           .target = wide_channel_name,
                           .reason = repeated("x", reason_bytes_max),
                           .detail = repeated("x", audit_detail_bytes_max)};
    const Role role{.role = RoleId{largest},
                    .settings = {.name = wide_name, .rank = 0xFFFF, .grants = ~std::uint64_t{0}},
                    .built_in = true};
    return {
        {moderation_page_entries_max,
         3 * name_bytes_max + reason_bytes_max + address_range_bytes_max + public_key_bytes,
         [=](std::size_t size) { return Bans{.bans = std::vector(size, ban), .more = true}; }},
        {moderation_page_entries_max,
         name_bytes_max + channel_name_code_points_max * code_point_bytes_max +
             audit_action_bytes_max + reason_bytes_max + audit_detail_bytes_max,
         [=](std::size_t size) {
             return Audit{.entries = std::vector(size, entry), .more = true};
         }},
        {roles_max, name_bytes_max,
         [=](std::size_t size) { return Roles{.roles = std::vector(size, role)}; }},
    };
}

void expect_it_fits(const FullestPage& page) {
    const auto message = [&](std::size_t entries) {
        return ServerMessage{
            .seq = ~std::uint64_t{0}, .reply_to = ~std::uint64_t{0}, .body = page.of(entries)};
    };
    const auto fullest = message(page.entries_max);
    const auto what = name_of(fullest.body);
    const auto entry_bytes = encode(message(2)).size() - encode(message(1)).size();
    EXPECT_GT(entry_bytes, page.content_bytes) << what;
    EXPECT_LE(entry_bytes, page.content_bytes + entry_overhead_bytes_max) << what;
    Bytes frame;
    EXPECT_TRUE(append_frame(frame, encode(fullest))) << what;
    expect_round_trip(fullest);
}

TEST(ControlLimits, TheFullestPagesFitAFrame) {
    EXPECT_EQ(wide_name.size(), name_bytes_max);
    for (const auto& pages : {fullest_snapshots(), fullest_lists()}) {
        for (const auto& page : pages) {
            expect_it_fits(page);
        }
    }
}

TEST(ControlLimits, TheFullestListOfWhatIsUnreadFitsAFrame) {
    // A server counts to a thousand.
    const RoomUnread room{.channel = ChannelId{largest},
                          .unread = 1'000,
                          .mentions = 1'000,
                          .read_to = MessageId{~std::uint64_t{0}}};
    const PersonUnread person{.with = {.session = {}, .identity = some_key, .account = wide_name},
                              .name = wide_name,
                              .unread = 1'000,
                              .read_to = MessageId{~std::uint64_t{0}},
                              .last = MessageId{~std::uint64_t{0}}};
    Bytes frame;
    EXPECT_TRUE(append_frame(
        frame,
        encode(ServerMessage{.seq = ~std::uint64_t{0},
                             .reply_to = ~std::uint64_t{0},
                             .body = Unread{.rooms = std::vector(unread_rooms_max, room),
                                            .people = std::vector(unread_people_max, person)}})));
}

}  // namespace
}  // namespace partyline::wire
