// A program of ours as a child process: its lines in and out, its end.
#pragma once

#include <sys/types.h>

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/clock.hpp"
#include "harness/limits.hpp"

namespace partyline::harness {

/// The path of a program that was built together with this one.
std::string sibling_program(std::string_view name);

/// A thread reads all that the child writes, so that it never waits for us. The child dies with the
/// object, and with the thread that made it, whatever happens to either.
class Process {
public:
    struct Command {
        std::vector<std::string> arguments;    // the program's path first
        std::vector<std::string> environment;  // NAME=value, on top of ours
    };
    explicit Process(const Command& command);
    ~Process();
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    [[nodiscard]] pid_t pid() const { return pid_; }

    /// The first line of standard output, from the line number `from` on, that `wanted` accepts;
    /// nothing when it has not come in time or can come no more.
    struct Line {
        std::size_t number = 0;
        std::string text;
    };
    std::optional<Line> wait_for_line(const std::function<bool(const std::string&)>& wanted,
                                      std::size_t from = 0, Duration within = patience);
    [[nodiscard]] std::vector<std::string> lines() const;
    /// Whether standard error, from its byte number `from` on, has this text in it in time.
    bool wait_for_error(std::string_view text, std::size_t from = 0, Duration within = patience);
    /// All of standard error so far.
    [[nodiscard]] std::string errors() const;

    void write_line(std::string_view line);
    void close_input();
    void signal(int number);
    /// The exit code; 128 + the signal's number if one ended it. Throws Failure when it lives on.
    int wait(Duration within = exit_patience);
    /// How it ended, if it has: to tell a person.
    [[nodiscard]] std::string describe() const;

private:
    void read_output(int out, int err);
    void take_output(std::string_view bytes);
    std::optional<int> reap(Duration within);

    const std::string name_;
    pid_t pid_ = -1;
    int input_ = -1;
    std::optional<int> exit_code_;

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::string> lines_;
    std::string partial_;
    std::string errors_;
    bool output_ended_ = false;
    std::jthread reader_;  // last: it uses all of the above
};

}  // namespace partyline::harness
