// Voice becomes music and music voice, and whoever speaks mutes themself, while somebody listens: what comes out of the
// decoder has no step and no click in it.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <memory>
#include <numbers>
#include <span>
#include <vector>

#include "base/clock.hpp"
#include "client/capture_path.hpp"
#include "client/test_support.hpp"
#include "crypto/receiver_keys.hpp"
#include "crypto/sframe.hpp"
#include "dsp/speaker_decoder.hpp"
#include "dsp/time_scale.hpp"

namespace partyline::client {
namespace {

constexpr std::uint32_t speaker = 42;
constexpr int frames_of_each = 60;

/// What the datagram holds for whoever has the key.
Bytes opus_of(ByteView datagram) {
    const auto downlink = test::to_downlink(datagram);
    const auto record = wire::DownlinkRecords::parse(downlink)->next().value();
    const auto header = crypto::parse_sframe_header(record.sealed)->header;
    const auto key = test::key_of(crypto::generation_of(header.kid));
    const auto opened = test::open_record(record, key).value();
    return to_bytes(ByteView(opened).subspan(sizeof(dsp::MediaTime)));
}

float tone(double hz, dsp::MediaTime at) {
    return static_cast<float>(std::sin(2 * std::numbers::pi * hz * at / dsp::sample_rate_hz));
}

/// What a listener who loses nothing but `lost` hears of somebody who switches to and fro.
class Change {
public:
    explicit Change(unsigned frame_ms = 10, CaptureSettings voice = {}) : voice_(voice) {
        talker_.sender().set_key(test::key_of(1));
        EXPECT_TRUE(talker_.sender().set_frame_ms(frame_ms));
        if (needs_chain(voice)) {
            path_.use(std::make_shared<dsp::CaptureChain>(clock_, chain_settings(voice)));
        }
        path_.set(voice);
    }

    void run(bool music, int frames = frames_of_each) {
        auto settings = voice_;
        settings.music = music;
        path_.use_music(music ? encoder_ : nullptr);
        path_.set(settings);
        talker_.sender().set_dtx(false);  // it may well take a steady tone for noise
        switches.push_back(mid.size());
        for (int i = 0; i < frames; ++i) {
            push();
        }
    }
    /// As it was before it was faded.
    void run_abruptly(bool music) {
        talker_.sender().set_dtx(false);
        talker_.sender().use_music(music ? encoder_ : nullptr);
        switches.push_back(mid.size());
        for (int i = 0; i < frames_of_each; ++i) {
            push();
        }
    }

    /// In the middle of what is sent.
    void set_open(bool open, int frames) {
        open_ = open;
        talker_.sender().set_open(open);
        switches.push_back(mid.size());
        for (int i = 0; i < frames; ++i) {
            push();
        }
    }
    void begin_at(dsp::MediaTime sample) { captured_ = sample; }

    std::function<bool(int)> lost = [](int) { return false; };
    std::vector<std::size_t> switches;
    std::vector<float> mid;
    std::vector<float> side;
    int packets = 0;
    bool was_stereo = false;

private:
    void push() {
        test::Samples middle;
        test::Samples beside;
        for (std::size_t i = 0; i < middle.size(); ++i) {
            middle[i] = 0.4F * tone(300, captured_);
            beside[i] = 0.25F * tone(430, captured_);
            ++captured_;
        }
        path_.push(middle, beside, [this](const VoiceSender::Packet& packet) {
            EXPECT_EQ(packet.ends_spurt, !open_);
            hear(opus_of(packet.datagram));
        });
        clock_.advance(std::chrono::milliseconds(dsp::frame_ms));
    }
    void hear(const Bytes& opus) {
        decoder_.prepare(opus, line_);
        const auto samples = dsp::OpusDecoder::samples_of(opus);
        if (lost(packets++)) {
            for (std::size_t at = 0; at < samples; at += dsp::frame_samples) {
                decoder_.conceal(dsp::frame_samples, line_);
            }
        } else {
            decoder_.decode(opus, samples, line_);
            was_stereo = dsp::OpusDecoder::is_stereo(opus);
        }
        for (std::size_t at = 0; at < samples; at += dsp::frame_samples) {
            test::Samples out;
            test::Samples out_side{};
            if (line_.is_wide()) {
                line_.take(out, out_side);
            } else {
                line_.take(out);
            }
            mid.insert(mid.end(), out.begin(), out.end());
            side.insert(side.end(), out_side.begin(), out_side.end());
        }
    }

    ManualClock clock_;
    CaptureSettings voice_;
    test::Talker talker_{speaker};
    CapturePath path_{talker_.sender()};
    std::shared_ptr<dsp::OpusEncoder> encoder_ =
        std::make_shared<dsp::OpusEncoder>(dsp::OpusEncoder::create({.content = dsp::Content::music,
                                                                     .bitrate_bps = 128'000,
                                                                     .complexity = 10,
                                                                     .dtx = false})
                                               .value());
    dsp::SpeakerDecoder decoder_ = dsp::SpeakerDecoder::create().value();
    dsp::TimeScale line_;
    dsp::MediaTime captured_ = 0;
    bool open_ = true;
};

/// The largest step from one sample to the next.
double step(std::span<const float> sound) {
    double most = 0;
    for (std::size_t i = 1; i < sound.size(); ++i) {
        most = std::max(most, std::abs(double{sound[i]} - double{sound[i - 1]}));
    }
    return most;
}

/// What a click has much of and these tones have next to nothing of: the third difference, at its largest.
double click(std::span<const float> sound) {
    double most = 0;
    for (std::size_t i = 3; i < sound.size(); ++i) {
        most = std::max(most, std::abs(double{sound[i]} - 3 * double{sound[i - 1]} +
                                       3 * double{sound[i - 2]} - double{sound[i - 3]}));
    }
    return most;
}

constexpr std::size_t around_samples = 4'800;  // 100 ms

std::span<const float> around(std::span<const float> sound, std::size_t at) {
    const auto from = at - std::min(at, around_samples);
    return sound.subspan(from, std::min(2 * around_samples, sound.size() - from));
}

struct Worst {
    double step = 0;
    double click = 0;
};

/// At all switches but the first, which is the beginning.
Worst at_switches(const Change& change) {
    Worst worst;
    for (const auto& sound : {change.mid, change.side}) {
        for (std::size_t i = 1; i < change.switches.size(); ++i) {
            const auto part = around(sound, change.switches[i]);
            worst.step = std::max(worst.step, step(part));
            worst.click = std::max(worst.click, click(part));
        }
    }
    return worst;
}

/// Of the louder of the two tones.
const double own_step = 0.4 * 2 * std::numbers::pi * 300 / dsp::sample_rate_hz;

/// What codecs add to these tones where nothing changes: in the second half of each part.
double calm_click(const Change& change) {
    double most = 0;
    for (const auto at : change.switches) {
        constexpr std::size_t half = frames_of_each / 2 * dsp::frame_samples;
        for (const auto& sound : {change.mid, change.side}) {
            most = std::max(most, click(std::span(sound).subspan(at + half, half)));
        }
    }
    return most;
}

void run_to_and_fro(Change& change) {
    for (const bool music : {false, true, false, true, false}) {
        change.run(music);
    }
}

TEST(ContentChange, HasNeitherAStepNorAClickInIt) {
    for (const unsigned frame_ms : {10U, 20U}) {
        Change change(frame_ms);
        run_to_and_fro(change);
        EXPECT_FALSE(change.was_stereo) << "it ends with voice";
        const auto worst = at_switches(change);
        EXPECT_LT(worst.step, 1.25 * own_step) << frame_ms;
        EXPECT_LT(worst.click, 4 * calm_click(change)) << frame_ms;
    }
}

TEST(ContentChange, IsThereForTheListenerSoonAndInStereo) {
    Change change;
    change.run(false);
    EXPECT_FALSE(change.was_stereo);
    change.run(true, 3);
    EXPECT_TRUE(change.was_stereo);
    change.run(false, 3);
    EXPECT_FALSE(change.was_stereo);
}

TEST(ContentChange, WithoutAFadeWouldClick) {
    Change abrupt;
    for (const bool music : {false, true, false, true, false}) {
        abrupt.run_abruptly(music);
    }
    Change faded;
    run_to_and_fro(faded);
    EXPECT_GT(at_switches(abrupt).click, 2 * at_switches(faded).click)
        << "or these tests measure nothing";
}

TEST(ContentChange, WhateverIsLostThereIsNoStep) {
    for (int lost = -2; lost <= 2; ++lost) {
        Change change;
        change.lost = [lost](int packet) {
            return packet == frames_of_each + lost || packet == 2 * frames_of_each + lost;
        };
        change.run(false);
        change.run(true);
        change.run(false);
        EXPECT_LT(at_switches(change).step, 2.5 * own_step) << lost;
    }
}

TEST(ContentChange, WhoeverThinksBetterOfItIsNotHeardToHaveDoneSo) {
    for (const int frames : {0, 1, 2}) {
        Change change;
        change.run(false);
        change.run(true, frames);
        change.run(false);
        EXPECT_LT(at_switches(change).step, 1.25 * own_step) << frames;
    }
}

TEST(ContentChange, MutingAndUnmutingInTheMiddleOfAWordMakesNoStep) {
    constexpr dsp::MediaTime highest = 40;  // the tone is there where it is cut
    for (const unsigned frame_ms : {10U, 20U}) {
        for (const bool music : {false, true}) {
            Change change(frame_ms);
            change.begin_at(highest);
            change.run(music);
            change.set_open(false, 30);
            change.set_open(true, frames_of_each);
            EXPECT_EQ(change.packets * static_cast<int>(frame_ms) / 10,
                      2 * frames_of_each + static_cast<int>(frame_ms) / 10);
            EXPECT_LT(at_switches(change).step, 2 * own_step) << frame_ms << ' ' << music;
        }
    }
}

TEST(ContentChange, WhatTheChainHeldFromBeforeIsNotHeardAfterwards) {
    Change change(10, {.high_pass = true, .echo = true});
    run_to_and_fro(change);
    EXPECT_LT(at_switches(change).step, 1.5 * own_step);
}

}  // namespace
}  // namespace partyline::client
