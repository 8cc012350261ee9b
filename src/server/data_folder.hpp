// What is where in the data folder.
#pragma once

#include <array>
#include <filesystem>
#include <string_view>

#include "net/tls.hpp"
#include "server/config/config.hpp"

namespace partyline::server {

inline constexpr const char* identity_file = "identity";
inline constexpr const char* certificate_file = "certificate.pem";
inline constexpr const char* certificate_key_file = "certificate-key.pem";
inline constexpr const char* database_file = "partyline.db";
/// What a backup holds beside the database. Not the server's own certificate: it carries no trust, and is
/// made again where it is missing.
inline constexpr std::array<std::string_view, 1> kept_files{identity_file};
/// A backup that the next start puts into the folder.
inline constexpr const char* staged_backup_file = "restore-at-next-start";
/// There while what a restore has made ready goes to its places.
inline constexpr const char* restore_under_way_file = "restore-under-way";
/// While a server runs; for what its owner asks at the machine.
inline constexpr const char* admin_socket_file = "admin.sock";

/// The certificate that the server makes for itself.
inline net::CertificatePaths own_certificate(const std::filesystem::path& folder) {
    return {.certificate = folder / certificate_file, .key = folder / certificate_key_file};
}

}  // namespace partyline::server
