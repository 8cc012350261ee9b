// How loud everybody is beside the others: volumes, priority, music, and never more than full scale.
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <memory>
#include <vector>

#include "client/limits.hpp"
#include "client/voice_receiver_fixture.hpp"
#include "dsp/ducker.hpp"

namespace partyline::client {
namespace {

using namespace std::chrono_literals;
using test::own_session;
using test::Talker;

class VoiceMix : public test::VoiceReceiverTest {};

TEST_F(VoiceMix, MixesSpeakersBelowFullScale) {
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

TEST_F(VoiceMix, EachIsAsLoudAsTheyWereSet) {
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

TEST_F(VoiceMix, WhoIsTurnedOffIsNotHeardForAMomentEither) {
    give_key();
    receiver_.set_hearing(talker_.session(), {.gain = 0});
    for (int i = 0; i < 20; ++i) {
        EXPECT_EQ(hear(talker_.talk()), 0) << i;
    }
}

TEST_F(VoiceMix, WhoHasPriorityLowersTheOthersWhileTheySpeak) {
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

TEST_F(VoiceMix, MusicIsHeardInStereo) {
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

}  // namespace
}  // namespace partyline::client
