// Who is in a set of those who are whispered to: as it is named, and as people move and rules change.
#include <gtest/gtest.h>

#include <utility>
#include <variant>
#include <vector>

#include "server/room/model.hpp"
#include "server/room/rules_test_support.hpp"
#include "server/room/whispers_fixture.hpp"

namespace partyline::room {
namespace {

using enum Permission;

TEST_F(WhispersTest, PeopleAndRoomsAreNamedTogether) {
    name({dan, bob, dan, ada}, {attic, attic});
    EXPECT_EQ(members(), (People{bob, cid, dan})) << "repeats and oneself do not count";
    EXPECT_EQ(told(), (Told{opened({bob, cid, dan})})) << "the answer tells Ada";
    EXPECT_EQ(epoch(), 1U);
    name({dan}, {lobby});
    EXPECT_EQ(members(), (People{bob, dan}));
    EXPECT_EQ(told(), (Told{closed({cid})}));
    EXPECT_EQ(epoch(), 2U);
    name({dan}, {lobby});
    EXPECT_EQ(told(), Told{}) << "nothing has changed";
    EXPECT_EQ(epoch(), 3U);
    name({});
    EXPECT_EQ(told(), (Told{closed({bob, dan})}));
    EXPECT_TRUE(model->whispers().empty());
    name({bob});
    EXPECT_EQ(epoch(), 5U) << "it never falls";
}

TEST_F(WhispersTest, NamingNobodyButOneselfTakesASetBack) {
    name({bob});
    name({ada});
    EXPECT_TRUE(model->whispers().empty());
}

TEST_F(WhispersTest, StreamsAreApart) {
    name({bob});
    EXPECT_EQ(name(ada, second, {cid}), ErrorCode::unspecified);
    EXPECT_EQ(members(first), (People{bob}));
    EXPECT_EQ(members(second), (People{cid}));
    EXPECT_EQ(name(ada, second, {}), ErrorCode::unspecified);
    EXPECT_EQ(members(first), (People{bob}));
}

TEST_F(WhispersTest, RefusalsChangeNothing) {
    name({dan});
    say(attic, {.deny = {whisper}});
    say(vault, {.deny = {see}});
    struct Case {
        std::string what;
        std::vector<SessionId> sessions;
        std::vector<ChannelId> channels;
        ErrorCode expected;
    };
    const Case cases[] = {
        {"somebody who never was", {bob, SessionId{99}}, {}, ErrorCode::unknown_session},
        {"no room", {}, {ChannelId{}}, ErrorCode::unknown_channel},
        {"a room that is not there", {}, {lobby, ChannelId{9}}, ErrorCode::unknown_channel},
        {"a room one does not see", {}, {vault}, ErrorCode::unknown_channel},
        {"a room one may not whisper to", {bob}, {attic}, ErrorCode::not_permitted},
        {"somebody in it", {bob, cid}, {}, ErrorCode::not_permitted},
    };
    for (const auto& [what, sessions, channels, expected] : cases) {
        EXPECT_EQ(name(ada, first, sessions, channels), expected) << what;
        EXPECT_EQ(members(), (People{dan})) << what;
        EXPECT_EQ(epoch(), 1U) << what;
    }
    const auto plan = model->plan_whisper({ada, first}, std::array{bob, cid}, {});
    EXPECT_NE(plan.error().message.find("Cid"), std::string::npos) << "says whom";
    const auto to_room = model->plan_whisper({ada, first}, {}, std::array{attic});
    EXPECT_NE(to_room.error().message.find("Attic"), std::string::npos) << "says which";
}

/// Whoever comes back repeats what it had named, wherever those people are by then.
TEST_F(WhispersTest, WhatIsNamedAlreadyIsNotJudgedAgain) {
    name({cid}, {attic});
    say(attic, {.deny = {whisper}});
    EXPECT_EQ(members(), People{});
    name({cid, bob}, {attic});
    EXPECT_EQ(members(), (People{bob}));
    EXPECT_EQ(name(ada, second, {cid}), ErrorCode::not_permitted);
}

TEST_F(WhispersTest, ARoomBringsWhoeverIsInIt) {
    name({}, {lobby});
    go(dan, lobby);
    EXPECT_EQ(told(), (Told{opened({dan}), changed({dan}, {})}));
    go(bob, {});
    EXPECT_EQ(told(), (Told{closed({bob}), changed({}, {bob})}));
    EXPECT_EQ(members(), (People{dan}));
    EXPECT_EQ(epoch(), 3U);
    go(ada, lobby);
    EXPECT_EQ(told(), Told{}) << "nobody whispers to themself";
}

TEST_F(WhispersTest, APersonIsFollowedWhereverTheyMayBeWhisperedTo) {
    name({bob});
    say(vault, {.deny = {whisper}});
    go(bob, attic);
    EXPECT_EQ(told(), Told{}) << "from room to room in one move";
    go(bob, vault);
    EXPECT_EQ(told(), (Told{closed({bob}), changed({}, {bob})}));
    go(bob, {});
    EXPECT_EQ(told(), (Told{opened({bob}), changed({bob}, {})}));
}

TEST_F(WhispersTest, BetweenTwoRoomsOfASetOneStaysInIt) {
    name({}, {lobby, attic});
    go(bob, attic);
    EXPECT_EQ(told(), Told{});
    EXPECT_EQ(members(), (People{bob, cid}));
}

TEST_F(WhispersTest, InNoRoomTheRolesGrantsCount) {
    name({dan});
    auto guests = *model->directory().find(guest_role);
    guests.grants = guests.grants - PermissionSet{whisper};
    apply({guests});
    EXPECT_EQ(told(), (Told{closed({dan}), changed({}, {dan})}));
    EXPECT_EQ(name(ada, second, {dan}), ErrorCode::not_permitted);
    say(attic, {.allow = {whisper}});
    go(dan, attic);
    EXPECT_EQ(told(), (Told{opened({dan}), changed({dan}, {})}));
}

TEST_F(WhispersTest, FollowsTheRules) {
    name({dan}, {lobby, attic});
    say(lobby, {.deny = {whisper}});
    EXPECT_EQ(told(), (Told{closed({bob}), changed({}, {bob})}));
    say(attic, {.deny = {see}});
    EXPECT_EQ(told(), (Told{closed({cid}), changed({}, {cid})}));
    EXPECT_EQ(model->find(cid)->presence.channel, lobby) << "he had to go";
    say(lobby, {});
    say(attic, {});
    EXPECT_EQ(members(), (People{bob, cid, dan}));
    EXPECT_EQ(model->judge_whispers(), Events{});
}

TEST_F(WhispersTest, FollowsWhoOneIs) {
    say(lobby, {.deny = {whisper}});
    auto record = *model->directory().find(lobby);
    record.overrides[member_role] = {.allow = {whisper}, .deny = {}};
    apply({record});
    EXPECT_EQ(name(ada, first, {}, {lobby}), ErrorCode::not_permitted);
    const auto device = model->find(ada)->keys.identity;
    apply({Device{.identity = device, .account = AccountId{1}}});
    name({}, {lobby});
    EXPECT_EQ(members(), (People{bob}));
    apply({DropDevice{device}});
    EXPECT_EQ(told(), (Told{closed({bob}), changed({}, {bob})}));
}

TEST_F(WhispersTest, WhatConcernsNobodyIsNotJudged) {
    name({bob});
    apply({AuditEntry{}});
    EXPECT_EQ(told(), Told{});
}

TEST_F(WhispersTest, WhoGoesIsNamedNoMore) {
    name({bob, dan});
    events = model->log_out(bob);
    EXPECT_EQ(told(), (Told{changed({}, {bob})})) << "he is not there to be told";
    EXPECT_EQ(model->whispers().find({ada, first})->named.sessions, (People{dan}));
    events = model->log_out(dan);
    EXPECT_EQ(members(), People{});
    EXPECT_NE(model->whispers().find({ada, first}), nullptr) << "a set of nobody, but a set";
}

TEST_F(WhispersTest, ASetEndsWithItsWhisperer) {
    name({bob}, {attic});
    name(bob, second, {ada});
    events = model->log_out(ada);
    const Told expected{closed({bob, cid}),
                        {ToSession{bob}, WhisperChanged{.whisperer = bob,
                                                        .stream = second,
                                                        .epoch = ChannelEpoch{2},
                                                        .joined = {},
                                                        .left = {ada}}}};
    EXPECT_EQ(told(), expected);
    EXPECT_EQ(model->whispers().of(ada).size(), 0U);
}

TEST_F(WhispersTest, ARoomThatGoesIsNamedNoMore) {
    name({}, {attic, vault});
    apply({DropChannel{vault}});
    EXPECT_EQ(told(), Told{});
    EXPECT_EQ(model->whispers().find({ada, first})->named.channels, (std::set{attic}));
    apply({DropChannel{attic}});
    EXPECT_EQ(told(), (Told{closed({cid}), changed({}, {cid})})) << "he is in the lobby now";
    EXPECT_EQ(model->find(cid)->presence.channel, lobby);
    EXPECT_TRUE(model->whispers().find({ada, first})->named.empty());
}

TEST_F(WhispersTest, ATemporaryRoomIsNamedUntilItsLastMemberGoes) {
    constexpr ChannelId tea{9};
    apply({ChannelRecord{.channel = {.id = tea, .name = "Tea", .temporary = true}}});
    go(dan, tea);
    name({}, {tea});
    go(dan, lobby);
    EXPECT_EQ(told(), (Told{closed({dan}), changed({}, {dan})}));
    EXPECT_EQ(model->find(tea), nullptr);
    EXPECT_TRUE(model->whispers().find({ada, first})->named.empty());
}

TEST_F(WhispersTest, ARenewedDeviceIsToldBothWays) {
    name({bob, dan});
    const auto before = epoch();
    events = model->renew_device(dan, {.expiry_unix_ms = 1});
    auto renewal = changed({dan}, {});
    std::get<WhisperChanged>(renewal.body).renewed = true;
    EXPECT_EQ(told(), Told{renewal});
    events = model->renew_device(ada, {.expiry_unix_ms = 1});
    EXPECT_EQ(told(), (Told{opened({bob, dan})}));
    EXPECT_EQ(epoch(), before);
}

// --- keys ----------------------------------------------------------------------------------------

TEST_F(WhispersTest, KeysGoToThoseInTheSet) {
    name({bob, dan});
    const auto receivers = [&](std::vector<SessionId> to, std::uint32_t at = 1,
                               StreamId stream = first) {
        return model->whisper_receivers({ada, stream}, ChannelEpoch{at}, to);
    };
    EXPECT_EQ(receivers({dan, bob}), (std::vector{dan, bob}));
    EXPECT_EQ(receivers({dan, cid, bob}), (std::vector{dan, bob})) << "Cid is left out";
    EXPECT_EQ(code(receivers({dan}, 2)), ErrorCode::bad_key_share) << "an epoch to come";
    EXPECT_EQ(code(receivers({dan}, 1, second)), ErrorCode::bad_key_share) << "no set";
    EXPECT_EQ(code(receivers({dan, dan})), ErrorCode::bad_key_share);
    EXPECT_EQ(code(receivers({ada})), ErrorCode::bad_key_share);
    EXPECT_EQ(code(receivers({SessionId{99}})), ErrorCode::bad_key_share);
    model->log_out(dan);
    EXPECT_EQ(receivers({dan, bob}), (std::vector{bob}));
}

TEST_F(WhispersTest, OnlyWhoIsWhisperedToAsksForTheKey) {
    name({bob});
    const MissingKey missing{.speaker = ada, .kid = 7, .stream = first};
    EXPECT_EQ(model->request_key(bob, missing),
              (Events{{ToSession{ada}, KeyRequested{.from = bob, .kid = 7, .stream = first}}}));
    EXPECT_EQ(code(model->request_key(cid, missing)), ErrorCode::not_in_room);
    EXPECT_EQ(code(model->request_key(ada, missing)), ErrorCode::not_in_room);
    EXPECT_EQ(code(model->request_key(bob, {.speaker = ada, .stream = second})),
              ErrorCode::not_in_room);
}

// --- waiting -------------------------------------------------------------------------------------

TEST_F(WhispersTest, WhoIsKeptFromThemComesIntoNoneAndIsOutOfOneAtOnce) {
    name({}, {attic});
    model->keep_from_whispers(cid);
    model->keep_from_whispers(bob);
    EXPECT_EQ(members(), People{cid}) << "where they are they stay";
    go(bob, attic);
    EXPECT_EQ(told(), Told{});
    go(cid, lobby);
    EXPECT_EQ(members(), People{});
    EXPECT_EQ(told(), (Told{closed({cid}), changed({}, {cid})}));
    name({bob}, {attic});
    EXPECT_EQ(members(), People{}) << "whoever names them";
    go(dan, attic);
    EXPECT_EQ(members(), People{dan}) << "others come and go";
    events = model->let_into_whispers(bob);
    EXPECT_EQ(members(), (People{bob, dan}));
    EXPECT_EQ(told(), (Told{opened({bob}), changed({bob}, {})}));
    EXPECT_EQ(model->let_into_whispers(cid), Events{}) << "nobody whispers to the lobby";
    go(cid, attic);
    EXPECT_EQ(members(), (People{bob, cid, dan}));
}

}  // namespace
}  // namespace partyline::room
