#include "server/identity.hpp"

#include <format>
#include <system_error>
#include <utility>

#include "platform/folder_lock.hpp"
#include "platform/identity_file.hpp"
#include "platform/secret_file.hpp"
#include "server/data_folder.hpp"
#include "server/keeping.hpp"
#include "server/restoring.hpp"

namespace partyline::server {

namespace fs = std::filesystem;

Result<std::optional<crypto::Identity>> find_identity(const fs::path& folder) {
    auto held = platform::load_identity(folder / identity_file);
    if (!held || *held || !check_has_run(folder)) {
        return held;
    }
    return fail(ErrorCode::io,
                std::format("{} has a database but no {}, by which talkies know this server; they "
                            "would refuse another. Put it back from a backup (partyline-server "
                            "restore FILE), or become a server that everybody has to accept anew "
                            "(partyline-server new-identity)",
                            folder.string(), identity_file));
}

Result<crypto::Identity> take_identity(const fs::path& folder) {
    return find_identity(folder).and_then([&](auto held) {
        return held ? Result<crypto::Identity>(std::move(*held))
                    : platform::load_or_create_identity(folder / identity_file);
    });
}

Result<std::string> make_new_identity(const config::Config& config) {
    const auto& folder = config.data_folder;
    if (const auto checked = check_has_run(folder); !checked) {
        return std::unexpected(checked.error());
    }
    const auto lock = platform::FolderLock::take(folder);
    if (!lock) {
        return std::unexpected(lock.error());
    }
    if (const auto checked = check_no_restore_under_way(folder); !checked) {
        return std::unexpected(checked.error());
    }
    const auto at = folder / identity_file;
    if (std::error_code ignored; fs::exists(fs::symlink_status(at, ignored))) {
        return fail(ErrorCode::io,
                    std::format("{} is there already; move it away first if the server is to be "
                                "another one, whom no talkie knows",
                                at.string()));
    }
    const auto made = platform::load_or_create_identity(at);
    if (!made) {
        return std::unexpected(made.error());
    }
    // Or the server's user could not read what root has made.
    return platform::give_to_owner_of(folder / database_file, at).transform([&] {
        return std::format(
            "{} holds a new identity. Give people the new fingerprint, {}: their "
            "talkies refuse the server until they have dropped the old one.",
            at.string(), crypto::fingerprint(made->public_key()));
    });
}

}  // namespace partyline::server
