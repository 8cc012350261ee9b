// What a running server takes of a new configuration, and what it counts.
#include "platform/scratch_folder.hpp"
#include "server/control/server_fixture.hpp"

namespace partyline::control {
namespace {

class ReconfigureTest : public ServerTest {
protected:
    [[nodiscard]] net::TlsContext other_certificate() const {
        const net::CertificatePaths paths{.certificate = folder_.path() / "c.pem",
                                          .key = folder_.path() / "k.pem"};
        EXPECT_TRUE(net::create_self_signed_certificate(paths));
        return net::TlsContext::server(paths, wire::alpn).value();
    }

    net::task<> holds_for_newcomers() {
        Caller ada(loop);
        co_await ada.log_in(port(), "Ada");
        auto limits = config.limits;
        limits.connections = 1;
        server->reconfigure({.name = "The barn", .limits = limits}, other_certificate());
        Caller early(loop);
        EXPECT_EQ((co_await early.turned_away(port())).code, ErrorCode::server_full);
        limits.connections = 2;
        server->reconfigure({.name = "The barn", .limits = limits}, other_certificate());
        Caller bob(loop);
        EXPECT_EQ((co_await bob.connect(port())).server_name, "The barn");
        co_await ada.ask<wire::ControlPong>(wire::ControlPing{});
    }

    net::task<> is_counted() {
        Caller ada(loop);
        co_await ada.log_in(port(), "Ada");
        const auto& figures = server->figures();
        EXPECT_EQ(figures.accepted.get(), 1U);
        EXPECT_EQ(figures.logins.get(), 1U);
        EXPECT_EQ(figures.messages.get(), 1U);
        EXPECT_GT(figures.received_bytes.get(), 0U);
        EXPECT_GT(figures.sent_bytes.get(), 0U);
        co_await refused(ada, wire::Join{ChannelId{99}}, ErrorCode::unknown_channel);
        EXPECT_EQ(figures.refusals.get(), 1U);
        Caller twin(loop);
        const auto hello = co_await twin.connect(port());
        co_await twin.send(twin.make_login({.name = "Ada"}, hello));
        co_await twin.last_words();
        EXPECT_EQ(figures.logins_refused.get(), 1U);
        EXPECT_EQ(figures.logins.get(), 1U);
    }

    const platform::ScratchFolder folder_;
};

TEST_F(ReconfigureTest, HoldsForWhoeverComesFromThenOn) { play(holds_for_newcomers()); }

TEST_F(ReconfigureTest, WhatHappensIsCounted) { play(is_counted()); }

}  // namespace
}  // namespace partyline::control
