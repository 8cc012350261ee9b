// Noise from strangers while others talk: nothing is answered, and nobody notices.

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include "base/random.hpp"
#include "integration/talk_fixture.hpp"

namespace partyline::integration {
namespace {

constexpr int garbage_datagrams = 5'000;
constexpr int garbage_connections = 50;

Bytes garbage(Random& random) {
    Bytes out(random.below(1'400));
    for (auto& byte : out) {
        byte = static_cast<std::byte>(random.below(256));
    }
    // Half of it begins as the real thing does: version 1 and a kind that exists.
    if (!out.empty() && random.chance(0.5)) {
        out[0] = static_cast<std::byte>(0x10U | (1 + random.below(5)));
    }
    return out;
}

harness::Descriptor connect_to(std::uint16_t port, int type) {
    harness::Descriptor out(::socket(AF_INET, type | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    EXPECT_EQ(::connect(out.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)),
              0);
    return out;
}

class Garbage : public TalkTest {
protected:
    void SetUp() override {
        TalkTest::SetUp();
        bob_ = enter({.name = "bob"});
        alice_ = enter({.name = "alice", .mic = long_speech(scratch_)});
        bob_->wait("lane", "lane", "udp");
        alice_->wait("lane", "lane", "udp");
        hear_more(*bob_, "alice");
    }

    void expect_undisturbed() {
        hear_more(*bob_, "alice", 100);
        const auto heard = bob_->heard("alice");
        EXPECT_EQ(heard["packets_lost"], 0);
        EXPECT_EQ(heard["packets_unopened"], 0);
        EXPECT_EQ(bob_->stats()["lane"], "udp");
        EXPECT_EQ(alice_->stats()["lane"], "udp");
    }

    std::unique_ptr<TalkieProcess> alice_;
    std::unique_ptr<TalkieProcess> bob_;
};

TEST_F(Garbage, DatagramsAreNotAnswered) {
    Random random(1);
    const auto stranger = connect_to(port(), SOCK_DGRAM);
    for (int i = 0; i < garbage_datagrams; ++i) {
        const auto bytes = garbage(random);
        ::send(stranger.get(), bytes.data(), bytes.size(), 0);
    }
    // The relay takes datagrams in order, so it has seen the garbage before the frames that follow.
    expect_undisturbed();
    Bytes answer(2048);
    EXPECT_LT(::recv(stranger.get(), answer.data(), answer.size(), MSG_DONTWAIT), 0);
}

TEST_F(Garbage, ConnectionsThatSpeakNoTlsAreClosed) {
    Random random(2);
    for (int i = 0; i < garbage_connections; ++i) {
        const auto stranger = connect_to(port(), SOCK_STREAM);
        const timeval patience{.tv_sec = 15, .tv_usec = 0};
        ::setsockopt(stranger.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
        auto bytes = garbage(random);
        bytes.resize(1'400, std::byte{0x42});  // enough for any record header to be wrong
        ::send(stranger.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        // At most an alert comes, then the end.
        Bytes answer(2048);
        ssize_t count = 0;
        while ((count = ::recv(stranger.get(), answer.data(), answer.size(), 0)) > 0) {
            EXPECT_LT(count, 64);
        }
        EXPECT_TRUE(count == 0 || errno == ECONNRESET) << "still open after 15 s";
    }
    expect_undisturbed();
}

}  // namespace
}  // namespace partyline::integration
