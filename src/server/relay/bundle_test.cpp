// Fewer datagrams under load: what goes out together, and what waits for company.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/relay/hand_talkie.hpp"
#include "server/relay/meters.hpp"

namespace partyline::relay {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;

// What arrives together.
void arrive(Scene& scene, std::initializer_list<std::pair<HandTalkie*, std::string>> frames) {
    for (const auto& [talkie, text] : frames) {
        scene.relay.deliver(talkie->voice(text), talkie->address);
    }
    scene.relay.flush();
}

TEST(Bundle, OneDatagramForAListenerAndNobodysOwnFrames) {
    Scene scene;
    auto ann = scene.seat(1, lobby);
    auto bob = scene.seat(2, lobby);
    const auto cid = scene.seat(3, lobby);
    arrive(scene, {{&ann, "a"}, {&bob, "b"}, {&ann, "c"}});
    EXPECT_EQ(scene.sent.size(), 3U);
    EXPECT_THAT(scene.take_heard({&ann, &bob, &cid}),
                ElementsAre("1>2:a", "1>2:c", "1>3:a", "1>3:c", "2>1:b", "2>3:b"));
    EXPECT_EQ(scene.relay.counters().forwarded_records, 6U);
    EXPECT_EQ(scene.relay.counters().sent - 3, 3U) << "three challenges before";
    EXPECT_EQ(scene.relay.free_slots(), slots_per_thread);
}

TEST(Bundle, RoomsDoNotMix) {
    Scene scene;
    auto ann = scene.seat(1, lobby);
    const auto bob = scene.seat(2, lobby);
    auto cid = scene.seat(3, kitchen);
    const auto dan = scene.seat(4, kitchen);
    arrive(scene, {{&ann, "a"}, {&cid, "c"}});
    EXPECT_THAT(scene.take_heard({&ann, &bob, &cid, &dan}), ElementsAre("1>2:a", "3>4:c"));
}

TEST(Bundle, NoDatagramIsTooLongAndNoFrameIsLost) {
    constexpr auto record_max = wire::record_bytes_max - wire::record_header_bytes;
    for (const std::size_t bytes : {std::size_t{1}, std::size_t{100}, std::size_t{592},
                                    std::size_t{593}, std::size_t{594}, record_max}) {
        Scene scene;
        auto ann = scene.seat(1, lobby);
        const auto bob = scene.seat(2, lobby);
        constexpr std::size_t frames = pending_records_max + 1;
        for (std::size_t i = 0; i < frames; ++i) {
            scene.relay.deliver(ann.voice(std::string(bytes, 'x')), ann.address);
        }
        scene.relay.flush();
        std::size_t longest = 0;
        for (const auto& [to, datagram] : scene.sent) {
            longest = std::max(longest, datagram.size());
        }
        EXPECT_LE(longest, wire::datagram_bytes_max);
        const auto record_bytes = bytes + wire::record_header_bytes;
        EXPECT_GT(longest + record_bytes, std::min(wire::datagram_bytes_max, frames * record_bytes))
            << bytes << " bytes: another would have fitted";
        EXPECT_EQ(scene.take_heard({&bob}).size(), frames);
        EXPECT_EQ(scene.relay.free_slots(), slots_per_thread);
    }
}

// Makes the room's load known: `frames_per_s` from its talkies in turn.
void load(Scene& scene, std::vector<HandTalkie>& talkies, unsigned frames_per_s) {
    const auto step = std::chrono::nanoseconds(std::chrono::seconds(1)) / frames_per_s;
    const auto end = scene.clock.now() + 3 * load_window;
    for (std::size_t i = 0; scene.clock.now() < end; ++i) {
        auto& talkie = talkies[i % talkies.size()];
        scene.relay.deliver(talkie.voice("x"), talkie.address);
        scene.relay.flush();
        scene.clock.advance(step);
    }
    scene.clock.advance(gather_window_max);
    scene.relay.flush();
    scene.sent.clear();
}

// Frames a second of a room in which each has so many listeners.
constexpr std::uint32_t listeners = 50;
constexpr auto lightly = static_cast<unsigned>(gather_load_min / listeners);
constexpr auto heavily = static_cast<unsigned>(gather_load_full / listeners) + 10;

std::vector<HandTalkie> crowd(Scene& scene, std::uint32_t size) {
    std::vector<HandTalkie> talkies;
    for (std::uint32_t i = 1; i <= size; ++i) {
        talkies.push_back(scene.seat(i, lobby));
    }
    return talkies;
}

TEST(Bundle, ALightlyLoadedRoomNeverWaits) {
    Scene scene;
    auto talkies = crowd(scene, 1 + listeners);
    load(scene, talkies, lightly);
    scene.relay.deliver(talkies[0].voice("x"), talkies[0].address);
    scene.relay.flush();
    EXPECT_EQ(scene.sent.size(), 50U);
    EXPECT_EQ(scene.relay.free_slots(), slots_per_thread);
}

TEST(Bundle, AHeavilyLoadedRoomGathers) {
    Scene scene;
    auto talkies = crowd(scene, 1 + listeners);
    load(scene, talkies, heavily);
    const auto first_at = scene.clock.now();
    arrive(scene, {{&talkies[0], "a"}});
    EXPECT_EQ(scene.sent.size(), 0U);
    EXPECT_EQ(scene.relay.next_due(), first_at + gather_window_max);
    EXPECT_LT(scene.relay.free_slots(), slots_per_thread);
    scene.clock.advance(gather_window_max - milliseconds(1));
    arrive(scene, {{&talkies[1], "b"}});
    EXPECT_EQ(scene.sent.size(), 0U);
    scene.clock.advance(milliseconds(1));
    scene.relay.flush();
    EXPECT_EQ(scene.sent.size(), 51U) << "one datagram for each, also for the two talkers";
    const auto heard = scene.take_heard({&talkies[0], &talkies[1], &talkies[2]});
    EXPECT_EQ(std::ranges::count(heard, "2>1:b"), 1);
    EXPECT_EQ(std::ranges::count(heard, "1>2:a"), 1);
    EXPECT_EQ(std::ranges::count(heard, "1>3:a"), 1);
    EXPECT_EQ(std::ranges::count(heard, "1>1:a"), 0);
    EXPECT_EQ(scene.relay.free_slots(), slots_per_thread);
}

TEST(Bundle, AFullDatagramDoesNotWait) {
    Scene scene;
    auto talkies = crowd(scene, 1 + listeners);
    load(scene, talkies, heavily);
    arrive(scene, {{&talkies[0], std::string(400, 'x')}});
    EXPECT_EQ(scene.sent.size(), 0U);
    arrive(scene, {{&talkies[1], std::string(500, 'y')}});
    EXPECT_EQ(scene.sent.size(), 51U);
}

TEST(Bundle, WhoeverIsClosedWhileFramesWaitHearsNothing) {
    Scene scene;
    auto talkies = crowd(scene, 1 + listeners);
    load(scene, talkies, heavily);
    arrive(scene, {{&talkies[0], "a"}});
    scene.relay.close_seat(talkies[1].seat);
    scene.relay.close_seat(talkies[0].seat);
    scene.clock.advance(gather_window_max);
    scene.relay.flush();
    EXPECT_EQ(scene.sent.size(), 49U);
    EXPECT_EQ(scene.relay.free_slots(), slots_per_thread);
}

TEST(Bundle, ARoomThatAllLeaveWhileFramesWaitIsForgotten) {
    Scene scene;
    auto talkies = crowd(scene, 1 + listeners);
    load(scene, talkies, heavily);
    arrive(scene, {{&talkies[0], "a"}});
    for (const auto& talkie : talkies) {
        scene.relay.close_seat(talkie.seat);
    }
    scene.clock.advance(gather_window_max);
    scene.relay.flush();
    EXPECT_EQ(scene.sent.size(), 0U);
    EXPECT_EQ(scene.relay.core().channels(), 0U);
    EXPECT_EQ(scene.relay.free_slots(), slots_per_thread);
}

// --- meters --------------------------------------------------------------------------------------

TEST(LoadMeter, TheWindowFollowsTheLoad) {
    struct Case {
        unsigned frames_per_s;
        std::size_t listening;
        milliseconds window;
    };
    const Case cases[] = {
        {50, 0, milliseconds(0)},    {50, 100, milliseconds(0)},  {80, 99, milliseconds(0)},
        {80, 101, milliseconds(1)},  {125, 99, milliseconds(2)},  {160, 99, milliseconds(3)},
        {199, 100, milliseconds(4)}, {200, 101, milliseconds(5)}, {1000, 1000, milliseconds(5)},
    };
    for (const auto& [frames_per_s, listening, window] : cases) {
        ManualClock clock;
        LoadMeter meter;
        for (unsigned i = 0; i < frames_per_s; ++i) {
            meter.note_frame(clock.now());
            clock.advance(std::chrono::nanoseconds(std::chrono::seconds(1)) / frames_per_s);
        }
        EXPECT_EQ(meter.gather_window(listening), window) << frames_per_s << " × " << listening;
        clock.advance(std::chrono::seconds(60));
        meter.note_frame(clock.now());
        EXPECT_EQ(meter.gather_window(100), milliseconds(0)) << "after a silence";
    }
}

/// For a second of so many frames to so many listeners.
milliseconds window_at(unsigned frames_per_s, std::size_t listening) {
    ManualClock clock;
    LoadMeter meter;
    // A whole number of frames in each window, so that the load is measured as it is.
    const auto step = load_window / (frames_per_s * load_window / std::chrono::seconds(1));
    for (unsigned i = 0; i <= frames_per_s; ++i) {
        meter.note_frame(clock.now());
        clock.advance(std::chrono::duration_cast<Duration>(step));
    }
    return meter.gather_window(listening);
}

TEST(LoadMeter, TheWindowBeginsAtOneLoadAndIsWholeAtAnother) {
    constexpr unsigned frames_per_s = 100;
    constexpr auto least = static_cast<std::size_t>(gather_load_min) / frames_per_s;
    constexpr auto full = static_cast<std::size_t>(gather_load_full) / frames_per_s;
    constexpr auto a_millisecond =
        (full - least) / static_cast<std::size_t>(gather_window_max.count());
    EXPECT_EQ(window_at(frames_per_s, least), milliseconds(0));
    EXPECT_EQ(window_at(frames_per_s, least + a_millisecond - 1), milliseconds(0));
    EXPECT_EQ(window_at(frames_per_s, least + a_millisecond), milliseconds(1));
    EXPECT_EQ(window_at(frames_per_s, full - 1), gather_window_max - milliseconds(1));
    EXPECT_EQ(window_at(frames_per_s, full), gather_window_max);
    EXPECT_EQ(window_at(frames_per_s, 10 * full), gather_window_max);
}

TEST(LossMeter, CountsWhatIsMissing) {
    LossMeter meter;
    EXPECT_FALSE(meter.take_permille());
    for (std::uint64_t counter = 1000; counter < 1000 + loss_packets_min - 1; ++counter) {
        meter.note(counter);
    }
    EXPECT_FALSE(meter.take_permille()) << "too few to tell";
    meter.note(1000 + loss_packets_min - 1);
    EXPECT_EQ(meter.take_permille(), 0);
    meter.note(1000 + 2 * loss_packets_min - 1);
    EXPECT_EQ(meter.take_permille(), (loss_packets_min - 1) * permille_max / loss_packets_min);
    for (int i = 0; i < 3; ++i) {
        meter.note(5);  // long overdue: no sign of loss since
    }
    EXPECT_FALSE(meter.take_permille());
}

TEST(LossMeter, SurvivesTheEndsOfTheRange) {
    LossMeter meter;
    meter.note(1);
    meter.note(~std::uint64_t{1});
    EXPECT_EQ(meter.take_permille(), permille_max);
}

}  // namespace
}  // namespace partyline::relay
