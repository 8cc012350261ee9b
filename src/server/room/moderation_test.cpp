// What moderators may do to people who are here, and what a silence does.
#include <gtest/gtest.h>

#include "server/room/built_in.hpp"
#include "server/room/consequences.hpp"
#include "server/room/model.hpp"
#include "server/room/test_support.hpp"

namespace partyline::room {
namespace {

using enum Permission;
constexpr ChannelId lobby{1};
constexpr ChannelId vault{2};
constexpr ChannelId nook{3};

/// A lobby; a vault that guests do not see; a nook with one seat. An owner, two moderators, a
/// member and a guest.
class Moderation : public testing::Test {
protected:
    Moderation() {
        Records records{
            .roles = built_in_roles(),
            .accounts = {account(1, {}, true), account(2, {moderator_role}),
                         account(3, {moderator_role}), account(4, {})},
            .devices = {device(1, 1), device(2, 2), device(3, 3), device(4, 4), device(14, 4)},
            .channels = {
                {.channel = {.id = lobby, .name = "Lobby"}},
                {.channel = {.id = vault, .name = "Vault"},
                 .overrides = {{guest_role, {.deny = {see}}}, {moderator_role, {.allow = {see}}}}},
                {.channel = {.id = nook, .name = "Nook", .seats_max = 1}}}};
        model.emplace(*Model::create(std::move(records), {}));
        owner = arrive("Ada", 1);
        moderator = arrive("Mo", 2);
        equal = arrive("Moe", 3);
        member = arrive("Mem", 4);
        guest = arrive("Gus", 9);
    }
    static Account account(std::uint64_t id, std::vector<RoleId> roles, bool is_owner = false) {
        return {.id = AccountId{id},
                .name = "Account " + std::to_string(id),
                .password_hash = {},
                .recovery_hash = {},
                .roles = std::move(roles),
                .owner = is_owner};
    }
    static Device device(std::size_t number, std::uint64_t account) {
        return {.identity = identity(number), .account = AccountId{account}};
    }
    SessionId arrive(std::string name, std::size_t device) {
        return model->log_in(std::move(name), {.identity = identity(device)})->session;
    }
    [[nodiscard]] const Presence& presence(SessionId session) const {
        return model->find(session)->presence;
    }
    /// By whom it may be, as a plan that has become durable.
    Events silence(SessionId actor, SessionId target, NewSilence made) {
        const auto plan = model->plan_silence(actor, target, made);
        EXPECT_TRUE(plan);
        return plan ? model->apply(*plan).events : Events{};
    }
    Events silence(SessionId target, NewSilence made) { return silence(owner, target, made); }
    void mute(SessionId session) { silence(session, {.mute = true}); }
    void apply(Changes changes) {
        model->apply(with_consequences(model->directory(), std::move(changes), 0));
    }

    std::optional<Model> model;
    SessionId owner, moderator, equal, member, guest;
};

TEST_F(Moderation, NobodyActsOnAnEqualOrOnThemselves) {
    using enum ErrorCode;
    struct Case {
        const char* what;
        SessionId actor, target;
        ErrorCode code;
    };
    const Case cases[] = {
        {"a guest", moderator, guest, unspecified},
        {"a member", moderator, member, unspecified},
        {"an equal", moderator, equal, not_permitted},
        {"the owner", moderator, owner, not_permitted},
        {"oneself", owner, owner, not_permitted},
        {"by the owner", owner, moderator, unspecified},
        {"by a member", member, guest, not_permitted},
        {"by a guest", guest, member, not_permitted},
        {"nobody", moderator, SessionId{99}, unknown_session},
    };
    for (const auto& [what, actor, target, expected] : cases) {
        EXPECT_EQ(code(model->may_kick(actor, target)), expected) << what;
        EXPECT_EQ(code(model->plan_silence(actor, target, {.mute = true})), expected) << what;
        EXPECT_EQ(code(model->may_move(actor, target, lobby)), expected) << what;
    }
}

TEST_F(Moderation, SomebodyIsMovedWhereTheyMayBe) {
    ASSERT_TRUE(model->join(guest, lobby));
    EXPECT_EQ(code(model->may_move(moderator, guest, vault)), ErrorCode::not_permitted)
        << "a guest does not see it";
    EXPECT_EQ(code(model->may_move(moderator, guest, ChannelId{9})), ErrorCode::unknown_channel);
    EXPECT_TRUE(model->may_move(moderator, guest, ChannelId{})) << "out of any room";
    EXPECT_TRUE(model->may_move(moderator, guest, nook));
    ASSERT_TRUE(model->join(member, nook));
    EXPECT_EQ(code(model->may_move(moderator, guest, nook)), ErrorCode::room_full);
    EXPECT_TRUE(model->may_move(owner, guest, nook));
    EXPECT_TRUE(model->may_move(moderator, member, nook)) << "who has its seat already";
}

TEST_F(Moderation, ARoomHasASayInIt) {
    auto record = *model->directory().find(nook);
    record.overrides[moderator_role] = {.deny = {move_others, mute_others}};
    model->apply({record});
    EXPECT_EQ(code(model->may_move(moderator, guest, nook)), ErrorCode::not_permitted) << "into it";
    EXPECT_TRUE(model->plan_silence(moderator, guest, {.mute = true}));
    ASSERT_TRUE(model->join(guest, nook));
    EXPECT_EQ(code(model->may_move(moderator, guest, lobby)), ErrorCode::not_permitted) << "of it";
    EXPECT_EQ(code(model->plan_silence(moderator, guest, {})), ErrorCode::not_permitted);
    EXPECT_TRUE(model->may_kick(moderator, guest)) << "of that no room has a say";
}

TEST_F(Moderation, WhatARoomAllowsSilencesNobodyElsewhere) {
    auto record = *model->directory().find(nook);
    record.overrides[member_role] = {.allow = {mute_others}};
    model->apply({record});
    ASSERT_TRUE(model->join(guest, nook));
    EXPECT_TRUE(model->may(member, nook, mute_others));
    EXPECT_EQ(code(model->plan_silence(member, guest, {.mute = true})), ErrorCode::not_permitted);
    EXPECT_EQ(code(model->plan_silence(member, guest, {.deafen = true})), ErrorCode::not_permitted);
}

TEST_F(Moderation, NobodyUndoesWhatAHigherRankHasDone) {
    silence(owner, guest, {.mute = true});
    EXPECT_EQ(code(model->plan_silence(moderator, guest, {})), ErrorCode::not_permitted);
    EXPECT_EQ(code(model->plan_silence(moderator, guest, {.deafen = true})),
              ErrorCode::not_permitted);
    silence(owner, guest, {});
    silence(moderator, guest, {.mute = true});
    EXPECT_TRUE(model->plan_silence(equal, guest, {})) << "an equal's";
    silence(owner, guest, {.mute = true});
    EXPECT_EQ(code(model->plan_silence(moderator, guest, {})), ErrorCode::not_permitted)
        << "it is the owner's by now";
}

TEST_F(Moderation, WhoeverIsMutedSpeaksNowhere) {
    ASSERT_TRUE(model->join(guest, lobby));
    model->set_speaking(guest, true);
    const auto events = silence(guest, {.mute = true});
    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(std::get<PresenceChanged>(events[0].body).presence, presence(guest));
    EXPECT_TRUE(presence(guest).server_mute);
    EXPECT_FALSE(presence(guest).server_deafen);
    EXPECT_FALSE(presence(guest).speaking);
    EXPECT_TRUE(model->set_speaking(guest, true).empty());
    ASSERT_TRUE(model->leave(guest));
    EXPECT_TRUE(presence(guest).server_mute);
    ASSERT_TRUE(model->join(guest, nook));
    EXPECT_TRUE(presence(guest).server_mute);
    EXPECT_TRUE(silence(guest, {.mute = true}).empty()) << "nothing new";
    EXPECT_EQ(silence(guest, {}).size(), 1U);
    EXPECT_FALSE(presence(guest).server_mute);
}

TEST_F(Moderation, WhoeverIsDeafenedIsMutedToo) {
    silence(guest, {.deafen = true});
    EXPECT_TRUE(presence(guest).server_mute);
    EXPECT_TRUE(presence(guest).server_deafen);
}

TEST_F(Moderation, NobodyEscapesASilenceByComingBack) {
    mute(guest);
    model->log_out(guest);
    const auto again = arrive("Gus the second", 9);
    EXPECT_TRUE(presence(again).server_mute);
    EXPECT_FALSE(presence(arrive("Another", 10)).server_mute);
}

TEST_F(Moderation, ASilenceIsOfAllDevicesOfAnAccount) {
    const auto second = arrive("Mem's telephone", 14);
    EXPECT_EQ(silence(member, {.mute = true}).size(), 2U);
    EXPECT_TRUE(presence(second).server_mute);
    EXPECT_EQ(silence(second, {}).size(), 2U);
    EXPECT_FALSE(presence(member).server_mute);
}

TEST_F(Moderation, ASilenceComesAlongToAnAccountAndAwayFromIt) {
    mute(guest);
    const auto second = arrive("Mem's telephone", 14);
    apply({device(9, 4)});
    EXPECT_TRUE(presence(guest).server_mute);
    EXPECT_TRUE(presence(member).server_mute) << "the account has it now";
    EXPECT_TRUE(presence(second).server_mute);
    apply({DropDevice{identity(14)}});
    EXPECT_TRUE(presence(second).server_mute);
    silence(member, {});
    EXPECT_FALSE(presence(guest).server_mute);
    EXPECT_TRUE(presence(second).server_mute) << "somebody else by now";
    mute(member);
    apply({DropAccount{AccountId{4}}});
    EXPECT_TRUE(presence(member).server_mute);
    EXPECT_TRUE(presence(guest).server_mute);
}

TEST_F(Moderation, OneWhoComesWhileItIsWrittenIsSilencedAllTheSame) {
    const auto plan = model->plan_silence(moderator, guest, {.mute = true});
    ASSERT_TRUE(plan);
    model->log_out(guest);
    const auto again = arrive("Gus the second", 9);
    EXPECT_EQ(model->apply(*plan).events.size(), 1U);
    EXPECT_TRUE(presence(again).server_mute);
}

TEST_F(Moderation, NobodyIsSentIntoARoomWithAPassword) {
    auto record = *model->directory().find(lobby);
    record.channel.password = true;
    record.password_hash = "$argon2id$";
    model->apply({record});
    auto nested = *model->directory().find(nook);
    nested.channel.parent = lobby;
    nested.channel.seats_max = 0;
    model->apply({nested});
    ASSERT_TRUE(model->join(guest, nook));
    ASSERT_TRUE(model->join(owner, nook));
    const auto sent = model->apply({DropChannel{nook}}).relocations;
    ASSERT_EQ(sent.size(), 2U);
    EXPECT_EQ(sent[0], (Relocation{.session = owner, .to = lobby})) << "whom no password keeps out";
    EXPECT_EQ(sent[1], (Relocation{.session = guest, .to = {}})) << "the vault is not for guests";
}

TEST_F(Moderation, PresenceHasTheNameOfTheAccount) {
    EXPECT_EQ(presence(member).account, "Account 4");
    EXPECT_EQ(presence(guest).account, "");
    const auto applied = model->apply({device(9, 4)});
    EXPECT_EQ(presence(guest).account, "Account 4");
    EXPECT_EQ(applied.events.size(), 2U) << "and the tree may look different to them";
}

TEST_F(Moderation, WhatOnlyModeratorsSeeTouchesNobody) {
    EXPECT_TRUE(
        model->apply({AuditEntry{}, Ban{.id = BanId{1}}, DropBan{BanId{1}}}).events.empty());
}

}  // namespace
}  // namespace partyline::room
