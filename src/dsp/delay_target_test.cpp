#include "dsp/delay_target.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>

#include "base/random.hpp"

namespace partyline::dsp {
namespace {

/// Feeds arrivals of 10 ms packets, each held up by what `held_up_ms` says.
class Feed {
public:
    double held_up_ms = 0;
    double drift_ppm = 0;
    bool fec = false;
    bool kept = false;

    void packet(double extra_ms = 0) {
        const double sent_ms = static_cast<double>(packets_) * 10 * (1 + drift_ppm * 1e-6);
        target.observe({.media = packets_ * 480,
                        .arrived = static_cast<Samples>((1000 + sent_ms + extra_ms) * 48),
                        .samples = frame_samples,
                        .has_fec = fec,
                        .kept = kept});
        ++packets_;
    }
    void seconds(double seconds, const std::function<double()>& extra_ms) {
        for (int i = 0; i < static_cast<int>(seconds * 100); ++i) {
            packet(extra_ms());
        }
    }
    /// The first `waited` packets of a spurt are sent when the last of these has been said. Whatever is held up
    /// for longer is overtaken.
    void spurt(Samples waited, Samples packets, const std::function<double()>& extra_ms) {
        std::multimap<double, Samples> arrivals;
        for (Samples i = 0; i < packets; ++i) {
            const auto sent = std::max(i, waited - 1);
            arrivals.emplace(static_cast<double>(packets_ + sent) * 10 + extra_ms(), packets_ + i);
        }
        packets_ += packets;
        for (const auto& [at_ms, packet] : arrivals) {
            target.observe({.media = packet * 480,
                            .arrived = static_cast<Samples>((1000 + at_ms) * 48),
                            .samples = frame_samples,
                            .has_fec = fec,
                            .ends_spurt = packet + 1 == packets_});
        }
    }
    void lose_one() { ++packets_; }
    /// Nothing is said for so long.
    void pause(double seconds) { packets_ += static_cast<Samples>(seconds * 100); }
    [[nodiscard]] double target_ms() const { return static_cast<double>(target.value()) / 48; }

    DelayTarget target;

private:
    Samples packets_ = 0;
};

double none() { return 0; }

TEST(DelayTarget, StartsLowAndStaysThereOnASteadyNetwork) {
    Feed feed;
    EXPECT_EQ(feed.target_ms(), static_cast<double>(delay_target_min.count()));
    Random random(1);
    for (int i = 0; i < 1000; ++i) {
        feed.packet(1.9 * random.uniform());
        ASSERT_EQ(feed.target_ms(), 10);
    }
}

TEST(DelayTarget, FollowsTheSpread) {
    struct Case {
        const char* name;
        double jitter_ms;
        double from_ms;
        double to_ms;
    };
    constexpr auto most = static_cast<double>(delay_target_max.count());
    for (const auto& test : {Case{"little", 5, 12, 14}, Case{"much", 20, 26, 29},
                             Case{"very much", 100, 98, 109}, Case{"absurd", 2000, most, most}}) {
        SCOPED_TRACE(test.name);
        Feed feed;
        Random random(2);
        feed.seconds(60, [&] { return test.jitter_ms * random.uniform(); });
        EXPECT_GE(feed.target_ms(), test.from_ms);
        EXPECT_LE(feed.target_ms(), test.to_ms);
    }
}

TEST(DelayTarget, GrowsInASecondAndShrinksInHalfAMinute) {
    Feed feed;
    Random random(3);
    const auto jitter = [&] { return 40 * random.uniform(); };
    feed.seconds(10, none);
    feed.seconds(1, jitter);
    EXPECT_GT(feed.target_ms(), 40);
    feed.seconds(5, none);
    EXPECT_GT(feed.target_ms(), 30) << "it may come back";
    feed.seconds(30, none);
    EXPECT_EQ(feed.target_ms(), 10);
}

TEST(DelayTarget, IgnoresAFewOutliers) {
    Feed feed;
    feed.seconds(10, none);
    for (int i = 0; i < 3; ++i) {
        feed.packet(150);
    }
    EXPECT_EQ(feed.target_ms(), 10);
}

TEST(DelayTarget, DoesNotTakeDriftForJitter) {
    for (const double ppm : {-500.0, -200.0, 200.0, 500.0}) {
        Feed feed;
        feed.drift_ppm = ppm;
        for (int i = 0; i < 60'000; ++i) {
            feed.packet();
            ASSERT_LE(feed.target_ms(), 11) << ppm << " ppm";
        }
    }
}

TEST(DelayTarget, DoesNotTakePreRollForJitter) {
    Feed feed;
    feed.seconds(10, none);
    for (int spurt = 0; spurt < 20; ++spurt) {
        feed.pause(2);
        for (int packet = 0; packet < 30; ++packet) {
            feed.packet(300 - packet * 10);
        }
        feed.seconds(1, none);
    }
    EXPECT_EQ(feed.target_ms(), 10);
}

TEST(DelayTarget, DoesNotTakePreRollForJitterHoweverItArrives) {
    constexpr Samples pre_roll = 20;
    for (const double jitter_ms : {0.0, 8.0, 20.0, 40.0}) {
        // Where nothing was said for less than the pre-roll, that goes back to the end of the spurt before.
        for (const double pause_seconds : {0.0, 0.05, 2.0}) {
            SCOPED_TRACE(jitter_ms);
            SCOPED_TRACE(pause_seconds);
            Feed feed;
            Random random(5);
            const auto jitter = [&] { return jitter_ms * random.uniform(); };
            feed.spurt(1, 1000, jitter);
            for (int spurt = 0; spurt < 20; ++spurt) {
                feed.pause(pause_seconds);
                feed.spurt(pre_roll, 120, jitter);
                ASSERT_LE(feed.target_ms(), jitter_ms + 10);
            }
        }
    }
}

TEST(DelayTarget, DoesNotTakeKeptSoundForLateThoughTheEndBeforeItWasLost) {
    // The next spurt goes back to the very moment of the end, or nearly: as if the one before went on.
    for (const double pause_seconds : {0.0, 0.05, 0.08}) {
        SCOPED_TRACE(pause_seconds);
        Feed feed;
        feed.seconds(10, none);
        for (int spurt = 0; spurt < 20; ++spurt) {
            feed.lose_one();
            feed.pause(pause_seconds);
            feed.kept = true;
            for (int packet = 0; packet < 20; ++packet) {
                feed.packet(200 - packet * 10);
            }
            feed.kept = false;
            feed.seconds(1, none);
            ASSERT_EQ(feed.target_ms(), 10);
        }
    }
}

TEST(DelayTarget, TakesAStallWithinASpurtForOne) {
    Feed feed;
    feed.seconds(10, none);
    for (int packet = 0; packet < 20; ++packet) {
        feed.packet(200 - packet * 10);
    }
    EXPECT_GT(feed.target_ms(), 100);
}

TEST(DelayTarget, KnowsTheNetworkAfterALongPauseToo) {
    for (const int pre_roll_packets : {0, 20}) {
        SCOPED_TRACE(pre_roll_packets);
        Feed feed;
        Random random(4);
        const auto jitter = [&] { return 60 * random.uniform(); };
        feed.seconds(60, jitter);
        const double learnt = feed.target_ms();
        EXPECT_GT(learnt, 55);
        feed.pause(25);
        for (int packet = 0; packet < pre_roll_packets; ++packet) {
            feed.packet(10 * (pre_roll_packets - packet) + jitter());
        }
        for (int packet = 0; packet < 200; ++packet) {
            feed.packet(jitter());
            ASSERT_GT(feed.target_ms(), learnt - 10) << "packet " << packet;
        }
    }
}

TEST(DelayTarget, FollowsAJumpOfTheClock) {
    Feed feed;
    feed.seconds(10, none);
    feed.seconds(1, [] { return 60'000; });
    EXPECT_EQ(feed.target_ms(), 10);
    feed.seconds(10, none);
    EXPECT_EQ(feed.target_ms(), 10);
}

TEST(DelayTarget, DoesNotTakeALongerWayForJitter) {
    Feed feed;
    feed.seconds(10, none);
    feed.seconds(3, [] { return 50; });
    EXPECT_GT(feed.target_ms(), 55) << "who can tell yet";
    feed.seconds(1.5, [] { return 50; });
    EXPECT_EQ(feed.target_ms(), 10);
    feed.seconds(1, none);
    EXPECT_EQ(feed.target_ms(), 10) << "and back";
}

TEST(DelayTarget, WaitsForThePacketAfterALossWhenThatBringsFec) {
    Feed feed;
    const auto lose = [&](int percent) {
        for (int i = 0; i < 1000; ++i) {
            feed.target.observe_frame(i % 100 < percent);
            feed.packet();
        }
    };
    lose(10);
    EXPECT_EQ(feed.target_ms(), 10) << "without FEC there is nothing to wait for";
    feed.fec = true;
    lose(10);
    EXPECT_EQ(feed.target_ms(), 19);
    lose(0);
    lose(0);
    EXPECT_EQ(feed.target_ms(), 10);
}

TEST(SlidingMinimum, ForgetsAfterFourSeconds) {
    SlidingMinimum minimum;
    EXPECT_TRUE(minimum.empty());
    constexpr Samples start = 100 * Samples{sample_rate_hz};
    for (Samples ms = 0; ms < 6000; ms += 10) {
        minimum.add(ms == 0 ? 5 : 9, start + ms * samples_per_ms);
        ASSERT_EQ(minimum.value(), ms < 4000 ? 5 : 9) << ms << " ms";
    }
    minimum.add(7, start);  // an arrival that is told out of order
    EXPECT_EQ(minimum.value(), 7);
}

TEST(SlidingMinimum, OutlastsPausesButNotLongOnes) {
    constexpr Samples second = sample_rate_hz;
    SlidingMinimum minimum;
    minimum.add(5, 100 * second);
    minimum.add(9, 115 * second);
    EXPECT_EQ(minimum.value(), 5);
    minimum.add(9, 140 * second);
    EXPECT_EQ(minimum.value(), 9);
    minimum.add(20, 1'000'000 * second);
    EXPECT_EQ(minimum.value(), 20);
}

}  // namespace
}  // namespace partyline::dsp
