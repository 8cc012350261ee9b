#include "demo/followed_share.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "base/random.hpp"
#include "demo/codec_reference.hpp"
#include "demo/recordings.hpp"
#include "demo/targets.hpp"
#include "dsp/format.hpp"

namespace partyline::demo {
namespace {

constexpr std::size_t hole_samples = dsp::frame_samples;

class FollowedShare : public testing::Test {
protected:
    /// As it is heard where the loudspeaker has to wait for a frame that often.
    [[nodiscard]] std::vector<float> with_a_hole_every(std::size_t samples) const {
        std::vector<float> out(dsp::sample_rate_hz / 10);
        for (std::size_t at = 0; at < decoded_.size(); at += samples) {
            const auto rest = Samples(decoded_).subspan(at);
            const auto part = rest.first(std::min(samples, rest.size()));
            out.insert(out.end(), part.begin(), part.end());
            out.resize(out.size() + hole_samples);
        }
        return out;
    }
    /// Each two pieces of so many samples in the wrong order.
    [[nodiscard]] std::vector<float> in_pairs_swapped(std::size_t samples) const {
        auto out = decoded_;
        out.resize(out.size() / (2 * samples) * 2 * samples);
        for (std::size_t at = 0; at < out.size(); at += 2 * samples) {
            const auto pair = std::span(out).subspan(at, 2 * samples);
            std::ranges::rotate(pair, pair.begin() + static_cast<std::ptrdiff_t>(samples));
        }
        return out;
    }
    [[nodiscard]] double share(const std::vector<float>& heard) const {
        return followed_share(decoded_, heard);
    }

    const std::vector<float> said_ = read_recording("0880");
    const std::vector<float> decoded_ = through_codec(said_).decoded;
};

TEST_F(FollowedShare, IsAllOfWhatTheCodecDelivers) {
    auto late = decoded_;
    late.insert(late.begin(), 4'321, 0.0F);
    EXPECT_EQ(share(late), 1);
}

TEST_F(FollowedShare, IsEnoughThoughTheListenerHadToWaitNowAndThen) {
    EXPECT_GT(share(with_a_hole_every(dsp::sample_rate_hz / 7)), 2 * followed_share_min);
}

TEST_F(FollowedShare, IsNothingOfSilenceAndNoise) {
    EXPECT_EQ(share({}), 0);
    EXPECT_EQ(share(std::vector<float>(200'000)), 0);
    Random random(1);
    std::vector<float> noise(decoded_.size());
    for (auto& sample : noise) {
        sample = static_cast<float>(random.uniform() - 0.5);
    }
    EXPECT_EQ(share(noise), 0);
    EXPECT_EQ(followed_share(std::vector<float>(200'000), decoded_), 0) << "nobody spoke";
}

TEST_F(FollowedShare, IsLittleOfOtherWords) {
    for (const auto* number : {"0870", "0890", "0920"}) {
        const auto other = through_codec(read_recording(number)).decoded;
        EXPECT_LT(share(other), followed_share_min / 2) << number;
    }
}

TEST_F(FollowedShare, IsLittleInAnotherOrder) {
    auto backwards = decoded_;
    std::ranges::reverse(backwards);
    EXPECT_LT(share(backwards), followed_share_min / 2);
    for (const std::size_t ms : {100U, 200U, 500U, 1000U}) {
        EXPECT_LT(share(in_pairs_swapped(ms * dsp::sample_rate_hz / 1000)), followed_share_min / 2)
            << ms;
    }
}

}  // namespace
}  // namespace partyline::demo
