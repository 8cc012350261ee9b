// `backup` and `restore`: the data folder as one file, and back.
#pragma once

#include <filesystem>
#include <string>

#include "base/error.hpp"
#include "server/config/config.hpp"

namespace partyline::server {

/// Fails with io where there is no database: a folder that was named by mistake, rather than one in
/// which something is missing.
Result<void> check_has_run(const std::filesystem::path& folder);

/// Writes database and identity to `to`, whether or not a server runs on the folder.
/// Gives a line for the owner. Fails with io, having written nothing.
Result<std::string> back_up(const config::Config& config, const std::filesystem::path& to);

/// Puts what back_up() wrote into the data folder. What it replaces stays beside it as
/// NAME.before-restore. Fails with io or config, having changed nothing, for what is no backup, and
/// while a server runs on the folder. An earlier one that was broken off is finished, and that is all.
Result<std::string> restore(const config::Config& config, const std::filesystem::path& from);

/// Has the next start do that: whether or not a server runs on the folder now, in place of what was
/// to be restored then until now. Fails as restore() does, where no server has run yet, and for whoever is not
/// the user that it runs as.
Result<std::string> restore_at_next_start(const config::Config& config,
                                          const std::filesystem::path& from);
/// Takes that back. Fails with io where there is nothing to take back, or it is half done already.
Result<std::string> cancel_restore(const config::Config& config);

}  // namespace partyline::server
