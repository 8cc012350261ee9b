#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509err.h>

#include <cassert>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <format>

#include "net/tls_native.hpp"

namespace partyline::net {
namespace {

// ALPN names on the wire: each behind one byte with its length.
std::string alpn_list(std::string_view name) {
    assert(!name.empty() && name.size() < 256);
    return static_cast<char>(name.size()) + std::string(name);
}

int select_alpn(SSL*, const unsigned char** out, unsigned char* out_bytes,
                const unsigned char* offered, unsigned offered_bytes, void* native) {
    const auto list = alpn_list(static_cast<const TlsContext::Native*>(native)->alpn);
    const auto* const ours = reinterpret_cast<const unsigned char*>(list.data());
    unsigned char* selected = nullptr;
    if (SSL_select_next_proto(&selected, out_bytes, ours, static_cast<unsigned>(list.size()),
                              offered, offered_bytes) != OPENSSL_NPN_NEGOTIATED) {
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    }
    // `selected` may point into our list, which is about to go; the same name was offered, too.
    const std::string_view name(reinterpret_cast<const char*>(selected), *out_bytes);
    const std::string_view all(reinterpret_cast<const char*>(offered), offered_bytes);
    *out = offered + all.find(name);
    return SSL_TLSEXT_ERR_OK;
}

std::shared_ptr<TlsContext::Native> make(const SSL_METHOD* method, std::string_view alpn) {
    // OpenSSL writes with write(), which raises SIGPIPE on a connection that the peer has ended.
    std::signal(SIGPIPE, SIG_IGN);

    auto native = std::make_shared<TlsContext::Native>();
    native->ctx.reset(SSL_CTX_new(method));
    native->alpn = alpn;
    auto* const ctx = native->ctx.get();
    assert(ctx != nullptr);
    SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION);
    SSL_CTX_set_max_proto_version(ctx, TLS1_3_VERSION);
    SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_num_tickets(ctx, 0);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_max_early_data(ctx, 0);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, nullptr);
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                              SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    return native;
}

}  // namespace

std::string take_tls_errors() {
    std::string text;
    while (const auto code = ERR_get_error()) {
        if (ERR_SYSTEM_ERROR(code)) {
            ERR_clear_error();  // the rest only says that the system failed
            return std::strerror(ERR_GET_REASON(code));
        }
        const char* const reason = ERR_reason_error_string(code);
        if (!text.empty()) {
            text += ", ";
        }
        text += reason != nullptr ? reason : std::format("OpenSSL error {:#x}", code);
    }
    return text.empty() ? "no reason given" : text;
}

int Passphrase::refuse(char*, int, int, void* self) {
    static_cast<Passphrase*>(self)->asked = true;
    return -1;
}

std::string Passphrase::why_no_key() const {
    const auto reasons = take_tls_errors();
    return asked ? "the key is protected by a passphrase; give a key without one" : reasons;
}

namespace {

/// What OpenSSL made of a PEM file that should hold `wanted`, and what to do about it.
std::string why_unusable(std::string_view wanted) {
    const auto code = ERR_peek_error();
    const bool of_the_system = ERR_SYSTEM_ERROR(code);
    const auto number = of_the_system ? ERR_GET_REASON(code) : 0;
    const bool mismatch =
        ERR_GET_LIB(code) == ERR_LIB_X509 && (ERR_GET_REASON(code) == X509_R_KEY_VALUES_MISMATCH ||
                                              ERR_GET_REASON(code) == X509_R_KEY_TYPE_MISMATCH);
    const auto reasons = take_tls_errors();
    if (number == EACCES) {
        return reasons +
               "; the user that this program runs as must be allowed to read it, and to "
               "enter the folders above";
    }
    if (of_the_system) {
        return reasons + "; is the path right?";
    }
    return mismatch ? std::string(
                          "the two do not belong together; name the key that the "
                          "certificate was made for")
                    : std::format("it is damaged or holds no {} in PEM form ({})", wanted, reasons);
}

Result<void> use_certificate(SSL_CTX* ctx, const std::string& path) {
    ERR_clear_error();
    if (SSL_CTX_use_certificate_chain_file(ctx, path.c_str()) != 1) {
        return fail(ErrorCode::config, std::format("cannot use the TLS certificate in {}: {}", path,
                                                   why_unusable("certificate")));
    }
    return {};
}

Result<void> use_key(SSL_CTX* ctx, const CertificatePaths& paths) {
    Passphrase passphrase;
    SSL_CTX_set_default_passwd_cb(ctx, &Passphrase::refuse);
    SSL_CTX_set_default_passwd_cb_userdata(ctx, &passphrase);
    ERR_clear_error();
    const bool has_key = SSL_CTX_use_PrivateKey_file(ctx, paths.key.c_str(), SSL_FILETYPE_PEM) == 1;
    SSL_CTX_set_default_passwd_cb_userdata(ctx, nullptr);
    if (has_key) {
        return {};
    }
    return fail(
        ErrorCode::config,
        std::format("cannot use the TLS key in {} with {}: {}", paths.key, paths.certificate,
                    passphrase.asked ? passphrase.why_no_key() : why_unusable("key")));
}

}  // namespace

Result<void> check_certificate(const std::string& certificate) {
    const Owned<SSL_CTX, SSL_CTX_free> ctx(SSL_CTX_new(TLS_server_method()));
    return use_certificate(ctx.get(), certificate);
}

Result<TlsContext> TlsContext::server(const CertificatePaths& paths, std::string_view alpn) {
    auto native = make(TLS_server_method(), alpn);
    auto* const ctx = native->ctx.get();
    if (const auto used =
            use_certificate(ctx, paths.certificate).and_then([&] { return use_key(ctx, paths); });
        !used) {
        return std::unexpected(used.error());
    }
    SSL_CTX_set_alpn_select_cb(ctx, select_alpn, native.get());
    return TlsContext(std::move(native));
}

TlsContext TlsContext::client(std::string_view alpn) {
    auto native = make(TLS_client_method(), alpn);
    const auto list = alpn_list(alpn);
    SSL_CTX_set_alpn_protos(native->ctx.get(), reinterpret_cast<const unsigned char*>(list.data()),
                            static_cast<unsigned>(list.size()));
    return TlsContext(std::move(native));
}

}  // namespace partyline::net
