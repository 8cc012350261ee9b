// What is where in the data folder.
#pragma once

#include <filesystem>

#include "net/tls.hpp"
#include "server/config/config.hpp"

namespace partyline::server {

inline constexpr const char* identity_file = "identity";
inline constexpr const char* certificate_file = "certificate.pem";
inline constexpr const char* certificate_key_file = "certificate-key.pem";
inline constexpr const char* database_file = "partyline.db";
/// While a server runs; for what its owner asks at the machine.
inline constexpr const char* admin_socket_file = "admin.sock";

/// The certificate that the server makes for itself.
inline net::CertificatePaths own_certificate(const std::filesystem::path& folder) {
    return {.certificate = folder / certificate_file, .key = folder / certificate_key_file};
}

}  // namespace partyline::server
