#include "client/device_book.hpp"

#include <gtest/gtest.h>

#include "crypto/handshake.hpp"

namespace partyline::client {
namespace {

constexpr SessionId peer{7};

class DeviceBookTest : public testing::Test {
protected:
    wire::Member member(const crypto::AgreementKey& agreement) const {
        const crypto::DeviceClaim claim{.server_id = own_.server_id,
                                        .x25519 = agreement.public_key(),
                                        .expiry_unix_ms = clock_.unix_ms() + 60'000};
        const auto signature = crypto::sign_device(identity_, claim);
        return {
            .session = peer,
            .identity = to_bytes(identity_.public_key()),
            .x25519 = to_bytes(agreement.public_key()),
            .device = {.signature = to_bytes(signature), .expiry_unix_ms = claim.expiry_unix_ms}};
    }

    ManualClock clock_;
    crypto::Identity identity_ = crypto::Identity::generate();
    crypto::AgreementKey agreement_ = crypto::AgreementKey::generate();
    OwnDevice own_{.server_id = crypto::Identity::generate().public_key(),
                   .session = SessionId{1},
                   .identity = crypto::Identity::generate().public_key(),
                   .agreement = crypto::AgreementKey::generate()};
    DeviceBook book_{own_, clock_};
};

TEST_F(DeviceBookTest, TakesWhomTheirIdentityVouchesFor) {
    EXPECT_TRUE(book_.admit(member(agreement_)));
    EXPECT_NE(book_.pair(peer), nullptr);
    EXPECT_FALSE(book_.admit(member(crypto::AgreementKey::generate())))
        << "a session keeps its keys";
    auto forged = member(agreement_);
    forged.device.expiry_unix_ms += 1;
    EXPECT_FALSE(book_.admit(forged));
}

TEST_F(DeviceBookTest, WhoIsGoneNeverComesBack) {
    ASSERT_TRUE(book_.admit(member(agreement_)));
    book_.forget(peer);
    EXPECT_EQ(book_.pair(peer), nullptr);
    EXPECT_FALSE(book_.admit(member(agreement_)))
        << "a server could have old speech opened and played again";
    EXPECT_EQ(book_.pair(peer), nullptr);
}

}  // namespace
}  // namespace partyline::client
