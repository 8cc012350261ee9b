#include "crypto/handshake.hpp"

#include <gtest/gtest.h>

#include <array>
#include <limits>

#include "crypto/test_support.hpp"

namespace partyline::crypto {
namespace {

constexpr std::int64_t now_ms = 1'700'000'000'000;
constexpr std::int64_t hour_ms = 3'600'000;

ExporterValue exporter(std::uint8_t value) { return filled_key(value); }

TEST(Handshake, ServerHelloIsOfOneConnectionAndOneServer) {
    const auto server = Identity::generate();
    const auto signature = sign_server_hello(server, exporter(1));
    EXPECT_TRUE(verify_server_hello(server.public_key(), exporter(1), signature));
    EXPECT_FALSE(verify_server_hello(server.public_key(), exporter(2), signature));
    EXPECT_FALSE(verify_server_hello(Identity::generate().public_key(), exporter(1), signature));
}

TEST(Handshake, EveryFieldOfALoginIsSigned) {
    const auto identity = Identity::generate();
    const std::array<std::uint32_t, 2> versions{1, 2};
    const std::array<std::uint32_t, 2> others{1, 3};
    const LoginClaim claim{.exporter = exporter(1), .x25519 = filled_key(2), .versions = versions};
    const auto signature = sign_login(identity, claim);

    const auto check = [&](const char* name, bool expected, auto change) {
        LoginClaim changed = claim;
        change(changed);
        EXPECT_EQ(verify_login(identity.public_key(), changed, signature), expected) << name;
    };
    check("unchanged", true, [](LoginClaim&) {});
    check("connection", false, [](LoginClaim& c) { c.exporter = exporter(9); });
    check("X25519 key", false, [](LoginClaim& c) { c.x25519 = filled_key(9); });
    check("versions", false, [&](LoginClaim& c) { c.versions = others; });
    check("fewer versions", false, [](LoginClaim& c) { c.versions = c.versions.first(1); });
    check("no versions", false, [](LoginClaim& c) { c.versions = {}; });
    EXPECT_FALSE(verify_login(Identity::generate().public_key(), claim, signature));
}

TEST(Handshake, AResumeIsOfOneConnectionAndOneSession) {
    const auto identity = Identity::generate();
    const ResumeClaim claim{.exporter = exporter(1), .session = SessionId{7}};
    const auto signature = sign_resume(identity, claim);
    const auto& key = identity.public_key();
    EXPECT_TRUE(verify_resume(key, claim, signature));
    EXPECT_FALSE(verify_resume(key, {.exporter = exporter(2), .session = SessionId{7}}, signature));
    EXPECT_FALSE(verify_resume(key, {.exporter = exporter(1), .session = SessionId{8}}, signature));
    EXPECT_FALSE(verify_resume(Identity::generate().public_key(), claim, signature));
}

TEST(Handshake, ASignatureOfOneKindIsNoneOfAnother) {
    const auto identity = Identity::generate();
    const LoginClaim login{.exporter = exporter(1), .x25519 = filled_key(1), .versions = {}};
    const DeviceClaim device{
        .server_id = filled_key(1), .x25519 = filled_key(1), .expiry_unix_ms = now_ms};
    const auto& key = identity.public_key();
    const auto hello_signature = sign_server_hello(identity, exporter(1));
    const auto login_signature = sign_login(identity, login);
    const auto device_signature = sign_device(identity, device);
    const ResumeClaim resume{.exporter = exporter(1), .session = SessionId{}};
    EXPECT_FALSE(verify_resume(key, resume, hello_signature));
    EXPECT_FALSE(verify_resume(key, resume, login_signature));
    EXPECT_FALSE(verify_server_hello(key, exporter(1), sign_resume(identity, resume)));
    EXPECT_FALSE(verify_login(key, login, hello_signature));
    EXPECT_FALSE(verify_login(key, login, device_signature));
    EXPECT_FALSE(verify_server_hello(key, exporter(1), login_signature));
    EXPECT_FALSE(verify_server_hello(key, exporter(1), device_signature));
    EXPECT_FALSE(verify_device(key, device, login_signature, now_ms));
    EXPECT_FALSE(verify_device(key, device, hello_signature, now_ms));
}

TEST(Handshake, EveryFieldOfADeviceKeyIsSigned) {
    const auto identity = Identity::generate();
    const DeviceClaim claim{
        .server_id = filled_key(1), .x25519 = filled_key(2), .expiry_unix_ms = now_ms};
    const auto signature = sign_device(identity, claim);

    const auto check = [&](const char* name, bool expected, auto change) {
        DeviceClaim changed = claim;
        change(changed);
        EXPECT_EQ(verify_device(identity.public_key(), changed, signature, now_ms), expected)
            << name;
    };
    check("unchanged", true, [](DeviceClaim&) {});
    check("server", false, [](DeviceClaim& c) { c.server_id = filled_key(9); });
    check("X25519 key", false, [](DeviceClaim& c) { c.x25519 = filled_key(9); });
    check("expiry", false, [](DeviceClaim& c) { ++c.expiry_unix_ms; });
    EXPECT_FALSE(verify_device(Identity::generate().public_key(), claim, signature, now_ms));
}

TEST(Handshake, DeviceKeysLiveOnlySoLong) {
    const auto identity = Identity::generate();
    const auto latest = now_ms + device_lifetime_ms_max + hour_ms;
    const std::pair<std::int64_t, bool> cases[] = {
        {now_ms, true},
        {now_ms - hour_ms, true},
        {now_ms - hour_ms - 1, false},
        {now_ms + device_lifetime_ms_max, true},
        {latest, true},
        {latest + 1, false},
        {0, false},
        {-1, false},
        {std::numeric_limits<std::int64_t>::min(), false},
        {std::numeric_limits<std::int64_t>::max(), false},
    };
    for (const auto& [expiry, accepted] : cases) {
        const DeviceClaim claim{
            .server_id = filled_key(1), .x25519 = filled_key(2), .expiry_unix_ms = expiry};
        const auto signature = sign_device(identity, claim);
        EXPECT_EQ(verify_device(identity.public_key(), claim, signature, now_ms), accepted)
            << expiry;
    }
}

}  // namespace
}  // namespace partyline::crypto
