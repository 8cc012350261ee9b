// How harness code says that a test cannot go on.
#pragma once

#include <stdexcept>

namespace partyline::harness {

/// What was waited for did not come, or could not be set up. The message has what is needed to see
/// why: GoogleTest and the demo print it.
struct Failure : std::runtime_error {
    using std::runtime_error::runtime_error;
};

}  // namespace partyline::harness
