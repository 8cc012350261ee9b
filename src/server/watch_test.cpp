// What the admin port tells of a database that is not as it should be.
#include "server/watch.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <gtest/gtest.h>

#include <string>

#include "base/clock.hpp"
#include "net/endpoint.hpp"
#include "server/control/fake_relay.hpp"
#include "server/control/fake_store.hpp"

namespace partyline::server {
namespace {

namespace asio = boost::asio;

class WatchTest : public testing::Test {
protected:
    void SetUp() override {
        const auto opened = watch_.open(net::Endpoint::loopback_v4(0));
        ASSERT_TRUE(opened) << opened.error().message;
        watch_.ready({.control = figures_, .relay = relay_, .store = store_});
    }
    /// Head and body, as they came.
    std::string get(const std::string& path) {
        asio::io_context context;
        asio::ip::tcp::socket socket(context);
        socket.connect({asio::ip::address_v4::loopback(), watch_.http()->local().port()});
        asio::write(socket, asio::buffer("GET " + path +
                                         " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
        std::string text;
        boost::system::error_code end;
        asio::read(socket, asio::dynamic_buffer(text), end);
        return text;
    }

    SystemClock clock_;
    control::Figures figures_;
    control::FakeRelay relay_;
    control::FakeStore store_{[](auto) {}};
    Watch watch_{clock_};  // last: its thread looks at the others
};

TEST_F(WatchTest, ADatabaseThatIsWholeIsReady) {
    EXPECT_TRUE(get("/readyz").starts_with("HTTP/1.1 200 "));
    EXPECT_TRUE(get("/metrics").contains("\npartyline_store_damaged 0\n"));
}

TEST_F(WatchTest, ADatabaseThatIsDamagedIsNotReadyWhateverItTakes) {
    store_.shown.damaged = true;
    const auto told = get("/readyz");
    EXPECT_TRUE(told.starts_with("HTTP/1.1 503 ")) << told;
    EXPECT_TRUE(told.ends_with("\r\n\r\nthe database is damaged; the log says where\n")) << told;
    EXPECT_TRUE(get("/metrics").contains("\npartyline_store_damaged 1\n"));
    EXPECT_TRUE(get("/healthz").starts_with("HTTP/1.1 200 ")) << "a new process would not help";
    EXPECT_EQ(store_.probes, 0);
}

TEST_F(WatchTest, ADatabaseThatTakesNothingIsAskedAgain) {
    store_.shown.refusing = true;
    EXPECT_TRUE(get("/readyz").starts_with("HTTP/1.1 503 "));
    EXPECT_EQ(store_.probes, 1);
}

}  // namespace
}  // namespace partyline::server
