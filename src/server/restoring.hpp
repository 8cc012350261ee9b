// A backup's way into the data folder, whenever the machine or the program stops.
//
// First all that is to be there is made ready beside what is there, under names of its own
// (NAME.restoring), and reaches the disk. Then one file, restore_under_way_file, gets its name: until
// then nothing has changed, and from then on the rest is to be done, by whoever comes next. The rest
// is renames, each of which says by what it leaves whether it has been done: a draft that is gone is in
// its place, and so is what was there before. Nothing is kept aside twice.
//
// A staged backup is that one file itself: it cannot be put in twice.
#pragma once

#include <filesystem>
#include <functional>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "server/store/backup.hpp"

namespace partyline::server {

/// What is restored over gets this ending.
inline constexpr std::string_view before_restore = ".before-restore";

/// Gives a file another name, for good. A test's own may stop anywhere.
using Rename =
    std::function<Result<void>(const std::filesystem::path& from, const std::filesystem::path& to)>;
Result<void> rename_for_good(const std::filesystem::path& from, const std::filesystem::path& to);

/// Whether there is something, a link to nothing included. Fails with io where it cannot be known.
Result<bool> is_there(const std::filesystem::path& at);

/// Fails with io where the files of two servers may lie beside each other.
Result<void> check_no_restore_under_way(const std::filesystem::path& folder);

/// The files of a backup that can be put back. Fails with io or config for anything else.
Result<std::vector<store::KeptFile>> read_for_restore(const std::filesystem::path& from);

// The caller of these has the folder's lock.

/// Finishes what was broken off; false when nothing was.
Result<bool> finish_restore(const std::filesystem::path& folder,
                            const Rename& rename = rename_for_good);

/// Puts a backup into a folder in which no restore is under way. Fails with io or config, having
/// changed nothing unless a restore is under way now.
Result<void> put_back(const std::filesystem::path& folder, const std::filesystem::path& from,
                      const Rename& rename = rename_for_good);

/// What a server does before it looks at its folder: finishes what was broken off, and puts in what was
/// staged. Fails in a line for the owner that says what to do.
Result<void> restore_at_start(const std::filesystem::path& folder,
                              const Rename& rename = rename_for_good);

}  // namespace partyline::server
