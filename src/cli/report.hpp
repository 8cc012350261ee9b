// What goes to standard output: for people, or one JSON object a line.
#pragma once

#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "cli/exit_code.hpp"
#include "client/talkie.hpp"

namespace partyline::cli {

/// What a report can look up while it tells of an event.
struct View {
    std::vector<client::Room> rooms;
    std::vector<client::Person> people;
    SessionId self{};
};

/// Used by the main loop only.
class Report {
public:
    virtual ~Report() = default;

    virtual void event(const client::Event& event, const View& view, TimePoint at) = 0;
    virtual void who(const View& view) = 0;
    virtual void rooms(const View& view) = 0;
    virtual void stats(const client::VoiceStats& stats) = 0;
    /// What `help` says.
    virtual void help(std::string_view text) = 0;
    /// A line of input that is no command, or one that cannot be done now.
    virtual void mistake(const Error& error) = 0;
    /// Why it all ended, when that was not asked for.
    virtual void failure(const Error& error, ExitCode code) = 0;
    /// The last word, after all files are closed.
    virtual void ended(ExitCode code) = 0;
};

/// `out` outlives the report.
std::unique_ptr<Report> make_json_report(std::ostream& out, const Clock& clock);
/// What was asked for goes to `out`, complaints to `complaints`; both outlive the report.
std::unique_ptr<Report> make_text_report(std::ostream& out, std::ostream& complaints);

/// What somebody is called; "#" and the number if they are not there (any more).
std::string person_name(const View& view, SessionId session);
/// "Room/Sub room"; the number if there is no such room (any more).
std::string room_path(const std::vector<client::Room>& rooms, ChannelId room);
/// The room's name from the top to `room`, in the tree's order: parents first, then by their order
/// and name.
std::vector<client::Room> in_tree_order(std::vector<client::Room> rooms);
/// How an error's code is spelled in JSON: "unknown_channel".
std::string_view code_name(ErrorCode code);

}  // namespace partyline::cli
