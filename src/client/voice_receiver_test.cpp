#include "client/voice_receiver.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <vector>

#include "base/random.hpp"
#include "client/limits.hpp"
#include "client/voice_receiver_fixture.hpp"

namespace partyline::client {
namespace {

using namespace std::chrono_literals;
using test::own_session;
using test::Talker;
using test::VoiceReceiverTest;

TEST_F(VoiceReceiverTest, HearsAMemberWhoseKeyItHas) {
    give_key();
    double heard = 0;
    for (int i = 0; i < 50; ++i) {
        heard += hear(talker_.talk());
    }
    EXPECT_GT(heard, 50.0);
    EXPECT_EQ(stats().packets_received, 50U);
    EXPECT_EQ(stats().packets_lost, 0U);
    EXPECT_EQ(stats().packets_unopened, 0U);
    EXPECT_GE(stats().frames_played, 45U);
    EXPECT_TRUE(receiver_.anyone_speaking());
}

TEST_F(VoiceReceiverTest, DropsWhoIsNoMember) {
    Talker stranger(3);
    stranger.sender().set_key(test::key_of(1));
    for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(hear(stranger.talk()), 0.0);
    }
    EXPECT_EQ(receiver_.counters().dropped_unknown_speaker, 5U);
    receiver_.add_key({.speaker = SessionId{3}, .stream = {}, .material = test::key_of(1)},
                      clock_.now());
    EXPECT_EQ(receiver_.counters().dropped_keys, 1U);
    receiver_.add_member(SessionId{own_session});
    Talker echo(own_session);
    echo.sender().set_key(test::key_of(1));
    receive(echo.talk());
    EXPECT_EQ(receiver_.counters().dropped_unknown_speaker, 6U) << "nobody hears themselves";
}

TEST_F(VoiceReceiverTest, DropsDatagramsThatAreNone) {
    give_key();
    auto good = *talker_.talk();
    auto trailing = good;
    trailing.push_back(std::byte{0});
    auto cut = good;
    cut.pop_back();
    auto other_lead = good;
    other_lead[0] = std::byte{0x12};
    for (const auto& bad : {Bytes{}, Bytes{wire::downlink_voice_lead}, trailing, cut, other_lead,
                            Bytes(1201, wire::downlink_voice_lead)}) {
        receiver_.receive(bad, clock_.now());
    }
    EXPECT_EQ(receiver_.counters().dropped_malformed, 6U);
    EXPECT_EQ(stats().packets_received, 0U);
}

TEST_F(VoiceReceiverTest, ChangedBytesAndOtherSpeakersFramesDoNotOpen) {
    give_key();
    receiver_.add_member(SessionId{3});
    receiver_.add_key({.speaker = SessionId{3}, .stream = {}, .material = test::key_of(1)},
                      clock_.now());
    const auto good = *talker_.talk();
    auto changed = good;
    changed.back() ^= std::byte{1};
    auto others = good;
    others[6] = std::byte{3};  // the last byte of the speaker
    auto flagged = good;
    flagged[7] ^= std::byte{wire::end_of_spurt};
    for (const auto& bad : {changed, others, flagged}) {
        receiver_.receive(bad, clock_.now());
    }
    EXPECT_EQ(stats().packets_received, 0U);
    receiver_.receive(good, clock_.now());
    const auto all = all_stats();
    std::uint64_t received = 0;
    std::uint64_t unopened = 0;
    for (const auto& one : all) {
        received += one.packets_received;
        unopened += one.packets_unopened;
    }
    EXPECT_EQ(received, 1U);
    EXPECT_EQ(unopened, 3U);
}

TEST_F(VoiceReceiverTest, FramesThatOutrunTheirKeyArePlayedWhenItComes) {
    for (int i = 0; i < 10; ++i) {
        EXPECT_EQ(hear(talker_.talk()), 0.0);
    }
    give_key();
    double heard = 0;
    for (int i = 0; i < 20; ++i) {
        heard += hear(talker_.talk());
    }
    EXPECT_GT(heard, 10.0);
    EXPECT_EQ(stats().packets_received, 30U);
    EXPECT_EQ(stats().packets_unopened, 0U);
    EXPECT_EQ(stats().packets_lost, 0U);
}

TEST_F(VoiceReceiverTest, OnlySoManyFramesWaitAndTheNewestAreKept) {
    for (std::size_t i = 0; i < waiting_frames_max + 30; ++i) {
        receive(talker_.talk());
    }
    give_key();
    EXPECT_EQ(stats().packets_received, waiting_frames_max);
    EXPECT_EQ(stats().packets_unopened, 30U);
    EXPECT_EQ(stats().packets_lost, 0U) << "they came before the first that opened";
}

TEST_F(VoiceReceiverTest, NoFrameWaitsForLongerThanItsKeyMayTake) {
    receive(talker_.talk());
    clock_.advance(waiting_time_max);
    listen();
    EXPECT_EQ(stats().packets_unopened, 0U);
    listen();
    EXPECT_EQ(stats().packets_unopened, 1U);
    give_key();
    EXPECT_EQ(stats().packets_received, 0U);
}

TEST_F(VoiceReceiverTest, AsksForAMissingKeyNowAndThen) {
    std::vector<Duration> asked_after;
    const auto start = clock_.now();
    for (int i = 0; i < 250; ++i) {
        hear(talker_.talk());
        while (const auto need = receiver_.take_key_need(clock_.now())) {
            EXPECT_EQ(need->speaker, talker_.session());
            EXPECT_EQ(need->kid, crypto::make_kid(1, 0));
            asked_after.push_back(clock_.now() - start);
        }
    }
    EXPECT_EQ(asked_after,
              (std::vector<Duration>{key_request_after, key_request_after + key_request_interval,
                                     key_request_after + 2 * key_request_interval}));
}

TEST_F(VoiceReceiverTest, DoesNotAskForWhatCanNeverBeOpened) {
    // We are given step 5; frames of step 4 were said before we came.
    talker_.sender().set_key(test::key_of(1, 4));
    give_key(1, 5);
    for (int i = 0; i < 30; ++i) {
        hear(talker_.talk());
        EXPECT_FALSE(receiver_.take_key_need(clock_.now()));
    }
    EXPECT_EQ(stats().packets_unopened, 30U);
    talker_.sender().set_key(test::key_of(1, 6));
    hear(talker_.talk());
    EXPECT_EQ(stats().packets_received, 1U);
}

TEST_F(VoiceReceiverTest, CountsLossExactly) {
    give_key();
    for (int i = 0; i < 100; ++i) {
        const auto datagram = talker_.talk();
        hear(i % 10 == 5 ? std::nullopt : datagram);
    }
    EXPECT_EQ(stats().packets_received, 90U);
    EXPECT_EQ(stats().packets_lost, 10U);
    EXPECT_EQ(receiver_.take_loss_permille(), 100U);
    EXPECT_EQ(receiver_.take_loss_permille(), 0U) << "it has been told";
}

TEST_F(VoiceReceiverTest, WhatIsNotSentToUsIsNoLoss) {
    give_key();
    const auto heard = [this] {
        for (int i = 0; i < 50; ++i) {
            hear(talker_.talk());
        }
    };
    const auto missed = [this] {
        for (int i = 0; i < 200; ++i) {
            talker_.talk();
            listen();
        }
    };
    heard();
    receiver_.set_deafened(true);
    missed();
    receiver_.set_deafened(false);
    heard();
    receiver_.remove_member(talker_.session());  // the speaker goes to another room
    missed();
    receiver_.add_member(talker_.session());
    give_key();
    heard();
    EXPECT_EQ(stats().packets_received, 150U);
    EXPECT_EQ(stats().packets_lost, 0U);
    EXPECT_EQ(receiver_.take_loss_permille(), 0U);
}

TEST_F(VoiceReceiverTest, ReorderedIsNotLostAndTwiceIsNotMore) {
    give_key();
    for (int i = 0; i < 30; ++i) {
        const auto first = talker_.talk();
        const auto second = talker_.talk();
        receive(second);
        receive(first);
        receive(first);
        listen();
        listen();
    }
    EXPECT_EQ(stats().packets_received, 60U);
    EXPECT_EQ(stats().packets_lost, 0U);
    EXPECT_EQ(stats().packets_unopened, 30U);
    EXPECT_EQ(receiver_.take_loss_permille(), 0U);
}

TEST_F(VoiceReceiverTest, FewPacketsTellNoLossYet) {
    give_key();
    for (std::uint64_t i = 1; i < loss_report_packets_min; ++i) {
        const auto datagram = talker_.talk();
        hear(i == 5 ? std::nullopt : datagram);
    }
    EXPECT_EQ(receiver_.take_loss_permille(), 0U);
    hear(talker_.talk());
    EXPECT_EQ(receiver_.take_loss_permille(), 1000 / loss_report_packets_min);
}

TEST_F(VoiceReceiverTest, WhoeverLeavesIsHeardNoMoreAndTheirFiguresStay) {
    give_key();
    for (int i = 0; i < 20; ++i) {
        hear(talker_.talk());
    }
    receiver_.remove_member(talker_.session());
    EXPECT_FALSE(receiver_.anyone_speaking());
    listen_to_the_end();
    EXPECT_EQ(hear(talker_.talk()), 0.0);
    EXPECT_EQ(stats().packets_received, 20U);

    // Back again: the key is wiped, and old frames are not played again under the same one.
    const auto old = talker_.talk();
    receiver_.add_member(talker_.session());
    receive(old);
    EXPECT_EQ(stats().packets_received, 20U);
    give_key();
    EXPECT_EQ(stats().packets_received, 21U);
    receive(old);
    EXPECT_EQ(stats().packets_received, 21U);
}

TEST_F(VoiceReceiverTest, AnotherRoomStartsFiguresAgainButRemembersWhatWasPlayed) {
    give_key();
    std::vector<Bytes> said;
    for (int i = 0; i < 20; ++i) {
        said.push_back(*talker_.talk());
        hear(said.back());
    }
    receiver_.clear_room();
    EXPECT_EQ(stats().packets_received, 0U);
    receiver_.add_member(talker_.session());
    give_key();
    for (const auto& datagram : said) {
        receive(datagram);
    }
    EXPECT_EQ(stats().packets_received, 0U) << "played again";
}

TEST_F(VoiceReceiverTest, FiguresOutliveTheSessionButNotTheRoom) {
    give_key();
    for (int i = 0; i < 20; ++i) {
        hear(talker_.talk());
    }
    receiver_.forget_session(talker_.session());
    EXPECT_EQ(stats().speaker, talker_.session());
    EXPECT_EQ(stats().packets_received, 20U);
    listen_to_the_end();
    EXPECT_EQ(hear(talker_.talk()), 0.0);
    receiver_.clear_room();
    EXPECT_EQ(stats().packets_received, 0U);
}

TEST_F(VoiceReceiverTest, FiguresOfThoseWhoLeftAreKeptOfTheLatest) {
    for (std::uint32_t session = 100; session <= 100 + departed_stats_max; ++session) {
        ASSERT_EQ(all_stats().size(), session - 100U);
        meet(SessionId{session});
        receiver_.forget_session(SessionId{session});
    }
    const auto all = all_stats();
    EXPECT_EQ(all.size(), departed_stats_max);
    EXPECT_EQ(std::ranges::count(all, SessionId{100}, &SpeakerStats::speaker), 0)
        << "the first to leave has made room";
    EXPECT_EQ(std::ranges::count(all, SessionId{100 + departed_stats_max}, &SpeakerStats::speaker),
              1);
}

TEST_F(VoiceReceiverTest, WhoeverIsSilentForLongGivesTheirDecoderBack) {
    give_key();
    for (int i = 0; i < 10; ++i) {
        hear(talker_.talk());
    }
    const auto makes_a_decoder = [this] {
        const auto datagram = talker_.talk();
        const auto before = test::allocations();
        receive(datagram);
        return test::allocations() != before;
    };
    EXPECT_FALSE(makes_a_decoder());
    clock_.advance(playout_idle_max);
    listen();
    EXPECT_FALSE(makes_a_decoder()) << "just in time";
    clock_.advance(playout_idle_max + 1ms);
    listen();
    EXPECT_TRUE(makes_a_decoder());
    EXPECT_EQ(stats().packets_received, 13U) << "their figures stay";
}

TEST_F(VoiceReceiverTest, WhatIsKnownOfTheNetworkOutlastsSilenceAndRooms) {
    give_key();
    Random random(8);
    std::multimap<TimePoint, Bytes> on_their_way;
    for (int i = 0; i < 800; ++i) {
        if (const auto datagram = talker_.talk()) {
            on_their_way.emplace(clock_.now() + std::chrono::milliseconds(random.below(60)),
                                 *datagram);
        }
        while (!on_their_way.empty() && on_their_way.begin()->first <= clock_.now()) {
            receive(on_their_way.begin()->second);
            on_their_way.erase(on_their_way.begin());
        }
        listen();
    }
    const auto learnt = stats().delay_target;
    ASSERT_GT(learnt, 40ms);
    clock_.advance(playout_idle_max + 1ms);
    listen();
    hear(talker_.talk());
    EXPECT_GT(stats().delay_target, learnt - 5ms) << "of one whose decoder was let go";

    receiver_.clear_room();
    receiver_.add_member(talker_.session());
    give_key();
    hear(talker_.talk());
    EXPECT_EQ(stats().packets_received, 1U);
    EXPECT_GT(stats().delay_target, learnt - 5ms) << "of one who has gone the same way";
}

TEST_F(VoiceReceiverTest, WhatWasKeptForTheMicrophoneIsNotLateThoughTheEndBeforeItWasLost) {
    using enum VoiceSender::Spurt;
    give_key();
    const auto say = [this](VoiceSender::Spurt spurt) {
        return talker_.push(test::buzz(talker_.sender().media_time()), spurt);
    };
    for (int i = 0; i < 300; ++i) {
        hear(say(goes_on));
    }
    for (int spurt = 0; spurt < 5; ++spurt) {
        say(ends);  // and nobody receives it
        for (int i = 0; i < 21; ++i) {
            listen();
        }
        for (int i = 0; i < 20; ++i) {
            receive(say(catches_up));
        }
        for (int i = 0; i < 60; ++i) {
            hear(say(goes_on));
        }
    }
    EXPECT_EQ(stats().packets_lost, 5U);
    EXPECT_EQ(stats().delay_target, dsp::delay_target_min);
}

TEST_F(VoiceReceiverTest, LightsGoOnAndOff) {
    give_key();
    std::vector<bool> lights;
    const auto look = [&] {
        while (const auto change = receiver_.take_speaking_change()) {
            EXPECT_EQ(change->speaker, talker_.session());
            lights.push_back(change->speaking);
        }
    };
    for (int i = 0; i < 30; ++i) {
        hear(talker_.talk());
        look();
    }
    EXPECT_EQ(lights, (std::vector{true}));
    for (int i = 0; i < 200; ++i) {
        hear(talker_.pause());
        look();
    }
    EXPECT_EQ(lights, (std::vector{true, false}));
    hear(talker_.talk());
    hear(talker_.talk());
    hear(talker_.talk());
    look();
    receiver_.remove_member(talker_.session());
    look();
    EXPECT_EQ(lights, (std::vector{true, false, true, false}));
}

TEST_F(VoiceReceiverTest, OfLightsThatNobodyAsksForNoMoreChangesAreKeptThanCanBeLit) {
    give_key();
    const auto talk = [this] {
        for (int i = 0; i < 5; ++i) {
            hear(talker_.talk());
        }
        EXPECT_TRUE(receiver_.anyone_speaking());
    };
    for (std::size_t spurt = 0; spurt < playouts_max; ++spurt) {
        talk();
        hear(talker_.push(test::buzz(talker_.sender().media_time()), VoiceSender::Spurt::ends));
        for (int i = 0; i < 20; ++i) {
            talker_.sender().skip();
            listen();
        }
        EXPECT_FALSE(receiver_.anyone_speaking());
    }
    talk();
    std::size_t changes = 0;
    bool lit = false;
    while (const auto change = receiver_.take_speaking_change()) {
        ++changes;
        lit = change->speaking;
    }
    EXPECT_LE(changes, playouts_max);
    EXPECT_TRUE(lit) << "how it is now is told all the same";
}

TEST_F(VoiceReceiverTest, KeepsABoundedNumberOfDecoders) {
    for (std::uint32_t session = 100; session < 100 + playouts_max + 20; ++session) {
        meet(SessionId{session});
        listen();
    }
    const auto all = all_stats();
    EXPECT_EQ(all.size(), playouts_max + 20);
    for (const auto& one : all) {
        EXPECT_EQ(one.packets_received, 1U) << "figures outlive decoders";
    }
}

}  // namespace
}  // namespace partyline::client
