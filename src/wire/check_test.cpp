#include "wire/check.hpp"

#include <gtest/gtest.h>

#include <format>
#include <string>
#include <utility>

#include "wire/limits.hpp"

namespace partyline::wire {
namespace {

constexpr Limits low{.name_code_points = 5, .text_bytes = 10};

/// What there is to say about it; empty when it may be sent.
std::string refusal(ClientBody body, const Limits& told = low) {
    const auto checked = check({.request_id = 1, .body = std::move(body)}, told);
    if (checked) {
        return {};
    }
    EXPECT_EQ(checked.error().code, ErrorCode::too_large);
    return checked.error().message;
}

ClaimAccount claim(std::string name) { return {.name = std::move(name), .password = "x"}; }

TEST(Check, LowerLimitsThatAServerHasToldHold) {
    const std::string full(10, 'x');
    const std::string above(11, 'x');
    const std::string_view text = "the text: 11 bytes, at most 10 are allowed on this server";
    EXPECT_EQ(refusal(SendText{.text = full}), "");
    EXPECT_EQ(refusal(SendText{.text = above}), text);
    EXPECT_EQ(refusal(EditText{.text = full}), "");
    EXPECT_EQ(refusal(EditText{.text = above}), text);
    EXPECT_EQ(refusal(SendDirect{.to = {}, .text = above}), text);
    EXPECT_EQ(refusal(claim("\u00E4\u00F6\u00FC\u00E4\u00F6")), "");
    EXPECT_EQ(refusal(claim("sixsix")),
              "the name: 6 code points, at most 5 are allowed on this server");
}

TEST(Check, AMessageFitsTheServersFrame) {
    const Join join{.channel = ChannelId{1}, .password = std::string(150, 'p')};
    const auto bytes = encode(ClientMessage{.request_id = 1, .body = join}).size();
    const auto told = [](std::size_t frame_bytes) {
        return Limits{.frame_bytes = static_cast<std::uint32_t>(frame_bytes)};
    };
    EXPECT_EQ(refusal(join, told(bytes)), "");
    EXPECT_EQ(
        refusal(join, told(bytes - 1)),
        std::format("Join: {} bytes, at most {} are allowed on this server", bytes, bytes - 1));
}

TEST(Check, HigherLimitsAndNoneAreAsOurs) {
    const Limits high{.name_code_points = 1000, .text_bytes = 100'000, .frame_bytes = 1'000'000};
    for (const auto& told : {high, Limits{}}) {
        EXPECT_EQ(refusal(SendText{.text = std::string(text_bytes_max, 'x')}, told), "");
        EXPECT_TRUE(refusal(SendText{.text = std::string(text_bytes_max + 1, 'x')}, told)
                        .starts_with("SendText.text: 4097 bytes, at most 4096 are allowed"));
        EXPECT_EQ(refusal(claim(std::string(name_code_points_max, 'x')), told), "");
        EXPECT_NE(refusal(claim(std::string(name_code_points_max + 1, 'x')), told), "");
    }
}

}  // namespace
}  // namespace partyline::wire
