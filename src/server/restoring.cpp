#include "server/restoring.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <format>
#include <string>
#include <system_error>
#include <tuple>

#include "base/log.hpp"
#include "platform/flush.hpp"
#include "platform/secret_file.hpp"
#include "server/data_folder.hpp"

namespace partyline::server {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 2> restored_files{identity_file, database_file};
constexpr std::array<std::string_view, 2> journal_endings{"-wal", "-shm"};
constexpr std::string_view restoring = ".restoring";

fs::path with_ending(const fs::path& path, std::string_view ending) {
    return path.string() + std::string(ending);
}

Result<void> remove_file(const fs::path& at) {
    std::error_code error;
    fs::remove(at, error);
    if (error) {
        return fail(ErrorCode::io,
                    std::format("cannot remove {}: {}", at.string(), error.message()));
    }
    return {};
}

fs::path draft_of(const fs::path& at) { return with_ending(at, restoring); }

/// And what was half made of them: none of it is of any use until it is decided that it is to be there.
Result<void> clear_drafts(const fs::path& folder) {
    for (const auto name : restored_files) {
        const auto draft = draft_of(folder / name);
        for (const auto& left : {draft, with_ending(draft, store::part_ending)}) {
            if (auto removed = remove_file(left); !removed) {
                return removed;
            }
        }
    }
    return {};
}

/// The server's user has to read what root has put back: it is theirs whose it was before.
Result<void> make_theirs(const fs::path& folder, const fs::path& draft) {
    const auto database = folder / database_file;
    return is_there(database)
        .and_then([&](bool there) {
            return platform::give_to_owner_of(there ? database : folder, draft);
        })
        .and_then([&] { return platform::flush(draft); });
}

/// Everything that is to be there, under names of its own; gone again unless it is needed.
class Drafts {
public:
    explicit Drafts(const fs::path& folder) : folder_(folder) {}
    ~Drafts() {
        // In doubt they are needed.
        if (!is_there(folder_ / restore_under_way_file).value_or(true)) {
            std::ignore = clear_drafts(folder_);
        }
    }
    Drafts(const Drafts&) = delete;
    Drafts& operator=(const Drafts&) = delete;

    Result<void> make(const fs::path& from) {
        const auto files = read_for_restore(from);
        if (!files) {
            return std::unexpected(files.error());
        }
        // Whatever an attempt that was broken off has left is of no use.
        if (auto cleared = clear_drafts(folder_); !cleared) {
            return cleared;
        }
        for (const auto& file : *files) {
            const auto draft = draft_of(folder_ / file.name);
            const auto made = platform::create_secret_file(draft, file.bytes).and_then([&](bool) {
                return make_theirs(folder_, draft);
            });
            if (!made) {
                return std::unexpected(made.error());
            }
        }
        const auto database = draft_of(folder_ / database_file);
        return store::extract_database(from, database).and_then([&] {
            return make_theirs(folder_, database);
        });
    }

private:
    const fs::path folder_;
};

/// The journals that an earlier restore kept with its database, which has this name.
Result<void> remove_kept_journals(const fs::path& kept) {
    for (const auto ending : journal_endings) {
        if (auto removed = remove_file(with_ending(kept, ending)); !removed) {
            return removed;
        }
    }
    return platform::flush(kept.parent_path());
}

/// The database becomes one file as far as that can be, and no older journal that has lost its database lies
/// where its own would be kept.
Result<void> clear_the_way(const fs::path& folder) {
    const auto database = folder / database_file;
    const auto there = is_there(database);
    if (!there) {
        return std::unexpected(there.error());
    }
    if (*there) {
        store::fold_journal(database);
    }
    const auto kept = with_ending(database, before_restore);
    return is_there(kept).and_then(
        [&](bool older) { return older ? platform::flush(folder) : remove_kept_journals(kept); });
}

Result<void> keep_aside(const fs::path& at, const fs::path& as, const Rename& rename) {
    return is_there(at).and_then(
        [&](bool there) { return there ? rename(at, as) : Result<void>{}; });
}

/// What an earlier restore kept gives way to what is kept now: journals first, as long as that says whose
/// they are.
Result<void> remove_kept(const fs::path& kept) {
    return is_there(kept).and_then([&](bool older) {
        return older ? remove_kept_journals(kept)
                           .and_then([&] { return remove_file(kept); })
                           .and_then([&] { return platform::flush(kept.parent_path()); })
                     : Result<void>{};
    });
}

/// A journal belongs to the old database, and goes before it: beside the new one it would ruin it.
Result<void> keep_journals_aside(const fs::path& database, const Rename& rename) {
    const auto there = is_there(database);
    if (!there) {
        return std::unexpected(there.error());
    }
    const auto kept_database = with_ending(database, before_restore);
    if (*there) {
        if (auto removed = remove_kept(kept_database); !removed) {
            return removed;
        }
    }
    for (const auto ending : journal_endings) {
        const auto journal = with_ending(database, ending);
        // One that has lost its database is not to meet another's.
        const auto kept =
            *there ? with_ending(kept_database, ending) : with_ending(journal, before_restore);
        if (auto moved = keep_aside(journal, kept, rename); !moved) {
            return moved;
        }
    }
    return {};
}

/// The draft of one file to its place, if that has not been done.
Result<void> put_in_place(const fs::path& at, const Rename& rename) {
    const auto draft = draft_of(at);
    const auto ready = is_there(draft);
    if (!ready) {
        return std::unexpected(ready.error());
    }
    if (!*ready) {
        return {};
    }
    return (at.filename() == database_file ? keep_journals_aside(at, rename) : Result<void>{})
        .and_then([&] { return keep_aside(at, with_ending(at, before_restore), rename); })
        .and_then([&] { return rename(draft, at); });
}

/// What tells a file from another that has, or gets, its name; whenever that was written.
struct FileFacts {
    dev_t device = 0;
    ino_t number = 0;
    std::int64_t written_s = 0;
    std::int64_t written_ns = 0;
    bool operator==(const FileFacts&) const = default;
};

/// Of none where there is no file.
FileFacts facts_of(const fs::path& file) {
    struct stat facts{};
    if (stat(file.c_str(), &facts) != 0) {
        return {};
    }
    return {.device = facts.st_dev,
            .number = facts.st_ino,
            .written_s = facts.st_mtim.tv_sec,
            .written_ns = facts.st_mtim.tv_nsec};
}

std::unexpected<Error> replaced(const fs::path& from) {
    return fail(ErrorCode::io,
                std::format("{}: was replaced by another, or taken away, meanwhile; the next "
                            "restore, or the next start of the server, takes what is there then",
                            from.string()));
}

/// What is decided on is what the drafts were made from: while a server starts another may be staged.
Result<void> check_the_same(const fs::path& from, const FileFacts& before) {
    return facts_of(from) == before ? Result<void>{} : replaced(from);
}

/// From here on it has to be done.
Result<void> decide(const fs::path& folder, const fs::path& from, const FileFacts& before,
                    const Rename& rename) {
    const auto marker = folder / restore_under_way_file;
    if (from != folder / staged_backup_file) {
        return platform::create_secret_file(marker, {}).transform([](bool) {});
    }
    if (auto named = rename(from, marker); !named) {
        return named;
    }
    if (facts_of(marker) == before) {
        return {};
    }
    // Another was staged since the last look. Nothing has changed yet: it is to come, unless a still newer one is.
    return is_there(from)
        .and_then(
            [&](bool newer) { return newer ? remove_file(marker) : rename_for_good(marker, from); })
        .and_then([&]() -> Result<void> { return replaced(from); });
}

}  // namespace

Result<void> rename_for_good(const fs::path& from, const fs::path& to) {
    std::error_code error;
    fs::rename(from, to, error);
    if (error) {
        return fail(ErrorCode::io, std::format("cannot rename {} to {}: {}", from.string(),
                                               to.string(), error.message()));
    }
    return platform::flush(to.parent_path());
}

Result<bool> is_there(const fs::path& at) {
    std::error_code error;
    const auto status = fs::symlink_status(at, error);
    if (status.type() == fs::file_type::not_found) {
        return false;
    }
    if (error) {
        return fail(ErrorCode::io,
                    std::format("cannot look at {}: {}", at.string(), error.message()));
    }
    return true;
}

Result<void> check_no_restore_under_way(const fs::path& folder) {
    return is_there(folder / restore_under_way_file).and_then([&](bool under_way) -> Result<void> {
        if (under_way) {
            return fail(ErrorCode::io,
                        std::format("a restore into {} was broken off; the next start of the "
                                    "server, or the next restore, finishes it",
                                    folder.string()));
        }
        return {};
    });
}

Result<std::vector<store::KeptFile>> read_for_restore(const fs::path& from) {
    auto files = store::read_backup(from);
    if (!files) {
        return files;
    }
    for (const auto& file : *files) {
        // A name from elsewhere could lead anywhere.
        if (!std::ranges::contains(kept_files, file.name)) {
            return fail(ErrorCode::config, std::format("{}: holds \"{}\", which no switchboard has",
                                                       from.string(), file.name));
        }
    }
    return files;
}

Result<bool> finish_restore(const fs::path& folder, const Rename& rename) {
    const auto marker = folder / restore_under_way_file;
    const auto under_way = is_there(marker);
    if (!under_way || !*under_way) {
        return under_way;
    }
    for (const auto name : restored_files) {
        if (const auto done = put_in_place(folder / name, rename); !done) {
            return std::unexpected(done.error());
        }
    }
    return remove_file(marker).and_then([&] { return platform::flush(folder); }).transform([] {
        return true;
    });
}

Result<void> put_back(const fs::path& folder, const fs::path& from, const Rename& rename) {
    const auto before = facts_of(from);
    Drafts drafts(folder);
    return drafts.make(from)
        .and_then([&] { return clear_the_way(folder); })
        .and_then([&] { return check_the_same(from, before); })
        .and_then([&] { return decide(folder, from, before, rename); })
        .and_then([&] { return finish_restore(folder, rename).transform([](bool) {}); });
}

Result<void> restore_at_start(const fs::path& folder, const Rename& rename) {
    const auto half_done = [](const Error& error) {
        return fail(error.code,
                    std::format("{}; a restore is half done, and the next start goes on with it: "
                                "see to that, and start the server again",
                                error.message));
    };
    const auto finished = finish_restore(folder, rename);
    if (!finished) {
        return half_done(finished.error());
    }
    if (*finished) {
        log::info("The restore that was broken off is done; what it replaced ends in {}",
                  before_restore);
    }
    const auto staged = folder / staged_backup_file;
    const auto wanted = is_there(staged);
    if (!wanted) {
        return std::unexpected(wanted.error());
    }
    if (!*wanted) {
        // Of one that was broken off before it was decided, and taken back.
        std::ignore = clear_drafts(folder);
        return {};
    }
    if (const auto restored = put_back(folder, staged, rename); !restored) {
        if (is_there(folder / restore_under_way_file).value_or(true)) {
            return half_done(restored.error());
        }
        return fail(
            restored.error().code,
            std::format("{}; so nothing is restored, and nothing has changed. To start without it: "
                        "partyline-server restore --cancel. To have another restored: "
                        "partyline-server restore FILE --at-next-start",
                        restored.error().message));
    }
    log::info("Restored what was staged for this start; what it replaced ends in {}",
              before_restore);
    return {};
}

}  // namespace partyline::server
