// What waits between the threads has an end, and what is beyond it is refused or stays where it was.
#include "client/voice_link.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "client/limits.hpp"

namespace partyline::client {
namespace {

TEST(VoiceLink, CommandsAreKeptInOrderUntilTheThreadMustBeStuck) {
    auto queue = std::make_unique<CommandQueue<SetRoute>>();
    const auto route = [](std::size_t number) {
        return SetRoute{Route{static_cast<std::uint32_t>(number)}};
    };
    constexpr std::size_t fit = voice_commands_max + voice_backlog_max - 1;
    for (std::size_t i = 0; i < fit; ++i) {
        ASSERT_TRUE(queue->push(route(i))) << i;
    }
    EXPECT_FALSE(queue->push(route(fit))) << "so many nobody leaves untaken";
    for (std::size_t i = 0; i <= fit; ++i) {
        const auto taken = queue->pop();
        ASSERT_TRUE(taken) << i;
        ASSERT_EQ(taken->route, route(i).route);
        queue->flush();
    }
    EXPECT_FALSE(queue->pop());
    EXPECT_TRUE(queue->push(route(1)));
}

TEST(VoiceLink, TheRingsHoldWhatTheirLimitsSay) {
    UpCounters counters;
    auto link = std::make_unique<VoiceLink>(nullptr, counters);
    const Bytes datagram(100);
    for (auto* ring : {&link->tunnel_up, &link->tunnel_down}) {
        for (std::size_t i = 0; i < tunnel_datagrams_max; ++i) {
            ASSERT_TRUE(ring->push(DatagramSlot::of(datagram))) << i;
        }
        EXPECT_FALSE(ring->push(DatagramSlot::of(datagram))) << "lost, as it may be on the way";
        EXPECT_EQ(ring->pop()->view().size(), datagram.size());
        EXPECT_TRUE(ring->push(DatagramSlot::of(datagram)));
    }
    for (auto* ring : {&link->from_up, &link->from_down}) {
        for (std::size_t i = 0; i < voice_reports_max; ++i) {
            ASSERT_TRUE(ring->push(SpurtChanged{.talking = i % 2 == 0})) << i;
        }
        VoiceReport report = std::make_unique<HeardReport>();
        EXPECT_FALSE(ring->push(std::move(report)));
        EXPECT_TRUE(std::get<std::unique_ptr<HeardReport>>(report)) << "told later";
    }
    const std::vector<float> played(played_samples_max);
    EXPECT_TRUE(link->played.write(played));
    EXPECT_FALSE(link->played.write(std::span(played).first(1)))
        << "what nobody takes, without a microphone";
}

TEST(VoiceLink, ADatagramOfTheLongestKeepsItsBytes) {
    Bytes longest(wire::datagram_bytes_max, std::byte{7});
    longest.back() = std::byte{9};
    EXPECT_EQ(to_bytes(DatagramSlot::of(longest).view()), longest);
}

}  // namespace
}  // namespace partyline::client
