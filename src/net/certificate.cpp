#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <format>

#include "net/tls_native.hpp"

namespace partyline::net {
namespace {

using Key = Owned<EVP_PKEY, EVP_PKEY_free>;
using Certificate = Owned<X509, X509_free>;
using Memory = Owned<BIO, BIO_free>;

// "No well-defined expiration" (RFC 5280 section 4.1.2.5): nobody judges this certificate's dates.
constexpr const char* never_expires = "99991231235959Z";
constexpr long one_day_s = 24 * 60 * 60;

std::unexpected<Error> file_failure(std::string_view what, const std::string& path) {
    return fail(ErrorCode::io, std::format("cannot {} {}: {}", what, path, std::strerror(errno)));
}

bool exists(const std::string& path) { return access(path.c_str(), F_OK) == 0; }

bool write_all(int fd, std::string_view text) {
    while (!text.empty()) {
        const auto count = write(fd, text.data(), text.size());
        if (count < 0) {
            return false;
        }
        text.remove_prefix(static_cast<std::size_t>(count));
    }
    return fsync(fd) == 0;
}

// Through a file beside it, and by link() rather than rename(), which would replace.
Result<void> write_new_file(const std::string& path, std::string_view text, mode_t mode) {
    const auto temporary = path + ".new";
    unlink(temporary.c_str());
    const int fd = open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (fd < 0) {
        return file_failure("create", temporary);
    }
    const bool written = write_all(fd, text);
    close(fd);
    if (!written || link(temporary.c_str(), path.c_str()) != 0) {
        auto failure = file_failure("write", path);
        unlink(temporary.c_str());
        return failure;
    }
    unlink(temporary.c_str());
    return {};
}

std::string text_of(BIO* memory) {
    char* data = nullptr;
    const auto bytes = BIO_get_mem_data(memory, &data);
    return {data, static_cast<std::size_t>(bytes)};
}

Result<Key> create_key(const std::string& path) {
    // What EVP_EC_gen() is, but for a cast in it that clang warns of.
    char curve[] = "P-256";
    Key key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", curve));
    const Memory pem(BIO_new(BIO_s_mem()));
    if (!key || PEM_write_bio_PrivateKey(pem.get(), key.get(), nullptr, nullptr, 0, nullptr,
                                         nullptr) != 1) {
        return fail(ErrorCode::io, "cannot make a TLS key: " + take_tls_errors());
    }
    return write_new_file(path, text_of(pem.get()), S_IRUSR | S_IWUSR).transform([&] {
        return std::move(key);
    });
}

Result<Key> read_key(const std::string& path) {
    const Memory file(BIO_new_file(path.c_str(), "r"));
    Passphrase passphrase;
    Key key(file ? PEM_read_bio_PrivateKey(file.get(), nullptr, &Passphrase::refuse, &passphrase)
                 : nullptr);
    if (!key) {
        return fail(ErrorCode::io, std::format("cannot read the TLS key in {}: {}", path,
                                               passphrase.why_no_key()));
    }
    return key;
}

Certificate sign_certificate(EVP_PKEY* key) {
    Certificate certificate(X509_new());
    auto* const x509 = certificate.get();
    std::uint32_t serial = 0;
    RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial);
    X509_set_version(x509, X509_VERSION_3);
    ASN1_INTEGER_set_uint64(X509_get_serialNumber(x509), serial);
    X509_gmtime_adj(X509_getm_notBefore(x509), -one_day_s);  // for clocks that are behind
    ASN1_TIME_set_string(X509_getm_notAfter(x509), never_expires);
    auto* const name = X509_get_subject_name(x509);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>("partyline"), -1, -1, 0);
    X509_set_issuer_name(x509, name);
    X509_set_pubkey(x509, key);
    return X509_sign(x509, key, EVP_sha256()) > 0 ? std::move(certificate) : nullptr;
}

Result<void> create_certificate(const std::string& path, EVP_PKEY* key) {
    const auto certificate = sign_certificate(key);
    const Memory pem(BIO_new(BIO_s_mem()));
    if (!certificate || PEM_write_bio_X509(pem.get(), certificate.get()) != 1) {
        return fail(ErrorCode::io, "cannot make a TLS certificate: " + take_tls_errors());
    }
    return write_new_file(path, text_of(pem.get()), S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH);
}

}  // namespace

Result<void> create_self_signed_certificate(const CertificatePaths& paths) {
    const bool have_key = exists(paths.key);
    if (exists(paths.certificate)) {
        if (have_key) {
            return {};
        }
        return fail(ErrorCode::io,
                    std::format("there is a TLS certificate in {} but no key in {}: restore the "
                                "key, or delete the certificate to have both made anew",
                                paths.certificate, paths.key));
    }
    ERR_clear_error();
    // The key first: should we be stopped in between, the next start makes its certificate.
    auto key = have_key ? read_key(paths.key) : create_key(paths.key);
    if (!key) {
        return std::unexpected(std::move(key.error()));
    }
    return create_certificate(paths.certificate, key->get());
}

}  // namespace partyline::net
