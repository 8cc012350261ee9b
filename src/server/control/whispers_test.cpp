// Whispering as talkies see it: who is told of which set, who is handed its keys, whom the relay lets
// hear it.
#include <algorithm>
#include <format>
#include <memory>

#include "server/control/people_fixture.hpp"

namespace partyline::control {
namespace {

constexpr StreamId first{1};
constexpr StreamId second{2};

class WhispersTest : public PeopleTest {
protected:
    WhispersTest() { clock = &manual_clock; }

    using Heard = std::set<SessionId>;

    struct Three {
        Three(net::Loop& loop, const Clock& clock)
            : ada(loop, clock), bob(loop, clock), cid(loop, clock) {}
        Caller ada, bob, cid;
    };
    /// Ada and Bob in the lobby, Cid in the attic. Ada owns the server, the others are guests.
    net::task<> gather(Three& people) {
        co_await enter(people.ada, "Ada");
        co_await enter(people.bob, "Bob");
        co_await enter(people.cid, "Cid");
        co_await people.ada.ask<wire::Joined>(wire::Join{lobby});
        co_await people.bob.ask<wire::Joined>(wire::Join{lobby});
        co_await people.cid.ask<wire::Joined>(wire::Join{attic});
        co_await told(people.bob);
        co_await told(people.cid);
        co_await told(people.ada);
    }
    static wire::SetWhisper to(std::vector<SessionId> sessions,
                               std::vector<ChannelId> channels = {}, StreamId stream = first) {
        return {.stream = stream, .sessions = std::move(sessions), .channels = std::move(channels)};
    }
    static std::vector<SessionId> sessions_of(const std::vector<wire::Member>& members) {
        std::vector<SessionId> sessions;
        std::ranges::transform(members, std::back_inserter(sessions), &wire::Member::session);
        return sessions;
    }
    /// Whom the relay lets hear it.
    Heard heard(const Caller& whisperer, StreamId stream = first) {
        return relay.seats.at(whisperer.session)->whispers[stream.value];
    }

    /// What has been told until now of whispers and keys.
    net::task<std::vector<wire::ServerBody>> told(Caller& caller) {
        auto bodies = co_await caller.told();
        std::erase_if(bodies, [](const wire::ServerBody& body) {
            return !std::holds_alternative<wire::WhisperChanged>(body) &&
                   !std::holds_alternative<wire::WhisperOpened>(body) &&
                   !std::holds_alternative<wire::WhisperClosed>(body) &&
                   !std::holds_alternative<wire::KeyShare>(body) &&
                   !std::holds_alternative<wire::KeyRequested>(body);
        });
        co_return bodies;
    }
    using Told = std::vector<wire::ServerBody>;

    static wire::ShareKeys shares(std::uint32_t generation, std::vector<SessionId> receivers,
                                  StreamId stream = first) {
        wire::ShareKeys keys{
            .channel_epoch = ChannelEpoch{1}, .stream = stream, .generation = generation};
        for (const auto session : receivers) {
            keys.shares.push_back({.to = session, .sealed = Bytes(72)});
        }
        return keys;
    }
    static wire::KeyShare share_of(const Caller& from, std::uint32_t generation,
                                   StreamId stream = first) {
        return {.from = from.session,
                .channel_epoch = ChannelEpoch{1},
                .stream = stream,
                .generation = generation,
                .sealed = Bytes(72)};
    }

    wire::RenewDevice renewed(const Caller& caller) {
        const auto expiry = clock->unix_ms() + crypto::device_lifetime_ms_max;
        return {.device = {.signature = to_bytes(crypto::sign_device(
                               caller.identity(), {.server_id = identity.public_key(),
                                                   .x25519 = caller.agreement().public_key(),
                                                   .expiry_unix_ms = expiry})),
                           .expiry_unix_ms = expiry}};
    }

    net::task<> lose(Caller& caller, Caller& other) {
        caller.break_off();
        while (server->seats_away() != 1) {
            manual_clock.advance(std::chrono::milliseconds(20));
            co_await other.ask<wire::ControlPong>(wire::ControlPing{});
        }
    }

    // --- scenarios -------------------------------------------------------------------------------

    net::task<> charged() {
        Three people(loop, manual_clock);
        auto& [ada, bob, cid] = people;
        co_await gather(people);
        co_await ada.ask<wire::WhisperMembers>(to({}, {attic}));
        co_await bob.ask<wire::Joined>(wire::Join{attic});
        co_await bob.ask<wire::Joined>(wire::Join{lobby});
        EXPECT_EQ((co_await bob.ask<wire::WhisperMembers>(to({}, {}))).members.size(), 0U)
            << "to take back what one has is never refused";
        co_await bob.ask<wire::Joined>(wire::Join{attic});
        EXPECT_EQ(heard(ada), (Heard{bob.session, cid.session})) << "one more than he may";
        co_await bob.ask<wire::Moved>(wire::Leave{});
        EXPECT_EQ(heard(ada), (Heard{cid.session})) << "he hears it no more, at once";
        co_await bob.ask<wire::Joined>(wire::Join{attic});
        EXPECT_EQ(heard(ada), (Heard{cid.session})) << "he is where he likes, and is to wait";
        co_await told(ada);
        for (int i = 0; i < 4; ++i) {
            co_await bob.ask<wire::Joined>(wire::Join{lobby});
            co_await bob.ask<wire::Joined>(wire::Join{attic});
        }
        EXPECT_EQ((co_await told(ada)).size(), 0U) << "she hears nothing of it";
        co_await refused(bob, to({cid.session}), ErrorCode::rate_limited);
        while (heard(ada) != Heard{bob.session, cid.session}) {
            manual_clock.advance(std::chrono::milliseconds(20));  // a ping's worth of messages
            co_await bob.ask<wire::ControlPong>(wire::ControlPing{});
        }
        const auto news = std::get<wire::WhisperChanged>((co_await told(ada)).at(0));
        EXPECT_EQ(sessions_of(news.joined), (std::vector{bob.session}));
        EXPECT_EQ(co_await outcome(cid, wire::Join{lobby}), ErrorCode::unspecified)
            << "others are not asked for it";
    }

    /// However many change at once, the relay learns of all of them.
    net::task<> late() {
        Three people(loop, manual_clock);
        auto& [ada, bob, cid] = people;
        co_await gather(people);
        co_await ada.ask<wire::WhisperMembers>(to({}, {attic}, first));
        co_await ada.ask<wire::WhisperMembers>(to({}, {attic}, StreamId{2}));
        EXPECT_EQ(heard(ada), Heard{cid.session}) << "what one asks for oneself is never late";
        EXPECT_EQ(heard(ada, StreamId{2}), Heard{cid.session});
        co_await bob.ask<wire::Joined>(wire::Join{attic});
        co_await until_heard(bob, ada, {bob.session, cid.session});
        co_await bob.ask<wire::Joined>(wire::Join{lobby});
        co_await until_heard(bob, ada, {cid.session});
    }
    /// On both streams.
    net::task<> until_heard(Caller& caller, const Caller& whisperer, Heard wanted) {
        while (heard(whisperer) != wanted || heard(whisperer, StreamId{2}) != wanted) {
            manual_clock.advance(std::chrono::milliseconds(20));  // a ping's worth of messages
            co_await caller.ask<wire::ControlPong>(wire::ControlPing{});
        }
    }

    net::task<> named() {
        Three people(loop, manual_clock);
        auto& [ada, bob, cid] = people;
        co_await gather(people);
        const auto members =
            co_await ada.ask<wire::WhisperMembers>(to({bob.session, ada.session}, {attic}));
        EXPECT_EQ(members.stream, first);
        EXPECT_EQ(members.epoch, ChannelEpoch{1});
        EXPECT_FALSE(members.more);
        EXPECT_EQ(sessions_of(members.members), (std::vector{bob.session, cid.session}));
        EXPECT_EQ(members.members.front().identity, to_bytes(bob.identity().public_key()));
        EXPECT_EQ(heard(ada), (Heard{bob.session, cid.session}));
        for (auto* caller : {&bob, &cid}) {
            const auto news = co_await told(*caller);
            EXPECT_EQ(news.size(), 1U);
            const auto opened = std::get<wire::WhisperOpened>(news.at(0));
            EXPECT_EQ(opened.whisperer.session, ada.session);
            EXPECT_EQ(opened.whisperer.x25519, to_bytes(ada.agreement().public_key()));
            EXPECT_EQ(opened.name, "Ada");
            EXPECT_EQ(opened.stream, first);
        }
        EXPECT_EQ((co_await told(ada)).size(), 0U) << "the answer was enough";

        const auto fewer = co_await ada.ask<wire::WhisperMembers>(to({}, {attic}));
        EXPECT_EQ(fewer.epoch, ChannelEpoch{2});
        EXPECT_EQ(co_await told(bob),
                  (Told{wire::WhisperClosed{.session = ada.session, .stream = first}}));
        EXPECT_EQ((co_await told(cid)).size(), 0U);
        const auto none = co_await ada.ask<wire::WhisperMembers>(to({}));
        EXPECT_EQ(none, (wire::WhisperMembers{.stream = first, .epoch = ChannelEpoch{3}}));
        EXPECT_EQ((co_await told(cid)).size(), 1U);
        EXPECT_EQ(heard(ada), Heard{});
    }

    net::task<> followed() {
        Three people(loop, manual_clock);
        auto& [ada, bob, cid] = people;
        co_await gather(people);
        co_await ada.ask<wire::WhisperMembers>(to({}, {attic}));
        co_await told(cid);
        co_await bob.ask<wire::Joined>(wire::Join{attic});
        const auto in = std::get<wire::WhisperChanged>((co_await told(ada)).at(0));
        EXPECT_EQ(in.epoch, ChannelEpoch{2});
        EXPECT_EQ(sessions_of(in.joined), (std::vector{bob.session}));
        EXPECT_EQ((co_await told(bob)).size(), 1U);
        EXPECT_EQ(heard(ada), (Heard{bob.session, cid.session}));
        co_await cid.send(wire::Leave{});
        EXPECT_EQ(co_await cid.get<wire::WhisperClosed>(),
                  (wire::WhisperClosed{.session = ada.session, .stream = first}));
        EXPECT_EQ(
            co_await told(ada),
            (Told{wire::WhisperChanged{
                .stream = first, .epoch = ChannelEpoch{3}, .joined = {}, .left = {cid.session}}}));
        // Her own way changes nothing.
        co_await ada.ask<wire::Joined>(wire::Join{attic});
        EXPECT_EQ((co_await told(ada)).size(), 0U);
        EXPECT_EQ(heard(ada), (Heard{bob.session}));
        // Who goes hears nothing, and is told nothing.
        bob.close();
        EXPECT_EQ((co_await ada.get<wire::WhisperChanged>()).left, (std::vector{bob.session}));
        EXPECT_EQ(heard(ada), Heard{});
        co_await ada.ask<wire::WhisperMembers>(to({cid.session}));
        ada.close();
        EXPECT_EQ((co_await cid.get<wire::WhisperClosed>()).session, ada.session);
    }

    net::task<> ruled() {
        Three people(loop, manual_clock);
        auto& [ada, bob, cid] = people;
        co_await gather(people);
        co_await bob.ask<wire::WhisperMembers>(to({ada.session}, {attic}));
        co_await told(ada);
        co_await told(cid);
        const auto whisper = std::uint64_t{1} << 5U;
        const auto say = [&](ChannelId room, std::uint64_t deny) {
            return ada.ask<wire::Ok>(wire::SetOverride{
                .channel = room, .override = {.role = room::guest_role, .allow = 0, .deny = deny}});
        };
        co_await say(attic, whisper);
        EXPECT_EQ(co_await told(cid),
                  (Told{wire::WhisperClosed{.session = bob.session, .stream = first}}));
        EXPECT_EQ(heard(bob), (Heard{ada.session}));
        EXPECT_EQ((co_await told(bob)).size(), 1U);
        co_await refused(bob, to({cid.session}, {}, second), ErrorCode::not_permitted);
        co_await refused(bob, to({}, {attic}, second), ErrorCode::not_permitted);
        co_await refused(bob, to({SessionId{99}}), ErrorCode::unknown_session);
        co_await refused(bob, to({}, {ChannelId{99}}), ErrorCode::unknown_channel);
        EXPECT_EQ(heard(bob), (Heard{ada.session})) << "a refusal changes nothing";
        co_await say(attic, 0);
        EXPECT_EQ(heard(bob), (Heard{ada.session, cid.session}));
        co_await told(cid);
        co_await told(bob);
        // The room is gone, and Cid is put into the lobby, where Bob does not whisper to him.
        co_await ada.ask<wire::Ok>(wire::DeleteChannel{attic});
        EXPECT_EQ(co_await told(cid),
                  (Told{wire::WhisperClosed{.session = bob.session, .stream = first}}));
        EXPECT_EQ(heard(bob), (Heard{ada.session}));
    }

    /// Keys are shared only with people on one's own screen.
    net::task<> introduced() {
        Three people(loop, manual_clock);
        auto& [ada, bob, cid] = people;
        co_await gather(people);
        co_await ada.ask<wire::WhisperMembers>(to({}, {attic}));
        Caller eve(loop, manual_clock);
        co_await enter(eve, "Eve");
        co_await eve.ask<wire::Joined>(wire::Join{attic});
        bool known = false;
        for (;;) {
            const auto message = co_await ada.next();
            if (const auto* change = std::get_if<wire::PresenceChanged>(&message.body)) {
                known = known || std::ranges::contains(change->sessions, eve.session,
                                                       &wire::Presence::session);
            }
            if (std::holds_alternative<wire::WhisperChanged>(message.body)) {
                break;
            }
        }
        EXPECT_TRUE(known);
        Caller fay(loop, manual_clock);
        co_await enter(fay, "Fay");
        const auto members = co_await fay.ask<wire::WhisperMembers>(to({bob.session}));
        EXPECT_EQ(members.members.size(), 1U);
        known = false;
        for (;;) {
            const auto message = co_await bob.next();
            if (const auto* change = std::get_if<wire::PresenceChanged>(&message.body)) {
                known = known || std::ranges::contains(change->sessions, fay.session,
                                                       &wire::Presence::session);
            }
            if (std::holds_alternative<wire::WhisperOpened>(message.body)) {
                break;
            }
        }
        EXPECT_TRUE(known);
    }

    net::task<> renewals() {
        Three people(loop, manual_clock);
        auto& [ada, bob, cid] = people;
        co_await gather(people);
        co_await ada.ask<wire::WhisperMembers>(to({cid.session}));
        co_await told(cid);
        const auto device = renewed(cid);
        const auto set = relay.whispers_set;
        co_await cid.ask<wire::Ok>(device);
        const auto change = std::get<wire::WhisperChanged>((co_await told(ada)).at(0));
        EXPECT_EQ(change.epoch, ChannelEpoch{1}) << "unchanged";
        EXPECT_EQ(change.joined.at(0).device, device.device);
        EXPECT_EQ(relay.whispers_set, set) << "the relay hears of nobody who came or went";
        const auto own = renewed(ada);
        co_await ada.ask<wire::Ok>(own);
        const auto opened = std::get<wire::WhisperOpened>((co_await told(cid)).at(0));
        EXPECT_EQ(opened.whisperer.device, own.device);
    }

    net::task<> many() {
        Caller ada(loop, manual_clock);
        co_await enter(ada, "Ada");
        std::vector<std::unique_ptr<Caller>> crowd;
        for (std::size_t i = 0; i <= wire::page_entries_max; ++i) {
            crowd.push_back(std::make_unique<Caller>(loop, manual_clock));
            co_await enter(*crowd.back(), std::format("Guest {}", i));
            co_await crowd.back()->ask<wire::Joined>(wire::Join{attic});
        }
        const auto asked = co_await ada.send(to({}, {attic}));
        const auto page = co_await ada.get<wire::WhisperMembers>();
        EXPECT_EQ(page.members.size(), wire::page_entries_max);
        EXPECT_TRUE(page.more);
        const auto rest = co_await ada.answer<wire::WhisperMembers>(asked);
        EXPECT_EQ(rest.members.size(), 1U);
        EXPECT_EQ(rest.epoch, page.epoch);
        EXPECT_FALSE(rest.more);
        // All of them go at once: in pages, too, of one epoch.
        co_await ada.ask<wire::Ok>(wire::SetOverride{
            .channel = attic, .override = {.role = room::guest_role, .allow = 0, .deny = 2}});
        std::size_t left = 0;
        while (left <= wire::page_entries_max) {
            left += (co_await ada.get<wire::WhisperChanged>()).left.size();
        }
        EXPECT_EQ(left, wire::page_entries_max + 1);
        EXPECT_EQ(heard(ada), Heard{});
    }

    net::task<> keys() {
        Three people(loop, manual_clock);
        auto& [ada, bob, cid] = people;
        co_await gather(people);
        co_await ada.ask<wire::WhisperMembers>(to({cid.session}));
        co_await ada.ask<wire::WhisperMembers>(to({bob.session}, {}, second));
        co_await told(bob);
        co_await told(cid);
        co_await ada.ask<wire::Ok>(shares(1, {cid.session, bob.session}));
        EXPECT_EQ(co_await told(cid), (Told{share_of(ada, 1)}));
        EXPECT_EQ(co_await told(bob), Told{}) << "he is in no such set";
        // Each stream has generations, and a rate of its own.
        co_await ada.ask<wire::Ok>(shares(9, {bob.session}, second));
        for (std::uint32_t generation = 2; generation <= 5; ++generation) {
            co_await ada.ask<wire::Ok>(shares(generation, {cid.session}));
        }
        co_await refused(ada, shares(4, {cid.session}), ErrorCode::bad_key_share);
        co_await refused(ada, shares(6, {cid.session}), ErrorCode::rate_limited);
        co_await ada.ask<wire::Ok>(shares(10, {bob.session}, second));
        const wire::ShareKeys to_room{
            .channel = lobby, .channel_epoch = ChannelEpoch{2}, .generation = 1};
        co_await ada.ask<wire::Ok>(to_room);

        auto of_a_room = shares(11, {bob.session}, second);
        of_a_room.channel = lobby;
        co_await refused(ada, of_a_room, ErrorCode::bad_key_share);
        auto early = shares(11, {bob.session}, second);
        early.channel_epoch = ChannelEpoch{2};
        co_await refused(ada, early, ErrorCode::bad_key_share);
        co_await refused(ada, shares(11, {bob.session}, StreamId{3}), ErrorCode::bad_key_share);
        co_await refused(ada, shares(11, {ada.session}, second), ErrorCode::bad_key_share);
        co_await refused(ada, shares(11, {bob.session, bob.session}, second),
                         ErrorCode::bad_key_share);
    }

    net::task<> key_requests() {
        Three people(loop, manual_clock);
        auto& [ada, bob, cid] = people;
        co_await gather(people);
        co_await ada.ask<wire::WhisperMembers>(to({bob.session}));
        const wire::KeyRequest request{.speaker = ada.session, .kid = 0x70003, .stream = first};
        co_await bob.ask<wire::Ok>(request);
        EXPECT_EQ(co_await told(ada),
                  (Told{wire::KeyRequested{.from = bob.session, .kid = 0x70003, .stream = first}}));
        co_await refused(bob, request, ErrorCode::rate_limited);
        co_await bob.ask<wire::Ok>(wire::KeyRequest{.speaker = ada.session});  // in the room
        co_await refused(cid, request, ErrorCode::not_in_room);
        auto other = request;
        other.stream = second;
        co_await refused(bob, other, ErrorCode::not_in_room);
    }

    net::task<> back() {
        Three people(loop, manual_clock);
        auto& [ada, bob, cid] = people;
        co_await gather(people);
        co_await bob.ask<wire::WhisperMembers>(to({ada.session, cid.session}));
        co_await cid.ask<wire::WhisperMembers>(to({bob.session}));
        co_await told(cid);
        co_await lose(cid, bob);
        EXPECT_EQ(heard(bob), (Heard{ada.session, cid.session})) << "a seat is not lost";
        co_await bob.ask<wire::Ok>(shares(1, {cid.session, ada.session}));
        co_await ada.ask<wire::WhisperMembers>(to({cid.session}));
        co_await ada.ask<wire::Ok>(shares(1, {cid.session}));
        co_await ada.ask<wire::WhisperMembers>(to({}));
        Caller again(loop, manual_clock);
        EXPECT_TRUE((co_await again.resume(port(), cid)).replayed);
        EXPECT_EQ((co_await again.get<wire::WhisperOpened>()).whisperer.session, ada.session);
        EXPECT_EQ((co_await again.get<wire::WhisperClosed>()).session, ada.session);
        EXPECT_EQ(co_await told(again), (Told{share_of(bob, 1)})) << "not the key of who is gone";
        EXPECT_EQ(heard(again), (Heard{bob.session})) << "his own set is as it was";
    }

    net::task<> back_after_long() {
        Three people(loop, manual_clock);
        auto& [ada, bob, cid] = people;
        co_await gather(people);
        co_await bob.ask<wire::WhisperMembers>(to({cid.session}));
        co_await cid.ask<wire::WhisperMembers>(to({bob.session}));
        co_await told(cid);
        co_await lose(cid, bob);
        for (std::uint64_t i = 1; i <= 10; ++i) {
            co_await bob.ask<wire::WhisperMembers>(to({cid.session}, {}, second));
            co_await bob.ask<wire::WhisperMembers>(to({}, {}, second));
        }
        Caller again(loop, manual_clock);
        EXPECT_FALSE((co_await again.resume(port(), cid)).replayed);
        co_await again.get<wire::SnapshotEnd>();
        const auto news = co_await told(again);
        EXPECT_EQ(news.size(), 1U);
        const auto opened = std::get<wire::WhisperOpened>(news.at(0));
        EXPECT_EQ(opened.whisperer.session, bob.session);
        EXPECT_EQ(opened.stream, first);
        // What it had named it says again, and is told who is in it now.
        const auto members = co_await again.ask<wire::WhisperMembers>(to({bob.session}));
        EXPECT_EQ(sessions_of(members.members), (std::vector{bob.session}));
        EXPECT_EQ((co_await told(bob)).size(), 0U) << "to him nothing has changed";
    }
};

TEST_F(WhispersTest, ASetIsToldToBothSides) { play(named()); }
TEST_F(WhispersTest, ASetFollowsPeople) { play(followed()); }
TEST_F(WhispersTest, WhoGoesToAndFroAmongWhisperersMayGoAndWaitsToBeWhisperedTo) {
    config.limits.whispers = {.per_second = 1, .burst = 2};
    play(charged());
}
TEST_F(WhispersTest, TheRelayLearnsOfWhatIsLateWithTheNextTick) {
    config.limits.whispers_at_once = 1;
    play(late());
}
TEST_F(WhispersTest, ASetFollowsTheRules) { play(ruled()); }
TEST_F(WhispersTest, PeopleAreIntroducedFirst) { play(introduced()); }
TEST_F(WhispersTest, ARenewedDeviceIsTold) { play(renewals()); }
TEST_F(WhispersTest, ALargeSetComesInPages) { play(many()); }
TEST_F(WhispersTest, KeysGoToTheSetOnly) { play(keys()); }
TEST_F(WhispersTest, RequestsReachWhoWhispers) { play(key_requests()); }
TEST_F(WhispersTest, WhoComesBackIsToldWhatWasMissed) { play(back()); }
TEST_F(WhispersTest, WhoWasAwayForLongIsToldWhoWhispersToThem) {
    config.limits.log_events = 8;
    play(back_after_long());
}

}  // namespace
}  // namespace partyline::control
