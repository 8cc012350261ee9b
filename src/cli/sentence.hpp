// How a person is told of what happens: in a sentence for each event.
#pragma once

#include <string>
#include <string_view>

#include "cli/report.hpp"
#include "client/talkie.hpp"

namespace partyline::cli {

/// Empty for those that a person need not hear of. Some have several lines.
std::string sentence_of(const client::Event& event, const View& view);
/// What this machine goes without, as it does not keep up.
std::string describe(const client::CaptureLoad& load);
/// Names and the like, without anything that a terminal would obey.
std::string printable(std::string_view text);

}  // namespace partyline::cli
