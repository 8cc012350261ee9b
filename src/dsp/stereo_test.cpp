// Stereo on its way: through codec, playout, time-scale modification and limiter.
#include "dsp/stereo.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <vector>

#include "base/clock.hpp"
#include "dsp/limiter.hpp"
#include "dsp/opus.hpp"
#include "dsp/playout.hpp"
#include "dsp/test_support.hpp"
#include "dsp/time_scale.hpp"

namespace partyline::dsp {
namespace {

using Sound = std::array<float, frame_samples>;

/// A tone on the left and another, fainter, on the right.
std::vector<float> two_tones(double seconds) {
    const auto count = static_cast<std::size_t>(seconds * sample_rate_hz);
    std::vector<float> out(2 * count);
    const auto tone = [](double hz, std::size_t i) {
        return std::sin(2 * std::numbers::pi * hz * static_cast<double>(i) / sample_rate_hz);
    };
    for (std::size_t i = 0; i < count; ++i) {
        out[2 * i] = static_cast<float>(0.4 * tone(440, i));
        out[2 * i + 1] = static_cast<float>(0.1 * tone(1'250, i));
    }
    return out;
}

std::vector<Bytes> encode_music(std::span<const float> interleaved, std::size_t packet_samples) {
    auto encoder = OpusEncoder::create({.content = Content::music,
                                        .packet_samples = packet_samples,
                                        .bitrate_bps = 128'000,
                                        .dtx = false})
                       .value();
    std::vector<Bytes> packets;
    Bytes buffer(opus_bytes_max);
    for (; interleaved.size() >= 2 * packet_samples;
         interleaved = interleaved.subspan(2 * packet_samples)) {
        const auto packet = encoder.encode(interleaved.first(2 * packet_samples), buffer);
        EXPECT_FALSE(packet.silent);
        packets.push_back(to_bytes(ByteView(buffer).first(packet.bytes)));
    }
    return packets;
}

struct Channels {
    std::vector<float> left;
    std::vector<float> right;

    void add(const Sound& mid, const Sound& side) {
        for (std::size_t i = 0; i < frame_samples; ++i) {
            left.push_back(mid[i] + side[i]);
            right.push_back(mid[i] - side[i]);
        }
    }
    /// Of what is heard once it runs.
    [[nodiscard]] double left_db() const { return test::level_db(std::span(left).subspan(24'000)); }
    [[nodiscard]] double right_db() const {
        return test::level_db(std::span(right).subspan(24'000));
    }
};

/// A speaker whose packets come one after the other.
class Listener {
public:
    void push(const Bytes& packet, std::size_t samples) {
        playout.push({.media_time = media, .opus = packet, .arrived = clock.now()});
        media += static_cast<MediaTime>(samples);
    }
    Heard tick() {
        Sound mid;
        Sound side;
        const auto heard = playout.pull(mid, side, clock.now());
        channels.add(mid, side);
        clock.advance(std::chrono::milliseconds(frame_ms));
        return heard;
    }

    SpeakerPlayout playout = SpeakerPlayout::create().value();
    ManualClock clock;
    MediaTime media = 0;
    Channels channels;
};

TEST(Stereo, LeftAndRightComeBackFromMiddleAndSide) {
    const auto sound = two_tones(0.01);
    Sound mid;
    Sound side;
    split_stereo(sound, mid, side);
    std::vector<float> joined(sound.size());
    join_stereo(mid, side, joined);
    for (std::size_t i = 0; i < sound.size(); ++i) {
        EXPECT_NEAR(joined[i], sound[i], 1e-6F);
    }
}

TEST(Stereo, MusicKeepsItsSidesApart) {
    for (const std::size_t packet_samples : {frame_samples, packet_samples_max}) {
        const auto sound = two_tones(2);
        const auto packets = encode_music(sound, packet_samples);
        std::size_t bytes = 0;
        Listener listener;
        Heard heard = Heard::nothing;
        for (const auto& packet : packets) {
            EXPECT_TRUE(OpusDecoder::is_stereo(packet));
            EXPECT_FALSE(OpusDecoder::has_fec(packet));
            bytes += packet.size();
            listener.push(packet, packet_samples);
            for (std::size_t i = 0; i < packet_samples / frame_samples; ++i) {
                heard = listener.tick();
            }
        }
        EXPECT_EQ(heard, Heard::stereo);
        EXPECT_NEAR(listener.channels.left_db(), 20 * std::log10(0.4) - 3.01, 0.5);
        EXPECT_NEAR(listener.channels.right_db(), 20 * std::log10(0.1) - 3.01, 0.5);
        EXPECT_LE(8.0 * static_cast<double>(bytes) / 2, 150'000.0) << "near 128 kb/s";
        EXPECT_EQ(listener.playout.counters().concealed, 0U);
    }
}

TEST(Stereo, AVoiceIsMonoBeforeMusicAndAfterIt) {
    const auto voice = test::encode(test::synthetic_voice(1), {.dtx = false}).packets;
    const auto music = encode_music(two_tones(1), frame_samples);
    Listener listener;
    const auto play = [&](const std::vector<Bytes>& packets, Heard expected) {
        std::size_t others = 0;
        for (const auto& packet : packets) {
            listener.push(packet, frame_samples);
            others += listener.tick() != expected ? 1U : 0U;
        }
        return others;
    };
    EXPECT_LE(play(voice, Heard::mono), 3U) << "but for the start";
    EXPECT_LE(play(music, Heard::stereo), 3U) << "but for what waited";
    EXPECT_LE(play(voice, Heard::mono), 3U);
}

/// One tone in both channels, which begins softly, as a talkie sees to, and ends at its full level.
std::vector<float> abrupt_tone(std::size_t packets, std::size_t channels) {
    std::vector<float> out;
    for (std::size_t i = 0; i < packets * frame_samples; ++i) {
        const double gain = 0.4 * std::min(1.0, static_cast<double>(i) / frame_samples);
        const double turns = 440 * static_cast<double>(i) / sample_rate_hz;
        const double sample = gain * std::sin(2 * std::numbers::pi * turns);
        out.insert(out.end(), channels, static_cast<float>(sample));
    }
    return out;
}

float largest_step(std::span<const float> sound) {
    float most = 0;
    for (std::size_t i = 1; i < sound.size(); ++i) {
        most = std::max(most, std::abs(sound[i] - sound[i - 1]));
    }
    return most;
}

TEST(Stereo, WhatBeginsLongAfterAnotherKindBeginsFromSilence) {
    const float own_step = largest_step(abrupt_tone(20, 1));
    // The first ends wherever the tone is.
    for (const std::size_t packets : {50U, 51U, 52U, 53U, 54U}) {
        const auto voice = test::encode(abrupt_tone(packets, 1), {.dtx = false}).packets;
        const auto music = encode_music(abrupt_tone(packets, 2), frame_samples);
        Listener listener;
        for (const auto* spurt : {&voice, &music, &voice}) {
            const auto begins = listener.channels.left.size();
            for (std::size_t i = 0; i < packets; ++i) {
                listener.playout.push({.media_time = listener.media,
                                       .opus = (*spurt)[i],
                                       .ends_spurt = i + 1 == packets,
                                       .arrived = listener.clock.now()});
                listener.media += static_cast<MediaTime>(frame_samples);
                listener.tick();
            }
            for (const auto* channel : {&listener.channels.left, &listener.channels.right}) {
                const auto beginning = std::span(*channel).subspan(begins, 10 * frame_samples);
                EXPECT_LT(largest_step(beginning), 3 * own_step) << packets;
                EXPECT_GT(test::level_db(beginning.last(frame_samples)), -20) << "it is heard";
            }
            // Media time goes on, and what is left is heard.
            for (int silent = 0; silent < 100; ++silent) {
                listener.media += static_cast<MediaTime>(frame_samples);
                listener.tick();
            }
        }
    }
}

TEST(Stereo, ALostPacketOfMusicIsConcealedOnBothSides) {
    const auto packets = encode_music(two_tones(2), frame_samples);
    Listener listener;
    for (std::size_t i = 0; i < packets.size(); ++i) {
        if (i % 10 == 9) {
            listener.media += static_cast<MediaTime>(frame_samples);
        } else {
            listener.push(packets[i], frame_samples);
        }
        listener.tick();
    }
    EXPECT_GE(listener.playout.counters().concealed, 18U);
    EXPECT_NEAR(listener.channels.left_db(), 20 * std::log10(0.4) - 3.01, 1.5);
    EXPECT_NEAR(listener.channels.right_db(), 20 * std::log10(0.1) - 3.01, 3);
}

TEST(Stereo, OnlyTheFirstStereoPacketOfASpeakerAllocates) {
    const auto packets = encode_music(two_tones(1), frame_samples);
    Listener listener;
    listener.channels.left.reserve(2 * sample_rate_hz);
    listener.channels.right.reserve(2 * sample_rate_hz);
    listener.push(packets[0], frame_samples);
    listener.tick();
    const auto before = test::allocations();
    for (std::size_t i = 1; i < packets.size(); ++i) {
        listener.push(packets[i], frame_samples);
        listener.tick();
    }
    EXPECT_EQ(test::allocations(), before);
}

TEST(Stereo, BothSidesAreCutAndRepeatedAtTheSamePlaces) {
    // What comes first is in the middle alone, or at the side alone: neither may come apart from the other.
    for (const float middle : {1.0F, 0.0F}) {
        const auto voice = test::synthetic_voice(2);
        TimeScale line;
        line.widen();
        std::size_t at = 0;
        Sound mid;
        Sound side;
        std::size_t spliced = 0;
        while (at + frame_samples <= voice.size()) {
            const auto sound = std::span(voice).subspan(at, frame_samples);
            std::ranges::transform(sound, line.append(frame_samples).begin(),
                                   [middle](float sample) { return middle * sample; });
            std::ranges::copy(sound, line.appended_side(frame_samples).begin());
            at += frame_samples;
            if (line.waiting() < TimeScale::shorten_samples_min) {
                continue;
            }
            spliced += at % 3 == 0 ? line.lengthen({}) : line.shorten({});
            while (line.waiting() >= TimeScale::shorten_samples_min) {
                line.take(mid, side);
                for (std::size_t i = 0; i < frame_samples; ++i) {
                    ASSERT_NEAR(mid[i], middle * side[i], 1e-6F);
                }
            }
        }
        EXPECT_GT(spliced, 1'000U);
    }
}

TEST(Stereo, NeitherLeftNorRightExceedsTheCeiling) {
    Random random(5);
    Limiter limiter;
    for (int frame = 0; frame < 200; ++frame) {
        Sound mid;
        Sound side;
        const auto loudness = static_cast<float>(3 * random.uniform());
        for (std::size_t i = 0; i < frame_samples; ++i) {
            mid[i] = loudness * static_cast<float>(2 * random.uniform() - 1);
            side[i] = loudness * static_cast<float>(2 * random.uniform() - 1);
        }
        limiter.process(mid, side);
        for (std::size_t i = 0; i < frame_samples; ++i) {
            ASSERT_LE(std::abs(mid[i] + side[i]), Limiter::ceiling + 1e-6F);
            ASSERT_LE(std::abs(mid[i] - side[i]), Limiter::ceiling + 1e-6F);
        }
    }
    Limiter calm;
    Sound mid;
    Sound side;
    mid.fill(0.4F);
    side.fill(0.4F);
    calm.process(mid, side);
    EXPECT_EQ(mid[7], 0.4F) << "untouched, as 0.8 is below the ceiling";
    EXPECT_EQ(calm.gain(), 1.0F);
}

}  // namespace
}  // namespace partyline::dsp
