#include "server/control/farewells.hpp"

#include <gtest/gtest.h>

namespace partyline::control {
namespace {

using std::chrono::seconds;
constexpr TimePoint start{};

Farewell of(std::uint32_t session, Duration kept = seconds(60)) {
    return {.session = SessionId{session},
            .token = make_resume_token(),
            .why = {.code = ErrorCode::kicked, .message = "You were sent away."},
            .until = start + kept};
}

TEST(Farewells, AreKeptForAsLongAsTheSeatWouldHaveBeen) {
    Farewells farewells;
    farewells.add(of(1), 10);
    farewells.add(of(2, seconds(61)), 10);
    EXPECT_EQ(farewells.find(SessionId{3}, start), nullptr);
    const auto last = start + seconds(60) - std::chrono::nanoseconds(1);
    EXPECT_EQ(farewells.find(SessionId{1}, last)->why.code, ErrorCode::kicked);
    EXPECT_EQ(farewells.find(SessionId{1}, start + seconds(60)), nullptr);
    farewells.forget(start + seconds(60));
    EXPECT_EQ(farewells.size(), 1U);
    EXPECT_NE(farewells.find(SessionId{2}, start + seconds(60)), nullptr);
}

TEST(Farewells, OnlySoManyAreKept) {
    Farewells farewells;
    for (std::uint32_t i = 1; i <= 4; ++i) {
        farewells.add(of(i), 3);
    }
    EXPECT_EQ(farewells.size(), 3U);
    EXPECT_EQ(farewells.find(SessionId{1}, start), nullptr);
    EXPECT_NE(farewells.find(SessionId{2}, start), nullptr);
}

}  // namespace
}  // namespace partyline::control
