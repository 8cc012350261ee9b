#include "client/session.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <format>
#include <memory>
#include <string>
#include <vector>

#include "client/key_test_support.hpp"
#include "client/limits.hpp"

namespace partyline::client {
namespace {

using namespace std::chrono_literals;
using test::Peer;

constexpr ChannelId lobby{10};

/// Everything that a session asks for, a word for each, in order.
class Told final : public SessionPort {
public:
    void send(const wire::ClientMessage& message) override {
        sent.push_back(message);
        add(std::format("> {}", wire::name_of(message.body)));
    }
    void emit(const Event& event) override {
        std::visit([this](const auto& one) { tell(one); }, event);
    }
    void to_up(UpCommand command) override {
        if (const auto* route = std::get_if<SetRoute>(&command)) {
            add(std::format("up: route {}", route->route.value));
        } else if (const auto* length = std::get_if<SetFrameLength>(&command)) {
            add(std::format("up: {} ms", length->frame_ms));
        } else if (const auto* cap = std::get_if<SetBitrateCap>(&command)) {
            add(std::format("up: {} bit/s", cap->bits_per_second));
        } else if (const auto* open = std::get_if<SetOpen>(&command)) {
            add(open->open ? "up: open" : "up: closed");
        } else if (const auto* key = std::get_if<UseSenderKey>(&command)) {
            add(std::format("up: key {}.{}", key->key.generation, key->key.step));
        }
    }
    void to_down(DownCommand command) override {
        if (const auto* route = std::get_if<SetRoute>(&command)) {
            add(std::format("down: route {}", route->route.value));
        } else if (const auto* member = std::get_if<MemberEntered>(&command)) {
            add(std::format("down: +{}", member->session.value));
        } else if (const auto* gone = std::get_if<MemberGone>(&command)) {
            add(std::format("down: -{}", gone->session.value));
        } else if (const auto* forgotten = std::get_if<SessionGone>(&command)) {
            add(std::format("down: forget {}", forgotten->session.value));
        } else if (const auto* talk = std::get_if<SetRoomTalking>(&command)) {
            add(talk->talking ? "down: talk" : "down: no talk");
        } else if (const auto* deafened = std::get_if<SetDeafened>(&command)) {
            add(deafened->deafened ? "down: deaf" : "down: hear");
        } else if (std::holds_alternative<RoomCleared>(command)) {
            add("down: clear");
        }
    }
    void begin_voice() override { add("voice"); }
    void begin_playout() override { add("playout"); }
    void begin_capture() override { add("capture"); }
    void end(Error reason) override { add(std::format("end {}", static_cast<int>(reason.code))); }

    std::string take() { return std::exchange(line_, {}); }

    std::vector<wire::ClientMessage> sent;

private:
    void add(const std::string& word) { line_ += (line_.empty() ? "" : "; ") + word; }

    void tell(const Connected&) { add("connected"); }
    void tell(const RoomsChanged&) { add("rooms"); }
    void tell(const RoomEntered& event) { add(std::format("in {}", event.channel.value)); }
    void tell(const RoomLeft&) { add("out"); }
    void tell(const KeysReady&) { add("ready"); }
    void tell(const LaneChanged& event) { add(event.lane == Lane::udp ? "udp" : "tunnel"); }
    void tell(const PersonChanged& event) { add("person " + event.person.name); }
    void tell(const PersonLeft& event) { add(event.person.name + " left"); }
    void tell(const SpeakingChanged& event) {
        add(std::format("{} {}", event.session.value, event.speaking ? "speaks" : "pauses"));
    }
    void tell(const TextReceived& event) { add(event.name + ": " + event.text); }
    void tell(const HistoryReceived& event) {
        std::string ids;
        for (const auto& text : event.texts) {
            ids += std::format(" {}", text.id.value);
        }
        add((event.missed ? "missed" : "history") + ids + (event.more ? " and more" : ""));
    }
    void tell(const AccountChanged& event) {
        add(std::format("{}: {} {}", event.command, event.name, event.recovery_code));
    }
    void tell(const DevicesReceived& event) {
        add(std::format("{}{} {}{}", event.name, event.owner ? " owns" : "", event.devices.size(),
                        event.devices.front().own ? ", own" : ""));
    }
    void tell(const Done& event) { add(event.command + " done"); }
    void tell(const Refused& event) {
        add(std::format("{} refused {}", event.command, static_cast<int>(event.error.code)));
    }
    template <class Other>
    void tell(const Other&) {
        add("?");
    }

    std::string line_;
};

class SessionTest : public testing::Test {
protected:
    SessionTest() {
        connect({});
        say(wire::ChannelPage{{{.id = lobby, .name = "Lobby"}}});
        say(wire::PresencePage{{presence(1, "me", {}), presence(2, "ann", lobby)}});
        EXPECT_EQ(told_.take(), "") << "nothing before Connected";
        say(wire::SnapshotEnd{});
        EXPECT_EQ(told_.take(), "connected; voice; up: route 5; down: route 5");
    }

    void connect(Estate estate) {
        session_ = std::make_unique<Session>(
            Session::Given{.port = told_, .clock = clock_, .identity = self_.identity},
            Seating{.session = self_.session,
                    .route = Route{5},
                    .connected = {.session = self_.session},
                    .shares_per_message = 400},
            self_.device(), std::move(estate));
    }

    /// The connection is lost, and the next one shows these rooms.
    void come_back(std::vector<wire::Channel> rooms) {
        auto estate = session_->leave_behind();
        connect(std::move(estate));
        say(wire::ChannelPage{std::move(rooms)});
        say(wire::SnapshotEnd{});
    }

    static wire::Presence presence(std::uint32_t session, std::string name, ChannelId channel) {
        return {.session = SessionId{session}, .name = std::move(name), .channel = channel};
    }

    void say(wire::ServerBody body) { session_->receive({.body = std::move(body)}); }
    /// Answers the last message that was sent.
    void answer(wire::ServerBody body) {
        session_->receive({.reply_to = told_.sent.back().request_id, .body = std::move(body)});
    }

    void enter_lobby() {
        session_->join(lobby);
        answer(wire::Joined{.channel = lobby,
                            .channel_epoch = ChannelEpoch{1},
                            .route = Route{6},
                            .frame_ms = 10,
                            .members = 2});
        answer(wire::History{.channel = lobby, .texts = {}});  // nothing was said there yet
        say(wire::MemberKeys{.channel = lobby,
                             .channel_epoch = ChannelEpoch{1},
                             .members = {ann_.member(clock_.unix_ms())},
                             .more = false});
        answer(wire::Ok{});
    }

    ManualClock clock_;
    Peer self_{1};
    Peer ann_{2};
    Told told_;
    std::unique_ptr<Session> session_;
};

TEST_F(SessionTest, EntersARoomAndExchangesKeys) {
    session_->join(lobby);
    EXPECT_EQ(told_.take(), "> Join");
    answer(wire::Joined{.channel = lobby,
                        .channel_epoch = ChannelEpoch{1},
                        .route = Route{6},
                        .frame_ms = 20,
                        .members = 2});
    // The fresh key goes ahead of the route into the new room.
    EXPECT_EQ(told_.take(),
              "in 10; person me; down: clear; up: key 2.0; down: +2; up: key 2.1; up: open; "
              "up: route 6; down: route 6; up: 20 ms; playout; > GetHistory");
    say(wire::MemberKeys{.channel = lobby,
                         .channel_epoch = ChannelEpoch{1},
                         .members = {ann_.member(clock_.unix_ms())},
                         .more = false});
    EXPECT_EQ(told_.take(), "> ShareKeys");
    answer(wire::Ok{});
    EXPECT_EQ(told_.take(), "capture; ready");
    EXPECT_EQ(session_->model().own_channel(), lobby);
}

TEST_F(SessionTest, PacketsAreAsLongAsTheServerLastAskedFor) {
    enter_lobby();
    told_.take();
    say(wire::MemberJoined{.channel = lobby,
                           .channel_epoch = ChannelEpoch{2},
                           .member = Peer(3).member(clock_.unix_ms()),
                           .frame_ms = 20});
    EXPECT_NE(told_.take().find("up: 20 ms"), std::string::npos);
    say(wire::MemberJoined{.channel = lobby,
                           .channel_epoch = ChannelEpoch{3},
                           .member = Peer(4).member(clock_.unix_ms()),
                           .frame_ms = 20});
    EXPECT_EQ(told_.take().find(" ms"), std::string::npos) << "it is so already";
    say(wire::MemberLeft{.channel = lobby,
                         .channel_epoch = ChannelEpoch{4},
                         .session = SessionId{4},
                         .frame_ms = 10});
    EXPECT_NE(told_.take().find("up: 10 ms"), std::string::npos);
}

TEST_F(SessionTest, TheRoomsBitrateCapIsKept) {
    say(wire::ChannelsChanged{
        .channels = {{.id = lobby, .name = "Lobby", .bitrate_bps_max = 16'000}}});
    told_.take();
    enter_lobby();
    EXPECT_NE(told_.take().find("up: 16000 bit/s"), std::string::npos);
    say(wire::ChannelsChanged{
        .channels = {{.id = lobby, .name = "Lobby", .bitrate_bps_max = 24'000}}});
    EXPECT_EQ(told_.take(), "rooms; up: 24000 bit/s");
    session_->leave();
    answer(wire::Ok{});
    enter_lobby();
    EXPECT_EQ(told_.take().find("bit/s"), std::string::npos) << "as before";
}

TEST_F(SessionTest, APasswordIsTakenAlongToTheNextConnection) {
    const auto sent = [&] { return std::get<wire::Join>(told_.sent.back().body).password; };
    session_->join(lobby, "sesame");
    EXPECT_EQ(sent(), "sesame");
    come_back({{.id = lobby, .name = "Lobby"}});
    EXPECT_EQ(sent(), "sesame") << "on our way";
    answer(wire::Joined{.channel = lobby, .route = Route{6}, .frame_ms = 10, .members = 1});
    session_->join(lobby, "wrong");
    answer(wire::Refusal{.error = {.code = ErrorCode::bad_password}});
    come_back({{.id = lobby, .name = "Lobby"}});
    EXPECT_EQ(sent(), "sesame") << "that it was entered with";
}

TEST_F(SessionTest, ModeratorsAskAndAreTold) {
    session_->administer(Kick{.session = SessionId{2}, .reason = "loud"});
    EXPECT_EQ(std::get<wire::Kick>(told_.sent.back().body),
              (wire::Kick{.session = SessionId{2}, .reason = "loud"}));
    answer(wire::Ok{});
    session_->administer(Ban{.session = SessionId{2}, .of_identity = true, .seconds = 60});
    EXPECT_EQ(std::get<wire::AddBan>(told_.sent.back().body),
              (wire::AddBan{.session = SessionId{2}, .of_identity = true, .seconds = 60}));
    answer(wire::Refusal{.error = {.code = ErrorCode::not_permitted}});
    session_->administer(Silence{.session = SessionId{2}, .deafen = true});
    EXPECT_TRUE(std::get<wire::SetServerMute>(told_.sent.back().body).deafen);
    answer(wire::Ok{});
    session_->administer(ReadAudit{.before = 9, .entries = 5});
    EXPECT_EQ(std::get<wire::GetAudit>(told_.sent.back().body),
              (wire::GetAudit{.before = 9, .entries = 5}));
    EXPECT_EQ(told_.take(), "> Kick; ?; > AddBan; ban refused 19; > SetServerMute; ?; > GetAudit");
}

TEST_F(SessionTest, SoundBeginsOnce) {
    enter_lobby();
    told_.take();
    clock_.advance(1s);
    say(wire::MemberJoined{.channel = lobby,
                           .channel_epoch = ChannelEpoch{2},
                           .member = Peer(3).member(clock_.unix_ms())});
    answer(wire::Ok{});
    EXPECT_EQ(told_.take(), "person session 3; down: +3; up: key 2.2; > ShareKeys; ready");
}

TEST_F(SessionTest, LeavingShutsTheMicrophoneAtOnce) {
    enter_lobby();
    told_.take();
    session_->leave();
    EXPECT_EQ(told_.take(), "up: closed; > Leave");
    answer(wire::Moved{.route = Route{9}});
    EXPECT_EQ(told_.take(), "down: clear; up: route 9; down: route 9; out; person me");
    EXPECT_FALSE(session_->model().own_channel());
}

TEST_F(SessionTest, WhomTheServerMovesIsThereWithAFreshKey) {
    enter_lobby();
    told_.take();
    const ChannelId den{11};
    say(wire::ChannelsChanged{.channels = {{.id = den, .name = "Den"}}, .gone = {}});
    say(wire::Moved{.channel = den,
                    .channel_epoch = ChannelEpoch{4},
                    .route = Route{7},
                    .frame_ms = 10,
                    .members = 1});
    const auto told = told_.take();
    EXPECT_TRUE(told.starts_with("rooms; in 11; ")) << told;
    const auto key = told.find("up: key 3.0");
    EXPECT_NE(key, std::string::npos) << told;
    EXPECT_LT(key, told.find("up: route 7")) << "the fresh key goes ahead of the route";
    EXPECT_EQ(session_->model().own_channel(), den);
    say(wire::ChannelsChanged{.channels = {}, .gone = {lobby}});
    EXPECT_EQ(session_->model().rooms().size(), 1U);
    say(wire::Moved{});
    EXPECT_NE(told_.take().find("down: route 0; out"), std::string::npos);
    EXPECT_FALSE(session_->model().own_channel());
}

TEST_F(SessionTest, ARefusedLeaveOpensItAgain) {
    enter_lobby();
    told_.take();
    session_->leave();
    told_.take();
    answer(wire::Refusal{.error = {.code = ErrorCode::rate_limited}, .closing = false});
    EXPECT_EQ(told_.take(), "up: open; leave refused 14");
}

TEST_F(SessionTest, ALeaveThatOvertakesTheAnswerToAJoinStillCounts) {
    session_->join(lobby);
    const auto join = told_.sent.back().request_id;
    session_->leave();
    told_.take();
    session_->receive({.reply_to = join,
                       .body = wire::Joined{.channel = lobby,
                                            .channel_epoch = ChannelEpoch{1},
                                            .route = Route{6},
                                            .frame_ms = 10,
                                            .members = 2}});
    EXPECT_EQ(told_.take().find("open"), std::string::npos);
}

TEST_F(SessionTest, MuteAndDeafenActBeforeTheServerKnows) {
    enter_lobby();
    told_.take();
    session_->set_self_state(true, false);
    EXPECT_EQ(told_.take(), "up: closed; down: hear; > SetSelfState");
    session_->set_self_state(false, true);
    EXPECT_EQ(told_.take(), "down: deaf; > SetSelfState");
    EXPECT_EQ(std::get<wire::SetSelfState>(told_.sent.back().body),
              (wire::SetSelfState{.mute = true, .deafen = true}));
    session_->set_self_state(false, false);
    EXPECT_EQ(told_.take(), "up: open; down: hear; > SetSelfState");
}

TEST_F(SessionTest, TheLaneIsJudgedWhenTheServerSaysThatSomebodyTalks) {
    enter_lobby();
    told_.take();
    auto talking = presence(2, "", lobby);
    talking.speaking = true;
    say(wire::PresenceChanged{.sessions = {talking}, .gone = {}});
    EXPECT_EQ(told_.take(), "down: talk") << "though nothing of it was heard";
    session_->leave();
    answer(wire::Ok{});
    EXPECT_NE(told_.take().find("down: no talk"), std::string::npos);
}

TEST_F(SessionTest, NothingIsSealedForNobody) {
    enter_lobby();
    told_.take();
    say(wire::PresenceChanged{.sessions = {}, .gone = {SessionId{2}}});
    EXPECT_EQ(told_.take(), "ann left; down: -2; down: forget 2; up: closed");
}

TEST_F(SessionTest, TextGoesToTheRoomOneIsIn) {
    session_->say("hello");
    EXPECT_EQ(told_.take(), "say refused 13");
    enter_lobby();
    told_.take();
    session_->say("hello");
    EXPECT_EQ(told_.take(), "> SendText");
    EXPECT_EQ(std::get<wire::SendText>(told_.sent.back().body).channel, lobby);
    answer(wire::Refusal{.error = {.code = ErrorCode::too_large}, .closing = false});
    EXPECT_EQ(told_.take(), "say refused 3");
    say(wire::Text{.id = MessageId{1}, .channel = lobby, .name = "ann", .text = "hi"});
    EXPECT_EQ(told_.take(), "ann: hi");
}

TEST_F(SessionTest, AnAccountsCommandsAreAskedAndTheirAnswersTold) {
    session_->account(ClaimAccount{.name = "Ada", .password = "secret", .label = "desk"});
    EXPECT_EQ(told_.sent.back().body, (wire::ClientBody{wire::ClaimAccount{
                                          .name = "Ada", .password = "secret", .label = "desk"}}));
    answer(wire::Account{.id = AccountId{3}, .name = "Ada", .recovery_code = "C"});
    session_->account(ListDevices{});
    answer(wire::Devices{.account = AccountId{3},
                         .name = "Ada",
                         .owner = true,
                         .devices = {{.identity = to_bytes(self_.identity.public_key()),
                                      .label = "desk",
                                      .linked_unix_ms = 5}}});
    session_->account(UnlinkDevice{.device = to_base64url(self_.identity.public_key())});
    EXPECT_EQ(told_.sent.back().body,
              (wire::ClientBody{wire::UnlinkDevice{
                  .identity = to_bytes(self_.identity.public_key()), .name = {}}}));
    answer(wire::Ok{});
    session_->account(LinkDevice{.name = "Ada", .secret = "wrong"});
    answer(wire::Refusal{.error = {.code = ErrorCode::bad_password}});
    session_->account(BecomeOwner{"T"});
    answer(wire::Ok{});
    const auto sent = told_.sent.size();
    session_->account(UnlinkDevice{.device = "no device"});
    EXPECT_EQ(told_.sent.size(), sent);
    EXPECT_EQ(told_.take(),
              "> ClaimAccount; claim: Ada C; > ListDevices; Ada owns 1, own; > UnlinkDevice; "
              "unlink done; > LinkDevice; link refused 26; > BecomeOwner; owner done; "
              "unlink refused 2");
}

TEST_F(SessionTest, EachRequestHasANumberOfItsOwn) {
    session_->join(ChannelId{99});
    session_->say("x");
    session_->set_self_state(true, false);
    EXPECT_GT(told_.sent[0].request_id, login_request_id);
    EXPECT_GT(told_.sent[1].request_id, told_.sent[0].request_id);
    told_.take();
    // Answers in another order, and one that answers nothing.
    session_->receive({.reply_to = told_.sent[1].request_id, .body = wire::Ok{}});
    session_->receive(
        {.reply_to = told_.sent[0].request_id,
         .body = wire::Refusal{.error = {.code = ErrorCode::unknown_channel}, .closing = false}});
    session_->receive({.reply_to = 12345, .body = wire::Ok{}});
    EXPECT_EQ(told_.take(), "join refused 11");
}

TEST_F(SessionTest, ReportsOfTheVoiceThreads) {
    enter_lobby();
    told_.take();
    session_->take(LaneChanged{Lane::udp});
    EXPECT_EQ(told_.take(), "> SetVoiceLane; udp");
    EXPECT_EQ(std::get<wire::SetVoiceLane>(told_.sent.back().body).lane, wire::VoiceLane::udp);
    session_->take(SpurtChanged{true});
    EXPECT_EQ(told_.take(), "1 speaks");
    session_->take(SpeakingChange{.speaker = SessionId{2}, .speaking = true});
    EXPECT_EQ(told_.take(), "2 speaks");
    session_->take(KeyNeed{.speaker = SessionId{2}, .kid = 7});
    EXPECT_EQ(told_.take(), "> KeyRequest");
}

TEST_F(SessionTest, WhoLeavesIsHeardNoMoreThoughPresenceLags) {
    enter_lobby();
    told_.take();
    say(wire::MemberLeft{
        .channel = lobby, .channel_epoch = ChannelEpoch{2}, .session = SessionId{2}});
    EXPECT_EQ(told_.take(), "down: -2; up: closed");
    say(wire::PresenceChanged{.sessions = {presence(3, "bob", {})}, .gone = {}});
    EXPECT_EQ(told_.take(), "person bob") << "ann, still shown in the room, is no member";
}

// --- on the same seat after a loss -----------------------------------------------------------

TEST_F(SessionTest, WhatWasNotAnsweredIsAskedAgainOnTheSameSeat) {
    enter_lobby();
    session_->say("perhaps");
    const auto asked = told_.sent.back();
    told_.take();
    session_->go_away();
    session_->set_self_state(true, false);
    session_->take(KeyNeed{.speaker = SessionId{2}, .kid = 7});
    clock_.advance(1h);
    session_->tick();
    EXPECT_EQ(told_.take(), "up: closed; down: hear") << "neither pings nor an end by silence";
    session_->come_back({.seq = 3, .replayed = true, .channel = lobby});
    EXPECT_EQ(told_.take(), "> SendText; > SetSelfState");
    EXPECT_EQ(told_.sent[told_.sent.size() - 2], asked);
    EXPECT_EQ(session_->last_seq(), 3U);
    session_->receive({.seq = 4, .body = wire::Text{.name = "ann", .text = "missed"}});
    EXPECT_EQ(told_.take(), "ann: missed");
    EXPECT_EQ(session_->last_seq(), 4U);
    answer(wire::Ok{});
    session_->go_away();
    session_->come_back({.seq = 4, .replayed = true, .channel = lobby});
    EXPECT_EQ(told_.take(), "> SendText") << "what was answered is not";
}

TEST_F(SessionTest, AnAnswerThatWasLostIsNoRefusal) {
    enter_lobby();
    session_->leave();
    session_->go_away();
    session_->come_back({.replayed = true});
    told_.take();
    answer(wire::Refusal{.error = {.code = ErrorCode::not_in_room}, .closing = false});
    EXPECT_EQ(told_.take(), "down: clear; up: route 0; down: route 0; out; person me");

    session_->erase(MessageId{1});
    session_->go_away();
    session_->come_back({.replayed = true});
    told_.take();
    answer(wire::Refusal{.error = {.code = ErrorCode::unknown_text}, .closing = false});
    EXPECT_EQ(told_.take(), "delete done");
}

TEST_F(SessionTest, WhatMustNotBeDoneTwiceIsNotAskedAgain) {
    session_->account(ClaimAccount{.name = "me", .password = "secret"});
    session_->administer(MakeRoom{.name = "Cellar"});
    session_->administer(DeleteRoom{.channel = lobby});
    told_.take();
    session_->go_away();
    EXPECT_EQ(told_.take(), "claim refused 1001; room refused 1001");
    session_->come_back({.replayed = true});
    EXPECT_EQ(told_.take(), "> DeleteChannel");
    answer(wire::Refusal{.error = {.code = ErrorCode::unknown_channel}, .closing = false});
    EXPECT_EQ(told_.take(), "?") << "it was done the first time: told as any that is";
}

TEST_F(SessionTest, OfAStateThatIsSetWhileAwayTheNewestCounts) {
    session_->go_away();
    for (int i = 0; i < 1000; ++i) {
        session_->set_self_state(i % 2 == 0, false);
        session_->take(LaneChanged{i % 2 == 0 ? Lane::udp : Lane::tunnel});
    }
    told_.take();
    session_->come_back({.replayed = true});
    EXPECT_EQ(told_.take(), "> SetSelfState; > SetVoiceLane");
    EXPECT_FALSE(std::get<wire::SetSelfState>(told_.sent[told_.sent.size() - 2].body).mute);
    EXPECT_EQ(std::get<wire::SetVoiceLane>(told_.sent.back().body).lane, wire::VoiceLane::tunnel);
}

TEST_F(SessionTest, WhoLeavesWhileAwayIsNotHeardFromThenOn) {
    enter_lobby();
    told_.take();
    session_->go_away();
    session_->fall_silent();
    EXPECT_EQ(told_.take(), "up: closed");
    session_->come_back({.replayed = true, .channel = lobby});
    EXPECT_EQ(told_.take(), "");
    session_->leave();
    EXPECT_EQ(told_.take(), "> Leave");
}

TEST_F(SessionTest, AFreshSnapshotShowsWhoAndWhatHasGone) {
    enter_lobby();
    say(wire::PresenceChanged{{presence(3, "bob", {})}, {}});
    told_.take();
    session_->go_away();
    session_->come_back({.seq = 50, .replayed = false, .channel = lobby});
    say(wire::ChannelPage{{{.id = lobby, .name = "Lobby"}, {.id = ChannelId{11}, .name = "New"}}});
    say(wire::PresencePage{{presence(1, "me", lobby), presence(4, "cid", lobby)}});
    told_.take();
    say(wire::SnapshotEnd{});
    const auto told = told_.take();
    EXPECT_TRUE(told.starts_with("ann left; bob left; ")) << told;
    EXPECT_NE(told.find("down: -2"), std::string::npos) << told;
    EXPECT_NE(told.find("down: +4"), std::string::npos) << told;
    EXPECT_EQ(session_->model().own_channel(), lobby);
    EXPECT_EQ(session_->model().rooms().size(), 2U);
}

TEST_F(SessionTest, AFreshSnapshotShowsWhereWeAre) {
    enter_lobby();
    told_.take();
    session_->go_away();
    session_->come_back({.route = Route{9}, .replayed = false});
    say(wire::PresencePage{{presence(1, "me", {}), presence(2, "ann", lobby)}});
    told_.take();
    say(wire::SnapshotEnd{});
    EXPECT_NE(told_.take().find("out"), std::string::npos);
    EXPECT_FALSE(session_->model().own_channel());
}

TEST_F(SessionTest, AFreshSnapshotWithAnotherRouteMeansThatWeWereElsewhere) {
    enter_lobby();
    told_.take();
    session_->go_away();
    session_->come_back({.route = Route{9}, .replayed = false, .channel = lobby});
    say(wire::ChannelPage{{{.id = lobby, .name = "Lobby"}}});
    say(wire::PresencePage{{presence(1, "me", lobby), presence(2, "ann", lobby)}});
    told_.take();
    say(wire::SnapshotEnd{});
    const auto told = told_.take();
    // As whoever moves: a fresh key before the new route.
    EXPECT_NE(told.find("down: clear"), std::string::npos) << told;
    const auto key = told.find("up: key 3.0");
    ASSERT_NE(key, std::string::npos) << told;
    EXPECT_LT(key, told.find("up: route 9")) << told;
}

// --- back after a loss -----------------------------------------------------------------------

TEST_F(SessionTest, ComesBackAsItWas) {
    enter_lobby();
    session_->set_self_state(true, false);
    session_->take(SpeakingChange{.speaker = SessionId{2}, .speaking = true});
    told_.take();
    // Ids may be others after a restart: rooms are known by their names.
    come_back({{.id = ChannelId{3}, .name = "Attic"}, {.id = ChannelId{4}, .name = "Lobby"}});
    EXPECT_EQ(told_.take(),
              "2 pauses; connected; voice; up: route 5; down: route 5; rooms; down: hear; > "
              "SetSelfState; > Join");
    EXPECT_EQ(std::get<wire::Join>(told_.sent.back().body).channel, ChannelId{4});
}

TEST_F(SessionTest, WhatWasNotAcceptedIsSaidOnceMore) {
    enter_lobby();
    session_->say("accepted");
    answer(wire::TextAccepted{.id = MessageId{1}});
    session_->say("perhaps");
    const auto nonce = std::get<wire::SendText>(told_.sent.back().body).nonce;
    told_.take();
    come_back({{.id = lobby, .name = "Lobby"}});
    session_->say("meanwhile");
    EXPECT_EQ(told_.take(), "connected; voice; up: route 5; down: route 5; rooms; > Join");
    answer(wire::Joined{.channel = lobby, .route = Route{6}, .members = 1});
    const auto told = told_.take();
    EXPECT_TRUE(told.ends_with("> SendText; > SendText")) << told;
    const auto& texts = told_.sent;
    const auto& first = std::get<wire::SendText>(texts[texts.size() - 2].body);
    EXPECT_EQ(first.text, "perhaps");
    EXPECT_EQ(first.nonce, nonce) << "if only the answer was lost, it is not said twice";
    EXPECT_EQ(std::get<wire::SendText>(texts.back().body).text, "meanwhile");
}

TEST_F(SessionTest, ALossOnTheWayBackLosesNothing) {
    enter_lobby();
    session_->say("perhaps");
    session_->set_self_state(false, true);
    for (int i = 0; i < 3; ++i) {
        connect(session_->leave_behind());  // not even a snapshot
    }
    come_back({{.id = lobby, .name = "Lobby"}});
    session_->say("meanwhile");
    told_.take();
    come_back({{.id = lobby, .name = "Lobby"}});
    EXPECT_EQ(
        told_.take(),
        "connected; voice; up: route 5; down: route 5; rooms; down: deaf; > SetSelfState; > Join");
    answer(wire::Joined{.channel = lobby, .route = Route{6}, .members = 1});
    const auto told = told_.take();
    EXPECT_TRUE(told.ends_with("> SendText; > SendText")) << told;
}

TEST_F(SessionTest, WhatWasMissedIsLookedUp) {
    const auto text = [](std::uint64_t id) {
        return wire::Text{.id = MessageId{id}, .channel = lobby, .name = "ann", .text = "word"};
    };
    enter_lobby();
    say(text(5));
    session_->say("perhaps");
    come_back({{.id = lobby, .name = "Lobby"}});
    told_.take();
    answer(wire::Joined{.channel = lobby, .route = Route{6}, .members = 1});
    const auto told = told_.take();
    EXPECT_NE(told.find("> GetHistory"), std::string::npos) << told;
    const auto asked = std::ranges::find_if(
        told_.sent.rbegin(), told_.sent.rend(), [](const wire::ClientMessage& one) {
            return std::holds_alternative<wire::GetHistory>(one.body);
        });
    ASSERT_NE(asked, told_.sent.rend());
    say(text(9));
    told_.take();
    // What was heard before, and what is told now, was not missed.
    session_->receive({.reply_to = asked->request_id,
                       .body = wire::History{.channel = lobby,
                                             .texts = {text(4), text(5), text(7), text(8), text(9)},
                                             .more = true}});
    EXPECT_EQ(told_.take(), "missed 7 8");
}

TEST_F(SessionTest, WhereTheRoomIsGoneThePersonIsTold) {
    enter_lobby();
    session_->say("perhaps");
    told_.take();
    come_back({{.id = ChannelId{3}, .name = "Attic"}});
    EXPECT_EQ(told_.take(),
              "connected; voice; up: route 5; down: route 5; rooms; out; join refused 11; say "
              "refused 13");
}

TEST_F(SessionTest, WhereTheRoomIsClosedThePersonIsTold) {
    enter_lobby();
    told_.take();
    come_back({{.id = lobby, .name = "Lobby"}});
    told_.take();
    answer(wire::Refusal{.error = {.code = ErrorCode::not_permitted}, .closing = false});
    EXPECT_EQ(told_.take(), "out; join refused 19");
    session_->say("hello");
    EXPECT_EQ(told_.take(), "say refused 13");
}

TEST_F(SessionTest, WhatWasAskedBeforeTheLossHolds) {
    session_->join(lobby);
    told_.take();
    come_back({{.id = lobby, .name = "Lobby"}});
    EXPECT_EQ(told_.take(), "connected; voice; up: route 5; down: route 5; rooms; > Join")
        << "on its way in";
    enter_lobby();
    session_->leave();
    session_->history({}, 10);
    told_.take();
    come_back({{.id = lobby, .name = "Lobby"}});
    EXPECT_EQ(told_.take(),
              "history refused 1001; connected; voice; up: route 5; down: route 5; rooms; out");
}

TEST_F(SessionTest, PingsEach4SecondsAndGivesUpAfter10OfSilence) {
    const auto tick_until = [&](TimePoint end) {
        while (session_->next_tick() <= end) {
            clock_.set(std::max(clock_.now(), session_->next_tick()));
            session_->tick();
            clock_.advance(1ms);
        }
        clock_.set(end);
    };
    const auto start = clock_.now();
    tick_until(start + 9s);
    EXPECT_EQ(told_.take(), "> ControlPing; > ControlPing");
    answer(wire::ControlPong{});
    tick_until(start + 18s);
    EXPECT_EQ(told_.take(), "> ControlPing; > ControlPing");
    clock_.set(start + 19s);
    session_->tick();
    EXPECT_EQ(told_.take(), "end 18");
}

TEST_F(SessionTest, TheDeviceIsRenewedDaily) {
    clock_.advance(24h);
    say(wire::PresenceChanged{});  // the line is not dead
    session_->tick();
    EXPECT_EQ(told_.take(), "> ControlPing; > RenewDevice");
}

TEST_F(SessionTest, GoodbyeAndAClosingRefusalEndIt) {
    say(wire::Goodbye{{.code = ErrorCode::shutting_down}});
    EXPECT_EQ(told_.take(), "end 17");
    say(wire::Refusal{.error = {.code = ErrorCode::malformed}, .closing = true});
    EXPECT_EQ(told_.take(), "end 2");
    say(wire::Refusal{.error = {.code = ErrorCode::malformed}, .closing = false});
    EXPECT_EQ(told_.take(), "");
}

}  // namespace
}  // namespace partyline::client
