#include "server/relay/core.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <format>

#include "server/relay/hand_talkie.hpp"

namespace partyline::relay {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::IsEmpty;
using wire::DatagramKind;

TEST(Core, SendsTheRecordByteForByteToAllOthersOfTheRoom) {
    Scene scene;
    auto ann = scene.seat(1, lobby);
    const auto bob = scene.seat(2, lobby);
    const auto cid = scene.seat(3, lobby);
    const auto dan = scene.seat(4, kitchen);

    const auto before = scene.relay.counters();
    const auto voice = ann.voice("hello");
    scene.arrive(ann, voice);
    Bytes expected{wire::downlink_voice_lead};
    append(expected, ann.record("hello"));
    EXPECT_THAT(scene.sent,
                ElementsAre(std::pair(bob.address, expected), std::pair(cid.address, expected)));
    EXPECT_EQ(scene.relay.counters().forwarded_records, 2U);
    EXPECT_EQ(scene.relay.counters().received_bytes - before.received_bytes, voice.size());
    EXPECT_EQ(scene.relay.counters().sent_bytes - before.sent_bytes, 2 * expected.size());
    EXPECT_EQ(scene.relay.free_slots(), slots_per_thread);
}

// --- what is dropped ---------------------------------------------------------------------------

using Change = void (*)(Bytes&);

void reseal(Bytes& datagram, SessionId session) {
    crypto::hop_seal(make_keys(session, 0).up, datagram);
}

TEST(Core, DropsWhatIsMalformedBeforeLookingFurther) {
    const Change changes[] = {
        [](Bytes& d) { d.resize(wire::uplink_header_bytes - 1); },
        [](Bytes& d) { d.clear(); },
        [](Bytes& d) { d.resize(wire::datagram_bytes_max + 1); },
        [](Bytes& d) { d[0] = std::byte{0x21}; },               // another version
        [](Bytes& d) { d[0] = std::byte{0x10}; },               // no such kind
        [](Bytes& d) { d[0] = std::byte{0x13}; },               // a pong
        [](Bytes& d) { d[0] = std::byte{0x14}; },               // a challenge
        [](Bytes& d) { d[0] = std::byte{0x12}; },               // a ping with voice in it
        [](Bytes& d) { d[3] = std::byte{1}; },                  // the zero field
        [](Bytes& d) { d.push_back(std::byte{0}); },            // more than the record
        [](Bytes& d) { d.pop_back(); },                         // less than the record
        [](Bytes& d) { d.resize(wire::uplink_header_bytes); },  // no record
        [](Bytes& d) { append(d, to_bytes(ByteView(d).subspan(wire::uplink_header_bytes))); },
    };
    Scene scene;
    auto ann = scene.seat(1, lobby);
    const auto bob = scene.seat(2, lobby);
    std::uint64_t dropped = 0;
    for (const auto change : changes) {
        auto datagram = ann.voice("hello");
        change(datagram);
        if (datagram.size() >= wire::uplink_header_bytes &&
            datagram.size() <= wire::datagram_bytes_max) {
            reseal(datagram, ann.session);
        }
        scene.arrive(ann, datagram);
        EXPECT_EQ(scene.relay.counters().dropped_malformed, ++dropped);
        EXPECT_EQ(scene.sent.size(), 0U);
    }
    // A ping whose reserved bytes are not zero is malformed, too, but can only be told once proven.
    scene.arrive(ann,
                 ann.datagram(DatagramKind::ping, Bytes(wire::probe_body_bytes, std::byte{1})));
    EXPECT_EQ(scene.relay.counters().dropped_malformed, dropped + 1);
    EXPECT_EQ(scene.sent.size(), 0U);
}

TEST(Core, DropsADatagramWithAnyBitFlipped) {
    Scene scene;
    auto ann = scene.seat(1, lobby);
    const auto bob = scene.seat(2, lobby);
    const auto good = ann.voice("hello");
    for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
        auto flipped = good;
        flipped[bit / 8] ^= std::byte{1} << (bit % 8);
        scene.arrive(ann, flipped);
        ASSERT_EQ(scene.sent.size(), 0U) << "bit " << bit;
    }
    scene.arrive(ann, good);
    EXPECT_THAT(scene.take_heard({&bob}), ElementsAre("1>2:hello"));
}

TEST(Core, DropsAReplayAndWhatIsOlderThanTheWindow) {
    Scene scene;
    auto ann = scene.seat(1, lobby);
    const auto bob = scene.seat(2, lobby);
    const auto early = ann.voice("early");
    const auto first = ann.voice("first");
    scene.arrive(ann, first);
    scene.arrive(ann, first);
    EXPECT_EQ(scene.relay.counters().dropped_replayed, 1U);
    EXPECT_THAT(scene.take_heard({&bob}), ElementsAre("1>2:first"));
    ann.counter += crypto::ReplayWindow::window;
    scene.arrive(ann, ann.voice("late"));
    scene.arrive(ann, early);
    EXPECT_EQ(scene.relay.counters().dropped_replayed, 2U);
    EXPECT_THAT(scene.take_heard({&bob}), ElementsAre("1>2:late"));
}

TEST(Core, DropsVoiceThatIsNotTheSpeakersToSend) {
    Scene scene;
    auto ann = scene.seat(1, lobby);
    const auto bob = scene.seat(2, lobby);
    HandTalkie nowhere(3);
    scene.open(nowhere, ChannelId{});

    scene.arrive(ann, ann.datagram(DatagramKind::voice, bob.record("as bob")));
    EXPECT_EQ(scene.relay.counters().dropped_malformed, 1U);
    scene.arrive(ann, ann.voice("whispered to nobody", 0x10));
    scene.arrive(nowhere, nowhere.voice("anybody?"));
    EXPECT_EQ(scene.relay.counters().dropped_no_room, 2U);
    scene.relay.set_flags(ann.seat, {.muted = true});
    scene.arrive(ann, ann.voice("muted"));
    EXPECT_EQ(scene.relay.counters().dropped_muted, 1U);
    ann.route = Route{0xFFFFFF00};
    scene.arrive(ann, ann.voice("lost"));
    EXPECT_EQ(scene.relay.counters().dropped_unknown_route, 1U);
    EXPECT_THAT(scene.take_heard({&bob}), IsEmpty());
}

// --- who hears ---------------------------------------------------------------------------------

TEST(Core, SendsNothingToTheDeafenedTheClosedAndTheSilent) {
    Scene scene;
    auto ann = scene.seat(1, lobby);
    auto bob = scene.seat(2, lobby);
    const auto heard = [&] {
        scene.arrive(ann, ann.voice("x"));
        return !scene.take_heard({&bob}).empty();
    };
    EXPECT_TRUE(heard());
    scene.relay.set_flags(bob.seat, {.deafened = true});
    EXPECT_FALSE(heard());
    scene.relay.set_flags(bob.seat, {});
    EXPECT_TRUE(heard());
    scene.clock.advance(uplink_silence_max - milliseconds(1));
    EXPECT_TRUE(heard());
    scene.clock.advance(milliseconds(1));
    EXPECT_FALSE(heard());
    scene.arrive(bob, bob.ping());
    scene.sent.clear();
    EXPECT_TRUE(heard());
    scene.relay.close_seat(bob.seat);
    EXPECT_FALSE(heard());
    const auto before = scene.relay.counters().dropped_unknown_route;
    scene.arrive(bob, bob.voice("still here"));
    EXPECT_EQ(scene.relay.counters().dropped_unknown_route, before + 1);
}

TEST(Core, AnOldRouteLeadsToTheOldRoomOnlyAndEnds) {
    Scene scene;
    auto ann = scene.seat(1, lobby);
    const auto bob = scene.seat(2, lobby);
    const auto cid = scene.seat(3, kitchen);
    auto old = ann;
    ann.route = scene.relay.move(ann.seat, kitchen);
    ASSERT_NE(ann.route, old.route);

    scene.arrive(old, old.voice("old"));
    EXPECT_THAT(scene.take_heard({&bob, &cid, &ann}), ElementsAre("1>2:old"));
    ann.counter = old.counter;
    scene.arrive(ann, ann.voice("new"));
    EXPECT_THAT(scene.take_heard({&bob, &cid, &ann}), ElementsAre("1>3:new"));
    scene.clock.advance(old_route_lifetime - milliseconds(1));
    scene.arrive(old, old.voice("last"));
    EXPECT_THAT(scene.take_heard({&bob, &cid, &ann}), ElementsAre("1>2:last"));
    scene.clock.advance(milliseconds(1));
    scene.arrive(old, old.voice("over"));
    EXPECT_THAT(scene.take_heard({&bob, &cid, &ann}), IsEmpty());
    EXPECT_EQ(scene.relay.core().routes(), 3U);

    // What was recorded on one route is no good on the other.
    auto replay = old.voice("replayed");
    store_be(MutableByteView(replay).subspan(4), ann.route.value);
    scene.arrive(ann, replay);
    EXPECT_THAT(scene.take_heard({&bob, &cid, &ann}), IsEmpty());
}

TEST(Core, WhoHasLeftForNoRoomIsHeardInNoneWhateverRouteTheyUse) {
    Scene scene;
    auto ann = scene.seat(1, lobby);
    const auto bob = scene.seat(2, lobby);
    const auto cid = scene.seat(3, kitchen);
    auto in_lobby = ann;
    ann.route = scene.relay.move(ann.seat, kitchen);
    auto in_kitchen = ann;
    ann.route = scene.relay.move(ann.seat, ChannelId{});
    const auto before = scene.relay.counters().dropped_no_room;
    for (auto* route : {&in_lobby, &in_kitchen, &ann}) {
        scene.arrive(*route, route->voice("still here"));
    }
    EXPECT_THAT(scene.take_heard({&bob, &cid}), IsEmpty());
    EXPECT_EQ(scene.relay.counters().dropped_no_room, before + 3);

    // Back again, the way through the old routes stays shut.
    ann.route = scene.relay.move(ann.seat, lobby);
    scene.arrive(in_kitchen, in_kitchen.voice("late"));
    ann.counter = in_kitchen.counter;
    scene.arrive(ann, ann.voice("back"));
    EXPECT_THAT(scene.take_heard({&bob, &cid}), ElementsAre("1>2:back"));
}

TEST(Core, TheOldEpochIsGoodForAWhileAfterTheFirstPacketOfTheNew) {
    Scene scene;
    auto ann = scene.seat(1, lobby);
    const auto bob = scene.seat(2, lobby);
    auto resumed = ann;
    resumed.epoch = 1;
    resumed.counter = 0;
    scene.relay.rekey(ann.seat, make_keys(ann.session, 1));
    scene.arrive(ann, ann.voice("old"));
    EXPECT_THAT(scene.take_heard({&bob}), ElementsAre("1>2:old"));
    scene.arrive(resumed, resumed.voice("new"));
    EXPECT_THAT(scene.take_heard({&bob}), ElementsAre("1>2:new"));
    // What was sent before and overtaken on the way is heard, once, and proves no address.
    scene.clock.advance(old_epoch_lifetime - milliseconds(1));
    const auto overtaken = ann.voice("overtaken");
    auto moved = ann;
    moved.address = net::Endpoint::loopback_v4(999);
    scene.arrive(moved, overtaken);
    EXPECT_EQ(scene.sent.size(), 1U) << "no challenge";
    EXPECT_THAT(scene.take_heard({&bob}), ElementsAre("1>2:overtaken"));
    scene.arrive(ann, overtaken);
    EXPECT_THAT(scene.take_heard({&bob}), IsEmpty());
    scene.clock.advance(milliseconds(1));
    scene.arrive(ann, ann.voice("stale"));
    EXPECT_THAT(scene.take_heard({&bob}), IsEmpty());
    EXPECT_EQ(scene.relay.counters().dropped_bad_mac, 1U);
}

TEST(Core, AnEpochChangesWithoutLosingAPacket) {
    Scene scene;
    auto ann = scene.seat(1, lobby);
    const auto bob = scene.seat(2, lobby);
    std::vector<std::string> expected;
    for (std::uint8_t epoch = 1; epoch <= 50; ++epoch) {
        auto next = ann;
        next.epoch = epoch;
        next.counter = 0;
        scene.relay.rekey(ann.seat, make_keys(ann.session, epoch));
        // Two threads send: the last of the old comes between the first of the new.
        const auto last = ann.voice(std::format("{} last", epoch));
        scene.arrive(ann, ann.voice(std::format("{} old", epoch)));
        scene.arrive(next, next.voice(std::format("{} first", epoch)));
        scene.arrive(ann, last);
        scene.arrive(next, next.voice(std::format("{} second", epoch)));
        for (const auto* what : {"first", "last", "old", "second"}) {
            expected.push_back(std::format("1>2:{} {}", epoch, what));
        }
        ann.epoch = epoch;
        ann.counter = next.counter;
        scene.clock.advance(milliseconds(20));
    }
    std::ranges::sort(expected);
    EXPECT_EQ(scene.take_heard({&bob}), expected);
}

TEST(Core, AnUnusedEpochDoesNotPushOutTheOneInUse) {
    Scene scene;
    auto ann = scene.seat(1, lobby);
    const auto bob = scene.seat(2, lobby);
    scene.relay.rekey(ann.seat, make_keys(ann.session, 1));
    scene.relay.rekey(ann.seat, make_keys(ann.session, 2));
    scene.arrive(ann, ann.voice("old"));
    EXPECT_THAT(scene.take_heard({&bob}), ElementsAre("1>2:old"));
    auto between = ann;
    between.epoch = 1;
    scene.arrive(between, between.voice("never confirmed"));
    EXPECT_THAT(scene.take_heard({&bob}), IsEmpty());
    ann.epoch = 2;
    scene.arrive(ann, ann.voice("new"));
    EXPECT_THAT(scene.take_heard({&bob}), ElementsAre("1>2:new"));
    // A later move brings the new keys along.
    ann.route = scene.relay.move(ann.seat, lobby);
    scene.arrive(ann, ann.voice("moved"));
    EXPECT_THAT(scene.take_heard({&bob}), ElementsAre("1>2:moved"));
}

// --- speaking and loss ---------------------------------------------------------------------------

TEST(Core, TellsWhoSpeaks) {
    Scene scene;
    auto ann = scene.seat(1, lobby);
    const auto speaks = [&] { return scene.relay.speaking(ann.seat, scene.clock.now()); };
    EXPECT_FALSE(speaks());
    scene.arrive(ann, ann.voice("x"));
    EXPECT_TRUE(speaks());
    scene.clock.advance(speaking_hold - milliseconds(1));
    EXPECT_TRUE(speaks());
    scene.clock.advance(milliseconds(1));
    EXPECT_FALSE(speaks());
    scene.arrive(ann, ann.voice("x"));
    scene.arrive(ann, ann.voice("bye", wire::end_of_spurt));
    EXPECT_FALSE(speaks());
    scene.relay.set_flags(ann.seat, {.muted = true});
    scene.arrive(ann, ann.voice("muted"));
    EXPECT_FALSE(speaks());
}

wire::Pong pong_for(Scene& scene, HandTalkie& talkie, wire::Ping ping) {
    const auto answer = scene.answer(talkie, talkie.ping(ping));
    EXPECT_TRUE(answer && talkie.trusts(*answer, DatagramKind::pong));
    const auto body = ByteView(*answer).subspan(wire::uplink_header_bytes);
    return wire::parse_pong(body).value();
}

TEST(Core, VoiceFromTheRoomBeforeIsNotSpeakingInTheNext) {
    Scene scene;
    auto ann = scene.seat(1, lobby);
    const auto speaks = [&] { return scene.relay.speaking(ann.seat, scene.clock.now()); };
    scene.arrive(ann, ann.voice("x"));
    EXPECT_TRUE(speaks());
    const auto late = ann.voice("late");
    ann.route = scene.relay.move(ann.seat, kitchen);
    EXPECT_FALSE(speaks());
    scene.arrive(ann, late);
    EXPECT_FALSE(speaks());
    scene.arrive(ann, ann.voice("x"));
    EXPECT_TRUE(speaks());
}

TEST(Core, PongsTellTheUplinksLossAndTheRoomsWorst) {
    Scene scene;
    auto ann = scene.seat(1, lobby);
    auto bob = scene.seat(2, lobby);
    auto cid = scene.seat(3, lobby);
    auto dan = scene.seat(4, kitchen);
    pong_for(scene, ann, {});
    // 99 sent with this ping, 19 of them lost.
    for (int i = 0; i < 79; ++i) {
        scene.arrive(ann, ann.voice("x"));
    }
    ann.counter += 19;
    auto pong = pong_for(scene, ann, {.sent = 77});
    EXPECT_EQ(pong.sent, 77U);
    EXPECT_NEAR(pong.uplink_loss_permille, 190, 5);
    EXPECT_EQ(pong.room_loss_permille, 0);

    pong_for(scene, bob, {.downlink_loss_permille = 25});
    pong_for(scene, cid, {.downlink_loss_permille = 50});
    pong_for(scene, dan, {.downlink_loss_permille = permille_max + 1});
    scene.relay.update_room_losses();
    pong = pong_for(scene, ann, {});
    EXPECT_NEAR(pong.uplink_loss_permille, 190, 5) << "too few packets since to tell anew";
    EXPECT_EQ(pong.room_loss_permille, 50);
    EXPECT_EQ(pong_for(scene, dan, {.downlink_loss_permille = 65535}).room_loss_permille,
              permille_max)
        << "there is no more than all";
    scene.relay.update_room_losses();
    EXPECT_EQ(pong_for(scene, dan, {.downlink_loss_permille = permille_max}).room_loss_permille,
              permille_max);

    scene.relay.set_downlink(cid.seat, DownlinkLane::tunnel);
    scene.relay.update_room_losses();
    EXPECT_EQ(pong_for(scene, ann, {}).room_loss_permille, 25);
    scene.clock.advance(uplink_silence_max);
    scene.relay.update_room_losses();
    EXPECT_EQ(pong_for(scene, ann, {}).room_loss_permille, 0);
}

TEST(Core, ForgetsRoomsThatNobodyIsIn) {
    Scene scene;
    auto ann = scene.seat(1, lobby);
    EXPECT_EQ(scene.relay.core().channels(), 1U);
    scene.relay.move(ann.seat, kitchen);
    EXPECT_EQ(scene.relay.core().channels(), 2U) << "the old route still leads there";
    scene.clock.advance(old_route_lifetime);
    scene.relay.flush();
    EXPECT_EQ(scene.relay.core().channels(), 1U);
    scene.relay.close_seat(ann.seat);
    EXPECT_EQ(scene.relay.core().channels(), 0U);
    EXPECT_EQ(scene.relay.core().routes(), 0U);
    const std::weak_ptr<Seat> watched = std::exchange(ann.seat, nullptr);
    EXPECT_TRUE(watched.expired());
}

}  // namespace
}  // namespace partyline::relay
