#include "dsp/echo_reference.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

#include "dsp/test_support.hpp"

namespace partyline::dsp {
namespace {

constexpr std::size_t slack = EchoReference::slack_samples;

/// Plays one long noise into a reference and reads it back, frame by frame.
class Player {
public:
    void write(std::size_t frames = 1) {
        for (; frames > 0; --frames) {
            reference.write(ConstFrame(noise_.data() + written_, frame_samples));
            written_ += frame_samples;
        }
    }

    std::array<float, frame_samples> read() {
        std::array<float, frame_samples> out{};
        reference.read(out);
        return out;
    }

    /// Whether `out` is the newest frame but `behind` samples earlier, to the last bit.
    [[nodiscard]] bool is(const std::array<float, frame_samples>& out, std::size_t behind) const {
        std::array<float, frame_samples> expected{};
        for (std::size_t i = 0; i < frame_samples; ++i) {
            const auto place = written_ - frame_samples + i;
            expected[i] = place < behind ? 0.0F : noise_[place - behind];
        }
        return out == expected;
    }

    EchoReference reference;

private:
    std::vector<float> noise_ = test::white_noise(8, 0.5F);
    std::size_t written_ = 0;
};

bool silent(const std::array<float, frame_samples>& out) {
    return std::ranges::all_of(out, [](float sample) { return !(std::abs(sample) > 0); });
}

TEST(EchoReference, GivesWhatWasPlayedToTheBit) {
    for (const std::size_t lag : {0UL, 1UL, 479UL, 12'345UL, EchoReference::lag_samples_max}) {
        Player player;
        player.reference.set_lag(lag);
        for (int frame = 0; frame < 150; ++frame) {
            player.write();
            ASSERT_TRUE(player.is(player.read(), slack + lag)) << lag << " in frame " << frame;
        }
    }
}

TEST(EchoReference, TellsTheSameLagBeforeAndAfterReading) {
    Player player;
    EXPECT_EQ(player.reference.lag_samples(), 0);
    player.reference.set_lag(500);
    for (int frame = 0; frame < 250; ++frame) {
        EXPECT_EQ(player.reference.lag_samples(), 500);
        player.write();
        EXPECT_EQ(player.reference.lag_samples(), 500);
        player.read();
        EXPECT_EQ(player.reference.lag_samples(), 500);
    }
}

TEST(EchoReference, DriftsAsFarAsTold) {
    Player player;
    player.reference.set_lag(2000);
    player.reference.set_drift(100);
    for (int frame = 0; frame < 500; ++frame) {
        player.write();
        player.read();
    }
    EXPECT_NEAR(player.reference.lag_samples(), 2000 - 24, 1e-3);

    player.reference.set_drift(0);
    player.reference.set_lag(1000);  // from where nothing is left of the drift
    EXPECT_EQ(player.reference.lag_samples(), 1000);
    player.write();
    EXPECT_TRUE(player.is(player.read(), slack + 1000));

    player.reference.set_lag(700);  // between read() and write() too
    player.write();
    EXPECT_TRUE(player.is(player.read(), slack + 700));
    player.write();
    player.reference.set_lag(800);
    EXPECT_TRUE(player.is(player.read(), slack + 800));
}

/// dB of a tone over what is left when the same tone, faster by `ppm`, is taken from what was read.
double accuracy_db(double hz, double ppm) {
    EchoReference reference;
    reference.set_lag(1000);
    reference.set_drift(ppm);
    const double turn = 2 * std::numbers::pi * hz / sample_rate_hz;
    double error = 0;
    double power = 0;
    std::array<float, frame_samples> frame{};
    for (std::size_t k = 0; k < 500; ++k) {
        for (std::size_t i = 0; i < frame_samples; ++i) {
            frame[i] = static_cast<float>(
                0.5 * std::sin(turn * static_cast<double>(k * frame_samples + i)));
        }
        reference.write(frame);
        reference.read(frame);
        for (std::size_t i = 0; k >= 10 && i < frame_samples; ++i) {
            const double captured = static_cast<double>(k * frame_samples + i);
            const double place = captured * (1 + ppm * 1e-6) - 1000 - slack;
            const double expected = 0.5 * std::sin(turn * place);
            error += std::pow(static_cast<double>(frame[i]) - expected, 2);
            power += expected * expected;
        }
    }
    return 10 * std::log10(power / error);
}

TEST(EchoReference, KeepsATone) {
    for (const double ppm : {100.0, -100.0, 300.0}) {
        EXPECT_GT(accuracy_db(3000, ppm), 60) << ppm;
    }
}

TEST(EchoReference, IsSilentUntilSomethingIsPlayed) {
    Player player;
    for (int frame = 0; frame < 500; ++frame) {
        ASSERT_TRUE(silent(player.read()));
    }
    player.write();
    player.read();
    player.write();
    EXPECT_TRUE(player.is(player.read(), slack));
    EXPECT_EQ(player.reference.breaks(), 0U);
}

TEST(EchoReference, TakesBurstsForWhatTheyAre) {
    for (const std::size_t burst : {2UL, 3UL}) {
        const std::size_t lag = burst == 2 ? 0 : frame_samples / 2;
        Player player;
        player.reference.set_lag(lag);
        for (std::size_t frame = 0; frame < 300; ++frame) {
            const auto since = frame % burst;  // frames read of this burst
            if (since == 0) {
                player.write(burst);
            }
            const auto out = player.read();
            ASSERT_TRUE(player.is(out, slack + lag - since * frame_samples))
                << burst << " in frame " << frame;
            ASSERT_EQ(player.reference.lag_samples(), static_cast<double>(lag));
            if (frame == 200) {  // in the middle of a burst: the same place again
                player.reference.set_lag(lag);
            }
        }
        EXPECT_EQ(player.reference.breaks(), 0U);
    }
}

TEST(EchoReference, FindsItsPlaceAfterALateFrame) {
    Player player;
    for (int frame = 0; frame < 10; ++frame) {
        player.write();
        player.read();
    }
    for (int frame = 0; frame < 3; ++frame) {
        player.read();
    }
    player.write(4);
    EXPECT_TRUE(player.is(player.read(), slack));
    EXPECT_EQ(player.reference.breaks(), 0U);
    EXPECT_EQ(player.reference.lag_samples(), 0);
}

TEST(EchoReference, IsSilentInABreakAndGoesOnAfterIt) {
    Player player;
    player.reference.set_lag(600);
    for (int frame = 0; frame < 100; ++frame) {
        player.write();
        player.read();
    }
    for (int frame = 0; frame < 1000; ++frame) {
        const auto out = player.read();
        ASSERT_TRUE(frame < 3 || silent(out)) << frame;
    }
    EXPECT_EQ(player.reference.breaks(), 0U) << "nothing to go on with yet";
    for (int frame = 0; frame < 10; ++frame) {
        player.write();
        ASSERT_TRUE(player.is(player.read(), slack + 600)) << frame;
        ASSERT_EQ(player.reference.lag_samples(), 600);
    }
    EXPECT_EQ(player.reference.breaks(), 1U);
}

TEST(EchoReference, TellsWhenCaptureFellBehindAndNeverReadsWhatIsGone) {
    Player player;
    player.write();
    player.read();
    player.write(21);
    player.read();
    EXPECT_EQ(player.reference.lag_samples(), 20.0 * frame_samples);
    player.write(300);
    EXPECT_TRUE(player.is(player.read(), slack));
    EXPECT_EQ(player.reference.breaks(), 1U);
}

TEST(EchoReference, ForgetsAll) {
    Player player;
    player.reference.set_lag(600);
    player.reference.set_drift(50);
    for (int frame = 0; frame < 100; ++frame) {
        player.write();
        player.read();
    }
    player.reference.reset();
    EXPECT_EQ(player.reference.wanted_lag(), 0U);
    EXPECT_EQ(player.reference.lag_samples(), 0);
    EXPECT_TRUE(silent(player.read()));
    player.write();
    const auto out = player.read();
    for (std::size_t i = 0; i < frame_samples; ++i) {
        ASSERT_EQ(out[i], 0) << "what was played before is gone";
    }
    player.write();
    player.write();
    player.read();
    EXPECT_FALSE(silent(player.read()));
}

TEST(EchoReference, LetsNothingInThatIsNoNumber) {
    EchoReference reference;
    std::array<float, frame_samples> frame{};
    frame.fill(std::numeric_limits<float>::quiet_NaN());
    for (int i = 0; i < 4; ++i) {
        reference.write(frame);
    }
    reference.set_drift(30);
    for (int i = 0; i < 3; ++i) {
        reference.read(frame);
        EXPECT_TRUE(silent(frame));
    }
}

TEST(EchoReference, AllocatesNothing) {
    Player player;
    const auto before = test::allocations();
    player.reference.set_drift(-70);
    for (int frame = 0; frame < 100; ++frame) {
        player.write();
        player.read();
    }
    player.reference.set_lag(300);
    player.reference.reset();
    EXPECT_EQ(test::allocations(), before);
}

}  // namespace
}  // namespace partyline::dsp
