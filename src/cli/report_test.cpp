#include "cli/report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <set>
#include <sstream>

namespace partyline::cli {
namespace {

const View view{
    .rooms = {{.id = ChannelId{1}, .name = "Lobby", .order = 1},
              {.id = ChannelId{2}, .name = "Games", .topic = "fun", .order = 2},
              {.id = ChannelId{3}, .parent = ChannelId{2}, .name = "Chess"}},
    .people = {{.session = SessionId{7}, .name = "alice", .channel = ChannelId{3}},
               {.session = SessionId{8}, .name = "bob\033[2J", .self_mute = true}},
    .self = SessionId{7},
};

TEST(Report, WhoIsNotHeardAndWhatBrokeIsToldInWords) {
    std::ostringstream out;
    std::ostringstream complaints;
    const auto report = make_text_report(out, complaints);
    report->event(client::MemberRefused{view.people[1]}, view, {});
    report->event(client::DeviceChanged{.capture = true,
                                        .state = client::DeviceChanged::State::lost,
                                        .message = "The microphone stopped."},
                  view, {});
    EXPECT_EQ(out.str(),
              "bob?[2J and you cannot hear each other: what the server shows as their key is not "
              "theirs, or is too old\nThe microphone stopped.\n");
}

TEST(Report, WhatWasDoneAndNotKeptWasNotRefused) {
    std::ostringstream out;
    std::ostringstream complaints;
    const auto report = make_text_report(out, complaints);
    report->event(client::Refused{.command = "kick",
                                  .error = {.code = ErrorCode::not_kept, .message = "It is done."}},
                  view, {});
    report->event(client::Refused{.command = "kick",
                                  .error = {.code = ErrorCode::not_permitted, .message = "No."}},
                  view, {});
    EXPECT_EQ(out.str(), "kick: It is done.\nkick was refused: No.\n");
}

TEST(Report, WhatAModeratorDidIsToldWithTheReason) {
    using Act = client::ActedOn::Act;
    std::ostringstream out;
    std::ostringstream complaints;
    const auto report = make_text_report(out, complaints);
    report->event(client::ActedOn{.act = Act::muted, .reason = "echo\033[2J"}, view, {});
    report->event(client::ActedOn{.act = Act::deafened, .reason = {}}, view, {});
    report->event(client::ActedOn{.act = Act::released, .reason = {}}, view, {});
    report->event(client::ActedOn{.act = Act::moved, .reason = "off topic"}, view, {});
    report->event(client::ActedOn{.act = Act::other, .reason = "why not"}, view, {});
    EXPECT_EQ(out.str(),
              "a moderator has muted you: echo?[2J\n"
              "a moderator has muted and deafened you\n"
              "a moderator lets you speak and hear again\n"
              "a moderator moves you: off topic\n"
              "a moderator has done something to you: why not\n");
    out.str("");
    report->event(
        client::ActedOn{.act = Act::muted, .reason = "echo", .since_unix_ms = 1'700'000'000'000},
        view, {});
    EXPECT_TRUE(out.str().starts_with("a moderator has muted you (2023-11-1")) << out.str();
    EXPECT_TRUE(out.str().ends_with("): echo\n")) << out.str();
}

TEST(Report, RoomsAreNamedFromTheTop) {
    EXPECT_EQ(room_path(view.rooms, ChannelId{3}), "Games/Chess");
    EXPECT_EQ(room_path(view.rooms, ChannelId{9}), "#9");
    EXPECT_EQ(room_path(view.rooms, ChannelId{}), "");
}

TEST(Report, AServersNonsenseIsNoTreeAndNoHarm) {
    const std::vector<client::Room> circle{
        {.id = ChannelId{1}, .parent = ChannelId{2}, .name = "a"},
        {.id = ChannelId{2}, .parent = ChannelId{1}, .name = "b"},
        {.id = ChannelId{0}, .name = "zero"},
        {.id = ChannelId{3}, .name = "fine"}};
    EXPECT_FALSE(room_path(circle, ChannelId{1}).empty());
    EXPECT_EQ(in_tree_order(circle).size(), 2U);
}

struct JsonLines {
    ManualClock clock;
    std::ostringstream out;
    std::unique_ptr<Report> report = make_json_report(out, clock);

    nlohmann::json last() {
        auto text = out.str();
        out.str("");
        EXPECT_EQ(std::ranges::count(text, '\n'), 1) << text;
        return nlohmann::json::parse(text);
    }
    nlohmann::json of(const client::Event& event) {
        report->event(event, view, TimePoint(std::chrono::nanoseconds(5)));
        return last();
    }
};

TEST(Report, JsonEventsBearWhatHappened) {
    JsonLines json;
    EXPECT_EQ(
        json.of(client::Connected{
            .session = SessionId{7}, .server_name = "s", .fingerprint = "F", .first_use = true}),
        nlohmann::json::parse(R"({"event":"connected","session":7,"server":"s",
                  "fingerprint":"F","first_use":true,"again":false,"resumed":false,"t_ns":5})"));
    EXPECT_EQ(
        json.of(client::Reconnecting{.reason = {.code = ErrorCode::timed_out, .message = "Gone."},
                                     .wait = std::chrono::milliseconds(1500)}),
        nlohmann::json::parse(R"({"event":"reconnecting","code":"timed_out",
                  "message":"Gone.","wait_ms":1500,"t_ns":5})"));
    EXPECT_EQ(json.of(client::PersonChanged{
                  .person = view.people[0], .moved_from = ChannelId{1}, .arrived = false}),
              nlohmann::json::parse(R"({"event":"person","session":7,"name":"alice","self":true,
                  "mute":false,"deafen":false,"speaking":false,"server_mute":false,
                  "server_deafen":false,"account":"","recording":false,"priority":false,"volume_db":0.0,
                  "muted_here":false,"room":"Games/Chess","room_id":3,
                  "arrived":false,"moved_from":"Lobby","t_ns":5})"));
    EXPECT_EQ(json.of(client::TextReceived{.id = MessageId{4},
                                           .channel = ChannelId{3},
                                           .session = SessionId{8},
                                           .name = "bob",
                                           .text = "line\nline \xff",
                                           .unix_ms = 9}),
              nlohmann::json::parse(R"({"event":"text","id":4,"session":8,"name":"bob",
                  "self":false,"text":"line\nline �","unix_ms":9,"room":"Games/Chess",
                  "room_id":3,"t_ns":5})"));
    EXPECT_EQ(
        json.of(
            client::AudioStarted{.capture = true, .at = TimePoint(std::chrono::nanoseconds(77))}),
        nlohmann::json::parse(R"({"event":"audio_started","what":"capture","at_ns":77,"t_ns":5})"));
    EXPECT_EQ(json.of(client::Refused{
                  .command = "join",
                  .error = {.code = ErrorCode::rate_limited, .message = "slow", .retry_ms = 10}}),
              nlohmann::json::parse(R"({"event":"refused","command":"join","code":"rate_limited",
                  "message":"slow","retry_ms":10,"t_ns":5})"));
}

TEST(Report, JsonOfAccounts) {
    JsonLines json;
    EXPECT_EQ(json.of(client::AccountChanged{
                  .command = "claim", .id = AccountId{3}, .name = "Ada", .recovery_code = "C"}),
              nlohmann::json::parse(R"({"event":"account","command":"claim","account":3,
                  "name":"Ada","recovery_code":"C","t_ns":5})"));
    EXPECT_FALSE(json.of(client::AccountChanged{.command = "link"}).contains("recovery_code"));
    EXPECT_EQ(json.of(client::DevicesReceived{
                  .account = AccountId{3},
                  .name = "Ada",
                  .owner = true,
                  .devices = {{.device = "D", .own = true, .label = "bot", .linked_unix_ms = 8}}}),
              nlohmann::json::parse(R"({"event":"devices","account":3,"name":"Ada","owner":true,
                  "devices":[{"device":"D","self":true,"label":"bot","linked_unix_ms":8}],
                  "t_ns":5})"));
    EXPECT_EQ(json.of(client::Done{"owner"}),
              nlohmann::json::parse(R"({"event":"done","command":"owner","t_ns":5})"));
}

TEST(Report, JsonOfWhispers) {
    JsonLines json;
    EXPECT_EQ(json.of(client::WhisperSet{.stream = StreamId{2},
                                         .members = {SessionId{7}, SessionId{99}}}),
              nlohmann::json::parse(R"({"event":"whisper_set","stream":2,"members":
                  [{"session":7,"name":"alice"},{"session":99,"name":"#99"}],"t_ns":5})"));
    EXPECT_EQ(
        json.of(client::WhisperingChange{
            .session = SessionId{8}, .name = "bob", .stream = StreamId{2}, .whispering = true}),
        nlohmann::json::parse(R"({"event":"whispering","session":8,"name":"bob","stream":2,
                  "whispering":true,"t_ns":5})"));
}

TEST(Report, EveryJsonEventHasAName) {
    JsonLines json;
    std::set<std::string> names;
    for (const client::Event& event : std::initializer_list<client::Event>{
             client::Connected{},
             client::Reconnecting{},
             client::Disconnected{},
             client::RoomsChanged{},
             client::PersonChanged{},
             client::PersonLeft{},
             client::RoomEntered{},
             client::RoomLeft{},
             client::KeysReady{},
             client::TextReceived{},
             client::HistoryReceived{},
             client::TextChanged{},
             client::SpeakingChanged{},
             client::LaneChanged{},
             client::DeviceChanged{},
             client::MemberRefused{},
             client::Refused{},
             client::AudioStarted{},
             client::MicFinished{},
             client::MusicRate{},
             client::VoiceLowered{},
             client::AccountChanged{},
             client::DevicesReceived{},
             client::Done{},
             client::RolesReceived{},
             client::RoomRulesReceived{},
             client::Explained{},
             client::Administered{},
             client::BansReceived{},
             client::AuditReceived{},
             client::ActedOn{},
             client::LetterReceived{},
             client::LetterAccepted{},
             client::LetterChanged{},
             client::LettersReceived{},
             client::UnreadReceived{},
             client::InviteMade{},
             client::InvitesReceived{},
             client::InviteUsed{},
             client::WhisperSet{},
             client::WhisperingChange{},
             client::RecordingChanged{},
             client::RecordingSeen{},
             client::ReadElsewhere{.room = {}, .person = client::UnreadPerson{}}}) {
        names.insert(json.of(event).at("event"));
    }
    EXPECT_EQ(names.size(), std::variant_size_v<client::Event>);
}

TEST(Report, JsonStats) {
    JsonLines json;
    json.report->stats({.packets_sent = 3,
                        .frames_captured = 4,
                        .capture_overruns = 6,
                        .playout_underruns = 7,
                        .frames_slow = 9,
                        .round_trip_ms = 1.5,
                        .lane = client::Lane::udp,
                        .heard = {{.speaker = SessionId{8}, .name = "bob", .packets_lost = 2}}});
    const auto line = json.last();
    EXPECT_EQ(line["event"], "stats");
    EXPECT_EQ(line["lane"], "udp");
    EXPECT_EQ(line["packets_sent"], 3);
    EXPECT_EQ(line["capture_overruns"], 6);
    EXPECT_EQ(line["playout_underruns"], 7);
    EXPECT_EQ(line["frames_slow"], 9);
    EXPECT_EQ(line["heard"][0]["speaker"], 8);
    EXPECT_EQ(line["heard"][0]["packets_lost"], 2);
}

TEST(Report, PeopleHearOfAMachineTooBusyForVoiceWhenItWas) {
    std::ostringstream out;
    std::ostringstream complaints;
    const auto report = make_text_report(out, complaints);
    report->stats({});
    EXPECT_FALSE(out.str().contains("too busy"));
    report->stats({.playout_underruns = 7});
    EXPECT_TRUE(out.str().contains("too busy: the speaker went without 7 times"));
}

TEST(Report, AMachineThatDoesNotKeepUpWithTheVoiceSaysWhatItLeavesOut) {
    const client::VoiceLowered both{
        {.echo_passed_by = true, .noise_lowered_to = client::NoiseSuppression::light}};
    const client::VoiceLowered noise{{.noise_lowered_to = client::NoiseSuppression::off}};
    std::ostringstream out;
    std::ostringstream complaints;
    const auto report = make_text_report(out, complaints);
    report->event(both, view, {});
    report->event(noise, view, {});
    report->event(client::VoiceLowered{}, view, {});
    EXPECT_EQ(
        out.str(),
        "this machine does not keep up: echo cancelling rests, noise suppression is \"light\"\n"
        "this machine does not keep up: noise suppression is \"off\"\n"
        "this machine keeps up with your voice again\n");
    JsonLines json;
    EXPECT_EQ(json.of(both),
              nlohmann::json::parse(R"({"event":"voice_lowered","echo_passed_by":true,
                  "noise_lowered_to":"light","t_ns":5})"));
    EXPECT_EQ(json.of(client::VoiceLowered{}),
              nlohmann::json::parse(R"({"event":"voice_lowered","echo_passed_by":false,
                  "noise_lowered_to":null,"t_ns":5})"));
}

TEST(Report, PeopleSeeWhoIsHeardOtherwiseThanUsual) {
    std::ostringstream out;
    std::ostringstream complaints;
    const auto report = make_text_report(out, complaints);
    report->who(
        {.rooms = {},
         .people =
             {{.session = SessionId{1}, .name = "ann", .priority = true, .volume = {.gain_db = -6}},
              {.session = SessionId{2}, .name = "bob", .volume = {.muted = true}}},
         .self = SessionId{3}});
    EXPECT_EQ(out.str(),
              "in no room\n  ann, speaks above others, at -6.0 dB\n  bob, not heard here\n");
    out.str("");
    report->event(client::MusicRate{.bitrate_bps = 128'000}, view, {});
    report->event(client::MusicRate{.bitrate_bps = 48'000, .capped = true}, view, {});
    EXPECT_EQ(out.str(),
              "music goes out in stereo, at 128 kb/s\n"
              "music goes out in stereo, at 48 kb/s: the room leaves no more\n");
}

TEST(Report, PeopleGetPlainTextThatNoTerminalObeys) {
    std::ostringstream out;
    std::ostringstream complaints;
    const auto report = make_text_report(out, complaints);
    report->who(view);
    EXPECT_EQ(out.str(), "Games/Chess\n  alice (you)\nin no room\n  bob?[2J, muted\n");
    out.str("");
    report->rooms(view);
    EXPECT_EQ(out.str(), "Lobby\nGames  (fun)\nGames/Chess\n");
    out.str("");
    report->event(client::WhisperSet{.stream = StreamId{2}, .members = {SessionId{8}}}, view, {});
    report->event(client::WhisperSet{.stream = StreamId{2}, .members = {}}, view, {});
    report->event(client::WhisperingChange{.name = "eve\n", .whispering = true}, view, {});
    report->event(client::WhisperingChange{.name = "eve"}, view, {});
    EXPECT_EQ(out.str(),
              "whisper 2 goes to bob?[2J\nwhisper 2 goes to nobody\n* eve? whispers to you\n");
    out.str("");
    report->event(client::RoomEntered{.channel = ChannelId{3}}, view, {});
    EXPECT_EQ(out.str(), "you are in \"Games/Chess\"\n");
    report->failure({.code = ErrorCode::io, .message = "no\033way"}, ExitCode::unreachable);
    EXPECT_EQ(complaints.str(), "partyline-cli: no?way\n");
    out.str("");
    report->event(client::TextReceived{.name = "eve\nroot",
                                       .text = "hi\n12:00 <bob> \xC2\x9B"
                                               "2Jyes"},
                  view, {});
    EXPECT_THAT(out.str(), testing::EndsWith(" <eve?root> hi\n      12:00 <bob> ?2Jyes\n"));
}

TEST(Report, AServerThatPromisesMoreAndGivesNothingHarmsNobody) {
    std::ostringstream out;
    std::ostringstream complaints;
    const auto report = make_text_report(out, complaints);
    for (const client::Event& event : std::vector<client::Event>{
             client::HistoryReceived{.more = true}, client::LettersReceived{.more = true},
             client::InvitesReceived{.more = true}}) {
        report->event(event, view, {});
    }
    EXPECT_EQ(out.str(),
              "nothing was said here before\nyou have written nothing to each other\n"
              "there are no invites\n");
}

}  // namespace
}  // namespace partyline::cli
