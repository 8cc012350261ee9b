#include "net/udp.hpp"

#include <gtest/gtest.h>

#include <array>
#include <set>
#include <vector>

#include "net/limits.hpp"

namespace partyline::net {
namespace {

constexpr std::size_t datagram_bytes = 64;

struct Inbox {
    explicit Inbox(std::size_t datagrams) : batch(datagrams), buffers(datagrams) {
        for (std::size_t i = 0; i < datagrams; ++i) {
            buffers[i].resize(datagram_bytes);
            batch.set_buffer(i, buffers[i]);
        }
        batch.set_size(datagrams);
    }

    // Loopback delivers before send returns, but a poll costs little and asks for less.
    std::vector<std::string> take(UdpSocket& socket) {
        const int fds[] = {socket.fd()};
        poll_readable(fds, std::chrono::seconds(5));
        std::vector<std::string> texts(socket.receive(batch));
        for (std::size_t i = 0; i < texts.size(); ++i) {
            texts[i] = as_text(batch.datagram(i));
        }
        return texts;
    }

    ReceiveBatch batch;
    std::vector<Bytes> buffers;
};

using BindAndPeer = std::pair<Endpoint, Endpoint>;

class UdpFamilies : public testing::TestWithParam<BindAndPeer> {};

TEST_P(UdpFamilies, BatchesReachTheirReceivers) {
    const auto [server_address, peer_address] = GetParam();
    auto server = UdpSocket::bind(server_address).value();
    auto first = UdpSocket::bind(peer_address).value();
    auto second = UdpSocket::bind(peer_address).value();

    SendBatch out({.datagrams = 4, .slices = 4});
    const ByteView both[] = {as_bytes("to "), as_bytes("both")};
    const ByteView one[] = {as_bytes("to one")};
    const auto shared = out.payload(both).value();
    EXPECT_TRUE(out.add(first.local(), shared));
    EXPECT_TRUE(out.add(second.local(), shared));
    EXPECT_TRUE(out.add(first.local(), out.payload(one).value()));
    const auto sent = server.send(out);
    EXPECT_EQ(sent.accepted, 3U);
    EXPECT_EQ(sent.failed, 0U);
    EXPECT_EQ(out.size(), 0U);

    Inbox inbox(3);
    EXPECT_EQ(inbox.take(first), (std::vector<std::string>{"to both", "to one"}));
    EXPECT_EQ(inbox.batch.from(0).port(), server.local().port());
    EXPECT_EQ(inbox.batch.from(0).is_v4(), peer_address.is_v4());
    EXPECT_EQ(inbox.take(second), std::vector<std::string>{"to both"});
}

TEST_P(UdpFamilies, OneDatagramAtATime) {
    const auto [server_address, peer_address] = GetParam();
    auto server = UdpSocket::bind(server_address).value();
    auto client = UdpSocket::connect(peer_address.with_port(server.local().port())).value();
    Bytes buffer(datagram_bytes);
    EXPECT_FALSE(server.receive(buffer));
    ASSERT_TRUE(client.send(as_bytes("hello")));
    const auto received = server.receive(buffer);
    ASSERT_TRUE(received);
    EXPECT_EQ(received->bytes, 5U);
    EXPECT_EQ(received->from, client.local());
    ASSERT_TRUE(server.send_to(received->from, as_bytes("back")));
    EXPECT_EQ(client.receive(buffer).value().bytes, 4U);
}

INSTANTIATE_TEST_SUITE_P(
    Udp, UdpFamilies,
    testing::Values(BindAndPeer{Endpoint::loopback_v4(0), Endpoint::loopback_v4(0)},
                    BindAndPeer{Endpoint::loopback_v6(0), Endpoint::loopback_v6(0)},
                    BindAndPeer{Endpoint::any_v6(0), Endpoint::loopback_v6(0)},
                    BindAndPeer{Endpoint::any_v6(0), Endpoint::loopback_v4(0)}));

class UdpWildcards : public testing::TestWithParam<std::pair<Endpoint, Endpoint>> {};

// A connected client takes nothing but what comes from the address it wrote to, and without a word
// of ours the system answers from another: the one that its routes prefer.
TEST_P(UdpWildcards, AnswersLeaveFromTheAddressThatWasWrittenTo) {
    const auto [listen, asked] = GetParam();
    auto server = UdpSocket::bind(listen).value();
    auto client =
        UdpSocket::bind(asked.is_v4() ? Endpoint::loopback_v4(0) : Endpoint::loopback_v6(0))
            .value();
    ASSERT_TRUE(client.send_to(asked.with_port(server.local().port()), as_bytes("hello")));

    Inbox inbox(1);
    ASSERT_EQ(inbox.take(server).size(), 1U);
    EXPECT_EQ(inbox.batch.to(0), asked.address());
    SendBatch out({.datagrams = 1, .slices = 1});
    const ByteView text[] = {as_bytes("back")};
    ASSERT_TRUE(out.add(inbox.batch.from(0), out.payload(text).value(), inbox.batch.to(0)));
    EXPECT_EQ(server.send(out).accepted, 1U);
    EXPECT_EQ(inbox.take(client), std::vector<std::string>{"back"});
    EXPECT_EQ(inbox.batch.from(0), asked.with_port(server.local().port()));
}

INSTANTIATE_TEST_SUITE_P(
    Udp, UdpWildcards,
    testing::Values(std::pair{Endpoint::any_v4(0), Endpoint::v4({127, 0, 0, 2}, 0)},
                    std::pair{Endpoint::any_v6(0), Endpoint::v4({127, 0, 0, 2}, 0)},
                    std::pair{Endpoint::any_v6(0), Endpoint::loopback_v6(0)}));

TEST(Udp, BatchesAreBounded) {
    SendBatch out({.datagrams = 1, .slices = 2});
    const ByteView slices[] = {as_bytes("a"), as_bytes("b")};
    const auto payload = out.payload(slices);
    ASSERT_TRUE(payload);
    EXPECT_FALSE(out.payload(slices));
    EXPECT_TRUE(out.add(Endpoint::loopback_v4(9), *payload));
    EXPECT_FALSE(out.add(Endpoint::loopback_v4(9), *payload));
    out.clear();
    EXPECT_TRUE(out.payload(slices));
}

TEST(Udp, OneRefusedDestinationDoesNotStopTheRest) {
    auto server = UdpSocket::bind(Endpoint::loopback_v4(0)).value();
    auto client = UdpSocket::bind(Endpoint::loopback_v4(0)).value();
    SendBatch out({.datagrams = 3, .slices = 1});
    const ByteView text[] = {as_bytes("x")};
    const auto payload = out.payload(text).value();
    out.add(client.local(), payload);
    out.add(client.local().with_port(0), payload);  // the system refuses port 0
    out.add(client.local(), payload);
    const auto sent = server.send(out);
    EXPECT_EQ(sent.accepted, 2U);
    EXPECT_EQ(sent.failed, 1U);
    EXPECT_EQ(Inbox(3).take(client).size(), 2U);
}

TEST(Udp, SendsMoreThanOneCallTakesInSeveral) {
    constexpr std::size_t peers = 20;
    auto server = UdpSocket::bind(Endpoint::loopback_v4(0)).value();
    std::vector<UdpSocket> clients;
    while (clients.size() < peers) {
        clients.push_back(UdpSocket::bind(Endpoint::loopback_v4(0)).value());
    }
    SendBatch out({.datagrams = send_messages_max + 1, .slices = 1});
    const ByteView text[] = {as_bytes("x")};
    const auto payload = out.payload(text).value();
    for (std::size_t i = 0; i <= send_messages_max; ++i) {
        ASSERT_TRUE(out.add(clients[i % peers].local(), payload));
    }
    const auto sent = server.send(out);
    EXPECT_EQ(sent.accepted, send_messages_max + 1);
    EXPECT_EQ(sent.failed, 0U);
    std::size_t arrived = 0;
    for (auto& client : clients) {
        arrived += Inbox(send_messages_max).take(client).size();
    }
    EXPECT_EQ(arrived, send_messages_max + 1);
}

/// Writes to a peer that comes and goes. False if somebody else was given its port while it was gone.
bool write_to_one_that_comes_and_goes() {
    std::optional server(UdpSocket::bind(Endpoint::loopback_v4(0)).value());
    const auto address = server->local();
    auto client = UdpSocket::connect(address).value();
    Bytes buffer(datagram_bytes);
    for (int round = 0; round <= pending_errors_max; ++round) {
        server.reset();
        EXPECT_TRUE(client.send(as_bytes("to nobody")));
        auto again = UdpSocket::bind(address);
        if (!again) {
            return false;
        }
        server = *std::move(again);
        EXPECT_TRUE(server->send_to(client.local(), as_bytes("back")));
        if (round % 2 == 0) {
            EXPECT_TRUE(client.receive(buffer)) << round;
        } else {
            EXPECT_EQ(Inbox(2).take(client), std::vector<std::string>{"back"}) << round;
        }
    }
    return true;
}

// The system tells of a peer that was not there when something is received next.
TEST(Udp, ErrorsOfEarlierSendsHideNothingThatHasCome) {
    constexpr int tries_max = 20;
    bool done = false;
    for (int i = 0; i < tries_max && !done; ++i) {
        done = write_to_one_that_comes_and_goes();
    }
    EXPECT_TRUE(done) << "the port is taken each time";
}

TEST(Udp, PollsAsManyDescriptorsAsItMay) {
    const std::array<WakeFd, poll_fds_max> descriptors;
    std::vector<int> fds;
    for (const auto& descriptor : descriptors) {
        fds.push_back(descriptor.fd());
    }
    EXPECT_EQ(poll_readable(fds, Duration::zero()), 0U);
    WakeFd woken;
    fds.back() = woken.fd();
    woken.wake();
    EXPECT_EQ(poll_readable(fds, Duration::zero()), std::uint64_t{1} << (poll_fds_max - 1));
    fds.front() = woken.fd();
    EXPECT_EQ(poll_readable(fds, Duration::zero()),
              (std::uint64_t{1} << (poll_fds_max - 1)) | std::uint64_t{1});
}

TEST(Udp, CutsWhatIsTooLongToItsBuffer) {
    auto server = UdpSocket::bind(Endpoint::loopback_v4(0)).value();
    auto client = UdpSocket::bind(Endpoint::loopback_v4(0)).value();
    client.send_to(server.local(), Bytes(datagram_bytes + 1));
    EXPECT_EQ(Inbox(1).take(server).at(0).size(), datagram_bytes);
}

TEST(Udp, CountsWhatOverflowed) {
    auto server = UdpSocket::bind(Endpoint::loopback_v4(0),
                                  {.receive_buffer_bytes = 4096, .count_overflow = true})
                      .value();
    auto client = UdpSocket::bind(Endpoint::loopback_v4(0)).value();
    constexpr std::size_t sent = 200;
    for (std::size_t i = 0; i < sent; ++i) {
        client.send_to(server.local(), Bytes(datagram_bytes));
    }
    Inbox inbox(sent);
    const auto received = inbox.take(server).size();
    ASSERT_LT(received, sent);
    // The count comes with a datagram received after the loss.
    client.send_to(server.local(), Bytes(1));
    EXPECT_EQ(inbox.take(server).size(), 1U);
    EXPECT_EQ(inbox.batch.overflow(), sent - received);

    auto other = UdpSocket::bind(Endpoint::loopback_v4(0), {.count_overflow = true}).value();
    client.send_to(other.local(), Bytes(1));
    EXPECT_EQ(inbox.take(other).size(), 1U);
    EXPECT_EQ(inbox.batch.overflow(), 0U) << "a count is its socket's";
}

TEST(Udp, ConnectedSocketSeesOnlyItsPeer) {
    auto server = UdpSocket::bind(Endpoint::loopback_v4(0)).value();
    auto stranger = UdpSocket::bind(Endpoint::loopback_v4(0)).value();
    auto client = UdpSocket::connect(server.local()).value();
    stranger.send_to(client.local(), as_bytes("psst"));
    server.send_to(client.local(), as_bytes("hello"));
    EXPECT_EQ(Inbox(2).take(client), std::vector<std::string>{"hello"});
}

TEST(Udp, SteersByOneByte) {
    constexpr unsigned sockets = 3;
    constexpr std::size_t offset = 7;
    const UdpOptions options{.reuse_port = true};
    std::vector<UdpSocket> group;
    group.push_back(UdpSocket::bind(Endpoint::loopback_v4(0), options).value());
    while (group.size() < sockets) {
        group.push_back(UdpSocket::bind(group[0].local(), options).value());
    }
    ASSERT_TRUE(group[0].steer_by_byte(offset, sockets));
    auto client = UdpSocket::bind(Endpoint::loopback_v4(0)).value();
    for (std::size_t target = 0; target < 2 * sockets; ++target) {
        Bytes datagram(offset + 1);
        datagram[offset] = static_cast<std::byte>(target);
        client.send_to(group[0].local(), datagram);
        EXPECT_EQ(Inbox(1).take(group[target % sockets]).size(), 1U) << target;
    }
    client.send_to(group[0].local(), Bytes(offset));
    EXPECT_EQ(Inbox(1).take(group[0]).size(), 1U) << "too short";
}

TEST(Udp, SaysWhatCannotBeBound) {
    const auto held = UdpSocket::bind(Endpoint::loopback_v4(0)).value();
    const auto again = UdpSocket::bind(held.local());
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, ErrorCode::io);
    EXPECT_TRUE(again.error().message.contains(held.local().to_string()));
}

}  // namespace
}  // namespace partyline::net
