// An end to what might not end by itself.
#pragma once

#include <functional>
#include <optional>

#include "base/clock.hpp"

namespace partyline::demo {

/// Runs `work` in a process of its own and gives its exit code; nothing when it took longer than
/// `limit`, or died: then it is dead, with all programs that it has started through harness::Process.
/// Throws harness::Failure when there can be no such process.
std::optional<int> run_within(Duration limit, const std::function<int()>& work);

}  // namespace partyline::demo
