// What permissions do to people in rooms.
#include <gtest/gtest.h>

#include "server/room/model.hpp"
#include "server/room/rules_test_support.hpp"
#include "server/room/test_support.hpp"

namespace partyline::room {
namespace {

using enum Permission;

/// Lobby, in it Games, in it Red; an owner, a moderator, a member and two guests.
class Permitted : public testing::Test {
protected:
    Permitted() {
        Records records{
            .roles = built_in_roles(),
            .accounts = {account(1, {}, true), account(2, {moderator_role}), account(3, {})},
            .devices = {device(1), device(2), device(3)},
            .channels = {record(1, 0, "Lobby"), record(2, 1, "Games"), record(3, 2, "Red")}};
        model.emplace(*Model::create(std::move(records), {}));
        owner = arrive("Ada", 1);
        moderator = arrive("Mo", 2);
        member = arrive("Mem", 3);
        guest = arrive("Gus", 0);
        other = arrive("Otto", 0);
    }
    static Account account(std::uint64_t id, std::vector<RoleId> roles, bool is_owner = false) {
        return {.id = AccountId{id},
                .name = std::to_string(id),
                .password_hash = {},
                .recovery_hash = {},
                .roles = std::move(roles),
                .owner = is_owner};
    }
    static Device device(std::uint64_t account) {
        return {.identity = identity(account), .account = AccountId{account}};
    }
    static ChannelRecord record(std::uint32_t id, std::uint32_t parent, std::string name) {
        return {
            .channel = {.id = ChannelId{id}, .parent = ChannelId{parent}, .name = std::move(name)},
            .password_hash = {},
            .overrides = {}};
    }
    SessionId arrive(std::string name, std::uint64_t account) {
        return model->log_in(std::move(name), {.identity = identity(account)})->session;
    }
    void apply(const Changes& changes) {
        for (const auto& relocation : model->apply(changes).relocations) {
            model->relocate(relocation);
        }
    }
    void say(ChannelId room, RoleId role, Override override) {
        auto changed = *model->directory().find(room);
        changed.overrides[role] = override;
        apply({changed});
    }
    template <class Edit>
    void edit(ChannelId room, Edit change) {
        auto changed = *model->directory().find(room);
        change(changed);
        apply({changed});
    }
    [[nodiscard]] ChannelId where(SessionId session) const {
        return model->find(session)->presence.channel;
    }
    ErrorCode writing(SessionId session, ChannelId room) {
        return code(model->compose(session, {.channel = room, .text = "hello"}));
    }

    const ChannelId lobby{1}, games{2}, red{3};
    std::optional<Model> model;
    SessionId owner, moderator, member, guest, other;
};

/// An old text that is edited is told to those who may look it up, and who heard it said.
TEST_F(Permitted, WhatAnOldTextSaysNowIsForWhoMayKnowWhatItSaid) {
    say(lobby, guest_role, {.deny = {read_history}});
    ASSERT_TRUE(model->join(member, lobby));
    ASSERT_TRUE(model->join(guest, lobby));
    const auto text = model->compose(member, {.channel = lobby, .text = "secret"}).value();
    model->said(member, text);
    EXPECT_EQ(model->text_changed(text).at(0).audience, Audience{ToMembers{lobby}});
    ASSERT_TRUE(model->join(other, lobby));
    EXPECT_EQ(model->text_changed(text).at(0).audience, (Audience{ToThese{{member, guest}}}));
    ASSERT_TRUE(model->leave(guest));
    ASSERT_TRUE(model->join(guest, lobby));
    EXPECT_EQ(model->text_changed(text).at(0).audience, (Audience{ToThese{{member}}}));
    const auto later = model->compose(member, {.channel = lobby, .text = "news"}).value();
    ASSERT_TRUE(model->leave(guest));
    ASSERT_TRUE(model->join(guest, lobby)) << "while it is on its way to the disk";
    model->said(member, later);
    EXPECT_EQ(model->text_changed(later).at(0).audience, Audience{ToMembers{lobby}});
}

/// Where nothing is kept no disk is waited for: what is said there is told before what was said earlier.
TEST_F(Permitted, WhatIsSaidElsewhereMeanwhileHidesNoChangeOfWhatOneHeard) {
    say(lobby, guest_role, {.deny = {read_history}});
    ASSERT_TRUE(model->join(member, lobby));
    ASSERT_TRUE(model->join(other, games));
    const auto text = model->compose(member, {.channel = lobby, .text = "teh"}).value();
    const auto later = model->compose(other, {.channel = games, .text = "passing"}).value();
    model->said(other, later, Kept::no);
    ASSERT_TRUE(model->join(guest, lobby)) << "while the first is on its way to the disk";
    model->said(member, text);
    EXPECT_EQ(model->text_changed(text).at(0).audience, Audience{ToMembers{lobby}});
}

TEST_F(Permitted, OnlyWhoMayEnterJoinsAndAHiddenRoomIsNotThere) {
    say(games, guest_role, {.deny = {enter}});
    EXPECT_EQ(code(model->join(guest, games)), ErrorCode::not_permitted);
    say(games, guest_role, {.deny = {see}});
    EXPECT_EQ(code(model->join(guest, games)), ErrorCode::unknown_channel);
    EXPECT_TRUE(model->join(owner, games));
}

TEST_F(Permitted, SeatsRunOutButNotForWhoMayPass) {
    edit(games, [](auto& record) { record.channel.seats_max = 1; });
    EXPECT_TRUE(model->join(guest, games));
    EXPECT_TRUE(model->join(guest, games)) << "where one is";
    EXPECT_EQ(code(model->join(other, games)), ErrorCode::room_full);
    EXPECT_TRUE(model->join(owner, games));
    model->leave(guest);
    model->leave(owner);
    EXPECT_TRUE(model->join(other, games));
}

TEST_F(Permitted, APasswordIsAskedForOnce) {
    edit(games, [](auto& record) {
        record.password_hash = "hash";
        record.channel.password = true;
    });
    EXPECT_TRUE(model->is_locked(guest, games));
    EXPECT_EQ(code(model->join(guest, games)), ErrorCode::bad_password);
    EXPECT_TRUE(model->join(guest, games, Door::unlocked));
    EXPECT_FALSE(model->is_locked(guest, games));
    EXPECT_FALSE(model->is_locked(owner, games));
    EXPECT_TRUE(model->join(owner, games));
}

TEST_F(Permitted, OnlyWhoMayWritesReadsAndDeletes) {
    model->join(guest, games);
    model->join(moderator, games);
    auto text = *model->compose(guest, {.channel = games, .text = "hello"});
    text.author.fill(std::byte{1});
    EXPECT_EQ(code(model->may_change(guest, text, TextAct::erase)), ErrorCode::not_permitted);
    EXPECT_EQ(code(model->may_change(moderator, text, TextAct::edit)), ErrorCode::not_permitted);
    EXPECT_TRUE(model->may_change(moderator, text, TextAct::erase));
    say(games, guest_role, {.deny = {write, read_history}});
    EXPECT_EQ(writing(guest, games), ErrorCode::not_permitted);
    EXPECT_EQ(code(model->may_read(guest, games)), ErrorCode::not_permitted);
    EXPECT_EQ(code(model->may_read(guest, lobby)), ErrorCode::not_in_room);
}

TEST_F(Permitted, WhoMayNotSpeakIsMutedByTheServer) {
    say(games, guest_role, {.deny = {speak}});
    model->join(guest, games);
    EXPECT_TRUE(model->find(guest)->presence.server_mute);
    EXPECT_TRUE(model->set_speaking(guest, true).empty());
    model->join(guest, lobby);
    EXPECT_FALSE(model->find(guest)->presence.server_mute);
    EXPECT_FALSE(model->set_speaking(guest, true).empty());
    say(lobby, guest_role, {.deny = {speak}});
    EXPECT_TRUE(model->find(guest)->presence.server_mute);
    EXPECT_FALSE(model->find(guest)->presence.speaking);
    say(lobby, guest_role, {});
    EXPECT_FALSE(model->find(guest)->presence.server_mute);
}

TEST_F(Permitted, ALockedRoomSendsItsPeopleToTheNearestOneAbove) {
    model->join(guest, red);
    model->join(moderator, red);
    say(red, guest_role, {.deny = {enter}});
    say(red, moderator_role, {.allow = {enter}});
    EXPECT_EQ(where(guest), games);
    EXPECT_EQ(where(moderator), games) << "was locked too, for a moment";
    model->join(moderator, red);
    say(games, guest_role, {.deny = {enter}});
    EXPECT_EQ(where(guest), lobby);
    EXPECT_EQ(where(moderator), red);
}

TEST_F(Permitted, ADeletedRoomSendsItsPeopleUpAndThenToTheLobbyAndDropsNobody) {
    for (const auto session : {owner, member, guest}) {
        model->join(session, red);
    }
    model->join(other, games);
    apply({DropChannel{red}});
    EXPECT_EQ(model->find(red), nullptr);
    for (const auto session : {owner, member, guest, other}) {
        EXPECT_EQ(where(session), games);
    }
    say(games, member_role, {.allow = {speak}});
    edit(games, [](auto& record) { record.channel.parent = {}; });
    apply({DropChannel{games}});
    EXPECT_EQ(where(member), lobby);
    say(lobby, guest_role, {.deny = {enter}});
    EXPECT_EQ(where(guest), ChannelId{}) << "nowhere to go";
    EXPECT_EQ(where(owner), lobby);
    apply({DropChannel{lobby}});
    EXPECT_EQ(where(owner), ChannelId{});
    EXPECT_TRUE(model->channels().empty());
    EXPECT_TRUE(model->directory().channels().empty());
    EXPECT_EQ(model->sessions().size(), 5U);
}

TEST_F(Permitted, ATreeThatGoesAtOnceSendsItsPeopleAboveIt) {
    model->join(guest, red);
    apply({DropChannel{red}, DropChannel{games}});
    EXPECT_EQ(where(guest), lobby);
    EXPECT_EQ(model->channels().size(), 1U);
}

TEST_F(Permitted, ATemporaryRoomVanishesWithItsLastMember) {
    auto tea = record(9, 1, "Tea");
    tea.channel.temporary = true;
    apply({tea});
    model->join(guest, tea.channel.id);
    model->join(other, tea.channel.id);
    model->join(guest, lobby);
    EXPECT_NE(model->find(tea.channel.id), nullptr);
    model->log_out(other);
    EXPECT_EQ(model->find(tea.channel.id), nullptr);
    EXPECT_EQ(model->directory().find(tea.channel.id), nullptr);
    EXPECT_EQ(code(model->join(guest, tea.channel.id)), ErrorCode::unknown_channel);
}

TEST_F(Permitted, SomebodyElsesRightsMoveOneAtOnce) {
    say(games, guest_role, {.deny = {enter}});
    say(games, member_role, {.allow = {enter}});
    ASSERT_TRUE(model->join(member, games));
    const auto applied = model->apply({DropDevice{identity(3)}});
    EXPECT_EQ(applied.relocations, (std::vector<Relocation>{{.session = member, .to = lobby}}));
    model->relocate(applied.relocations.front());
    EXPECT_EQ(where(member), lobby);
}

TEST_F(Permitted, RecordingIsShownAndEndsWithTheRoomAndThePermission) {
    const auto records = [this](SessionId session) {
        return model->find(session)->presence.recording;
    };
    EXPECT_EQ(code(model->set_recording(member, true)), ErrorCode::not_in_room);
    EXPECT_TRUE(model->set_recording(member, false)) << "to stop is never refused";
    for (const auto session : {member, moderator, guest}) {
        ASSERT_TRUE(model->join(session, ChannelId{1}));
    }
    EXPECT_EQ(code(model->set_recording(guest, true)), ErrorCode::not_permitted);
    const auto began = model->set_recording(member, true);
    ASSERT_TRUE(began);
    ASSERT_EQ(began->size(), 1U);
    EXPECT_TRUE(std::holds_alternative<ToEverybody>(began->front().audience));
    EXPECT_TRUE(std::get<PresenceChanged>(began->front().body).presence.recording);
    EXPECT_TRUE(model->set_recording(member, true)->empty()) << "as it was";

    ASSERT_TRUE(model->set_recording(moderator, true));
    ASSERT_TRUE(model->join(moderator, ChannelId{2}));
    EXPECT_FALSE(records(moderator)) << "those in the other room have not seen it";

    EXPECT_TRUE(records(member));
    auto unrecorded = record(1, 0, "Lobby");
    unrecorded.overrides[member_role] = {.deny = {Permission::record}};
    apply({unrecorded});
    EXPECT_FALSE(records(member));
    EXPECT_EQ(code(model->set_recording(member, true)), ErrorCode::not_permitted);
}

}  // namespace
}  // namespace partyline::room
