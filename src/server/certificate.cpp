#include "server/certificate.hpp"

#include <utility>

#include "server/data_folder.hpp"
#include "wire/limits.hpp"

namespace partyline::server {
namespace {

Result<net::TlsContext> make_own(const std::filesystem::path& folder) {
    const auto own = own_certificate(folder);
    if (const auto made = net::create_self_signed_certificate(own); !made) {
        return std::unexpected(made.error());
    }
    return net::TlsContext::server(own, wire::alpn).transform_error([](Error error) {
        error.message += "; delete both to have them made anew";
        return error;
    });
}

}  // namespace

Result<net::TlsContext> make_tls(const config::Config& config) {
    if (!config.certificate) {
        return make_own(config.data_folder);
    }
    const auto& paths = *config.certificate;
    auto tls = net::TlsContext::server(paths, wire::alpn);
    if (tls) {
        return tls;
    }
    const auto* culprit =
        net::check_certificate(paths.certificate) ? "certificate_key" : "certificate";
    return config::complain(config.given, culprit, tls.error().message);
}

}  // namespace partyline::server
