#include "server/control/waiting_shares.hpp"

#include <gtest/gtest.h>

namespace partyline::control {
namespace {

wire::KeyShare share(std::uint32_t from, std::uint32_t generation, std::uint8_t stream = 0) {
    return {.from = SessionId{from}, .stream = StreamId{stream}, .generation = generation};
}

using Shares = std::vector<wire::KeyShare>;

TEST(WaitingShares, KeepTheNewestOfEachSpeakerAndStream) {
    WaitingShares waiting(10);
    waiting.add(share(1, 1));
    waiting.add(share(2, 1));
    waiting.add(share(1, 2));
    waiting.add(share(1, 1, 3));
    EXPECT_EQ(waiting.take(), (Shares{share(2, 1), share(1, 2), share(1, 1, 3)}));
    EXPECT_EQ(waiting.take(), Shares{});
}

TEST(WaitingShares, LetTheOldestGoBeyondTheirBound) {
    WaitingShares waiting(2);
    waiting.add(share(1, 1));
    waiting.add(share(2, 1));
    waiting.add(share(1, 2));  // in place of another
    waiting.add(share(3, 1));
    EXPECT_EQ(waiting.take(), (Shares{share(1, 2), share(3, 1)}));
}

}  // namespace
}  // namespace partyline::control
