// Voice on streams other than the room's: who hears it, and who does not learn of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/relay/hand_talkie.hpp"

namespace partyline::relay {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr StreamId first{1};
constexpr StreamId last{wire::stream_max};

constexpr std::uint8_t on(StreamId stream, std::uint8_t flags = 0) {
    return static_cast<std::uint8_t>(stream.value << 4U | flags);
}

TEST(Whisper, GoesToItsSetAndToNobodyElse) {
    Scene scene;
    auto ann = scene.seat(1, lobby);
    const auto bob = scene.seat(2, lobby);
    const auto cid = scene.seat(3, kitchen);
    const auto dan = scene.seat(4, kitchen);
    scene.relay.set_whisper(ann.seat, first, {cid.seat});
    scene.relay.set_whisper(ann.seat, last, {bob.seat, dan.seat});

    const auto forwarded = scene.relay.counters().forwarded_records;
    scene.arrive(ann, ann.voice("to cid", on(first)));
    Bytes expected{wire::downlink_voice_lead};
    append(expected, ann.record("to cid", on(first)));
    EXPECT_THAT(scene.sent, ElementsAre(std::pair(cid.address, expected))) << "byte for byte";
    EXPECT_EQ(scene.relay.counters().forwarded_records, forwarded + 1);
    scene.sent.clear();

    scene.arrive(ann, ann.voice("to two", on(last)));
    scene.arrive(ann, ann.voice("to the room"));
    EXPECT_THAT(scene.take_heard({&bob, &cid, &dan}),
                ElementsAre("1>2:to the room", "1>2:to two", "1>4:to two"));
    EXPECT_EQ(scene.relay.free_slots(), slots_per_thread);
}

TEST(Whisper, OfNoSetIsDropped) {
    Scene scene;
    auto ann = scene.seat(1, lobby);
    const auto bob = scene.seat(2, lobby);
    std::uint64_t dropped = 0;
    const auto is_dropped = [&](std::uint8_t stream) {
        scene.arrive(ann, ann.voice("x", static_cast<std::uint8_t>(stream << 4U)));
        return scene.sent.empty() && scene.relay.counters().dropped_no_room == ++dropped;
    };
    EXPECT_TRUE(is_dropped(1));
    scene.relay.set_whisper(ann.seat, first, {bob.seat});
    EXPECT_TRUE(is_dropped(2)) << "another set";
    EXPECT_TRUE(is_dropped(8)) << "no stream at all";
    EXPECT_TRUE(is_dropped(15));
    scene.relay.set_whisper(ann.seat, first, {});
    EXPECT_TRUE(is_dropped(1)) << "taken back";
    EXPECT_EQ(scene.relay.free_slots(), slots_per_thread);
}

TEST(Whisper, NeedsNoRoom) {
    Scene scene;
    auto ann = scene.seat(1, ChannelId{});
    const auto bob = scene.seat(2, ChannelId{});
    scene.relay.set_whisper(ann.seat, first, {bob.seat});
    scene.arrive(ann, ann.voice("psst", on(first)));
    EXPECT_THAT(scene.take_heard({&bob}), ElementsAre("1>2:psst"));
}

TEST(Whisper, IsHeldToMuteAndDeafenAsRoomsAre) {
    Scene scene;
    auto ann = scene.seat(1, lobby);
    auto bob = scene.seat(2, kitchen);
    scene.relay.set_whisper(ann.seat, first, {bob.seat});
    const auto heard = [&] {
        scene.arrive(ann, ann.voice("x", on(first)));
        return !scene.take_heard({&bob}).empty();
    };
    EXPECT_TRUE(heard());
    scene.relay.set_flags(ann.seat, {.muted = true});
    EXPECT_FALSE(heard());
    EXPECT_EQ(scene.relay.counters().dropped_muted, 1U);
    scene.relay.set_flags(ann.seat, {});
    scene.relay.set_flags(bob.seat, {.deafened = true});
    EXPECT_FALSE(heard());
    scene.relay.set_flags(bob.seat, {});
    scene.relay.set_downlink(bob.seat, DownlinkLane::tunnel);
    EXPECT_FALSE(heard());
    EXPECT_EQ(scene.relay.take_tunnel_down(10).size(), 1U) << "the lane that he has chosen";
    scene.relay.set_downlink(bob.seat, DownlinkLane::udp);
    EXPECT_TRUE(heard());
    scene.relay.close_seat(bob.seat);
    EXPECT_FALSE(heard());
}

TEST(Whisper, GoesAlongWhenItsSpeakerMoves) {
    Scene scene;
    auto ann = scene.seat(1, lobby);
    const auto bob = scene.seat(2, kitchen);
    const auto cid = scene.seat(3, kitchen);
    scene.relay.set_whisper(ann.seat, first, {bob.seat});
    auto on_its_way = ann.voice("sent before", on(first));
    auto old = ann;
    ann.route = scene.relay.move(ann.seat, kitchen);
    scene.arrive(ann, on_its_way);
    scene.arrive(ann, ann.voice("sent after", on(first)));
    EXPECT_THAT(scene.take_heard({&bob, &cid}), ElementsAre("1>2:sent after", "1>2:sent before"));

    // Whoever is taken out of the set hears nothing that is still on its way, by whatever route.
    scene.relay.set_whisper(ann.seat, first, {cid.seat});
    scene.arrive(old, old.voice("old route", on(first)));
    scene.arrive(ann, ann.voice("new route", on(first)));
    EXPECT_THAT(scene.take_heard({&bob, &cid}), ElementsAre("1>3:new route", "1>3:old route"));
    ann.route = scene.relay.move(ann.seat, ChannelId{});
    ann.route = scene.relay.move(ann.seat, lobby);
    scene.arrive(old, old.voice("older still", on(first)));
    EXPECT_THAT(scene.take_heard({&bob, &cid}), IsEmpty());
    ann.route = scene.relay.move(ann.seat, ChannelId{});
    scene.arrive(ann, ann.voice("from nowhere", on(first)));
    EXPECT_THAT(scene.take_heard({&bob, &cid}), ElementsAre("1>3:from nowhere"));
}

TEST(Whisper, OnItsWayWhenItsSpeakerIsPutOutAndElsewhereArrives) {
    Scene scene;
    auto ann = scene.seat(1, lobby);
    const auto bob = scene.seat(2, lobby);
    const auto cid = scene.seat(3, lobby);
    scene.relay.set_whisper(ann.seat, first, {bob.seat});
    auto old = ann;
    scene.relay.move(ann.seat, ChannelId{});
    ann.route = scene.relay.move(ann.seat, kitchen);
    scene.arrive(old, old.voice("whispered", on(first)));
    scene.arrive(old, old.voice("aloud"));
    EXPECT_THAT(scene.take_heard({&bob}), ElementsAre("1>2:whispered"));
    scene.relay.set_whisper(ann.seat, first, {cid.seat});
    scene.arrive(old, old.voice("to others", on(first)));
    EXPECT_THAT(scene.take_heard({&bob, &cid}), ElementsAre("1>3:to others"))
        << "as the set is now";
}

TEST(Whisper, OnItsWayWhenItsSpeakerLeavesTheRoomArrives) {
    Scene scene;
    auto ann = scene.seat(1, lobby);
    const auto bob = scene.seat(2, lobby);
    scene.relay.set_whisper(ann.seat, first, {bob.seat});
    auto old = ann;
    ann.route = scene.relay.move(ann.seat, ChannelId{});
    scene.arrive(old, old.voice("whispered", on(first)));
    scene.arrive(old, old.voice("aloud"));
    EXPECT_THAT(scene.take_heard({&bob}), ElementsAre("1>2:whispered"));
}

TEST(Whisper, LightsNoLightInTheRoomButIsSeenAsADeed) {
    Scene scene;
    auto ann = scene.seat(1, lobby);
    const auto bob = scene.seat(2, kitchen);
    const auto now = [&] { return scene.clock.now(); };
    scene.relay.set_whisper(ann.seat, first, {bob.seat});
    EXPECT_FALSE(scene.relay.whispering(ann.seat, now()));
    scene.arrive(ann, ann.voice("x", on(first)));
    EXPECT_FALSE(scene.relay.speaking(ann.seat, now()));
    EXPECT_TRUE(scene.relay.whispering(ann.seat, now()));
    scene.clock.advance(speaking_hold - milliseconds(1));
    EXPECT_TRUE(scene.relay.whispering(ann.seat, now()));
    scene.clock.advance(milliseconds(1));
    EXPECT_FALSE(scene.relay.whispering(ann.seat, now()));
    // Nor does it put one out.
    scene.arrive(ann, ann.voice("aloud"));
    scene.arrive(ann, ann.voice("bye", on(first, wire::end_of_spurt)));
    EXPECT_TRUE(scene.relay.speaking(ann.seat, now()));
}

TEST(Whisper, EndsWithItsSeat) {
    Scene scene;
    auto ann = scene.seat(1, lobby);
    auto bob = scene.seat(2, lobby);
    scene.relay.set_whisper(ann.seat, first, {bob.seat});
    scene.relay.set_whisper(bob.seat, last, {ann.seat});
    scene.relay.close_seat(ann.seat);
    scene.relay.set_whisper(ann.seat, first, {bob.seat});
    scene.arrive(ann, ann.voice("still here", on(first)));
    EXPECT_THAT(scene.take_heard({&bob}), IsEmpty());
    scene.relay.close_seat(bob.seat);
    scene.clock.advance(old_route_lifetime);
    scene.relay.flush();
    const std::weak_ptr<Seat> watched[] = {std::exchange(ann.seat, nullptr),
                                           std::exchange(bob.seat, nullptr)};
    EXPECT_TRUE(watched[0].expired()) << "who whisper to each other do not keep each other";
    EXPECT_TRUE(watched[1].expired());
}

}  // namespace
}  // namespace partyline::relay
