#include "net/endpoint.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <unordered_set>

namespace partyline::net {
namespace {

TEST(Endpoint, ParsesAndFormats) {
    struct Case {
        std::string_view text;
        std::optional<std::uint16_t> default_port;
        std::string_view expected;  // empty: refused
    };
    const Case cases[] = {
        {"192.0.2.1:47180", {}, "192.0.2.1:47180"},
        {"[::1]:47180", {}, "[::1]:47180"},
        {"[2001:DB8:0:0::1]:0", {}, "[2001:db8::1]:0"},
        {"[::ffff:192.0.2.1]:7", {}, "192.0.2.1:7"},
        {"192.0.2.1", 5, "192.0.2.1:5"},
        {"192.0.2.1:6", 5, "192.0.2.1:6"},
        {"::1", 5, "[::1]:5"},
        {"[::1]", 5, "[::1]:5"},
        {"[fe80::1%lo]:5", {}, "[fe80::1%lo]:5"},
        {"192.0.2.1", {}, ""},
        {"::1", {}, ""},
        {"[::1]", {}, ""},
        {"192.0.2.1:", 5, ""},
        {"192.0.2.1:65536", {}, ""},
        {"192.0.2.1:-1", {}, ""},
        {"192.0.2.1:1x", {}, ""},
        {"192.0.2:1", {}, ""},
        {"192.0.2.256:1", {}, ""},
        {"[192.0.2.1]:1", {}, ""},
        {"[::1:1", {}, ""},
        {"[::1]1", {}, ""},
        {"[fe80::1%no-such-interface]:5", {}, ""},
        {"localhost:1", {}, ""},
        {"", 5, ""},
    };
    for (const auto& [text, default_port, expected] : cases) {
        const auto endpoint = Endpoint::parse(text, default_port);
        EXPECT_EQ(endpoint ? endpoint->to_string() : "", expected) << text;
    }
}

TEST(Endpoint, SurvivesTheSystemsForm) {
    for (const auto* const text : {"192.0.2.1:47180", "[2001:db8::1]:1", "[fe80::1%lo]:65535"}) {
        const auto endpoint = Endpoint::parse(text).value();
        sockaddr_storage native{};
        endpoint.to_native(native, Endpoint::Family::v6);
        EXPECT_EQ(Endpoint::from_native(native), endpoint) << text;
        if (endpoint.is_v4()) {
            endpoint.to_native(native, Endpoint::Family::v4);
            EXPECT_EQ(native.ss_family, AF_INET);
            EXPECT_EQ(Endpoint::from_native(native), endpoint) << text;
        }
    }
    sockaddr_storage local{};
    local.ss_family = AF_UNIX;
    EXPECT_EQ(Endpoint::from_native(local), Endpoint());
}

TEST(Endpoint, KnowsAnyAndFamily) {
    EXPECT_TRUE(Endpoint::any_v4(1).is_any());
    EXPECT_TRUE(Endpoint::any_v6(1).is_any());
    EXPECT_FALSE(Endpoint::loopback_v4(1).is_any());
    EXPECT_FALSE(Endpoint::loopback_v6(1).is_any());
    EXPECT_TRUE(Endpoint::any_v4(1).is_v4());
    EXPECT_FALSE(Endpoint::any_v6(1).is_v4());
}

TEST(Endpoint, LeavesIpv4ToAnotherWithTheSamePortOnly) {
    struct Case {
        std::vector<Endpoint> all;
        bool leaves;
    };
    const Case cases[] = {
        {{Endpoint::any_v6(1)}, false},
        {{Endpoint::any_v6(1), Endpoint::any_v4(1)}, true},
        {{Endpoint::any_v6(1), Endpoint::loopback_v4(1)}, true},
        {{Endpoint::any_v6(1), Endpoint::any_v4(2)}, false},
        {{Endpoint::any_v6(1), Endpoint::loopback_v6(1)}, false},
        {{Endpoint::any_v6(1), Endpoint::any_v4(0)}, true},
        {{Endpoint::any_v6(0), Endpoint::any_v4(0)}, true},
        {{Endpoint::any_v6(0), Endpoint::any_v4(2)}, false},
    };
    for (const auto& [all, leaves] : cases) {
        EXPECT_EQ(leaves_v4(all.front(), all), leaves) << all.back().to_string();
        EXPECT_FALSE(leaves_v4(all.back(), all) && all.back().is_v4());
    }
}

TEST(Endpoint, IsAKey) {
    const std::unordered_set<Endpoint> set{Endpoint::loopback_v4(1), Endpoint::loopback_v4(2),
                                           Endpoint::loopback_v6(1), Endpoint::loopback_v4(1)};
    EXPECT_EQ(set.size(), 3U);
    EXPECT_TRUE(set.contains(Endpoint::loopback_v6(3).with_port(1)));
}

}  // namespace
}  // namespace partyline::net
