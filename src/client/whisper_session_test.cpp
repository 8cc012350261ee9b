// A session that whispers, and is whispered to.
#include <gtest/gtest.h>

#include <chrono>
#include <format>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "client/key_test_support.hpp"
#include "client/limits.hpp"
#include "client/session.hpp"
#include "wire/limits.hpp"

namespace partyline::client {
namespace {

using namespace std::chrono_literals;
using test::Peer;

constexpr ChannelId lobby{10};
constexpr ChannelId den{11};
constexpr StreamId one{1};

/// What has to do with whispers, a word for each, in order.
class Told final : public SessionPort {
public:
    void send(const wire::ClientMessage& message) override {
        sent.push_back(message);
        if (const auto* set = std::get_if<wire::SetWhisper>(&message.body)) {
            auto line = std::format("> set {}:", set->stream.value);
            for (const auto session : set->sessions) {
                line += std::format(" {}", session.value);
            }
            for (const auto channel : set->channels) {
                line += std::format(" #{}", channel.value);
            }
            add(line);
        } else if (const auto* shares = std::get_if<wire::ShareKeys>(&message.body);
                   shares != nullptr && shares->stream) {
            add(std::format("> share {}", shares->stream.value));
        } else if (const auto* request = std::get_if<wire::KeyRequest>(&message.body)) {
            add(std::format("> ask {}/{}", request->speaker.value, request->stream.value));
        }
    }
    void emit(const Event& event) override {
        if (const auto* set = std::get_if<WhisperSet>(&event)) {
            auto line = std::format("set {}:", set->stream.value);
            for (const auto session : set->members) {
                line += std::format(" {}", session.value);
            }
            add(line);
        } else if (const auto* change = std::get_if<WhisperingChange>(&event)) {
            add(change->name + (change->whispering ? " whispers" : " ends"));
        } else if (const auto* refused = std::get_if<Refused>(&event)) {
            add(refused->command + " refused: " + refused->error.message);
        } else if (const auto* done = std::get_if<Done>(&event)) {
            add(done->command + " done");
        } else if (const auto* speaking = std::get_if<SpeakingChanged>(&event)) {
            add(std::format("{} {}", speaking->session.value,
                            speaking->speaking ? "speaks" : "pauses"));
        } else if (const auto* person = std::get_if<MemberRefused>(&event)) {
            add(person->person.name + " shows no good key");
        }
    }
    void to_up(UpCommand command) override {
        if (const auto* stream = std::get_if<SetStream>(&command)) {
            add(std::format("up: to {}", stream->stream.value));
        } else if (const auto* open = std::get_if<SetOpen>(&command); open && open->stream) {
            add(std::format("up: {} {}", open->open ? "open" : "closed", open->stream.value));
        } else if (const auto* key = std::get_if<UseSenderKey>(&command); key && key->stream) {
            add(std::format("up: key {}.{}", key->stream.value, key->key.generation));
        } else if (const auto* route = std::get_if<SetRoute>(&command)) {
            up_route = route->route;
        }
    }
    void to_down(DownCommand command) override {
        if (const auto* in = std::get_if<WhispererEntered>(&command)) {
            add(std::format("down: +{}/{}", in->session.value, in->stream.value));
        } else if (const auto* out = std::get_if<WhispererGone>(&command)) {
            add(std::format("down: -{}/{}", out->session.value, out->stream.value));
        } else if (const auto* key = std::get_if<UseSpeakerKey>(&command)) {
            add(std::format("down: key {}/{}", key->key.speaker.value, key->key.stream.value));
        }
    }
    void may_record(bool) override {}
    void begin_voice() override {}
    void begin_playout() override { add("playout"); }
    void begin_capture() override { add("capture"); }
    void end(Error) override { add("end"); }

    std::string take() { return std::exchange(line_, {}); }

    std::vector<wire::ClientMessage> sent;
    Route up_route{};

private:
    void add(const std::string& word) { line_ += (line_.empty() ? "" : "; ") + word; }
    std::string line_;
};

class WhisperSessionTest : public testing::Test {
protected:
    WhisperSessionTest() { connect({}, {presence(2, "ann"), presence(3, "bob")}); }

    void connect(Estate estate, std::vector<wire::Presence> people) {
        session_ = std::make_unique<Session>(
            Session::Given{
                .port = told_, .clock = clock_, .identity = self_.identity, .volumes = volumes_},
            Seating{.session = self_.session,
                    .route = Route{5},
                    .connected = {.session = self_.session},
                    .limits = {.shares_per_message = 400}},
            self_.device(), std::move(estate));
        say(wire::ChannelPage{{{.id = lobby, .name = "Lobby"}, {.id = den, .name = "Den"}}});
        people.push_back(presence(1, "me"));
        say(wire::PresencePage{std::move(people)});
        say(wire::SnapshotEnd{});
    }

    static wire::Presence presence(std::uint32_t session, std::string name) {
        return {.session = SessionId{session}, .name = std::move(name)};
    }
    void say(wire::ServerBody body) { session_->receive({.body = std::move(body)}); }
    /// Answers the last message that was sent.
    void answer(wire::ServerBody body) { answer(told_.sent.size() - 1, std::move(body)); }
    void answer(std::size_t message, wire::ServerBody body) {
        session_->receive({.reply_to = told_.sent.at(message).request_id, .body = std::move(body)});
    }

    wire::WhisperMembers members(const std::vector<const Peer*>& peers, std::uint32_t epoch = 1) {
        wire::WhisperMembers members{.stream = one, .epoch = ChannelEpoch{epoch}, .members = {}};
        for (const auto* peer : peers) {
            members.members.push_back(peer->member(clock_.unix_ms()));
        }
        return members;
    }
    wire::WhisperOpened opening(const Peer& peer, std::string name) {
        return {.whisperer = peer.member(clock_.unix_ms()), .name = std::move(name), .stream = one};
    }
    wire::KeyShare share(const Peer& from) {
        return {.from = from.session,
                .channel = {},
                .channel_epoch = ChannelEpoch{1},
                .stream = one,
                .generation = 1,
                .step = 0,
                .sealed = from.pair_with(self_).seal({.channel = {},
                                                      .from = from.session,
                                                      .to = self_.session,
                                                      .stream = one,
                                                      .generation = 1,
                                                      .step = 0},
                                                     test::key_of(1))};
    }

    /// Set 1 is ann and the den, where bob is, and all that follows from it is done.
    void settle() {
        session_->whisper(SetWhisper{.stream = one, .sessions = {ann_.session}, .channels = {den}});
        answer(members({&ann_, &bob_}));
        answer(wire::Ok{});
        told_.take();
    }

    ManualClock clock_;
    Peer self_{1};
    Peer ann_{2};
    Peer bob_{3};
    Told told_;
    Volumes volumes_ = Volumes::open({}).value();
    std::unique_ptr<Session> session_;
};

TEST_F(WhisperSessionTest, ASetIsMadeItsKeyIsSharedAndTalkGoesToIt) {
    session_->whisper(SetWhisper{.stream = one, .sessions = {ann_.session}, .channels = {den}});
    EXPECT_EQ(told_.take(), "> set 1: 2 #11");
    answer(members({&ann_, &bob_}));
    EXPECT_EQ(told_.take(), "> share 1; set 1: 2 3; whisper done");
    answer(wire::Ok{});
    EXPECT_EQ(told_.take(), "up: key 1.1; up: open 1");
    session_->whisper(Whisper{one});
    EXPECT_EQ(told_.take(), "up: to 1; capture; whisper done") << "in no room at all";
    EXPECT_EQ(told_.up_route, Route{5});
    session_->whisper(Whisper{});
    EXPECT_EQ(told_.take(), "up: to 0; whisper done");
}

TEST_F(WhisperSessionTest, WhatCannotBeIsRefusedInWords) {
    session_->whisper(SetWhisper{.stream = StreamId{8}, .sessions = {ann_.session}});
    session_->whisper(SetWhisper{.stream = StreamId{}, .sessions = {ann_.session}});
    EXPECT_EQ(told_.take(),
              "whisper refused: Sets to whisper to are numbered 1 to 7.; "
              "whisper refused: Sets to whisper to are numbered 1 to 7.");
    const auto too_many = [](std::size_t people, std::size_t rooms) {
        return SetWhisper{.stream = one,
                          .sessions = std::vector<SessionId>(people, SessionId{2}),
                          .channels = std::vector<ChannelId>(rooms, den)};
    };
    session_->whisper(too_many(wire::whisper_sessions_max + 1, 0));
    session_->whisper(too_many(0, wire::whisper_channels_max + 1));
    EXPECT_EQ(told_.take(),
              "whisper refused: A set to whisper to is made of 64 people and 16 rooms at most.; "
              "whisper refused: A set to whisper to is made of 64 people and 16 rooms at most.");
    session_->whisper(too_many(wire::whisper_sessions_max, wire::whisper_channels_max));
    EXPECT_TRUE(told_.take().starts_with("> set 1: 2 2"));
    answer(wire::Refusal{.error = {.code = ErrorCode::not_permitted, .message = "Not bob."}});
    EXPECT_EQ(told_.take(), "whisper refused: Not bob.");
    session_->whisper(Whisper{one});
    EXPECT_EQ(told_.take(), "whisper refused: Say first whom to whisper to: there is no set 1.");
}

TEST_F(WhisperSessionTest, ARefusedSetChangesNothing) {
    settle();
    session_->whisper(SetWhisper{.stream = one, .sessions = {bob_.session}});
    answer(wire::Refusal{.error = {.code = ErrorCode::not_permitted, .message = "Not bob."}});
    EXPECT_EQ(told_.take(), "> set 1: 3; whisper refused: Not bob.");
    session_->whisper(Whisper{one});
    EXPECT_EQ(told_.take(), "up: to 1; capture; whisper done");
}

TEST_F(WhisperSessionTest, WhoeverComesAndGoesIsTold) {
    settle();
    clock_.advance(10s);
    say(wire::WhisperChanged{
        .stream = one, .epoch = ChannelEpoch{2}, .joined = {}, .left = {bob_.session}});
    EXPECT_EQ(told_.take(), "> share 1; set 1: 2");
    answer(wire::Ok{});
    EXPECT_EQ(told_.take(), "up: key 1.2");
    say(wire::PresenceChanged{{}, {ann_.session}});
    EXPECT_EQ(told_.take(), "set 1:; up: closed 1");
}

TEST_F(WhisperSessionTest, WhoIsNotOnTheScreenIsNotGivenAKey) {
    const Peer ghost(9);
    session_->whisper(SetWhisper{.stream = one, .sessions = {}, .channels = {den}});
    answer(members({&ghost}));
    EXPECT_EQ(told_.take(), "> set 1: #11; set 1:; whisper done");
    say(wire::PresenceChanged{{presence(9, "gus")}, {}});
    EXPECT_EQ(told_.take(), "> share 1; set 1: 9");
}

TEST_F(WhisperSessionTest, NoWordGoesOutWhileMuted) {
    settle();
    session_->set_self_state(true, false);
    EXPECT_EQ(told_.take(), "up: closed 1");
    session_->set_self_state(false, false);
    EXPECT_EQ(told_.take(), "up: open 1");
    session_->set_self_state(false, true);
    EXPECT_EQ(told_.take(), "up: closed 1");
}

TEST_F(WhisperSessionTest, WhoTakesTheSetBackTalksToTheRoomAgain) {
    settle();
    session_->whisper(Whisper{one});
    told_.take();
    session_->whisper(SetWhisper{.stream = one});
    answer(members({}, 2));
    EXPECT_EQ(told_.take(), "> set 1:; up: to 0; up: closed 1; set 1:; whisper done");
    session_->whisper(Whisper{one});
    EXPECT_TRUE(told_.take().contains("there is no set 1"));
}

TEST_F(WhisperSessionTest, WhispersLightNobodyInTheRoom) {
    settle();
    session_->join(lobby);
    answer(wire::Joined{.channel = lobby,
                        .channel_epoch = ChannelEpoch{1},
                        .route = Route{6},
                        .frame_ms = 10,
                        .members = 1});
    told_.take();
    session_->take(SpurtChanged{.talking = true, .stream = one});
    EXPECT_EQ(told_.take(), "");
    session_->take(SpurtChanged{.talking = false, .stream = one});
    session_->take(SpurtChanged{.talking = true});
    EXPECT_EQ(told_.take(), "1 speaks");
    // Should the voice thread have had no room to tell of the end:
    session_->take(SpurtChanged{.talking = true, .stream = one});
    EXPECT_EQ(told_.take(), "1 pauses");
}

TEST_F(WhisperSessionTest, WhoWhispersIsHeardAndNamed) {
    say(opening(ann_, "ann"));
    EXPECT_EQ(told_.take(), "down: +2/1; playout");
    say(share(ann_));
    EXPECT_EQ(told_.take(), "down: key 2/1");
    session_->take(SpeakingChange{.speaker = ann_.session, .speaking = true, .stream = one});
    EXPECT_EQ(told_.take(), "ann whispers") << "and does not speak in the room";
    session_->take(KeyNeed{.speaker = ann_.session, .kid = 7, .stream = one});
    EXPECT_EQ(told_.take(), "> ask 2/1");
    say(wire::WhisperClosed{.session = ann_.session, .stream = one});
    EXPECT_EQ(told_.take(), "ann ends; down: -2/1");
}

TEST_F(WhisperSessionTest, AForgedWhispererIsToldOf) {
    auto forged = opening(ann_, "ann");
    forged.whisperer.device.signature[0] ^= std::byte{1};
    say(forged);
    EXPECT_EQ(told_.take(), "down: +2/1; playout; ann shows no good key");
}

TEST_F(WhisperSessionTest, RequestsForAKeyAreOfItsStream) {
    settle();
    say(wire::KeyRequested{.from = ann_.session, .kid = 1, .stream = one});
    EXPECT_EQ(told_.take(), "> share 1");
    say(wire::KeyRequested{.from = ann_.session, .kid = 1});
    EXPECT_EQ(told_.take(), "") << "we are in no room with her";
}

TEST_F(WhisperSessionTest, AResumedSeatKeepsItsSets) {
    settle();
    session_->whisper(Whisper{one});
    told_.take();
    session_->go_away();
    session_->whisper(Whisper{});
    session_->whisper(SetWhisper{.stream = StreamId{2}, .sessions = {bob_.session}});
    EXPECT_EQ(told_.take(), "up: to 0; whisper done") << "at once; the set waits";
    session_->come_back({.route = Route{7}, .replayed = true});
    EXPECT_EQ(told_.take(), "> set 2: 3");
    session_->whisper(Whisper{one});
    EXPECT_EQ(told_.take(), "up: to 1; whisper done");
}

TEST_F(WhisperSessionTest, AFreshSnapshotOnTheSameSeatRenewsAll) {
    settle();
    say(opening(bob_, "bob"));
    told_.take();
    session_->go_away();
    session_->come_back({.route = Route{7}, .replayed = false});
    say(wire::ChannelPage{{{.id = lobby, .name = "Lobby"}, {.id = den, .name = "Den"}}});
    say(wire::PresencePage{{presence(1, "me"), presence(3, "bob")}});
    say(wire::SnapshotEnd{});
    // Ann has gone, so she is not asked for; who may whisper to us is told again.
    EXPECT_EQ(told_.take(), "> set 1: #11; down: -3/1; set 1: 3");
    EXPECT_EQ(told_.up_route, Route{7});
    answer(members({&bob_}, 5));
    EXPECT_TRUE(told_.take().contains("set 1: 3"));
    say(opening(bob_, "bob"));
    EXPECT_EQ(told_.take(), "down: +3/1");
}

TEST_F(WhisperSessionTest, OnAnotherSeatTheSetsAreMadeAgain) {
    settle();
    session_->whisper(Whisper{one});
    told_.take();
    auto estate = session_->leave_behind();
    connect(std::move(estate), {});
    EXPECT_EQ(told_.take(), "up: to 1; > set 1: #11") << "ann is not back yet";
    answer(members({&bob_}));
    EXPECT_EQ(told_.take(), "set 1:");
    clock_.advance(whisper_set_interval);
    say(wire::PresenceChanged{{presence(7, "ann")}, {}});
    EXPECT_EQ(told_.take(), "> set 1: 7 #11");
}

TEST_F(WhisperSessionTest, ThoseWhoComeBackOneByOneAreGathered) {
    settle();
    connect(session_->leave_behind(), {});
    EXPECT_EQ(told_.take(), "> set 1: #11");
    say(wire::PresenceChanged{{presence(7, "ann")}, {}});
    EXPECT_EQ(told_.take(), "");
    EXPECT_EQ(session_->next_tick(), clock_.now() + whisper_set_interval);
    clock_.advance(whisper_set_interval);
    session_->tick();
    EXPECT_EQ(told_.take(), "> set 1: 7 #11");
    answer(
        wire::Refusal{.error = {.code = ErrorCode::rate_limited, .message = {}, .retry_ms = 3000}});
    clock_.advance(2s);
    session_->tick();
    EXPECT_EQ(told_.take(), "");
    clock_.advance(1s);
    session_->tick();
    EXPECT_EQ(told_.take(), "> set 1: 7 #11");
    answer(wire::Refusal{.error = {.code = ErrorCode::not_permitted, .message = "No more."}});
    EXPECT_EQ(told_.take(), "whisper refused: No more.");
}

TEST_F(WhisperSessionTest, AGuestWhoTookAnothersNameIsNotWhisperedTo) {
    settle();
    connect(session_->leave_behind(), {presence(7, "ann")});
    EXPECT_EQ(told_.take(), "> set 1: 7 #11");
    const Peer impostor(7);
    answer(members({&impostor}));
    EXPECT_EQ(told_.take(), "set 1:") << "no key for them";
}

TEST_F(WhisperSessionTest, WhatIsLostIsNeverSaidToTheRoom) {
    session_->whisper(SetWhisper{.stream = one, .sessions = {}, .channels = {den}});
    answer(members({}));
    session_->whisper(Whisper{one});
    told_.take();
    auto estate = session_->leave_behind();
    estate.whispers[0].rooms = {{"Attic"}};
    connect(std::move(estate), {});
    EXPECT_EQ(
        told_.take(),
        "whisper refused: The room \"Attic\", which you whispered to, is not there any more.; "
        "up: to 1");
}

}  // namespace
}  // namespace partyline::client
