#include "net/diagnosis.hpp"

#include <ifaddrs.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/socket.h>

#include <cstring>
#include <ctime>
#include <format>

#include "net/tls_native.hpp"

namespace partyline::net {
namespace {

using Certificate = Owned<X509, X509_free>;
using Memory = Owned<BIO, BIO_free>;

std::int64_t to_unix_s(const ASN1_TIME* time) {
    tm broken_down{};
    return ASN1_TIME_to_tm(time, &broken_down) == 1 ? std::int64_t{timegm(&broken_down)} : 0;
}

std::string to_text(const X509_NAME* name) {
    const Memory memory(BIO_new(BIO_s_mem()));
    X509_NAME_print_ex(memory.get(), name, 0, XN_FLAG_ONELINE & ~ASN1_STRFLGS_ESC_MSB);
    char* data = nullptr;
    const auto bytes = BIO_get_mem_data(memory.get(), &data);
    return {data, static_cast<std::size_t>(bytes)};
}

bool is_link_local(const Endpoint& endpoint) {
    const auto& address = endpoint.address();
    return endpoint.is_v4() ? address[12] == 169 && address[13] == 254
                            : address[0] == 0xFE && (address[1] & 0xC0) == 0x80;
}

bool is_loopback(const Endpoint& endpoint) {
    return endpoint.is_v4() ? endpoint.address()[12] == 127
                            : endpoint == Endpoint::loopback_v6(endpoint.port());
}

}  // namespace

Result<CertificateFacts> read_certificate_facts(const std::string& certificate) {
    ERR_clear_error();
    const Memory file(BIO_new_file(certificate.c_str(), "r"));
    const Certificate read(file ? PEM_read_bio_X509(file.get(), nullptr, nullptr, nullptr)
                                : nullptr);
    if (!read) {
        return fail(ErrorCode::config, std::format("cannot read the TLS certificate in {}: {}",
                                                   certificate, take_tls_errors()));
    }
    return CertificateFacts{.subject = to_text(X509_get_subject_name(read.get())),
                            .begins_unix_s = to_unix_s(X509_get0_notBefore(read.get())),
                            .ends_unix_s = to_unix_s(X509_get0_notAfter(read.get()))};
}

Result<std::string> shown_certificate(const TlsStream& stream) {
    const Certificate shown(stream.is_open() ? SSL_get1_peer_certificate(stream.native().ssl.get())
                                             : nullptr);
    const Memory memory(BIO_new(BIO_s_mem()));
    if (!shown || PEM_write_bio_X509(memory.get(), shown.get()) != 1) {
        return fail(ErrorCode::closed, "no certificate was shown");
    }
    char* data = nullptr;
    const auto bytes = BIO_get_mem_data(memory.get(), &data);
    return std::string(data, static_cast<std::size_t>(bytes));
}

std::vector<Endpoint> own_addresses() {
    std::vector<Endpoint> addresses;
    ifaddrs* list = nullptr;
    if (getifaddrs(&list) != 0) {
        return addresses;
    }
    for (const auto* entry = list; entry != nullptr; entry = entry->ifa_next) {
        if (entry->ifa_addr == nullptr) {
            continue;
        }
        sockaddr_storage native{};
        switch (entry->ifa_addr->sa_family) {
            case AF_INET: std::memcpy(&native, entry->ifa_addr, sizeof(sockaddr_in)); break;
            case AF_INET6: std::memcpy(&native, entry->ifa_addr, sizeof(sockaddr_in6)); break;
            default: continue;
        }
        const auto endpoint = Endpoint::from_native(native);
        if (!is_loopback(endpoint) && !is_link_local(endpoint)) {
            addresses.push_back(endpoint);
        }
    }
    freeifaddrs(list);
    return addresses;
}

bool is_private(const Endpoint& endpoint) {
    const auto& address = endpoint.address();
    if (!endpoint.is_v4()) {
        return (address[0] & 0xFE) == 0xFC;
    }
    return address[12] == 10 || (address[12] == 172 && (address[13] & 0xF0) == 16) ||
           (address[12] == 192 && address[13] == 168) ||
           (address[12] == 100 && (address[13] & 0xC0) == 64);
}

}  // namespace partyline::net
