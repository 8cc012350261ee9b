// partyline-cli as a child process, and what it tells in JSON.
#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "harness/process.hpp"
#include "harness/scratch.hpp"

namespace partyline::harness {

using Json = nlohmann::json;

struct TalkieOptions {
    std::string name;
    std::string host = "127.0.0.1";
    std::uint16_t port = 0;
    std::string join;
    std::string mic = "none";
    std::string speaker = "none";
    std::vector<std::string> more;  // further arguments
};

/// Waits look through all that has been told so far first, unless told where to begin.
class TalkieProcess {
public:
    /// Identity and pins are kept in `scratch` under the talkie's name.
    TalkieProcess(const Scratch& scratch, const TalkieOptions& options);

    using Wanted = std::function<bool(const Json&)>;
    /// The first event of this name, told after `mark`, that `wanted` accepts. Throws Failure,
    /// with all that was told, when it does not come.
    Json wait(const std::string& event, const Wanted& wanted = nullptr, std::size_t mark = 0,
              Duration within = patience);
    /// The first event told after `mark` that `wanted` accepts, whatever its name; `what` says in words for
    /// what a Failure was waited.
    Json wait_for(const std::string& what, const Wanted& wanted, std::size_t mark = 0,
                  Duration within = patience);
    /// As wait(), for an event whose `field` is `value`.
    Json wait(const std::string& event, const std::string& field, const Json& value,
              std::size_t mark = 0);
    /// Whatever is told from now on has a place at or after this one.
    [[nodiscard]] std::size_t mark() const { return process_.lines().size(); }
    /// All events so far.
    [[nodiscard]] std::vector<Json> events() const;

    /// A line of standard input.
    void command(std::string_view line) { process_.write_line(line); }
    /// The answer to `stats`.
    Json stats();
    /// What `stats` says of one speaker; null before anything was heard.
    Json heard(const std::string& speaker);
    /// Asks for stats again and again until they are as wanted. The last ones, in any case: what
    /// they lack is for the caller to say.
    Json stats_until(const Wanted& wanted, Duration within = patience);
    /// As stats_until(), of one speaker.
    Json heard_until(const std::string& speaker, const Wanted& wanted, Duration within = patience);
    /// Lets time pass; the child's output is taken meanwhile.
    void idle_until(TimePoint moment);

    /// Asks it to end, and waits until it has; its recording is complete then.
    int quit();
    Process& process() { return process_; }
    [[nodiscard]] const std::string& name() const { return name_; }

private:
    [[nodiscard]] std::string all_that_was_told() const;

    const std::string name_;
    Process process_;
};

}  // namespace partyline::harness
