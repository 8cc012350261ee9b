// The store of one machine: an SQLite database in write-ahead mode.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>

#include "base/error.hpp"
#include "server/store/limits.hpp"
#include "server/store/store.hpp"

namespace partyline::store {

/// Runs a piece of work on the control executor, soon. [any]
using Poster = std::function<void(std::move_only_function<void()>)>;

/// Two threads of its own: one writes, and makes all that has come in since its last commit durable
/// together (group commit); the other reads, so that a page of history waits for no write but those that
/// were there before it. Fails as open_database() does. What that has not checked for its size, a third
/// thread does meanwhile: figures() and the log say what it finds.
Result<std::unique_ptr<Store>> open_sqlite_store(
    const std::filesystem::path& path, Poster post,
    std::uintmax_t checked_bytes_max = checked_at_start_bytes_max);

}  // namespace partyline::store
