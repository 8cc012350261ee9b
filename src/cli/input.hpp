// Standard input and signals: what comes from outside while the program runs.
#pragma once

#include <memory>
#include <streambuf>
#include <string>

#include "base/clock.hpp"
#include "cli/inbox.hpp"

namespace partyline::cli {

/// Puts each line of standard input into the inbox, then InputEnded. The thread that does so shares
/// the inbox and is not waited for when the program ends: nothing can end a read from a terminal.
void start_reading_input(std::shared_ptr<Inbox> inbox);

/// A line without its end; what is beyond line_bytes_max is left out. False at the end of input.
bool read_line(std::streambuf& in, std::string& line);

/// To be called before anything is read or written. C's stdin would be locked while a thread waits
/// in it, and exit() would then wait for that lock; C++'s own buffers know no lock.
void prepare_streams();

/// From here on the first SIGINT or SIGTERM is counted instead of ending the program, the second ends it at once, and
/// writing to a closed pipe, or beyond what a file may hold, is an error like any other.
void catch_signals();
/// How many signals asked us to end so far.
int signals_caught();
/// Until when one may wait for what is due at `deadline`: signals are to be looked for before long.
TimePoint next_look(TimePoint deadline, TimePoint now);

}  // namespace partyline::cli
