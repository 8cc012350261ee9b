#include "client/capture_path.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "base/clock.hpp"
#include "client/test_support.hpp"
#include "wire/datagram.hpp"

namespace partyline::client {
namespace {

constexpr CaptureSettings loud_only{.activation = Activation::gate, .gate_dbfs = -30};

/// A talker with a path before the sender.
class Rig {
public:
    explicit Rig(const CaptureSettings& settings, unsigned frame_ms = 10)
        : talker_(42), path_(talker_.sender()) {
        talker_.sender().set_key(test::key_of(1));
        EXPECT_TRUE(talker_.sender().set_frame_ms(frame_ms));
        if (needs_chain(settings)) {
            path_.use(std::make_shared<dsp::CaptureChain>(clock_));
            path_.set(settings);
        }
    }

    CapturePath& path() { return path_; }
    VoiceSender& sender() { return talker_.sender(); }

    struct Sent {
        bool starts = false;
        bool ends = false;
        bool kept = false;
    };
    /// 10 ms.
    std::vector<Sent> push(bool talking) {
        std::vector<Sent> sent;
        auto frame = test::buzz(captured_);
        for (float& sample : frame) {
            sample *= talking ? 1.0F : 0.05F;  // no digital silence, which the codec leaves out
        }
        captured_ += dsp::frame_samples;
        path_.push(frame, [&](const VoiceSender::Packet& packet) {
            const auto body = wire::parse_header(packet.datagram).value().body;
            sent.push_back({.starts = packet.starts_spurt,
                            .ends = packet.ends_spurt,
                            .kept = wire::parse_record(body).value().was_kept()});
        });
        return sent;
    }
    std::size_t run(bool talking, std::size_t frames) {
        std::size_t packets = 0;
        for (std::size_t i = 0; i < frames; ++i) {
            packets += push(talking).size();
        }
        return packets;
    }
    [[nodiscard]] dsp::MediaTime captured() const { return captured_; }

private:
    ManualClock clock_;
    test::Talker talker_;
    CapturePath path_;
    dsp::MediaTime captured_ = 0;
};

TEST(CapturePath, WithoutAChainAllGoesToTheSender) {
    EXPECT_FALSE(needs_chain({}));
    Rig rig({});
    EXPECT_EQ(rig.run(true, 20), 20U);
    EXPECT_EQ(rig.sender().media_time(), rig.captured());
}

TEST(CapturePath, WhatCameBeforeGoesOutInABurstWhenTheGateOpens) {
    Rig rig(loud_only);
    EXPECT_EQ(rig.run(false, 100), 0U);
    const auto burst = rig.push(true);
    ASSERT_EQ(burst.size(), dsp::PreRoll::frames_max + 1);
    EXPECT_TRUE(burst.front().starts);
    EXPECT_TRUE(
        std::ranges::all_of(std::span(burst).first(dsp::PreRoll::frames_max), &Rig::Sent::kept));
    EXPECT_FALSE(burst.back().kept);
    EXPECT_EQ(rig.sender().media_time(), rig.captured())
        << "each has the time that it was captured";
    EXPECT_EQ(rig.run(true, 10), 10U);
}

TEST(CapturePath, ClosingEndsTheSpurtAtOnce) {
    for (const unsigned frame_ms : {10U, 20U}) {
        Rig rig(loud_only, frame_ms);
        rig.run(true, 51);
        std::vector<Rig::Sent> sent;
        while (rig.sender().in_spurt()) {
            const auto more = rig.push(false);
            sent.insert(sent.end(), more.begin(), more.end());
            ASSERT_LT(sent.size(), 100U);
        }
        EXPECT_TRUE(sent.back().ends);
        EXPECT_EQ(rig.run(false, 100), 0U);
        EXPECT_EQ(rig.sender().media_time() + dsp::PreRoll::frames_max * dsp::frame_samples,
                  rig.captured());
    }
}

TEST(CapturePath, AShortPauseIsLeftOutAndTimeGoesOn) {
    Rig rig(loud_only);
    rig.run(true, 50);
    while (rig.sender().in_spurt()) {
        rig.push(false);
    }
    EXPECT_EQ(rig.run(false, 5), 0U);
    EXPECT_EQ(rig.push(true).size(), 6U) << "none of what led up to the word";
    EXPECT_EQ(rig.sender().media_time(), rig.captured());
}

TEST(CapturePath, TheGateDecidesAndNotTheCodecWhatIsSaid) {
    Rig rig(loud_only);
    for (int i = 0; i < 100; ++i) {
        test::Samples silence{};
        rig.path().push(silence, [](const VoiceSender::Packet&) { FAIL() << "nothing is said"; });
    }
    std::size_t packets = 0;
    auto word = test::buzz(0);
    rig.path().push(word, [&](const VoiceSender::Packet&) { ++packets; });
    EXPECT_EQ(packets, dsp::PreRoll::frames_max + 1) << "however quiet what came before";
    for (int i = 0; i < 10; ++i) {
        test::Samples pause{};  // shorter than the gate holds
        rig.path().push(pause, [&](const VoiceSender::Packet&) { ++packets; });
    }
    EXPECT_EQ(packets, dsp::PreRoll::frames_max + 11);
}

TEST(CapturePath, WithoutAGateTheCodecLeavesSilenceOut) {
    Rig rig({.high_pass = true});
    rig.run(true, 20);
    std::size_t packets = 0;
    for (int i = 0; i < 200; ++i) {
        test::Samples silence{};
        rig.path().push(silence, [&](const VoiceSender::Packet&) { ++packets; });
    }
    EXPECT_LT(packets, 100U);
    EXPECT_FALSE(rig.sender().in_spurt());
}

TEST(CapturePath, NobodyHearsWhatWasSaidBeforeTheySwitchedToThem) {
    Rig rig(loud_only);
    rig.run(false, 100);
    rig.path().forget();
    EXPECT_EQ(rig.sender().media_time(), rig.captured());
    EXPECT_EQ(rig.push(true).size(), 1U);
}

TEST(CapturePath, AKeySendsNothingFromBeforeItWasPressed) {
    Rig rig({.activation = Activation::push});
    EXPECT_EQ(rig.run(true, 50), 0U);
    rig.path().press(true);
    EXPECT_EQ(rig.push(true).size(), 1U);
    EXPECT_EQ(rig.run(true, 9), 9U);
    rig.path().press(false);
    const auto last = rig.push(true);
    ASSERT_EQ(last.size(), 1U);
    EXPECT_TRUE(last.front().ends);
    EXPECT_EQ(rig.run(true, 50), 0U);
}

CaptureSettings music(Activation activation) { return {.activation = activation, .music = true}; }

/// Two channels of a buzz, 10 ms of them.
std::size_t play_music(Rig& rig, std::size_t frames) {
    std::size_t packets = 0;
    for (std::size_t i = 0; i < frames; ++i) {
        auto mid = test::buzz(rig.sender().media_time());
        auto side = mid;
        rig.path().push(mid, side, [&](const VoiceSender::Packet&) { ++packets; });
    }
    return packets;
}

TEST(CapturePath, MusicGoesOutWhateverTheGateWouldSayOfIt) {
    Rig rig({.activation = Activation::gate, .gate_dbfs = 0, .music = true});
    EXPECT_EQ(play_music(rig, 20), 20U);
    rig.path().set({.activation = Activation::gate, .gate_dbfs = 0});
    EXPECT_EQ(play_music(rig, 20), 2U) << "it fades out, and ends";
}

TEST(CapturePath, MusicOfWhoeverHasAKeyWaitsForIt) {
    Rig rig(music(Activation::push));
    EXPECT_EQ(play_music(rig, 20), 0U) << "nobody's microphone opens by itself";
    rig.path().press(true);
    EXPECT_EQ(play_music(rig, 20), 20U);
    rig.path().press(false);
    EXPECT_EQ(play_music(rig, 20), 1U);
    EXPECT_FALSE(rig.sender().in_spurt());
}

/// The last frame that went to the room, and the energy of all of them.
struct SentFrames final : SentListener {
    void sent(dsp::MediaTime, dsp::ConstFrame frame) override {
        std::ranges::copy(frame, last.begin());
        energy += test::energy(frame);
    }
    test::Samples last{};
    double energy = 0;
};

TEST(CapturePath, WhateverEndsFadesSoEarlyThatItsSilenceIsDecodedToo) {
    for (const bool is_music : {false, true}) {
        CaptureSettings settings{.activation = Activation::push};
        settings.music = is_music;
        Rig rig(settings);
        SentFrames sent;
        rig.path().set_listener(&sent);
        const auto run = [&](std::size_t frames) {
            return is_music ? play_music(rig, frames) : rig.run(true, frames);
        };
        rig.path().press(true);
        run(20);
        rig.path().press(false);
        run(1);
        EXPECT_FALSE(rig.sender().in_spurt());
        const auto silence = std::span(sent.last).last(rig.sender().lookahead_samples());
        EXPECT_EQ(test::energy(silence), 0.0) << is_music;
        EXPECT_GT(test::energy(sent.last), 0.0) << is_music;
    }
}

constexpr CaptureSettings quiet_voice{.noise = NoiseSuppression::normal};
constexpr std::size_t frames_in_chain =
    dsp::latency_samples(dsp::Suppression::normal) / dsp::frame_samples;

/// The energy of what is sent until the chain gives what it is given now.
double energy_of_before(CapturePath& path, SentFrames& sent) {
    sent.energy = 0;
    for (std::size_t i = 0; i < frames_in_chain; ++i) {
        test::Samples silence{};
        path.push(silence, [](const VoiceSender::Packet&) {});
    }
    return sent.energy;
}

TEST(CapturePath, NobodyHearsWhatTheChainStillHoldsOfBeforeTheySwitchedToThem) {
    Rig rig(quiet_voice);
    SentFrames sent;
    rig.path().set_listener(&sent);
    rig.run(true, 100);
    EXPECT_GT(energy_of_before(rig.path(), sent), 0.0) << "else this tells nothing";
    rig.run(true, 100);
    rig.path().forget();
    EXPECT_EQ(energy_of_before(rig.path(), sent), 0.0);
    rig.run(true, 20);
    EXPECT_GT(sent.energy, 0.0);
}

TEST(CapturePath, AChainThatServesAnotherSeatBeginsItInSilence) {
    const ManualClock clock;
    const auto chain = create_chain(quiet_voice, clock);
    for (int seat = 0; seat < 2; ++seat) {
        test::Talker talker(42);
        talker.sender().set_key(test::key_of(1));
        CapturePath path(talker.sender());
        path.use(chain);
        path.set(quiet_voice);
        SentFrames sent;
        path.set_listener(&sent);
        EXPECT_EQ(energy_of_before(path, sent), 0.0) << seat;
        for (int i = 0; i < 100; ++i) {
            auto frame = test::buzz(talker.sender().media_time());
            path.push(frame, [](const VoiceSender::Packet&) {});
            path.use(chain);  // as with any other settings
        }
        EXPECT_GT(sent.energy, 0.0);
    }
}

TEST(CapturePath, HalfAPacketOfSomebodyWhoIsMutedKeepsNobodyFromMusic) {
    Rig rig(loud_only, 20);
    rig.sender().set_open(false);
    rig.run(true, 1);
    auto with_music = loud_only;
    with_music.music = true;
    rig.path().set(with_music);
    play_music(rig, 3);
    rig.path().set(loud_only);
    rig.run(false, 41);
    rig.path().set(with_music);
    rig.sender().set_open(true);
    EXPECT_GE(play_music(rig, 20), 9U);
    rig.path().set(loud_only);
    EXPECT_GE(rig.run(true, 40), 10U);
    EXPECT_EQ(rig.sender().media_time() % dsp::frame_samples, 0U);
}

TEST(CapturePath, MusicLeavesWhatIsKnownOfTheEchoAsItWas) {
    constexpr CaptureSettings voice{.echo = true};
    constexpr dsp::MediaTime path_samples = 1'920;  // 40 ms from the loudspeaker to the microphone
    Rig rig(voice);
    SentFrames sent;
    rig.path().set_listener(&sent);
    dsp::MediaTime time = 0;
    /// How much of the echo is taken out.
    const auto run = [&](bool is_music, int frames) {
        auto settings = voice;
        settings.music = is_music;
        rig.path().set(settings);
        double heard = 0;
        sent.energy = 0;
        for (int i = 0; i < frames; ++i) {
            rig.path().render(test::buzz(time + path_samples));
            auto mid = test::buzz(time);
            time += dsp::frame_samples;
            std::ranges::for_each(mid, [](float& sample) { sample *= 0.5F; });
            heard += test::energy(mid);
            test::Samples side{};
            rig.path().push(mid, side, [](const VoiceSender::Packet&) {});
        }
        return 10 * std::log10(heard / sent.energy);
    };
    run(false, 500);
    EXPECT_GT(run(false, 100), 10);
    run(true, 400);
    run(false, 100);
    EXPECT_GT(run(false, 100), 10) << "as before the music";
}

TEST(CapturePath, AllocatesNothing) {
    Rig rig(loud_only);
    rig.run(true, 30);
    auto frame = test::buzz(0);
    const auto before = test::allocations();
    for (int i = 0; i < 100; ++i) {
        if (i % 50 == 0) {
            frame.fill(0.0F);
        }
        rig.path().push(frame, [](const VoiceSender::Packet&) {});
    }
    EXPECT_EQ(test::allocations(), before);
}

TEST(CapturePath, DevicesAreCleanedUpAndFilesAreNot) {
    EXPECT_EQ(usual_capture("voice.flac"), CaptureSettings{});
    EXPECT_EQ(usual_capture("device"), usual_capture("device:Headset"));
    EXPECT_EQ(usual_capture("device").activation, Activation::voice);
    EXPECT_TRUE(needs_chain(usual_capture("device")));
    const auto stages = chain_settings(usual_capture("device"));
    EXPECT_EQ(stages.noise, dsp::Suppression::normal);
    EXPECT_TRUE(stages.gain);
}

}  // namespace
}  // namespace partyline::client
