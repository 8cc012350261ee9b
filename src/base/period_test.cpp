#include "base/period.hpp"

#include <gtest/gtest.h>

#include <map>

namespace partyline {
namespace {

TEST(Period, IsANumberAndAUnit) {
    const std::map<std::string_view, std::uint32_t> periods{
        {"1s", 1},
        {"90s", 90},
        {"15m", 900},
        {"2h", 7200},
        {"7d", 604'800},
        {"4w", 2'419'200},
        {"0007s", 7},
        {"4294967295s", 4'294'967'295U},
        {"7101w", 4'294'684'800U},
    };
    for (const auto& [text, seconds] : periods) {
        EXPECT_EQ(parse_period(text), seconds) << text;
    }
}

TEST(Period, SaysHowItIsWritten) {
    for (const auto* text : {"", "s", "0s", "90", "2 h", "-1h", "+1h", "1.5h", "2h30m", "2H", "2y",
                             "4294967296s", "7102w", "99999999999999999999s"}) {
        const auto refused = parse_period(text);
        ASSERT_FALSE(refused) << text;
        EXPECT_EQ(refused.error().code, ErrorCode::config);
        EXPECT_TRUE(refused.error().message.contains("2h")) << refused.error().message;
    }
}

}  // namespace
}  // namespace partyline
