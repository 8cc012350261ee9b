#include "client/handshake.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/clock.hpp"
#include "crypto/handshake.hpp"

namespace partyline::client {
namespace {

class HandshakeTest : public testing::Test {
protected:
    HandshakeTest() {
        exporter_.fill(std::byte{7});
        settings_.host = "voice.example.org";
        settings_.trust.fingerprint = crypto::fingerprint(server_.public_key());
        hello_ = {.server_identity = to_bytes(server_.public_key()),
                  .signature = to_bytes(crypto::sign_server_hello(server_, exporter_)),
                  .versions = {1, 2},
                  .server_name = "Home",
                  .limits = {}};
    }

    [[nodiscard]] ErrorCode refusal() const {
        const auto checked = check_hello(hello_, exporter_, settings_);
        return checked ? ErrorCode::unspecified : checked.error().code;
    }

    crypto::Identity server_ = crypto::Identity::generate();
    crypto::ExporterValue exporter_{};
    Settings settings_;
    wire::Hello hello_;
};

TEST_F(HandshakeTest, AServerThatProvesWhoItIs) {
    const auto server = check_hello(hello_, exporter_, settings_);
    ASSERT_TRUE(server);
    EXPECT_EQ(server->id, server_.public_key());
    EXPECT_EQ(server->name, "Home");
    EXPECT_EQ(server->fingerprint, crypto::fingerprint(server_.public_key()));
    EXPECT_FALSE(server->first_use) << "nothing was pinned";
}

TEST_F(HandshakeTest, ASignatureForAnotherConnectionProvesNothing) {
    exporter_.back() ^= std::byte{1};
    EXPECT_EQ(refusal(), ErrorCode::bad_signature);
}

TEST_F(HandshakeTest, ASignatureOfSomebodyElseProvesNothing) {
    const auto other = crypto::Identity::generate();
    hello_.signature = to_bytes(crypto::sign_server_hello(other, exporter_));
    EXPECT_EQ(refusal(), ErrorCode::bad_signature);
    hello_.server_identity = to_bytes(other.public_key());
    EXPECT_EQ(refusal(), ErrorCode::wrong_identity) << "it is itself, but not whom we want";
    hello_.signature.pop_back();
    EXPECT_EQ(refusal(), ErrorCode::bad_signature);
}

TEST_F(HandshakeTest, WithoutACommonVersionThereIsNoPoint) {
    hello_.versions = {2, 3};
    EXPECT_EQ(refusal(), ErrorCode::wrong_version);
}

TEST_F(HandshakeTest, LoginIsWhatTheServerChecks) {
    const auto identity = crypto::Identity::generate();
    const auto agreement = crypto::AgreementKey::generate();
    const ManualClock clock;
    const auto login = make_login({.identity = identity,
                                   .agreement = agreement,
                                   .server_id = server_.public_key(),
                                   .exporter = exporter_,
                                   .name = "me",
                                   .now_unix_ms = clock.unix_ms()});
    EXPECT_TRUE(std::ranges::equal(login.identity, identity.public_key()));
    EXPECT_TRUE(std::ranges::equal(login.x25519, agreement.public_key()));
    EXPECT_EQ(login.name, "me");

    crypto::Signature signature{};
    std::ranges::copy(login.signature, signature.begin());
    EXPECT_TRUE(crypto::verify_login(
        identity.public_key(),
        {.exporter = exporter_, .x25519 = agreement.public_key(), .versions = login.versions},
        signature));
    std::ranges::copy(login.device.signature, signature.begin());
    EXPECT_TRUE(crypto::verify_device(identity.public_key(),
                                      {.server_id = server_.public_key(),
                                       .x25519 = agreement.public_key(),
                                       .expiry_unix_ms = login.device.expiry_unix_ms},
                                      signature, clock.unix_ms()));
}

}  // namespace
}  // namespace partyline::client
