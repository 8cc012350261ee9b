// What waits for a server that does not read has an end.
#include "client/control_lane.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "client/limits.hpp"
#include "platform/scratch_folder.hpp"
#include "wire/control.hpp"
#include "wire/limits.hpp"

namespace partyline::client {
namespace {

/// Whoever connects to that listening socket of ours is read from through a small buffer, however much the
/// system would give.
void receive_little(const net::Endpoint& listener) {
    constexpr int fds_looked_at = 1024;
    for (int fd = 0; fd < fds_looked_at; ++fd) {
        int listens = 0;
        socklen_t listens_bytes = sizeof listens;
        sockaddr_in address{};
        socklen_t address_bytes = sizeof address;
        if (::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &listens_bytes) == 0 &&
            listens != 0 &&
            ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &address_bytes) == 0 &&
            ntohs(address.sin_port) == listener.port()) {
            const int little = 64 * 1024;
            EXPECT_EQ(::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &little, sizeof little), 0);
            return;
        }
    }
    ADD_FAILURE() << "nothing listens there";
}

/// A lane, and a server that reads when a test wants it to. While the loop does not run, nothing goes out.
class ControlLaneTest : public testing::Test {
protected:
    ControlLaneTest() {
        const net::CertificatePaths paths{.certificate = scratch_.path() / "tls.crt",
                                          .key = scratch_.path() / "tls.key"};
        EXPECT_TRUE(net::create_self_signed_certificate(paths));
        listener_.emplace(
            net::TlsListener::create(loop_, net::TlsContext::server(paths, wire::alpn).value(),
                                     {.endpoint = net::Endpoint::loopback_v4(0)})
                .value());
        receive_little(listener_->local());
        loop_.run_until_done(connect());
    }
    ~ControlLaneTest() override { loop_.run_until_done(lane_.close()); }

    net::task<> connect() {
        net::Event served(loop_);
        loop_.spawn(serve(served));
        const auto connected = co_await lane_.connect("127.0.0.1", listener_->local().port());
        EXPECT_TRUE(connected);
        co_await served.wait();
    }
    net::task<> serve(net::Event& served) {
        auto accepted = co_await listener_->accept();
        server_.emplace(std::move(accepted.value()));
        const auto shaken = co_await server_->handshake(connect_time_max);
        EXPECT_TRUE(shaken);
        served.set();
    }
    /// All that came until the lane ended.
    net::task<> read_all() {
        std::array<std::byte, 16 * 1024> buffer;
        while (true) {
            const auto got = co_await server_->read_some(buffer);
            if (!got) {
                server_->close();
                co_return;
            }
            reader_.feed(ByteView(buffer).first(*got));
            for (auto message = reader_.next(); message && *message; message = reader_.next()) {
                const auto body = wire::decode_client(**message).value().body;
                if (const auto* voice = std::get_if<wire::VoiceTunnel>(&body)) {
                    datagrams.push_back(std::to_integer<int>(voice->datagram.front()));
                }
                texts += std::holds_alternative<wire::SendText>(body) ? 1U : 0U;
            }
        }
    }
    void send_voice(int from, int to) {
        for (int number = from; number < to; ++number) {
            lane_.send_voice(Bytes(1'000, static_cast<std::byte>(number)));
        }
    }
    net::task<> say_farewell() { all_sent = co_await lane_.say_farewell(); }
    net::task<> receive() { received = co_await lane_.receive(); }

    /// As many bytes as it takes in the lane's queue.
    std::size_t send_text() {
        const wire::ClientMessage message{
            .request_id = 7, .body = wire::SendText{.channel = ChannelId{1}, .text = text_}};
        lane_.send(message);
        Bytes framed;
        EXPECT_TRUE(wire::append_frame(framed, wire::encode(message)));
        return framed.size();
    }

    const platform::ScratchFolder scratch_;
    net::Loop loop_;
    ManualClock clock_;
    ControlLane lane_{loop_, clock_, net::TlsContext::client(wire::alpn)};
    std::optional<net::TlsListener> listener_;
    std::optional<net::TlsStream> server_;
    wire::FrameReader reader_;
    const std::string text_ = std::string(4'000, 'x');
    std::vector<int> datagrams;
    std::size_t texts = 0;
    bool all_sent = false;
    Result<wire::ServerMessage> received = wire::ServerMessage{};
};

TEST_F(ControlLaneTest, WhoeverReadsNothingIsHungUpOnWhenTooMuchWaits) {
    std::size_t waits = send_text();
    const auto each = waits;
    while (waits + each <= outgoing_bytes_max) {
        waits += send_text();
    }
    loop_.spawn(read_all());
    loop_.run_until_done(say_farewell());
    EXPECT_TRUE(all_sent) << "as much as may wait is sent once it is read";
    EXPECT_EQ(texts, waits / each);
}

TEST_F(ControlLaneTest, OneMessageMoreThanMayWaitEndsTheConnection) {
    for (std::size_t waits = 0; waits <= outgoing_bytes_max;) {
        waits += send_text();
    }
    loop_.run_until_done(receive());
    ASSERT_FALSE(received);
    EXPECT_EQ(received.error().code, ErrorCode::closed);
}

TEST_F(ControlLaneTest, OfTooMuchVoiceTheOldestIsDropped) {
    constexpr int fit = outgoing_voice_bytes_max / 1'000;
    send_voice(0, fit + 10);
    send_text();
    loop_.spawn(read_all());
    loop_.run_until_done(say_farewell());
    ASSERT_EQ(datagrams.size(), std::size_t{fit});
    EXPECT_EQ(datagrams.front(), 10);
    EXPECT_EQ(datagrams.back(), fit + 9);
    EXPECT_EQ(texts, 1U) << "what may not be lost still goes out";
}

TEST_F(ControlLaneTest, VoiceThatHasWaitedTooLongIsDropped) {
    send_voice(0, 3);
    send_text();
    clock_.advance(std::chrono::milliseconds(1));
    send_voice(3, 5);
    clock_.advance(outgoing_voice_time_max);
    send_voice(5, 6);
    loop_.spawn(read_all());
    loop_.run_until_done(say_farewell());
    EXPECT_EQ(datagrams, (std::vector{3, 4, 5}));
    EXPECT_EQ(texts, 1U) << "but no message";
}

TEST_F(ControlLaneTest, AFarewellWaitsForNobodyForLong) {
    // Far more than the buffers of the system take, to a server that does not read.
    for (std::size_t waits = 0; waits + text_.size() + 100 < outgoing_bytes_max;) {
        waits += send_text();
    }
    const SystemClock clock;
    const auto began = clock.now();
    loop_.run_until_done(say_farewell());
    EXPECT_GE(clock.now() - began, farewell_time_max);
    EXPECT_FALSE(all_sent) << "and yet it has ended";
}

}  // namespace
}  // namespace partyline::client
