#include "net/diagnosis.hpp"

#include <gtest/gtest.h>

#include "net/loop.hpp"
#include "platform/scratch_folder.hpp"

namespace partyline::net {
namespace {

TEST(Diagnosis, APortInUseIsFound) {
    Loop loop;
    const auto held =
        TlsListener::create(loop, TlsContext::client("x"), {.endpoint = Endpoint::loopback_v4(0)})
            .value();
    const auto tried = try_to_listen(loop, {.endpoint = held.local()});
    ASSERT_FALSE(tried);
    EXPECT_TRUE(tried.error().message.contains(held.local().to_string())) << tried.error().message;
    EXPECT_TRUE(try_to_listen(loop, {.endpoint = Endpoint::loopback_v4(0)}));
}

TEST(Diagnosis, ReadsWhenACertificateEnds) {
    const platform::ScratchFolder folder;
    const CertificatePaths paths{.certificate = folder.path() / "c.pem",
                                 .key = folder.path() / "k.pem"};
    ASSERT_TRUE(create_self_signed_certificate(paths));
    const auto facts = read_certificate_facts(paths.certificate).value();
    EXPECT_EQ(facts.subject, "CN = partyline");
    EXPECT_EQ(facts.ends_unix_s, 253402300799);  // 9999-12-31 23:59:59
    EXPECT_GT(facts.begins_unix_s, 1'700'000'000);
    const auto missing = read_certificate_facts(folder.path() / "no.pem");
    ASSERT_FALSE(missing);
    EXPECT_TRUE(missing.error().message.contains("no.pem: No such file"))
        << missing.error().message;
    EXPECT_FALSE(read_certificate_facts(paths.key));
}

TEST(Diagnosis, KnowsAddressesThatTheInternetDoesNot) {
    struct Case {
        const char* address;
        bool is_private;
    };
    constexpr Case cases[] = {
        {"10.1.2.3", true},      {"11.1.2.3", false},    {"172.15.0.1", false},
        {"172.16.0.1", true},    {"172.31.0.1", true},   {"172.32.0.1", false},
        {"192.168.9.9", true},   {"192.169.9.9", false}, {"100.64.0.1", true},
        {"100.127.0.1", true},   {"100.128.0.1", false}, {"[fd00::1]", true},
        {"[2001:db8::1]", false}};
    for (const auto& [address, expected] : cases) {
        EXPECT_EQ(is_private(Endpoint::parse(address, 1).value()), expected) << address;
    }
    for (const auto& own : own_addresses()) {
        EXPECT_FALSE(own.is_any());
        EXPECT_EQ(own.port(), 0);
    }
}

}  // namespace
}  // namespace partyline::net
