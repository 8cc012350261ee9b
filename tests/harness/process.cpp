#include "harness/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <format>

#include "harness/failure.hpp"

namespace partyline::harness {
namespace {

struct Pipe {
    Pipe() {
        std::array<int, 2> ends{};
        if (pipe2(ends.data(), O_CLOEXEC) != 0) {
            throw Failure(std::format("cannot make a pipe: {}", std::strerror(errno)));
        }
        read = ends[0];
        write = ends[1];
    }
    int read = -1;
    int write = -1;
};

std::vector<char*> pointers(const std::vector<std::string>& texts) {
    std::vector<char*> out;
    for (const auto& text : texts) {
        out.push_back(const_cast<char*>(text.c_str()));
    }
    out.push_back(nullptr);
    return out;
}

std::vector<std::string> merged_environment(const std::vector<std::string>& changes) {
    std::vector<std::string> out = changes;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view old(*entry);
        const auto name = old.substr(0, old.find('=') + 1);
        const bool changed = std::ranges::any_of(
            changes, [name](const std::string& change) { return change.starts_with(name); });
        if (!changed) {
            out.emplace_back(old);
        }
    }
    return out;
}

std::string all(int fd, std::array<char, 65536>& buffer, bool& ended) {
    const auto count = ::read(fd, buffer.data(), buffer.size());
    ended = count == 0 || (count < 0 && errno != EINTR);
    return {buffer.data(), count > 0 ? static_cast<std::size_t>(count) : 0};
}

}  // namespace

std::string sibling_program(std::string_view name) {
    // Asked for once: a process with mounts of its own (harness/disk.hpp) is told another path later.
    static const auto folder = std::filesystem::read_symlink("/proc/self/exe").parent_path();
    return (folder / name).string();
}

Process::Process(const Command& command)
    : name_(std::filesystem::path(command.arguments.front()).filename()) {
    const Pipe in;
    const Pipe out;
    const Pipe err;
    const auto environment = merged_environment(command.environment);
    const auto argv = pointers(command.arguments);
    const auto envp = pointers(environment);
    // A child that no longer reads must not end us.
    ::signal(SIGPIPE, SIG_IGN);
    pid_ = fork();
    if (pid_ == 0) {
        // Only what is safe between fork and exec in a program with threads.
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        ::signal(SIGPIPE, SIG_DFL);
        dup2(in.read, STDIN_FILENO);
        dup2(out.write, STDOUT_FILENO);
        dup2(err.write, STDERR_FILENO);
        execve(argv[0], argv.data(), envp.data());
        _exit(127);
    }
    ::close(in.read);
    ::close(out.write);
    ::close(err.write);
    input_ = in.write;
    if (pid_ < 0) {
        throw Failure(std::format("cannot start {}: {}", name_, std::strerror(errno)));
    }
    reader_ = std::jthread([this, o = out.read, e = err.read] { read_output(o, e); });
}

Process::~Process() {
    close_input();
    if (!exit_code_) {
        ::kill(pid_, SIGKILL);
        reap(std::chrono::seconds(10));
    }
}

void Process::read_output(int out, int err) {
    std::array<pollfd, 2> polled{
        {{.fd = out, .events = POLLIN, .revents = 0}, {.fd = err, .events = POLLIN, .revents = 0}}};
    std::array<char, 65536> buffer{};
    while (polled[0].fd >= 0 || polled[1].fd >= 0) {
        ::poll(polled.data(), polled.size(), -1);
        for (auto& one : polled) {
            if (one.fd < 0 || one.revents == 0) {
                continue;
            }
            bool ended = false;
            const auto text = all(one.fd, buffer, ended);
            const std::lock_guard lock(mutex_);
            if (&one == polled.data()) {
                take_output(text);
            } else {
                errors_ += text;
            }
            if (ended) {
                ::close(one.fd);
                one.fd = -1;
            }
            changed_.notify_all();
        }
    }
    const std::lock_guard lock(mutex_);
    output_ended_ = true;
    changed_.notify_all();
}

void Process::take_output(std::string_view bytes) {
    partial_ += bytes;
    for (auto end = partial_.find('\n'); end != std::string::npos; end = partial_.find('\n')) {
        lines_.push_back(partial_.substr(0, end));
        partial_.erase(0, end + 1);
    }
}

std::optional<Process::Line> Process::wait_for_line(
    const std::function<bool(const std::string&)>& wanted, std::size_t from, Duration within) {
    const auto deadline = SystemClock().now() + within;
    std::unique_lock lock(mutex_);
    for (auto next = from;; ++next) {
        changed_.wait_until(lock, deadline, [&] { return next < lines_.size() || output_ended_; });
        if (next >= lines_.size()) {
            return std::nullopt;
        }
        if (wanted(lines_[next])) {
            return Line{.number = next, .text = lines_[next]};
        }
    }
}

bool Process::wait_for_error(std::string_view text, std::size_t from, Duration within) {
    const auto found = [&] { return errors_.find(text, from) != std::string::npos; };
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, within, [&] { return found() || output_ended_; });
    return found();
}

std::vector<std::string> Process::lines() const {
    const std::lock_guard lock(mutex_);
    return lines_;
}

std::string Process::errors() const {
    const std::lock_guard lock(mutex_);
    return errors_;
}

void Process::write_line(std::string_view line) {
    std::string text(line);
    text += '\n';
    // A child that has gone is found out by whoever waits for its answer.
    const auto done = ::write(input_, text.data(), text.size());
    static_cast<void>(done);
}

void Process::close_input() {
    if (input_ >= 0) {
        ::close(input_);
        input_ = -1;
    }
}

void Process::signal(int number) {
    if (!exit_code_) {
        ::kill(pid_, number);
    }
}

int Process::wait(Duration within) {
    if (!exit_code_ && !reap(within)) {
        throw Failure(std::format("{} (pid {}) did not end; it said:\n{}", name_, pid_, errors()));
    }
    return *exit_code_;
}

std::optional<int> Process::reap(Duration within) {
    // A pidfd can be waited for with a deadline.
    const auto handle = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
    pollfd polled{.fd = handle, .events = POLLIN, .revents = 0};
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(within).count();
    const bool ended = ::poll(&polled, 1, static_cast<int>(ms)) == 1;
    ::close(handle);
    int status = 0;
    if (!ended || ::waitpid(pid_, &status, 0) != pid_) {
        return std::nullopt;
    }
    exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    // What it said last is ours to read now.
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::seconds(1), [this] { return output_ended_; });
    return exit_code_;
}

std::string Process::describe() const {
    return exit_code_ ? std::format("{} ended with {}", name_, *exit_code_)
                      : std::format("{} runs", name_);
}

}  // namespace partyline::harness
