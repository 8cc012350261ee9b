#include "server/keeping.hpp"

#include <format>
#include <system_error>
#include <utility>
#include <vector>

#include "platform/flush.hpp"
#include "platform/folder_lock.hpp"
#include "platform/secret_file.hpp"
#include "server/data_folder.hpp"
#include "server/restoring.hpp"
#include "server/store/backup.hpp"

namespace partyline::server {
namespace {

namespace fs = std::filesystem;

Result<std::vector<store::KeptFile>> read_files(const fs::path& folder) {
    std::vector<store::KeptFile> files;
    for (const auto name : kept_files) {
        auto bytes = platform::read_secret_file(folder / name);
        if (!bytes) {
            return std::unexpected(bytes.error());
        }
        if (*bytes) {
            files.push_back({.name = std::string(name), .bytes = std::move(**bytes)});
        }
    }
    return files;
}

Result<platform::FolderLock> take_to_restore(const fs::path& folder) {
    auto lock = platform::FolderLock::take(folder);
    if (!lock && platform::FolderLock::is_held(folder)) {
        lock.error().message +=
            "; or have this restored when that one starts the next time: restore FILE "
            "--at-next-start";
    }
    return lock;
}

/// What else is to be in the folder, or half is, is not to be restored over.
Result<void> check_ready_for_restore(const fs::path& folder) {
    const auto finished = finish_restore(folder);
    if (!finished) {
        return std::unexpected(finished.error());
    }
    if (*finished) {
        return fail(ErrorCode::config,
                    std::format("an earlier restore into {} had been broken off, and is done now; "
                                "what it replaced ends in {}. Nothing else is restored: look at "
                                "that first, and say it again",
                                folder.string(), before_restore));
    }
    return is_there(folder / staged_backup_file).and_then([&](bool staged) -> Result<void> {
        if (staged) {
            return fail(ErrorCode::config,
                        std::format("the next start on {} restores another backup: take that back "
                                    "first (partyline-server restore --cancel)",
                                    folder.string()));
        }
        return {};
    });
}

}  // namespace

Result<void> check_has_run(const fs::path& folder) {
    const auto database = folder / database_file;
    std::error_code ignored;
    if (fs::exists(database, ignored)) {
        return {};
    }
    return fail(ErrorCode::io,
                std::format("there is no {}: no switchboard has run on this folder; name its own "
                            "with --data or --config",
                            database.string()));
}

Result<std::string> back_up(const config::Config& config, const fs::path& to) {
    const auto& folder = config.data_folder;
    if (const auto checked = check_has_run(folder); !checked) {
        return std::unexpected(checked.error());
    }
    if (const auto checked = check_no_restore_under_way(folder); !checked) {
        return std::unexpected(checked.error());
    }
    const auto files = read_files(folder);
    if (!files) {
        return std::unexpected(files.error());
    }
    if (const auto written = store::write_backup(folder / database_file, *files, to); !written) {
        return std::unexpected(written.error());
    }
    if (files->empty()) {
        return std::format(
            "{} holds all of {}, but {} is missing there: whatever is restored from "
            "this is a server that no talkie knows.",
            to.string(), folder.string(), identity_file);
    }
    return std::format("{} holds all of {}. Keep it secret: with it anybody can be this server.",
                       to.string(), folder.string());
}

Result<std::string> restore(const config::Config& config, const fs::path& from) {
    if (const auto files = read_for_restore(from); !files) {
        return std::unexpected(files.error());
    }
    const auto& folder = config.data_folder;
    const auto lock = take_to_restore(folder);
    if (!lock) {
        return std::unexpected(lock.error());
    }
    const auto ready = check_ready_for_restore(folder);
    if (!ready) {
        return std::unexpected(ready.error());
    }
    if (const auto done = put_back(folder, from); !done) {
        const bool begun = is_there(folder / restore_under_way_file).value_or(true);
        return fail(done.error().code,
                    done.error().message +
                        (begun ? "; a restore is half done, and the next one, or the next start of "
                                 "the server, goes on with it"
                               : ""));
    }
    return std::format("{} is as it was when {} was made. What was there before ends in {}.",
                       folder.string(), from.string(), before_restore);
}

Result<std::string> restore_at_next_start(const config::Config& config, const fs::path& from) {
    const auto& folder = config.data_folder;
    // When its time comes the server has to read what is left here, and nobody is there to be told if it cannot.
    const auto checked = check_has_run(folder).and_then(
        [&] { return platform::check_is_own(folder / database_file); });
    if (!checked) {
        return std::unexpected(checked.error());
    }
    if (const auto files = read_for_restore(from); !files) {
        return std::unexpected(files.error());
    }
    const auto staged = folder / staged_backup_file;
    const fs::path draft = staged.string() + ".draft";
    std::error_code ignored;
    fs::remove(draft, ignored);  // of an attempt that was broken off
    // What was copied is what has to be a backup when its time comes.
    const auto done =
        store::copy_backup(from, draft)
            .and_then([&] { return platform::flush(draft); })
            .and_then([&] { return read_for_restore(draft).transform([](const auto&) {}); })
            .and_then([&] { return rename_for_good(draft, staged); });
    if (!done) {
        fs::remove(draft, ignored);
        return std::unexpected(done.error());
    }
    return std::format(
        "At the next start on {} the server becomes what it was when {} was made; what is there "
        "until then is kept aside, ending in {}. To take this back: partyline-server restore "
        "--cancel",
        folder.string(), from.string(), before_restore);
}

Result<std::string> cancel_restore(const config::Config& config) {
    const auto& folder = config.data_folder;
    const auto staged = folder / staged_backup_file;
    const auto unbegun = check_no_restore_under_way(folder);
    std::error_code error;
    if (fs::remove(staged, error)) {
        return unbegun
                   ? std::format("Nothing is restored at the next start on {}.", folder.string())
                   : std::format("{} is not restored any more. But {}.", staged.string(),
                                 unbegun.error().message);
    }
    if (!error && !unbegun) {
        return std::unexpected(unbegun.error());
    }
    return fail(ErrorCode::io,
                error ? std::format("cannot remove {}: {}", staged.string(), error.message())
                      : std::format("there is no {}: nothing was to be restored at the next start",
                                    staged.string()));
}

}  // namespace partyline::server
