#include "client/hop.hpp"

#include <gtest/gtest.h>

#include "client/test_support.hpp"

namespace partyline::client {
namespace {

std::shared_ptr<UdpWay> way(const net::Endpoint& server, std::shared_ptr<UdpWay> before) {
    return way_to(server, std::move(before)).value();
}

TEST(WayTo, IsKeptAsLongAsItLeadsThereFromHere) {
    const auto server = net::Endpoint::loopback_v4(9);
    const auto first = way(server, nullptr);
    ASSERT_TRUE(first);
    EXPECT_EQ(first->server, server);
    EXPECT_EQ(way(server, first), first);
    EXPECT_NE(way(net::Endpoint::loopback_v4(10), first), first) << "another port";
}

TEST(WayTo, IsNotKeptFromAnAddressThatIsOursNoMore) {
    const auto server = net::Endpoint::loopback_v4(9);
    // As if we had had this address when we connected.
    auto before = std::make_shared<UdpWay>(
        UdpWay{.server = server,
               .socket = net::UdpSocket::bind(net::Endpoint::v4({127, 0, 0, 2}, 0)).value()});
    EXPECT_NE(way(server, before), before);
}

TEST(Hop, WithoutAWayThereIsNoSocket) {
    const auto keys = [] { return Hop::Keys{test::hop_key(), test::hop_key(), 3}; };
    EXPECT_EQ(Hop(keys(), nullptr).socket(), nullptr);
    EXPECT_NE(Hop(keys(), way(net::Endpoint::loopback_v4(9), nullptr)).socket(), nullptr);
}

}  // namespace
}  // namespace partyline::client
