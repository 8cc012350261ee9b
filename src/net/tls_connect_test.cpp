// How connections come about, and how they do not: a client that connects, a listener that accepts.
#include <gtest/gtest.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <optional>
#include <vector>

#include "net/limits.hpp"
#include "net/no_descriptors_test_support.hpp"
#include "net/tls_fixture.hpp"
#include "net/tls_native.hpp"

namespace partyline::net {
namespace {

using boost::asio::ip::tcp;
using std::chrono::hours;
using std::chrono::milliseconds;

class TlsConnectTest : public TlsTest {};

task<> connect_to(TlsStream& stream, std::string host, std::uint16_t port, Duration limit,
                  Result<void>& result) {
    result = co_await stream.connect(std::move(host), port, limit);
}

TEST_F(TlsConnectTest, ConnectSaysWhatFailed) {
    std::uint16_t free_port = 0;
    {
        free_port = listen().local().port();
    }
    const auto silent = listen();  // nobody accepts
    struct Case {
        std::string host;
        std::uint16_t port;
        ErrorCode expected;
    };
    const Case cases[] = {
        {"127.0.0.1", free_port, ErrorCode::io},
        {"127.0.0.1", silent.local().port(), ErrorCode::timed_out},
        {"no-such-host.invalid", free_port, ErrorCode::io},
    };
    for (const auto& [host, port, expected] : cases) {
        TlsStream stream(loop_, TlsContext::client(alpn));
        Result<void> result;
        const auto limit = expected == ErrorCode::timed_out ? milliseconds(50) : patience;
        loop_.run_until_done(connect_to(stream, host, port, limit, result));
        ASSERT_FALSE(result) << host;
        EXPECT_EQ(result.error().code, expected) << host << ": " << result.error().message;
    }
}

TEST_F(TlsConnectTest, CloseEndsAPendingConnect) {
    const auto silent = listen();
    TlsStream stream(loop_, TlsContext::client(alpn));
    Result<void> result;
    const Alarm alarm(loop_, milliseconds(20), [&] { stream.close(); });
    loop_.run_until_done(connect_to(stream, "127.0.0.1", silent.local().port(), hours(1), result));
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::closed);
}

task<> expect_closed_accept(TlsListener& listener) {
    const auto accepted = co_await listener.accept();
    EXPECT_FALSE(accepted);
    EXPECT_EQ(accepted.error().code, ErrorCode::closed);
}

TEST_F(TlsConnectTest, CloseEndsAPendingAccept) {
    auto listener = listen();
    loop_.post([&] { loop_.post([&] { listener.close(); }); });
    loop_.run_until_done(expect_closed_accept(listener));
    loop_.run_until_done(expect_closed_accept(listener));
}

TEST_F(TlsConnectTest, ListenSaysWhatIsTaken) {
    const auto held = listen();
    const auto again = TlsListener::create(loop_, server(), {.endpoint = held.local()});
    ASSERT_FALSE(again);
    EXPECT_TRUE(again.error().message.contains(held.local().to_string()));
}

// --- more addresses than one --------------------------------------------------------------------

std::vector<Endpoint> addresses(std::size_t v6, std::size_t v4) {
    std::vector<Endpoint> made;
    for (std::size_t i = 0; i < v6; ++i) {
        made.push_back(Endpoint::loopback_v6(static_cast<std::uint16_t>(1 + i)));
    }
    for (std::size_t i = 0; i < v4; ++i) {
        made.push_back(Endpoint::loopback_v4(static_cast<std::uint16_t>(1 + i)));
    }
    return made;
}

TEST(TlsAddresses, TakeTurnsByFamily) {
    const auto at = [](bool v4, std::uint16_t port) {
        return v4 ? Endpoint::loopback_v4(port) : Endpoint::loopback_v6(port);
    };
    EXPECT_EQ(in_turn(addresses(3, 1)),
              (std::vector{at(false, 1), at(true, 1), at(false, 2), at(false, 3)}));
    EXPECT_EQ(in_turn(std::vector{at(true, 1), at(true, 2), at(false, 1)}),
              (std::vector{at(true, 1), at(false, 1), at(true, 2)}));
}

TEST(TlsAddresses, AreNoMoreThanSoMany) {
    EXPECT_EQ(in_turn(addresses(connect_addresses_max, 0)), addresses(connect_addresses_max, 0));
    EXPECT_EQ(in_turn(addresses(connect_addresses_max + 1, 0)),
              addresses(connect_addresses_max, 0));
    const auto both = in_turn(addresses(connect_addresses_max, 1));
    EXPECT_EQ(both.size(), connect_addresses_max);
    EXPECT_EQ(std::ranges::count(both, true, &Endpoint::is_v4), 1) << "each family has its turn";
}

/// Listens, and drops all who come, as its queue is full.
class SilentListener {
public:
    explicit SilentListener(Loop& loop) : acceptor_(context_of(loop)), first_(context_of(loop)) {
        acceptor_.open(tcp::v4());
        acceptor_.bind(native_of(Endpoint::loopback_v4(0)));
        acceptor_.listen(0);
        first_.connect(acceptor_.local_endpoint());
    }
    [[nodiscard]] Endpoint endpoint() const { return endpoint_of(acceptor_.local_endpoint()); }

private:
    tcp::acceptor acceptor_;
    tcp::socket first_;
};

TEST_F(TlsConnectTest, WhoDoesNotAnswerIsLeftForTheNextAddress) {
    const SilentListener silent(loop_);
    const auto answering = listen();
    const auto attempt = [&](std::vector<Endpoint> endpoints, Duration limit) {
        const auto stream =
            std::make_shared<TlsStream::Native>(loop_, TlsContext::client(alpn).native());
        Result<std::uint16_t> reached = 0;
        const auto connect = [&]() -> task<> {
            auto socket = co_await connect_any(stream, std::move(endpoints),
                                               std::chrono::steady_clock::now() + limit);
            reached = std::move(socket).transform(
                [](const tcp::socket& it) { return it.remote_endpoint().port(); });
        };
        loop_.run_until_done(connect());
        return reached;
    };
    const auto began = std::chrono::steady_clock::now();
    EXPECT_EQ(attempt({silent.endpoint(), answering.local()}, patience), answering.local().port());
    EXPECT_GE(std::chrono::steady_clock::now() - began, connect_patience);

    const auto late = attempt({silent.endpoint()}, milliseconds(50));
    ASSERT_FALSE(late);
    EXPECT_TRUE(late.error().message.contains("no answer in time")) << late.error().message;
}

// --- more who come than can be taken in ---------------------------------------------------------

/// How many the system lets wait for the listener there.
std::optional<unsigned> waiting_max(const Endpoint& local) {
    for (int fd = 0; fd < 1024; ++fd) {
        int listens = 0;
        socklen_t bytes = sizeof listens;
        sockaddr_storage bound{};
        socklen_t bound_bytes = sizeof bound;
        if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &bytes) != 0 || listens == 0 ||
            getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &bound_bytes) != 0 ||
            Endpoint::from_native(bound) != local) {
            continue;
        }
        tcp_info info{};
        socklen_t info_bytes = sizeof info;
        if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &info_bytes) == 0) {
            return info.tcpi_sacked;  // which of a listener is the length of its queue
        }
    }
    return std::nullopt;
}

TEST_F(TlsConnectTest, AsManyWaitAsTheSystemAllows) {
    unsigned system_max = 0;
    std::ifstream("/proc/sys/net/core/somaxconn") >> system_max;
    ASSERT_GT(system_max, 0U);
    const auto listener = listen();
    EXPECT_EQ(waiting_max(listener.local()),
              std::min(static_cast<unsigned>(accept_backlog), system_max));
}

TEST_F(TlsConnectTest, WithoutDescriptorsItRestsAndThenLetsPeopleIn) {
    auto listener = listen();
    tcp::socket client(context_of(loop_));
    client.connect(native_of(listener.local()));
    std::optional<NoDescriptors> none;
    const Alarm alarm(loop_, accept_rest / 2, [&] { none.reset(); });
    none.emplace();
    const auto began = std::chrono::steady_clock::now();
    const auto accept_one = [&]() -> task<> { EXPECT_TRUE(co_await listener.accept()); };
    loop_.run_until_done(accept_one());
    EXPECT_FALSE(none) << "there was none to be had at first";
    EXPECT_GE(std::chrono::steady_clock::now() - began, accept_rest);
}

}  // namespace
}  // namespace partyline::net
