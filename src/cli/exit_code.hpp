// What partyline-cli tells a script when it ends (docs/cli.md).
#pragma once

namespace partyline::cli {

enum class ExitCode : int {
    fine = 0,
    local = 1,           // a wrong option, or a file or device that cannot be used
    unreachable = 2,     // no connection could be made
    wrong_identity = 3,  // the server is not the one that was pinned or insisted on
    refused = 4,         // the server, or what it has, does not allow what was asked
    lost = 5,            // the connection ended without our asking
};

}  // namespace partyline::cli
