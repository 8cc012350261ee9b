#include "server/keeping.hpp"

#include <algorithm>
#include <array>
#include <format>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "platform/folder_lock.hpp"
#include "platform/secret_file.hpp"
#include "server/data_folder.hpp"
#include "server/store/backup.hpp"

namespace partyline::server {
namespace {

namespace fs = std::filesystem;

// Not the server's own certificate: it carries no trust, and is made again where it is missing.
constexpr std::array<std::string_view, 1> kept_files{identity_file};
constexpr std::string_view restoring = ".restoring";
constexpr std::string_view before_restore = ".before-restore";

fs::path with_ending(const fs::path& path, std::string_view ending) {
    return path.string() + std::string(ending);
}

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

Result<void> move_file(const fs::path& from, const fs::path& to) {
    std::error_code error;
    fs::rename(from, to, error);
    if (error) {
        return fail(ErrorCode::io, std::format("cannot rename {} to {}: {}", from.string(),
                                               to.string(), error.message()));
    }
    return {};
}

/// Everything that is to be there, under names of its own.
class Drafts {
public:
    explicit Drafts(const fs::path& folder) : folder_(folder) {}
    ~Drafts() {
        std::error_code ignored;
        for (const auto& name : names_) {
            fs::remove(draft(name), ignored);
        }
    }
    Drafts(const Drafts&) = delete;
    Drafts& operator=(const Drafts&) = delete;

    Result<void> add(const std::string& name, ByteView bytes) {
        return begin(name).and_then([&]() -> Result<void> {
            return platform::create_secret_file(draft(name), bytes).transform([](bool) {});
        });
    }
    Result<void> add_database(const fs::path& backup) {
        return begin(database_file).and_then([&] {
            return store::extract_database(backup, draft(database_file));
        });
    }

    /// The database last: until it is there, a second attempt finds all that it needs.
    Result<void> publish() {
        for (const auto& name : names_) {
            const auto at = folder_ / name;
            std::error_code ignored;
            if (fs::exists(at, ignored)) {
                if (const auto moved = move_file(at, with_ending(at, before_restore)); !moved) {
                    return moved;
                }
            }
            if (const auto moved = move_file(draft(name), at); !moved) {
                return moved;
            }
        }
        names_.clear();
        return {};
    }

private:
    [[nodiscard]] fs::path draft(const std::string& name) const {
        return with_ending(folder_ / name, restoring);
    }
    /// Whatever an attempt that was interrupted has left is of no use.
    Result<void> begin(const std::string& name) {
        std::error_code error;
        fs::remove(draft(name), error);
        names_.push_back(name);
        return {};
    }

    const fs::path folder_;
    std::vector<std::string> names_;
};

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
    const auto files = store::read_backup(from);
    if (!files) {
        return std::unexpected(files.error());
    }
    const auto& folder = config.data_folder;
    const auto lock = platform::FolderLock::take(folder);
    if (!lock) {
        return std::unexpected(lock.error());
    }
    Drafts drafts(folder);
    for (const auto& file : *files) {
        // A name from elsewhere could lead anywhere.
        if (!std::ranges::contains(kept_files, file.name)) {
            return fail(ErrorCode::config, std::format("{}: holds \"{}\", which no switchboard has",
                                                       from.string(), file.name));
        }
        if (const auto added = drafts.add(file.name, file.bytes); !added) {
            return std::unexpected(added.error());
        }
    }
    if (const auto added = drafts.add_database(from); !added) {
        return std::unexpected(added.error());
    }
    // Its journal belongs to the old database: beside the new one it would ruin it.
    if (std::error_code ignored; fs::exists(folder / database_file, ignored)) {
        store::fold_journal(folder / database_file);
    }
    for (const auto* ending : {"-wal", "-shm"}) {
        const auto journal = with_ending(folder / database_file, ending);
        std::error_code ignored;
        if (fs::exists(journal, ignored)) {
            const auto kept =
                with_ending(with_ending(folder / database_file, before_restore), ending);
            if (const auto moved = move_file(journal, kept); !moved) {
                return std::unexpected(moved.error());
            }
        }
    }
    if (const auto published = drafts.publish(); !published) {
        return std::unexpected(published.error());
    }
    return std::format("{} is as it was when {} was made. What was there before ends in {}.",
                       folder.string(), from.string(), before_restore);
}

}  // namespace partyline::server
