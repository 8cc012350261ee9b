#include "dsp/jitter_buffer.hpp"

#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "base/random.hpp"
#include "dsp/test_support.hpp"

namespace partyline::dsp {
namespace {

const Bytes some_opus(40, std::byte{7});

BufferedPacket packet_at(Samples media, std::size_t samples = frame_samples) {
    return {.media = media, .samples = samples, .opus = some_opus};
}

std::vector<Samples> drain(JitterBuffer& buffer) {
    std::vector<Samples> out;
    while (buffer.first() != nullptr) {
        out.push_back(buffer.first()->media);
        buffer.pop();
    }
    return out;
}

TEST(JitterBuffer, OrdersByMediaTime) {
    struct Case {
        const char* name;
        std::vector<Samples> added;
        std::vector<Samples> out;
        std::size_t duplicates = 0;
    };
    const Case cases[] = {
        {"nothing", {}, {}},
        {"in order", {0, 480, 960}, {0, 480, 960}},
        {"reversed", {960, 480, 0}, {0, 480, 960}},
        {"one overtaken", {0, 960, 480, 1440}, {0, 480, 960, 1440}},
        {"duplicates", {0, 480, 0, 480, 480, 960}, {0, 480, 960}, 3},
        {"before zero", {-480, 480, 0}, {-480, 0, 480}},
        {"not on a grid", {100, 7, 50}, {7, 50, 100}},
    };
    for (const auto& test : cases) {
        SCOPED_TRACE(test.name);
        JitterBuffer buffer;
        std::size_t duplicates = 0;
        for (const auto media : test.added) {
            duplicates += buffer.add(packet_at(media)).duplicate ? 1U : 0U;
        }
        EXPECT_EQ(duplicates, test.duplicates);
        EXPECT_EQ(drain(buffer), test.out);
    }
}

TEST(JitterBuffer, LetsTheOldestGoWhenItIsFull) {
    JitterBuffer buffer;
    for (std::size_t i = 0; i < buffered_packets_max; ++i) {
        EXPECT_EQ(buffer.add(packet_at(static_cast<Samples>(i) * 400)).dropped, 0U);
    }
    EXPECT_EQ(buffer.add(packet_at(40'100)).dropped, 1U);
    EXPECT_EQ(buffer.size(), buffered_packets_max);
    EXPECT_EQ(buffer.first()->media, 400);
    EXPECT_EQ(buffer.add(packet_at(200)).dropped, 1U) << "itself, being the oldest";
    EXPECT_EQ(buffer.first()->media, 400);
}

TEST(JitterBuffer, SpansAtMostItsLength) {
    JitterBuffer buffer;
    buffer.add(packet_at(0));
    buffer.add(packet_at(480));
    EXPECT_EQ(buffer.add(packet_at(buffered_samples_max)).dropped, 1U);
    EXPECT_EQ(buffer.add(packet_at(0)).dropped, 1U) << "too old for the newest";
    EXPECT_EQ(buffer.add(packet_at(Samples{1} << 40)).dropped, 2U);
    EXPECT_EQ(buffer.add(packet_at(-(Samples{1} << 40))).dropped, 1U);
    EXPECT_EQ(buffer.size(), 1U);
}

TEST(JitterBuffer, KeepsWhatItWasGiven) {
    JitterBuffer buffer;
    Bytes opus = {std::byte{1}, std::byte{2}, std::byte{3}};
    buffer.add({.media = 480,
                .arrived = 99,
                .samples = packet_samples_max,
                .ends_spurt = true,
                .has_fec = true,
                .opus = opus});
    opus.assign(3, std::byte{0});
    const auto& first = *buffer.first();
    EXPECT_EQ(first.arrived, 99);
    EXPECT_EQ(first.end(), 480 + 960);
    EXPECT_TRUE(first.ends_spurt);
    EXPECT_TRUE(first.has_fec);
    EXPECT_EQ(to_bytes(first.opus), (Bytes{std::byte{1}, std::byte{2}, std::byte{3}}));
}

TEST(JitterBuffer, AgreesWithASetUnderRandomUse) {
    Random random(11);
    JitterBuffer buffer;
    std::set<Samples> model;
    Samples base = 0;
    const auto allocated = test::allocations();
    std::uint64_t allocated_by_model = 0;
    for (int i = 0; i < 20'000; ++i) {
        if (random.chance(0.45) && !model.empty()) {
            ASSERT_EQ(buffer.first()->media, *model.begin());
            buffer.pop();
            model.erase(model.begin());
        } else {
            base += static_cast<Samples>(random.below(480));
            const auto media = base + static_cast<Samples>(random.below(20)) * 480;
            const auto added = buffer.add(packet_at(media));
            const auto before = test::allocations();
            const bool is_new = model.insert(media).second;
            allocated_by_model += test::allocations() - before;
            ASSERT_EQ(added.duplicate, !is_new);
            while (model.size() > buffered_packets_max ||
                   *model.rbegin() + 480 - *model.begin() > buffered_samples_max) {
                model.erase(model.begin());
            }
        }
        ASSERT_EQ(buffer.size(), model.size());
    }
    EXPECT_EQ(test::allocations() - allocated, allocated_by_model);
}

TEST(MediaClock, UndoesTheWrapping) {
    MediaClock clock;
    Samples expected = 0;
    MediaTime wrapped = 0;
    for (int day = 0; day < 40; ++day) {
        const MediaTime step = 0x7000'0000;
        wrapped += step;
        expected += step;
        EXPECT_EQ(clock.unwrap(wrapped), expected);
        EXPECT_EQ(clock.unwrap(wrapped - 480), expected - 480);
        clock.keep(expected);
    }
}

}  // namespace
}  // namespace partyline::dsp
