// Rooms and roles that change while people are in them: what each of them is told.
#include <algorithm>

#include "server/control/people_fixture.hpp"

namespace partyline::control {
namespace {

constexpr ChannelId office{3};

constexpr std::uint64_t bits(std::initializer_list<room::Permission> permissions) {
    return room::PermissionSet(permissions).bits();
}

class LiveRoomsTest : public PeopleTest {
protected:
    LiveRoomsTest() {
        config.channels.push_back({.id = office, .name = "Office", .bitrate_bps_max = 48'000});
    }

    net::task<> say(Caller& by, ChannelId room, RoleId role, std::uint64_t allow,
                    std::uint64_t deny) {
        co_await by.ask<wire::Ok>(wire::SetOverride{
            .channel = room, .override = {.role = role, .allow = allow, .deny = deny}});
    }
    net::task<wire::Joined> join(Caller& caller, ChannelId room) {
        return caller.ask<wire::Joined>(wire::Join{.channel = room, .password = {}});
    }

    net::task<> tick_has_come(Caller& caller) {
        for (const auto before = relay.losses_updated; relay.losses_updated == before;) {
            manual_clock.advance(std::chrono::milliseconds(20));
            co_await caller.ask<wire::ControlPong>(wire::ControlPing{});
        }
    }

    /// What talkies are told holds at the relay, too.
    net::task<> capped() {
        Caller ada(loop);
        co_await enter(ada, "Ada");
        EXPECT_EQ(relay.bitrates.at(office), 48'000U) << "from the first";
        EXPECT_EQ(relay.bitrates.at(lobby), 0U);
        co_await ada.ask<wire::Ok>(wire::EditChannel{.channel = office, .bitrate_bps_max = 24'000});
        EXPECT_EQ(relay.bitrates.at(office), 24'000U);
        co_await ada.ask<wire::Ok>(wire::EditChannel{.channel = office, .name = "Bureau"});
        EXPECT_EQ(relay.bitrates.at(office), 24'000U);
        co_await ada.ask<wire::Ok>(wire::DeleteChannel{office});
        EXPECT_EQ(relay.bitrates.at(office), 0U);
    }

    /// No room shows more than the server lets anybody send.
    net::task<> capped_by_the_server() {
        Caller ada(loop);
        Caller gus(loop);
        co_await enter(ada, "Ada");
        co_await enter(gus, "Gus");
        const std::pair<std::uint32_t, std::uint32_t> caps[] = {
            {24'000, 24'000}, {32'000, 32'000}, {24'000, 24'000}, {32'001, 32'000}};
        for (const auto& [set, shown] : caps) {
            co_await ada.ask<wire::Ok>(
                wire::EditChannel{.channel = office, .bitrate_bps_max = set});
            const auto told = co_await gus.get<wire::ChannelsChanged>();
            EXPECT_EQ(told.channels.at(0).bitrate_bps_max, shown) << set;
        }
        co_await ada.ask<wire::Ok>(
            wire::EditChannel{.channel = office, .name = "Bureau", .bitrate_bps_max = 0});
        EXPECT_EQ((co_await gus.get<wire::ChannelsChanged>()).channels.at(0).bitrate_bps_max,
                  32'000U)
            << "where the room says nothing";
    }

    /// The log says what has changed, and of whom by their own name.
    net::task<> changes_are_logged() {
        Caller ada(loop);
        co_await enter(ada, "Ada");
        const auto logged = [this] {
            return std::get<room::AuditEntry>(store.applied.back().back());
        };
        const auto roles = co_await ada.ask<wire::Roles>(wire::CreateRole{
            {.name = "De\u0301e", .rank = 50, .grants = bits({room::Permission::kick})}});
        EXPECT_EQ(logged().target, "D\u00E9e");
        EXPECT_EQ(logged().detail, "rank 50, grants kick");
        const auto id = roles.roles.at(0).role;
        co_await ada.ask<wire::Ok>(wire::EditRole{
            .role = id,
            .settings = {.name = "DJ", .rank = 51, .grants = bits({room::Permission::ban})}});
        EXPECT_EQ(logged().target, "D\u00E9e");
        EXPECT_EQ(logged().detail,
                  "now called DJ, rank 50 to 51, grants ban, no longer grants kick");
        co_await ada.ask<wire::Ok>(wire::GrantRole{.account = "mEM", .role = id});
        EXPECT_EQ(logged().target, "Mem");
        EXPECT_EQ(logged().detail, "DJ");
        co_await ada.ask<wire::Ok>(wire::RevokeRole{.account = "mem", .role = id});
        EXPECT_EQ(logged().target, "Mem");
        co_await say(ada, office, id, 0, bits({room::Permission::speak}));
        EXPECT_EQ(logged().target, "Office");
        EXPECT_EQ(logged().detail, "DJ: denies speak");
        co_await say(ada, office, id, bits({room::Permission::speak}), 0);
        EXPECT_EQ(logged().detail, "DJ: allows speak");
        co_await say(ada, office, id, 0, 0);
        EXPECT_EQ(logged().detail, "DJ: no longer says speak");
    }

    net::task<> made_edited_moved_deleted() {
        Caller ada(loop);
        Caller gus(loop);
        co_await enter(ada, "Ada");
        co_await enter(gus, "Gus");
        const auto made = co_await ada.ask<wire::ChannelCreated>(
            wire::CreateChannel{.parent = lobby, .name = "Nook", .topic = "Sh", .order = 7});
        auto told = co_await gus.get<wire::ChannelsChanged>();
        EXPECT_EQ(
            told.channels,
            (std::vector<wire::Channel>{
                {.id = made.channel, .parent = lobby, .name = "Nook", .topic = "Sh", .order = 7}}));
        co_await ada.ask<wire::Ok>(wire::EditChannel{
            .channel = made.channel, .name = "Den", .icon = "🦊", .seats_max = 1});
        told = co_await gus.get<wire::ChannelsChanged>();
        EXPECT_EQ(told.channels.at(0).name, "Den");
        EXPECT_EQ(told.channels.at(0).icon, "🦊");
        EXPECT_EQ(std::get<room::AuditEntry>(store.applied.back().back()).detail,
                  "now \"Den\", another icon, seats 1");
        co_await ada.ask<wire::Ok>(
            wire::MoveChannel{.channel = made.channel, .parent = attic, .order = 1});
        told = co_await gus.get<wire::ChannelsChanged>();
        EXPECT_EQ(told.channels.at(0).parent, attic);

        co_await join(gus, made.channel);
        Caller otto(loop);
        co_await enter(otto, "Otto");
        co_await refused(otto, wire::Join{.channel = made.channel, .password = {}},
                         ErrorCode::room_full);
        co_await ada.ask<wire::Ok>(wire::DeleteChannel{made.channel});
        const auto moved = co_await gus.get<wire::Moved>();
        EXPECT_EQ(moved.channel, attic);
        EXPECT_EQ(moved.route, relay.seats.at(gus.session)->route);
        EXPECT_EQ(relay.seats.at(gus.session)->channel, attic);
        EXPECT_EQ((co_await otto.get<wire::ChannelsChanged>()).gone,
                  std::vector<ChannelId>{made.channel});
        EXPECT_EQ(std::get<room::AuditEntry>(store.applied.back().back()).action, "room_deleted");
        co_await gus.ask<wire::TextAccepted>(
            wire::SendText{.channel = attic, .text = "still here"});
    }

    net::task<> hidden() {
        Caller ada(loop);
        Caller gus(loop);
        co_await enter(ada, "Ada");
        co_await enter(gus, "Gus");
        co_await join(ada, office);
        co_await ada.ask<wire::Ok>(wire::SetPriority{.on = true});
        co_await ada.ask<wire::Ok>(wire::SetRecording{.on = true});
        co_await say(ada, office, room::guest_role, 0, bits({room::Permission::see}));
        EXPECT_EQ((co_await gus.get<wire::ChannelsChanged>()).gone, std::vector<ChannelId>{office});
        co_await refused(gus, wire::Join{.channel = office, .password = {}},
                         ErrorCode::unknown_channel);
        co_await refused(gus, wire::Explain{.account = {}, .channel = office},
                         ErrorCode::unknown_channel);

        // Whoever comes now is not told of it either, nor of who is in it.
        Caller otto(loop);
        const auto hello = co_await otto.connect(port());
        co_await otto.ask<wire::Welcome>(otto.make_login({.name = "Otto"}, hello));
        for (const auto& channel : (co_await otto.get<wire::ChannelPage>()).channels) {
            EXPECT_NE(channel.id, office);
        }
        for (const auto& person : (co_await otto.get<wire::PresencePage>()).sessions) {
            EXPECT_EQ(person.channel, ChannelId{}) << person.name;
            EXPECT_FALSE(person.priority || person.recording) << person.name;
        }

        co_await say(ada, office, room::guest_role, 0, 0);
        const auto shown = co_await otto.get<wire::ChannelsChanged>();
        EXPECT_EQ(shown.channels.at(0).name, "Office");
        const auto people = co_await otto.get<wire::PresenceChanged>();
        const auto in_office =
            std::ranges::find(people.sessions, ada.session, &wire::Presence::session);
        EXPECT_TRUE(in_office != people.sessions.end() && in_office->channel == office);
    }

    net::task<> locked() {
        Caller ada(loop);
        Caller gus(loop);
        co_await enter(ada, "Ada");
        co_await enter(gus, "Gus");
        co_await join(gus, attic);
        co_await join(ada, attic);
        co_await say(ada, attic, room::guest_role, 0, bits({room::Permission::enter}));
        EXPECT_EQ((co_await gus.get<wire::Moved>()).channel, lobby);
        EXPECT_EQ((co_await ada.get<wire::MemberLeft>()).session, gus.session);
        co_await say(ada, lobby, room::guest_role, 0, bits({room::Permission::enter}));
        EXPECT_EQ((co_await gus.get<wire::Moved>()).channel, office);
        co_await say(ada, office, room::guest_role, 0, bits({room::Permission::enter}));
        EXPECT_EQ((co_await gus.get<wire::Moved>()).channel, ChannelId{}) << "nowhere is left";
        co_await gus.ask<wire::ControlPong>(wire::ControlPing{});
    }

    net::task<> silenced() {
        Caller ada(loop);
        Caller gus(loop);
        co_await enter(ada, "Ada");
        co_await enter(gus, "Gus");
        co_await join(ada, attic);
        co_await join(gus, attic);
        EXPECT_FALSE(relay.seats.at(gus.session)->flags.muted);
        co_await say(ada, attic, room::guest_role, 0,
                     bits({room::Permission::speak, room::Permission::write,
                           room::Permission::read_history}));
        EXPECT_TRUE(relay.seats.at(gus.session)->flags.muted);
        EXPECT_FALSE(relay.seats.at(ada.session)->flags.muted);
        co_await gus.ask<wire::Ok>(wire::SetSelfState{});
        EXPECT_TRUE(relay.seats.at(gus.session)->flags.muted) << "nobody unmutes themself";
        co_await refused(gus, wire::SendText{.channel = attic, .text = "hello"},
                         ErrorCode::not_permitted);
        co_await refused(gus, wire::GetHistory{.channel = attic}, ErrorCode::not_permitted);
        co_await join(gus, lobby);
        EXPECT_FALSE(relay.seats.at(gus.session)->flags.muted);
    }

    /// Not even over the routes that they had there, once they may speak elsewhere.
    net::task<> unheard() {
        Caller ada(loop);
        Caller gus(loop);
        co_await enter(ada, "Ada");
        co_await enter(gus, "Gus");
        co_await say(ada, attic, room::guest_role, 0, bits({room::Permission::speak}));
        co_await join(gus, attic);
        co_await join(gus, lobby);
        const auto& seat = *relay.seats.at(gus.session);
        EXPECT_FALSE(seat.flags.muted);
        EXPECT_EQ(seat.heard_in, std::set{lobby});
        co_await join(gus, attic);
        co_await ada.ask<wire::Ok>(wire::DeleteChannel{attic});
        EXPECT_EQ((co_await gus.get<wire::Moved>()).channel, lobby);
        EXPECT_FALSE(seat.flags.muted);
        EXPECT_EQ(seat.heard_in, std::set{lobby});
    }

    net::task<> temporary() {
        Caller mem(loop);
        Caller gus(loop);
        co_await enter(mem, "Mem");
        co_await enter(gus, "Gus");
        const auto made = co_await mem.ask<wire::ChannelCreated>(
            wire::CreateChannel{.parent = lobby, .name = "Tea", .topic = {}, .temporary = true});
        EXPECT_EQ((co_await mem.get<wire::Moved>()).channel, made.channel);
        EXPECT_TRUE((co_await gus.get<wire::ChannelsChanged>()).channels.at(0).temporary);
        co_await join(gus, made.channel);
        co_await join(mem, lobby);
        co_await join(gus, lobby);
        EXPECT_EQ((co_await gus.get<wire::ChannelsChanged>()).gone,
                  std::vector<ChannelId>{made.channel});
    }

    net::task<> temporary_without_end() {
        Caller mem(loop, manual_clock), other(loop, manual_clock);
        co_await enter(mem, "Mem");
        const auto make = [](int number) {
            return wire::CreateChannel{.parent = lobby,
                                       .name = "Tea " + std::to_string(number),
                                       .topic = {},
                                       .temporary = true};
        };
        const auto& rate = config.limits.temporary_rooms;
        const auto burst = static_cast<int>(rate.burst);
        for (int i = 0; i < burst; ++i) {
            co_await mem.ask<wire::ChannelCreated>(make(i));
        }
        // Neither another connection nor another device is another person.
        co_await enter(other, "Mem's telephone");
        const auto refusal = co_await other.ask<wire::Refusal>(make(burst));
        EXPECT_EQ(refusal.error.code, ErrorCode::rate_limited);
        EXPECT_EQ(refusal.error.retry_ms, static_cast<std::uint32_t>(1000 / rate.per_second));
        auto nowhere = make(burst);
        nowhere.parent = ChannelId{99};
        const auto soonest = co_await other.ask<wire::Refusal>(nowhere);
        EXPECT_EQ(soonest.error.code, ErrorCode::rate_limited) << "before anything is looked at";
        EXPECT_TRUE(store.applied.empty()) << "neither logged nor stored";
        Caller ada(loop, manual_clock);
        co_await enter(ada, "Ada");
        co_await ada.ask<wire::ChannelCreated>(make(burst + 1));
        manual_clock.advance(std::chrono::milliseconds(refusal.error.retry_ms));
        co_await refused(other, nowhere, ErrorCode::unknown_channel);
        co_await other.ask<wire::ChannelCreated>(make(burst + 2));  // a refusal was no room
        EXPECT_EQ(server->model().channels().size(), config.channels.size() + 3)
            << "of each maker the room before has gone";
    }

    net::task<> slow() {
        Caller ada(loop, manual_clock);
        Caller gus(loop, manual_clock);
        co_await enter(ada, "Ada");
        co_await enter(gus, "Gus");
        co_await ada.ask<wire::Ok>(wire::EditChannel{.channel = lobby, .slow_mode_s = 30});
        co_await join(ada, lobby);
        co_await join(gus, lobby);
        co_await gus.ask<wire::TextAccepted>(wire::SendText{.channel = lobby, .text = "one"});
        const auto refusal =
            co_await gus.ask<wire::Refusal>(wire::SendText{.channel = lobby, .text = "two"});
        EXPECT_EQ(refusal.error.code, ErrorCode::rate_limited);
        EXPECT_EQ(refusal.error.retry_ms, 30'000U);
        co_await ada.ask<wire::TextAccepted>(wire::SendText{.channel = lobby, .text = "one"});
        co_await ada.ask<wire::TextAccepted>(wire::SendText{.channel = lobby, .text = "two"});
        manual_clock.advance(std::chrono::seconds(30));
        co_await gus.ask<wire::TextAccepted>(wire::SendText{.channel = lobby, .text = "three"});
        manual_clock.advance(std::chrono::seconds(30));
        store.failure = Error{.code = ErrorCode::store_failed, .message = "The disk is full."};
        co_await refused(gus, wire::SendText{.channel = lobby, .text = "four"},
                         ErrorCode::store_failed);
        store.failure.reset();
        co_await gus.ask<wire::TextAccepted>(wire::SendText{.channel = lobby, .text = "four"});
        // Nor does it cost anything where nothing is kept.
        manual_clock.advance(std::chrono::seconds(30));
        co_await ada.ask<wire::Ok>(
            wire::EditChannel{.channel = lobby, .retention = wire::Retention{.keep = false}});
        store.failure = Error{.code = ErrorCode::store_failed, .message = "The disk is full."};
        co_await refused(gus, wire::SendText{.channel = lobby, .text = "five"},
                         ErrorCode::store_failed);
        store.failure.reset();
        co_await gus.ask<wire::TextAccepted>(wire::SendText{.channel = lobby, .text = "five"});
    }

    net::task<> away() {
        Caller gus(loop, manual_clock);
        co_await enter(gus, "Gus");
        co_await join(gus, lobby);
        manual_clock.advance(std::chrono::minutes(9));
        co_await gus.ask<wire::Ok>(wire::SetSelfState{});
        manual_clock.advance(std::chrono::minutes(9));
        // Nobody else sees it, but who whispers is there.
        relay.seats.at(gus.session)->whispering = true;
        co_await tick_has_come(gus);
        relay.seats.at(gus.session)->whispering = false;
        EXPECT_FALSE(server->model().find(gus.session)->presence.speaking);
        manual_clock.advance(std::chrono::minutes(9));
        // A talkie's own ping is no sign of anybody.
        co_await gus.ask<wire::ControlPong>(wire::ControlPing{});
        EXPECT_EQ(server->model().find(gus.session)->presence.channel, lobby);
        manual_clock.advance(std::chrono::minutes(1));
        EXPECT_EQ((co_await gus.get<wire::Moved>()).channel, attic);
    }

    net::task<> away_room_is_full() {
        Caller ada(loop, manual_clock);
        Caller gus(loop, manual_clock);
        co_await enter(ada, "Ada");
        co_await enter(gus, "Gus");
        co_await ada.ask<wire::Ok>(wire::EditChannel{.channel = attic, .seats_max = 1});
        co_await join(ada, attic);
        co_await join(gus, lobby);
        manual_clock.advance(config.away_after);
        co_await tick_has_come(gus);
        EXPECT_EQ(server->model().find(gus.session)->presence.channel, lobby);
        co_await join(ada, lobby);
        manual_clock.advance(std::chrono::seconds(1));
        EXPECT_EQ((co_await gus.get<wire::Moved>()).channel, attic) << "as soon as there is a seat";
    }

    net::task<> hurried() {
        Caller ada(loop, manual_clock);
        co_await enter(ada, "Ada");
        const wire::EditChannel edit{.channel = lobby, .order = 4};
        for (int i = 0; i < 50; ++i) {
            co_await ada.ask<wire::Ok>(edit);
        }
        const auto refusal = co_await ada.ask<wire::Refusal>(edit);
        EXPECT_EQ(refusal.error.code, ErrorCode::rate_limited);
        EXPECT_EQ(refusal.error.retry_ms, 200U);
        manual_clock.advance(std::chrono::milliseconds(200));
        co_await ada.ask<wire::Ok>(edit);
    }

    net::task<> roles() {
        Caller ada(loop);
        Caller mem(loop);
        co_await enter(ada, "Ada");
        co_await enter(mem, "Mem");
        const auto made = co_await ada.ask<wire::Roles>(
            wire::CreateRole{{.name = "DJ", .rank = 50, .grants = bits({room::Permission::kick})}});
        const auto dj = made.roles.at(0).role;
        const wire::Explain why{.account = {},
                                .permission = static_cast<std::uint8_t>(room::Permission::kick)};
        EXPECT_FALSE((co_await mem.ask<wire::Explanation>(why)).holds);
        co_await ada.ask<wire::Ok>(wire::GrantRole{.account = "mem", .role = dj});
        const auto explained = co_await mem.ask<wire::Explanation>(why);
        EXPECT_TRUE(explained.holds);
        EXPECT_EQ(explained.steps,
                  (std::vector<wire::ExplainedStep>{
                      {.rule = 3, .role = dj, .role_name = "DJ", .channel = {}, .holds = true}}));
        co_await ada.ask<wire::Ok>(wire::RevokeRole{.account = "Mem", .role = dj});
        EXPECT_FALSE((co_await mem.ask<wire::Explanation>(why)).holds);
        co_await refused(ada, wire::GrantRole{.account = "Nobody", .role = dj},
                         ErrorCode::unknown_account);
        co_await ada.ask<wire::Ok>(wire::DeleteRole{dj});
        EXPECT_EQ((co_await ada.ask<wire::Roles>(wire::GetRoles{})).roles.size(), 4U);
    }

    net::task<> disk_full() {
        Caller ada(loop);
        co_await enter(ada, "Ada");
        store.failure = Error{.code = ErrorCode::store_failed, .message = "The disk is full."};
        co_await refused(ada, wire::DeleteChannel{attic}, ErrorCode::store_failed);
        EXPECT_NE(server->model().find(attic), nullptr);
        store.failure.reset();
        co_await ada.ask<wire::Ok>(wire::DeleteChannel{attic});
        EXPECT_EQ(server->model().find(attic), nullptr);
    }
};

TEST_F(LiveRoomsTest, NoRoomShowsMoreThanTheServerAllows) {
    config.talker_bps_max = 32'000;
    play(capped_by_the_server());
}
TEST_F(LiveRoomsTest, TheLogSaysWhatHasChanged) { play(changes_are_logged()); }
TEST_F(LiveRoomsTest, TheRelayHoldsTalkersToTheBitrate) { play(capped()); }
TEST_F(LiveRoomsTest, AreMadeEditedMovedAndDeletedBeforeAllEyes) {
    play(made_edited_moved_deleted());
}
TEST_F(LiveRoomsTest, WhatOneMayNotSeeIsNotThere) { play(hidden()); }
TEST_F(LiveRoomsTest, ALockedRoomSendsItsPeopleOnAndDropsNobody) { play(locked()); }
TEST_F(LiveRoomsTest, WhoMayNotSpeakIsMutedAtTheRelay) { play(silenced()); }
TEST_F(LiveRoomsTest, WhoMayNotSpeakInARoomIsNotHeardThereAfterwards) { play(unheard()); }
TEST_F(LiveRoomsTest, ATemporaryRoomLastsAsLongAsSomebodyIsInIt) { play(temporary()); }
TEST_F(LiveRoomsTest, TemporaryRoomsComeOnlySoFastAndAreNotLogged) {
    clock = &manual_clock;
    add_device("Mem", "Mem's telephone");
    play(temporary_without_end());
}
TEST_F(LiveRoomsTest, SlowModeMakesPeopleWait) {
    clock = &manual_clock;
    play(slow());
}
TEST_F(LiveRoomsTest, WhoDoesNothingForLongGoesToTheRoomForThat) {
    clock = &manual_clock;
    config.away_room = "Lobby/Attic";
    config.away_after = std::chrono::minutes(10);
    config.limits.silence = std::chrono::hours(1);
    play(away());
}
TEST_F(LiveRoomsTest, WhoDoesNothingForLongWaitsForASeatThere) {
    clock = &manual_clock;
    config.away_room = "Lobby/Attic";
    config.away_after = std::chrono::minutes(10);
    config.limits.silence = std::chrono::hours(1);
    play(away_room_is_full());
}
TEST_F(LiveRoomsTest, ChangesComeOnlySoFast) {
    clock = &manual_clock;
    play(hurried());
}
TEST_F(LiveRoomsTest, RolesAreGivenTakenAndExplained) { play(roles()); }
TEST_F(LiveRoomsTest, WhatIsNotKeptHasNotHappened) { play(disk_full()); }

}  // namespace
}  // namespace partyline::control
