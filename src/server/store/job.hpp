// What the store's two threads are given to do.
#pragma once

#include <SQLiteCpp/Database.h>

#include <functional>
#include <optional>

#include "base/error.hpp"

namespace partyline::store {

/// Is given the connection of the thread that does it.
using Job = std::move_only_function<void(SQLite::Database&)>;

/// A call on its way: what is to be done in the transaction, and what to say when that is over. With
/// an error, the whole transaction came to nothing.
struct Write {
    Job run;
    std::move_only_function<void(const std::optional<Error>&)> answer;
};

}  // namespace partyline::store
