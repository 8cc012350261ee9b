#include "server/control/address_range.hpp"

#include <gtest/gtest.h>

namespace partyline::control {
namespace {

TEST(AddressRangeText, IsReadAndWritten) {
    struct Case {
        std::string_view written;
        std::string_view text;  // empty: it is none
        int prefix_bits;
    };
    const Case cases[] = {
        {"203.0.113.7", "203.0.113.7", 128},
        {"203.0.113.7/32", "203.0.113.7", 128},
        {"203.0.113.7/24", "203.0.113.0/24", 120},
        {"0.0.0.0/0", "0.0.0.0/0", 96},
        {"2001:db8::1", "2001:db8::1", 128},
        {"2001:db8:1:2::/48", "2001:db8:1::/48", 48},
        {"::/0", "::/0", 0},
        {"::ffff:203.0.113.7/120", "203.0.113.0/24", 120},
        {"::ffff:203.0.113.0/24", "", 0},
        {"::ffff:203.0.113.0/95", "", 0},
        {"::ffff:203.0.113.0/96", "0.0.0.0/0", 96},
        {"", "", 0},
        {"203.0.113", "", 0},
        {"203.0.113.7/33", "", 0},
        {"2001:db8::/129", "", 0},
        {"203.0.113.7/", "", 0},
        {"203.0.113.7/-1", "", 0},
        {"203.0.113.7/8x", "", 0},
        {"203.0.113.7:80", "", 0},
        {"[2001:db8::1]", "", 0},
        {"[2001:db8::1]:80", "", 0},
        {"fe80::1%1", "", 0},
        {"example.org", "", 0},
        {"2001:db8::1 ", "", 0},
        {"ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255/1288", "", 0},
    };
    for (const auto& [written, text, prefix_bits] : cases) {
        const auto range = parse_address_range(written);
        ASSERT_EQ(range.has_value(), !text.empty()) << written;
        if (range) {
            EXPECT_EQ(to_text(*range), text);
            EXPECT_EQ(range->prefix_bits, prefix_bits) << written;
        } else {
            EXPECT_EQ(range.error().code, ErrorCode::invalid_name) << written;
        }
    }
}

}  // namespace
}  // namespace partyline::control
