#include "client/voice_receiver.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <memory>
#include <vector>

#include "client/limits.hpp"
#include "client/test_support.hpp"

namespace partyline::client {
namespace {

using namespace std::chrono_literals;
using test::Talker;

constexpr std::uint32_t own_session = 1;

class VoiceReceiverTest : public testing::Test {
protected:
    VoiceReceiverTest() {
        talker_.sender().set_key(test::key_of(1));
        receiver_.add_member(talker_.session());
    }

    void give_key(std::uint32_t generation = 1, std::uint16_t step = 0) {
        receiver_.add_key({.speaker = talker_.session(),
                           .stream = {},
                           .material = test::key_of(generation, step)},
                          clock_.now());
    }

    void receive(const std::optional<Bytes>& datagram) {
        if (datagram) {
            receiver_.receive(*datagram, clock_.now());
        }
    }

    /// 10 ms of the speaker's talk and ours of listening: what was heard.
    double hear(const std::optional<Bytes>& datagram) {
        receive(datagram);
        return listen();
    }
    double listen() {
        test::Samples frame;
        receiver_.play(frame, clock_.now());
        clock_.advance(10ms);
        return test::energy(frame);
    }

    SpeakerStats stats() {
        std::vector<SpeakerStats> all;
        receiver_.collect_stats(all);
        return all.empty() ? SpeakerStats{} : all.front();
    }

    ManualClock clock_;
    VoiceReceiver receiver_{test::identity_of(own_session)};
    Talker talker_{2};
};

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
    std::vector<SpeakerStats> all;
    receiver_.collect_stats(all);
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

TEST_F(VoiceReceiverTest, AtMostTwentyFramesWaitAndTheNewestAreKept) {
    for (int i = 0; i < 50; ++i) {
        receive(talker_.talk());
    }
    give_key();
    EXPECT_EQ(stats().packets_received, waiting_frames_max);
    EXPECT_EQ(stats().packets_unopened, 30U);
    EXPECT_EQ(stats().packets_lost, 0U) << "they came before the first that opened";
}

TEST_F(VoiceReceiverTest, NoFrameWaitsForMoreThan200Milliseconds) {
    receive(talker_.talk());
    clock_.advance(200ms);
    listen();
    EXPECT_EQ(stats().packets_unopened, 0U);
    listen();
    EXPECT_EQ(stats().packets_unopened, 1U);
    give_key();
    EXPECT_EQ(stats().packets_received, 0U);
}

TEST_F(VoiceReceiverTest, AsksForAMissingKeyAfter100MillisecondsAndOnceASecond) {
    std::vector<std::int64_t> asked_at_ms;
    const auto start = clock_.now();
    for (int i = 0; i < 250; ++i) {
        hear(talker_.talk());
        while (const auto need = receiver_.take_key_need(clock_.now())) {
            EXPECT_EQ(need->speaker, talker_.session());
            EXPECT_EQ(need->kid, crypto::make_kid(1, 0));
            asked_at_ms.push_back((clock_.now() - start) / 1ms);
        }
    }
    EXPECT_EQ(asked_at_ms, (std::vector<std::int64_t>{100, 1100, 2100}));
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
    receiver_.interrupt_tallies();  // deafened
    missed();
    receiver_.interrupt_tallies();  // and no longer
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
    for (int i = 0; i < 10; ++i) {
        const auto datagram = talker_.talk();
        hear(i == 5 ? std::nullopt : datagram);
    }
    EXPECT_EQ(receiver_.take_loss_permille(), 0U);
    for (int i = 0; i < 10; ++i) {
        hear(talker_.talk());
    }
    EXPECT_EQ(receiver_.take_loss_permille(), 50U);
}

TEST_F(VoiceReceiverTest, WhoeverLeavesIsHeardNoMoreAndTheirFiguresStay) {
    give_key();
    for (int i = 0; i < 20; ++i) {
        hear(talker_.talk());
    }
    receiver_.remove_member(talker_.session());
    EXPECT_FALSE(receiver_.anyone_speaking());
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
    EXPECT_EQ(hear(talker_.talk()), 0.0);
    receiver_.clear_room();
    EXPECT_EQ(stats().packets_received, 0U);
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

TEST_F(VoiceReceiverTest, MixesSpeakersBelowFullScale) {
    std::vector<std::unique_ptr<Talker>> talkers;
    for (std::uint32_t session = 10; session < 16; ++session) {
        talkers.push_back(std::make_unique<Talker>(session));
        talkers.back()->sender().set_key(test::key_of(1));
        receiver_.add_member(SessionId{session});
        receiver_.add_key(
            {.speaker = SessionId{session}, .stream = {}, .material = test::key_of(1)},
            clock_.now());
    }
    double loudest = 0;
    for (int i = 0; i < 50; ++i) {
        // All in one datagram, as the relay bundles them.
        Bytes bundle;
        for (const auto& talker : talkers) {
            const auto datagram = *talker->talk();
            append(bundle, ByteView(datagram).subspan(bundle.empty() ? 0 : 1));
        }
        ASSERT_LE(bundle.size(), wire::datagram_bytes_max);
        receiver_.receive(bundle, clock_.now());
        test::Samples frame;
        EXPECT_TRUE(receiver_.play(frame, clock_.now()) || i < 5);
        for (const float sample : frame) {
            loudest = std::max(loudest, std::abs(double{sample}));
        }
        clock_.advance(10ms);
    }
    EXPECT_GT(loudest, 0.5);
    EXPECT_LE(loudest, double{dsp::Limiter::ceiling} + 1e-6);
}

TEST_F(VoiceReceiverTest, EachIsAsLoudAsTheyWereSet) {
    give_key();
    const auto loudness = [&](float gain) {
        receiver_.set_hearing(talker_.session(), {.gain = gain});
        hear(talker_.talk());  // on its way there
        double sum = 0;
        for (int i = 0; i < 50; ++i) {
            sum += hear(talker_.talk());
        }
        return sum;
    };
    const double usual = loudness(1);
    EXPECT_GT(usual, 0);
    EXPECT_NEAR(loudness(0.5F) / usual, 0.25, 0.02);
    EXPECT_GT(loudness(1.25F) / usual, 1.3);
    EXPECT_EQ(loudness(0), 0);
    EXPECT_TRUE(receiver_.anyone_speaking()) << "their light is lit all the same";
    receiver_.remove_member(talker_.session());
    receiver_.add_member(talker_.session());
    give_key(2);
    talker_.sender().set_key(test::key_of(2));
    EXPECT_EQ(hear(talker_.talk()) + hear(talker_.talk()) + hear(talker_.talk()), 0)
        << "wherever they were meanwhile";
}

TEST_F(VoiceReceiverTest, WhoIsTurnedOffIsNotHeardForAMomentEither) {
    give_key();
    receiver_.set_hearing(talker_.session(), {.gain = 0});
    for (int i = 0; i < 20; ++i) {
        EXPECT_EQ(hear(talker_.talk()), 0) << i;
    }
}

TEST_F(VoiceReceiverTest, WhoHasPriorityLowersTheOthersWhileTheySpeak) {
    Talker chief(3);
    chief.sender().set_key(test::key_of(1));
    receiver_.add_member(chief.session());
    receiver_.add_key({.speaker = chief.session(), .stream = {}, .material = test::key_of(1)},
                      clock_.now());
    give_key();
    // The chief says something that cannot be heard itself, so that only the other is measured.
    test::Samples whisper{};
    for (std::size_t i = 0; i < whisper.size(); ++i) {
        whisper[i] = (i % 2 == 0 ? 1e-4F : -1e-4F);
    }
    chief.sender().set_dtx(false);
    // How loud the other is in the last half of two seconds: time enough to be lowered, or to come back.
    const auto loudness = [&](bool chief_speaks) {
        double sum = 0;
        for (int i = 0; i < 200; ++i) {
            if (chief_speaks) {
                receive(chief.push(whisper));
            }
            const double heard = hear(talker_.talk());
            sum += i < 150 ? 0 : heard;
        }
        return sum;
    };
    const double usual = loudness(true);
    receiver_.set_hearing(chief.session(), {.priority = true});
    EXPECT_NEAR(10 * std::log10(loudness(true) / usual), -dsp::Ducker::depth_db, 1);
    receiver_.set_hearing(talker_.session(), {.priority = true});
    EXPECT_NEAR(loudness(true) / usual, 1, 0.2) << "two of them stand beside each other";
    receiver_.set_hearing(talker_.session(), {});
    receiver_.set_hearing(chief.session(), {.gain = 0, .priority = true});
    EXPECT_NEAR(loudness(true) / usual, 1, 0.2) << "whoever is turned off lowers nobody";
    receiver_.set_hearing(chief.session(), {.priority = true});
    EXPECT_LT(loudness(true) / usual, 0.1);
    EXPECT_NEAR(loudness(false) / usual, 1, 0.2) << "and back up when they have finished";
}

TEST_F(VoiceReceiverTest, MusicIsHeardInStereo) {
    give_key();
    talker_.sender().use_music(std::make_shared<dsp::OpusEncoder>(
        dsp::OpusEncoder::create({.content = dsp::Content::music, .dtx = false}).value()));
    double left = 0;
    double right = 0;
    for (int i = 0; i < 100; ++i) {
        // All of it on the left.
        auto mid = test::buzz(talker_.sender().media_time());
        for (float& sample : mid) {
            sample *= 0.5F;
        }
        const auto packet = talker_.sender().push(mid, mid);
        if (packet) {
            receiver_.receive(test::to_downlink(packet->datagram), clock_.now());
        }
        test::Samples side;
        const auto heard = receiver_.play(mid, side, clock_.now());
        EXPECT_TRUE(heard == dsp::Heard::stereo || i < 5);
        for (std::size_t k = 0; k < mid.size(); ++k) {
            left += std::pow(double{mid[k]} + double{side[k]}, 2);
            right += std::pow(double{mid[k]} - double{side[k]}, 2);
        }
        clock_.advance(10ms);
    }
    EXPECT_GT(left, 100 * right);
}

TEST_F(VoiceReceiverTest, KeepsABoundedNumberOfDecoders) {
    for (std::uint32_t session = 100; session < 100 + playouts_max + 20; ++session) {
        Talker talker(session);
        talker.sender().set_key(test::key_of(1));
        receiver_.add_member(SessionId{session});
        receiver_.add_key(
            {.speaker = SessionId{session}, .stream = {}, .material = test::key_of(1)},
            clock_.now());
        receive(talker.talk());
        listen();
    }
    std::vector<SpeakerStats> all;
    receiver_.collect_stats(all);
    EXPECT_EQ(all.size(), playouts_max + 20);
    for (const auto& one : all) {
        EXPECT_EQ(one.packets_received, 1U) << "figures outlive decoders";
    }
}

}  // namespace
}  // namespace partyline::client
