// A switchboard's data as one file: a database that also holds the small files beside it.
//
// The file is what VACUUM INTO makes of the database, one moment of it, with a table of files added.
// So it can be looked into with sqlite3, and holds the server's key: whoever has it can be the server.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "base/bytes.hpp"
#include "base/error.hpp"

namespace partyline::store {

struct KeptFile {
    std::string name;  // without a folder
    Bytes bytes;

    bool operator==(const KeptFile&) const = default;
};

/// Of a database that may be in use by a server, which goes on meanwhile. `to` is made whole, mode
/// 0600, or not at all, and replaces nothing. Fails with io, saying which file and why.
Result<void> write_backup(const std::filesystem::path& database, std::span<const KeptFile> files,
                          const std::filesystem::path& to);

/// The files of a backup. Fails with io or config for what is no backup, is damaged, or is of a newer
/// version than ours.
Result<std::vector<KeptFile>> read_backup(const std::filesystem::path& from);

/// What is being written has this ending until it is whole.
inline constexpr std::string_view part_ending = ".part";

/// Writes a backup as it is to `to`, which is not there yet.
Result<void> copy_backup(const std::filesystem::path& from, const std::filesystem::path& to);

/// Writes the database of a backup to `to`, which is not there yet, ready to be used.
Result<void> extract_database(const std::filesystem::path& from, const std::filesystem::path& to);

using Link = std::error_code (*)(const std::filesystem::path& from,
                                 const std::filesystem::path& to);
[[nodiscard]] std::error_code hard_link(const std::filesystem::path& from,
                                        const std::filesystem::path& to);
/// Gives a file that is whole its name, which is nobody's yet: by a link or, on a disk that has none, by a
/// rename. Neither replaces anything.
[[nodiscard]] std::error_code publish(const std::filesystem::path& draft,
                                      const std::filesystem::path& to, Link link = hard_link);

/// What a server that is stopped left beside its database (-wal, -shm) goes into it, as far as that
/// can be: afterwards it is one file.
void fold_journal(const std::filesystem::path& database);

/// Looks at a database, in use or not, as find_damage() does, and changes nothing. Fails as read_backup() does, saying
/// what to do.
Result<void> check_database(const std::filesystem::path& database);

}  // namespace partyline::store
