#include "dsp/opus.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "base/random.hpp"
#include "dsp/limits.hpp"
#include "dsp/test_support.hpp"

namespace partyline::dsp {
namespace {

double power(std::span<const float> samples) {
    double sum = 0;
    for (const float sample : samples) {
        sum += static_cast<double>(sample) * static_cast<double>(sample);
    }
    return sum / static_cast<double>(samples.size());
}

/// The share of packets that carry a copy of the one before.
double fec_share(const EncoderSettings& settings) {
    const auto voice = test::synthetic_voice(6);
    const auto packets = test::encode(voice, settings).packets;
    const auto with_fec = std::ranges::count_if(
        packets, [](const Bytes& packet) { return OpusDecoder::has_fec(packet); });
    return static_cast<double>(with_fec) / static_cast<double>(packets.size());
}

TEST(Opus, KeepsTheLevelOfAVoiceAndLagsByItsLookahead) {
    for (const std::size_t packet_samples : {frame_samples, packet_samples_max}) {
        const auto voice = test::synthetic_voice(2);
        const auto encoded = test::encode(voice, {.packet_samples = packet_samples});
        auto decoder = OpusDecoder::create().value();
        std::vector<float> heard(voice.size());
        std::size_t at = 0;
        for (const auto& packet : encoded.packets) {
            ASSERT_EQ(OpusDecoder::samples_of(packet), packet_samples);
            EXPECT_TRUE(decoder.decode(packet, std::span(heard).subspan(at, packet_samples)));
            at += packet_samples;
        }
        EXPECT_NEAR(10 * std::log10(power(heard) / power(voice)), 0, 1.0);

        const auto lag = OpusEncoder::create({}).value().lookahead_samples();
        double together = 0;
        for (std::size_t i = lag; i < heard.size(); ++i) {
            together += static_cast<double>(heard[i]) * static_cast<double>(voice[i - lag]);
        }
        const auto count = static_cast<double>(voice.size());
        EXPECT_GT(together / count / std::sqrt(power(heard) * power(voice)), 0.9);
    }
}

TEST(Opus, CallsSilenceSilentAndVoiceNot) {
    auto encoder = OpusEncoder::create({}).value();
    const auto voice = test::synthetic_voice(1);
    std::array<float, frame_samples> silence{};
    Bytes out(opus_bytes_max);
    std::size_t silent_in_voice = 0;
    for (std::size_t at = 0; at + frame_samples <= voice.size(); at += frame_samples) {
        const auto packet = encoder.encode(std::span(voice).subspan(at, frame_samples), out);
        silent_in_voice += packet.silent ? 1U : 0U;
    }
    EXPECT_LE(silent_in_voice, 1U);
    std::size_t frames_until_silent = 0;
    while (!encoder.encode(silence, out).silent) {
        ASSERT_LT(++frames_until_silent, 100U) << "a second of digital silence";
    }
    std::size_t silent = 0;
    for (int i = 0; i < 1000; ++i) {
        silent += encoder.encode(silence, out).silent ? 1U : 0U;
    }
    EXPECT_EQ(silent, 1000U) << "comfort noise updates included";
}

TEST(Opus, WithoutDtxItCallsNothingSilent) {
    auto encoder = OpusEncoder::create({.dtx = false}).value();
    std::array<float, frame_samples> silence{};
    Bytes out(opus_bytes_max);
    for (int i = 0; i < 200; ++i) {
        ASSERT_FALSE(encoder.encode(silence, out).silent);
    }
    encoder.set_dtx(true);
    std::size_t frames_until_silent = 0;
    while (!encoder.encode(silence, out).silent) {
        ASSERT_LT(++frames_until_silent, 100U);
    }
}

TEST(Opus, CarriesFecWhenLossIsExpected) {
    struct Case {
        unsigned bitrate_bps;
        unsigned expected_loss_percent;
    };
    // A tenth of this voice is pauses, and the codec takes its faintest syllables for such.
    constexpr double share_min = 0.75;
    for (const std::size_t packet_samples : {frame_samples, packet_samples_max}) {
        EXPECT_EQ(fec_share({.packet_samples = packet_samples}), 0);
        for (const auto& test : {Case{32'000, 1}, Case{32'000, 5}, Case{32'000, 10},
                                 Case{32'000, 20}, Case{24'000, 10}, Case{40'000, 2}}) {
            EXPECT_GT(fec_share({.packet_samples = packet_samples,
                                 .bitrate_bps = test.bitrate_bps,
                                 .expected_loss_percent = test.expected_loss_percent}),
                      share_min)
                << packet_samples << " samples at " << test.bitrate_bps << " b/s, "
                << test.expected_loss_percent << " %";
        }
    }
}

TEST(Opus, RecoversALostPacketBetterThanItConceals) {
    const auto voice = test::synthetic_voice(4);
    const auto encoded = test::encode(voice, {.expected_loss_percent = 10});
    auto whole = OpusDecoder::create().value();
    auto recovering = OpusDecoder::create().value();
    auto concealing = OpusDecoder::create().value();
    std::array<float, frame_samples> reference{};
    std::array<float, frame_samples> recovered{};
    std::array<float, frame_samples> concealed{};
    double recovered_error = 0;
    double concealed_error = 0;
    for (std::size_t i = 0; i + 1 < encoded.packets.size(); ++i) {
        const auto& packet = encoded.packets[i];
        whole.decode(packet, reference);
        if (i % 10 == 9 && OpusDecoder::has_fec(encoded.packets[i + 1])) {
            EXPECT_TRUE(recovering.recover(encoded.packets[i + 1], recovered));
            concealing.conceal(concealed);
            for (std::size_t n = 0; n < reference.size(); ++n) {
                recovered_error += std::pow(recovered[n] - reference[n], 2);
                concealed_error += std::pow(concealed[n] - reference[n], 2);
            }
        } else {
            recovering.decode(packet, recovered);
            concealing.decode(packet, concealed);
        }
    }
    EXPECT_LT(recovered_error, concealed_error / 2);
}

TEST(Opus, DecodesAtTheComplexityOfDeepConcealmentAndGoesOnAfterAReset) {
    for (const unsigned channels : {1U, 2U}) {
        auto decoder = OpusDecoder::create(channels).value();
        EXPECT_EQ(decoder.complexity(), 5U);
        decoder.reset();
        EXPECT_EQ(decoder.complexity(), 5U) << "that is no memory of what was heard";
        EXPECT_EQ(OpusDecoder::create(channels, Concealment::plain).value().complexity(), 0U);
    }
}

TEST(Opus, DeepConcealmentChangesNothingButWhatIsLost) {
    const auto packets = test::encode(test::synthetic_voice(1), {}).packets;
    auto deep = OpusDecoder::create().value();
    auto plain = OpusDecoder::create(1, Concealment::plain).value();
    std::array<float, frame_samples> by_deep{};
    std::array<float, frame_samples> by_plain{};
    for (const auto& packet : packets) {
        deep.decode(packet, by_deep);
        plain.decode(packet, by_plain);
        ASSERT_EQ(by_deep, by_plain);
    }
    deep.conceal(by_deep);
    plain.conceal(by_plain);
    EXPECT_NE(by_deep, by_plain) << "this libopus was built without deep PLC";
}

TEST(Opus, ConcealsWhatIsNotOpus) {
    auto decoder = OpusDecoder::create().value();
    const auto voice = test::synthetic_voice(0.5);
    std::array<float, frame_samples> out{};
    for (const auto& packet : test::encode(voice, {}).packets) {
        decoder.decode(packet, out);
    }
    EXPECT_EQ(OpusDecoder::samples_of({}), 0U);
    EXPECT_EQ(OpusDecoder::samples_of(Bytes(opus_bytes_max + 1)), 0U);
    EXPECT_FALSE(OpusDecoder::has_fec({}));

    Random random(3);
    for (int i = 0; i < 3000; ++i) {
        Bytes packet(1 + random.below(200));
        for (auto& byte : packet) {
            byte = static_cast<std::byte>(random.below(256));
        }
        const auto samples = OpusDecoder::samples_of(packet);
        EXPECT_TRUE(samples == 0 || samples == frame_samples || samples == packet_samples_max);
        static_cast<void>(OpusDecoder::has_fec(packet));
        decoder.decode(packet, out);
        decoder.recover(packet, out);
        for (const float sample : out) {
            ASSERT_TRUE(std::isfinite(sample));
        }
    }
}

TEST(Opus, SpendsNeitherLessNorMoreThanItsBounds) {
    const auto voice = test::synthetic_voice(1);
    const auto packets_at = [&voice](unsigned bitrate_bps) {
        return test::encode(voice, {.bitrate_bps = bitrate_bps}).packets;
    };
    const auto fewest = packets_at(bitrate_bps_min);
    EXPECT_EQ(packets_at(bitrate_bps_min - 1), fewest);
    EXPECT_EQ(packets_at(bitrate_bps_min / 2), fewest);
    EXPECT_EQ(packets_at(0), fewest);
    EXPECT_NE(packets_at(bitrate_bps_min * 2), fewest) << "else this tells nothing";
    const auto most = packets_at(bitrate_bps_max);
    EXPECT_EQ(packets_at(bitrate_bps_max + 1), most);
    EXPECT_EQ(packets_at(bitrate_bps_max * 2), most);
    EXPECT_EQ(packets_at(~0U), most);
    EXPECT_NE(packets_at(bitrate_bps_max / 2), most) << "else this tells nothing";
}

TEST(Opus, AllocatesNothingWhileItRuns) {
    const auto voice = test::synthetic_voice(0.5);
    auto encoder = OpusEncoder::create({.expected_loss_percent = 10}).value();
    auto decoder = OpusDecoder::create().value();
    Bytes packet(opus_bytes_max);
    std::array<float, frame_samples> out{};
    const auto before = test::allocations();
    for (std::size_t at = 0; at + frame_samples <= voice.size(); at += frame_samples) {
        const auto bytes =
            encoder.encode(std::span(voice).subspan(at, frame_samples), packet).bytes;
        decoder.recover(ByteView(packet).first(bytes), out);
        decoder.decode(ByteView(packet).first(bytes), out);
        decoder.conceal(out);
    }
    EXPECT_EQ(test::allocations(), before);
}

}  // namespace
}  // namespace partyline::dsp
