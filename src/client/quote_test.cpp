#include "client/quote.hpp"

#include <gtest/gtest.h>

#include <string>

namespace partyline::client {
namespace {

TEST(Quote, ALongTextIsCutBetweenCodePoints) {
    EXPECT_EQ(quote("hi"), "hi");
    std::string full;
    for (std::size_t i = 0; i < quote_code_points_max; ++i) {
        full += "ö";
    }
    EXPECT_EQ(quote(full), full);
    EXPECT_EQ(quote(full + "ö"), full + "…");
    EXPECT_EQ(quote(full + std::string(60'000, 'x')), full + "…");
}

}  // namespace
}  // namespace partyline::client
