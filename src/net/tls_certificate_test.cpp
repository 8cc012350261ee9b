// The certificate that a server shows: one of its own making, or another's.
#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "net/tls_fixture.hpp"
#include "net/tls_native.hpp"

namespace partyline::net {
namespace {

class TlsCertificateTest : public TlsTest {};

std::string text_of(const std::string& path) {
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
}

TEST_F(TlsCertificateTest, CertificateIsMadeOnceAndItsKeyIsPrivate) {
    const auto key = text_of(paths().key);
    const auto certificate = text_of(paths().certificate);
    struct stat status{};
    ASSERT_EQ(stat(paths().key.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U);
    ASSERT_TRUE(create_self_signed_certificate(paths()));
    EXPECT_EQ(text_of(paths().key), key);
    EXPECT_EQ(text_of(paths().certificate), certificate);
}

TEST_F(TlsCertificateTest, CertificateIsMadeForAKeyLeftByAnInterruptedStart) {
    const auto key = text_of(paths().key);
    std::filesystem::remove(paths().certificate);
    ASSERT_TRUE(create_self_signed_certificate(paths()));
    EXPECT_EQ(text_of(paths().key), key);
    EXPECT_TRUE(TlsContext::server(paths(), alpn));
}

TEST_F(TlsCertificateTest, NothingIsReplacedAndWhatIsUnreadableIsNamed) {
    std::filesystem::remove(paths().key);
    const auto made = create_self_signed_certificate(paths());
    ASSERT_FALSE(made);
    EXPECT_TRUE(made.error().message.contains(paths().key));

    std::ofstream(file("garbage")) << "garbage";
    const CertificatePaths cases[] = {
        {file("absent"), file("absent")},
        {file("garbage"), file("garbage")},
        {paths().certificate, file("garbage")},
    };
    for (const auto& unreadable : cases) {
        const auto context = TlsContext::server(unreadable, alpn);
        ASSERT_FALSE(context);
        EXPECT_EQ(context.error().code, ErrorCode::config);
        EXPECT_TRUE(context.error().message.contains(unreadable.key)) << context.error().message;
    }
    EXPECT_FALSE(create_self_signed_certificate({file("no/folder.crt"), file("no/folder.key")}));
}

TEST_F(TlsCertificateTest, AFileThatIsNotThereIsSaidToBe) {
    const auto context = TlsContext::server({file("absent"), file("absent")}, alpn);
    ASSERT_FALSE(context);
    EXPECT_EQ(context.error().message, "cannot use the TLS certificate in " + file("absent") +
                                           ": No such file or directory; is the path right?");
    EXPECT_FALSE(check_certificate(file("absent")));
}

TEST_F(TlsCertificateTest, WhatIsNoCertificateOrNoKeyIsSaidToBe) {
    const auto said = [](const CertificatePaths& of) {
        const auto context = TlsContext::server(of, alpn);
        return context ? "(no error)" : context.error().message;
    };
    EXPECT_TRUE(said({paths().key, paths().key}).contains("holds no certificate in PEM form"));
    EXPECT_TRUE(
        said({paths().certificate, paths().certificate}).contains("holds no key in PEM form"))
        << said({paths().certificate, paths().certificate});
    EXPECT_TRUE(check_certificate(paths().certificate));
    EXPECT_FALSE(check_certificate(paths().key));
}

TEST_F(TlsCertificateTest, AKeyWithAPassphraseIsRefusedAndNotAskedFor) {
    auto plain = text_of(paths().key);
    const Owned<BIO, BIO_free> in(BIO_new_mem_buf(plain.data(), static_cast<int>(plain.size())));
    const Owned<EVP_PKEY, EVP_PKEY_free> key(
        PEM_read_bio_PrivateKey(in.get(), nullptr, nullptr, nullptr));
    const Owned<BIO, BIO_free> out(BIO_new_file(file("locked.key").c_str(), "w"));
    ASSERT_EQ(PEM_write_bio_PrivateKey(out.get(), key.get(), EVP_aes_256_cbc(),
                                       reinterpret_cast<const unsigned char*>("secret"), 6, nullptr,
                                       nullptr),
              1);
    ASSERT_EQ(BIO_flush(out.get()), 1);

    constexpr std::string_view why = "the key is protected by a passphrase; give a key without one";
    const auto context = TlsContext::server({paths().certificate, file("locked.key")}, alpn);
    ASSERT_FALSE(context);
    EXPECT_TRUE(context.error().message.contains(why)) << context.error().message;
    const auto made = create_self_signed_certificate({file("new.crt"), file("locked.key")});
    ASSERT_FALSE(made);
    EXPECT_TRUE(made.error().message.contains(why)) << made.error().message;
}

TEST_F(TlsCertificateTest, ACertificateWithAnotherKeyIsRefused) {
    const CertificatePaths other{file("other.crt"), file("other.key")};
    ASSERT_TRUE(create_self_signed_certificate(other));
    const auto mixed = TlsContext::server({paths().certificate, other.key}, alpn);
    ASSERT_FALSE(mixed);
    EXPECT_EQ(mixed.error().code, ErrorCode::config);
    EXPECT_TRUE(mixed.error().message.contains("do not belong together")) << mixed.error().message;
}

}  // namespace
}  // namespace partyline::net
