#include "crypto/secret_code.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <string>

namespace partyline::crypto {
namespace {

TEST(SecretCode, IsReadAsPeopleTypeIt) {
    const auto code = make_secret_code();
    ASSERT_EQ(code.size(), 23U) << code;
    EXPECT_NE(code, make_secret_code());
    const auto hash = hash_secret_code(code);
    ASSERT_TRUE(hash);
    auto sloppy = code;
    std::erase(sloppy, '-');
    std::ranges::transform(sloppy, sloppy.begin(), [](unsigned char c) {
        return static_cast<char>(c == '0' ? 'o' : c == '1' ? 'l' : std::tolower(c));
    });
    EXPECT_EQ(hash_secret_code(" " + sloppy + " "), hash);
    EXPECT_NE(hash_secret_code(make_secret_code()), hash);
}

TEST(SecretCode, WhatIsNoCodeIsNone) {
    EXPECT_TRUE(hash_secret_code("7Q2KX-0M9RD-EV4WT-1H8NA"));
    for (const auto* wrong :
         {"", "7Q2KX-0M9RD-EV4WT-1H8N", "7Q2KX-0M9RD-EV4WT-1H8NAA", "7Q2KX-0M9RD-EV4WT-1H8NU",
          "7Q2KX_0M9RD_EV4WT_1H8NA", "a password of some length"}) {
        EXPECT_FALSE(hash_secret_code(wrong)) << wrong;
    }
}

}  // namespace
}  // namespace partyline::crypto
