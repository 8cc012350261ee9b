// Noise from strangers while others talk: nothing is answered, and nobody notices.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <algorithm>
#include <optional>

#include "base/random.hpp"
#include "integration/hostile_fixture.hpp"
#include "integration/stranger.hpp"

namespace partyline::integration {
namespace {

constexpr std::size_t garbage_bytes_max = 2'000;
constexpr std::uint8_t first_host = 2;
constexpr std::uint8_t hosts = 10;
constexpr int garbage_connections = 50;
/// As fast as loopback goes would be a flood that no program can do anything about: the system
/// itself throws away what comes.
constexpr std::size_t datagrams_per_step = 200;
constexpr Duration step = std::chrono::milliseconds(10);

Bytes noise(Random& random, std::size_t bytes) {
    Bytes out(bytes);
    for (auto& byte : out) {
        byte = static_cast<std::byte>(random.next());
    }
    // Half of it begins as the real thing does: version 1 and a kind that exists.
    if (!out.empty() && random.chance(0.5)) {
        out[0] = static_cast<std::byte>(0x10U | (1 + random.below(5)));
    }
    return out;
}

class Garbage : public HostileTest {
protected:
    void SetUp() override {
        HostileTest::SetUp();
        tap_.emplace(port());
        begin_conversation(tap_->port());
        for (std::uint8_t i = 0; i < hosts; ++i) {
            strangers_.push_back(stranger(SOCK_DGRAM, first_host + i, port()));
        }
        for (auto& datagram : tap_->datagrams()) {
            if (datagram.direction == harness::Tap::Direction::up) {
                overheard_.push_back(std::move(datagram.bytes));
            }
        }
    }

    /// What alice has sent, with something wrong: a bit, the kind, the route, the counter; or
    /// nothing wrong, which is a replay.
    Bytes forged() {
        auto out = overheard_[random_.below(overheard_.size())];
        const auto spoil = [&](std::size_t begin, std::size_t end) {
            const auto at = begin + random_.below(std::min(end, out.size()) - begin);
            out[at] ^= static_cast<std::byte>(1U << random_.below(8));
        };
        switch (random_.below(6)) {
            case 0: break;
            case 1: spoil(0, out.size()); break;
            case 2: spoil(0, 1); break;
            case 3: spoil(4, 8); break;
            case 4: spoil(8, 16); break;
            default: spoil(24, out.size()); break;
        }
        return out;
    }
    Bytes forged(std::size_t bytes) {
        auto out = forged();
        out.resize(bytes, static_cast<std::byte>(random_.next()));
        return out;
    }

    void send(const Bytes& bytes) {
        const auto& from = strangers_[sent_ % strangers_.size()];
        ::send(from.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
        if (++sent_ % datagrams_per_step == 0) {
            idle(step);
        }
    }

    Random random_{1};
    std::optional<harness::Tap> tap_;
    std::vector<harness::Descriptor> strangers_;
    std::vector<Bytes> overheard_;
    std::size_t sent_ = 0;
};

TEST_F(Garbage, DatagramsAreNotAnswered) {
    // Every size 25 times: 50,025 in all, every second one made of what alice sends.
    for (int round = 0; round < 25; ++round) {
        for (std::size_t bytes = 0; bytes <= garbage_bytes_max; ++bytes) {
            send((bytes + static_cast<std::size_t>(round)) % 2 == 0 ? noise(random_, bytes)
                                                                    : forged(bytes));
        }
        if (round % 8 == 0) {
            expect_quick_log_in();
        }
    }
    for (int i = 0; i < 2'000; ++i) {
        send(forged());
        // From alice's own address, too.
        tap_->inject_up(forged());
    }
    // The relay takes datagrams in order, so it has seen the garbage before the frames that follow.
    expect_undisturbed();
    Bytes answer(2048);
    for (const auto& one : strangers_) {
        EXPECT_LT(::recv(one.get(), answer.data(), answer.size(), MSG_DONTWAIT), 0);
    }
}

/// What the server sends where alice is, while she herself says nothing that reaches it.
TEST_F(Garbage, DatagramsFromATalkiesOwnAddressAreNotAnswered) {
    const auto answers = [&] {
        return std::ranges::count_if(tap_->datagrams(), [](const auto& datagram) {
            return datagram.direction == harness::Tap::Direction::down;
        });
    };
    EXPECT_GT(answers(), 0) << "she has pinged";
    tap_->drop_udp(true);
    idle(std::chrono::milliseconds(200));  // what was on its way
    const auto before = answers();
    for (std::size_t i = 0; i < 2'000; ++i) {
        tap_->inject_up(i % 2 == 0 ? forged() : forged(random_.below(garbage_bytes_max)));
        if (i % datagrams_per_step == 0) {
            idle(step);
        }
    }
    idle(std::chrono::milliseconds(200));
    EXPECT_EQ(answers(), before);
    // What is no garbage and comes the same way, after it, is answered.
    tap_->drop_udp(false);
    const SystemClock clock;
    for (const auto until = clock.now() + harness::patience;
         answers() == before && clock.now() < until;) {
        idle(step);
    }
    EXPECT_GT(answers(), before);
    hear_more(*bob_, "alice");
}

TEST_F(Garbage, ConnectionsThatSpeakNoTlsAreClosed) {
    for (int i = 0; i < garbage_connections; ++i) {
        const auto connection = stranger(SOCK_STREAM, first_host, port());
        const int flags = ::fcntl(connection.get(), F_GETFL);
        ::fcntl(connection.get(), F_SETFL, flags & ~O_NONBLOCK);
        const timeval patience{.tv_sec = 15, .tv_usec = 0};
        ::setsockopt(connection.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
        auto bytes = noise(random_, 1'400);
        bytes[0] = std::byte{0x42};  // begins no record: nothing more is waited for
        ::send(connection.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        // At most an alert comes, then the end.
        Bytes answer(2048);
        ssize_t count = 0;
        while ((count = ::recv(connection.get(), answer.data(), answer.size(), 0)) > 0) {
            EXPECT_LT(count, 64);
        }
        EXPECT_TRUE(count == 0 || errno == ECONNRESET) << "still open after 15 s";
    }
    expect_undisturbed();
}

}  // namespace
}  // namespace partyline::integration
