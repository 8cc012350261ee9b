// The command line of what is asked of a running server.
#pragma once

#include <functional>

#include "server/manage.hpp"

namespace CLI {
class App;
}

namespace partyline::server {

/// Adds `user`, `role`, `ban`, `invite`, `explain` and `audit`. Whichever is given is told to `chosen`
/// while the line is parsed.
void describe_management(CLI::App& app, const std::function<void(Management)>& chosen);

}  // namespace partyline::server
