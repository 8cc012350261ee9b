#include "dsp/resampler.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <numbers>
#include <utility>
#include <vector>

#include "base/random.hpp"
#include "dsp/limits.hpp"
#include "dsp/test_support.hpp"

namespace partyline::dsp {
namespace {

std::vector<float> tone(double hz, unsigned rate_hz, std::size_t count) {
    std::vector<float> out(count);
    for (std::size_t i = 0; i < count; ++i) {
        out[i] = static_cast<float>(
            0.5 * std::sin(2 * std::numbers::pi * hz * static_cast<double>(i) / rate_hz));
    }
    return out;
}

/// All of `in` through `resampler`, in pieces of random sizes.
std::vector<float> resample(Resampler& resampler, std::span<const float> in, std::uint64_t seed) {
    Random random(seed);
    std::vector<float> out;
    std::array<float, 512> piece{};
    while (!in.empty()) {
        const auto in_count = std::min<std::size_t>(in.size(), 1 + random.below(900));
        const auto out_count = 1 + random.below(piece.size());
        const auto progress =
            resampler.process(in.first(in_count), std::span(piece).first(out_count));
        out.insert(out.end(), piece.begin(),
                   piece.begin() + static_cast<std::ptrdiff_t>(progress.given));
        in = in.subspan(progress.taken);
    }
    while (const auto given = resampler.finish(piece)) {
        out.insert(out.end(), piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(given));
    }
    return out;
}

struct Case {
    const char* name;
    unsigned from_hz;
    unsigned to_hz;
    double tone_hz;
};

void check(const Case& test) {
    SCOPED_TRACE(test.name);
    auto resampler = Resampler::create(test.from_hz, test.to_hz).value();
    const std::size_t count = test.from_hz;  // one second
    const auto in = tone(test.tone_hz, test.from_hz, count);
    const auto out = resample(resampler, in, 5);
    ASSERT_EQ(out.size(), test.to_hz);

    // The tone comes out where it went in: no delay, no other level. The edges, where the filter
    // sees the silence around, are left out.
    const auto expected = tone(test.tone_hz, test.to_hz, out.size());
    double error = 0;
    double power = 0;
    for (std::size_t i = out.size() / 20; i < out.size() * 19 / 20; ++i) {
        error += std::pow(out[i] - expected[i], 2);
        power += std::pow(expected[i], 2);
    }
    EXPECT_GT(10 * std::log10(power / error), 70) << "dB of signal over error";

    resampler.reset();
    EXPECT_EQ(resample(resampler, in, 5), out) << "after reset";
}

TEST(Resampler, KeepsATone) {
    const Case cases[] = {
        {"telephone", 8'000, 48'000, 1'000},     {"speech corpus", 16'000, 48'000, 3'000},
        {"film", 22'050, 48'000, 5'000},         {"compact disc", 44'100, 48'000, 12'345},
        {"same rate", 48'000, 48'000, 9'000},    {"studio", 96'000, 48'000, 15'000},
        {"to a device", 48'000, 44'100, 12'345}, {"odd rate", 47'999, 48'000, 440},
    };
    for (const auto& test : cases) {
        check(test);
    }
}

TEST(Resampler, KeepsOutWhatTheLowerRateCannotHold) {
    auto resampler = Resampler::create(48'000, 16'000).value();
    const auto out = resample(resampler, tone(11'000, 48'000, 48'000), 5);
    for (std::size_t i = out.size() / 20; i < out.size() * 19 / 20; ++i) {
        ASSERT_LT(std::abs(out[i]), 1e-4F);
    }
}

TEST(Resampler, RefusesImpossibleRates) {
    for (const auto& [from, to] : {std::pair{0U, sample_rate_hz},
                                   {sample_rate_hz, 0U},
                                   {resampler_rate_hz_min - 1, sample_rate_hz},
                                   {sample_rate_hz, resampler_rate_hz_min - 1},
                                   {resampler_rate_hz_max + 1, sample_rate_hz},
                                   {sample_rate_hz, resampler_rate_hz_max + 1}}) {
        const auto refused = Resampler::create(from, to);
        ASSERT_FALSE(refused) << from << " to " << to;
        EXPECT_EQ(refused.error().code, ErrorCode::unsupported);
    }
}

TEST(Resampler, GoesBetweenTheLeastAndTheMost) {
    for (const auto& [from, to] : {std::pair{resampler_rate_hz_min, sample_rate_hz},
                                   {sample_rate_hz, resampler_rate_hz_min},
                                   {resampler_rate_hz_max, sample_rate_hz},
                                   {sample_rate_hz, resampler_rate_hz_max},
                                   {resampler_rate_hz_min, resampler_rate_hz_max},
                                   {resampler_rate_hz_max, resampler_rate_hz_min}}) {
        auto resampler = Resampler::create(from, to);
        ASSERT_TRUE(resampler) << from << " to " << to << ": " << resampler.error().message;
        const auto out = resample(*resampler, tone(100, from, from), 5);
        EXPECT_EQ(out.size(), to);
        const std::span<const float> middle = std::span(out).subspan(to / 4, to / 2);
        EXPECT_NEAR(test::level_db(middle), 20 * std::log10(0.5) - 3.01, 0.2)
            << from << " to " << to;
    }
}

TEST(Resampler, AllocatesNothingWhileItRuns) {
    auto resampler = Resampler::create(44'100).value();
    const auto in = tone(440, 44'100, 44'100);
    std::array<float, 480> out{};
    std::span<const float> rest = in;
    const auto before = test::allocations();
    while (!rest.empty()) {
        rest = rest.subspan(resampler.process(rest, out).taken);
    }
    while (resampler.finish(out) > 0) {
    }
    EXPECT_EQ(test::allocations(), before);
}

}  // namespace
}  // namespace partyline::dsp
