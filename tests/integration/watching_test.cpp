// What the admin port tells of a real server.

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <format>
#include <string>

#include "harness/scratch.hpp"
#include "harness/server.hpp"
#include "harness/talkie.hpp"

namespace partyline::integration {
namespace {

namespace asio = boost::asio;

class Watching : public testing::Test {
protected:
    /// Head and body, as they came.
    std::string get(const std::string& path) {
        asio::io_context context;
        asio::ip::tcp::socket socket(context);
        socket.connect({asio::ip::address_v4::loopback(), server_.admin_port()});
        asio::write(socket, asio::buffer(std::format(
                                "GET {} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", path)));
        std::string text;
        boost::system::error_code end;
        asio::read(socket, asio::dynamic_buffer(text), end);
        return text;
    }
    double figure(const std::string& name) {
        const auto text = get("/metrics");
        const auto at = text.find("\n" + name + " ");
        return at == std::string::npos ? -1 : std::stod(text.substr(at + name.size() + 2));
    }
    [[nodiscard]] std::unique_ptr<harness::TalkieProcess> enter(const std::string& name) {
        auto talkie = std::make_unique<harness::TalkieProcess>(
            scratch_,
            harness::TalkieOptions{.name = name, .port = server_.port(), .join = "Lobby"});
        talkie->wait("keys_ready");
        return talkie;
    }
    /// How large a file the server may write. Not SIGXFSZ but the failure is what it meets.
    void limit_files(rlim_t bytes) {
        rlimit limit{};
        ASSERT_EQ(prlimit(server_.process().pid(), RLIMIT_FSIZE, nullptr, &limit), 0);
        limit.rlim_cur = bytes;
        ASSERT_EQ(prlimit(server_.process().pid(), RLIMIT_FSIZE, &limit, nullptr), 0);
    }

    const harness::Scratch scratch_;
    harness::ServerProcess server_{scratch_, {.admin = "127.0.0.1:0"}};
};

TEST_F(Watching, AServerThatRunsIsHealthyAndReady) {
    EXPECT_TRUE(get("/healthz").starts_with("HTTP/1.1 200 OK\r\n"));
    EXPECT_TRUE(get("/readyz").ends_with("\r\n\r\nready\n"));
    EXPECT_TRUE(get("/").starts_with("HTTP/1.1 404 "));
}

TEST_F(Watching, FiguresFollowWhatHappens) {
    EXPECT_EQ(figure("partyline_logins_total{result=\"ok\"}"), 0);
    EXPECT_EQ(figure("partyline_sessions"), 0);
    const auto ada = enter("ada");
    const auto bob = enter("bob");
    ada->command("say hello");
    bob->wait("text", "text", "hello");
    EXPECT_EQ(figure("partyline_logins_total{result=\"ok\"}"), 2);
    EXPECT_GE(figure("partyline_control_messages_total"), 5);
    EXPECT_GT(figure("partyline_control_bytes_total{direction=\"in\"}"), 0);
    EXPECT_GT(figure("partyline_control_bytes_total{direction=\"out\"}"), 0);
    EXPECT_GT(figure("partyline_voice_datagrams_total{direction=\"in\"}"), 0);
    EXPECT_GE(figure("partyline_store_commit_seconds_count"), 1);
    EXPECT_GE(figure("partyline_store_commit_seconds_bucket{le=\"+Inf\"}"), 1);
    EXPECT_EQ(figure("partyline_store_refusing"), 0);
    EXPECT_GT(figure("process_resident_memory_bytes"), 1e6);
    EXPECT_GT(figure("process_cpu_seconds_total"), 0);
    EXPECT_GT(figure("partyline_rooms"), 0);
    EXPECT_TRUE(get("/metrics").contains("partyline_build_info{version=\""));
}

TEST_F(Watching, ADiskThatTakesNothingIsNotReadyUntilItDoesAgain) {
    const auto ada = enter("ada");
    limit_files(1);
    ada->command("say lost");
    EXPECT_EQ(ada->wait("refused")["code"], "store_failed");
    EXPECT_TRUE(get("/readyz").starts_with("HTTP/1.1 503 "));
    EXPECT_TRUE(get("/healthz").starts_with("HTTP/1.1 200 ")) << "a full disk needs no new process";
    EXPECT_EQ(figure("partyline_store_refusing"), 1);
    limit_files(RLIM_INFINITY);
    // Nobody writes: it is found out because it is asked for.
    const auto give_up = SystemClock().now() + harness::patience;
    while (!get("/readyz").ends_with("ready\n") && SystemClock().now() < give_up) {
    }
    EXPECT_TRUE(get("/readyz").ends_with("ready\n"));
    const auto mark = ada->mark();
    ada->command("say kept");
    ada->wait("text", nullptr, mark);
}

}  // namespace
}  // namespace partyline::integration
