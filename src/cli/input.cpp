#include "cli/input.hpp"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <iostream>
#include <string>
#include <thread>
#include <utility>

#include "cli/limits.hpp"

namespace partyline::cli {
namespace {

// The only way for a signal handler to tell anything.
std::atomic<int> caught = 0;
static_assert(std::atomic<int>::is_always_lock_free);

// The next one finds its default action, and ends us whatever the program waits for.
extern "C" void count_signal(int) {
    caught.fetch_add(1, std::memory_order_relaxed);
    std::signal(SIGINT, SIG_DFL);
    std::signal(SIGTERM, SIG_DFL);
}

void read_input(const std::shared_ptr<Inbox>& inbox) {
    for (std::string line; read_line(*std::cin.rdbuf(), line);) {
        inbox->put_when_room(InputLine{line});
    }
    inbox->put_when_room(InputEnded{});
}

}  // namespace

void start_reading_input(std::shared_ptr<Inbox> inbox) {
    std::thread([inbox = std::move(inbox)] { read_input(inbox); }).detach();
}

bool read_line(std::streambuf& in, std::string& line) {
    line.clear();
    int c = in.sbumpc();
    if (c == EOF) {
        return false;
    }
    for (; c != EOF && c != '\n'; c = in.sbumpc()) {
        if (line.size() < line_bytes_max) {
            line.push_back(static_cast<char>(c));
        }
    }
    return true;
}

void prepare_streams() {
    std::ios::sync_with_stdio(false);
    // Reading must not flush what another thread writes.
    std::cin.tie(nullptr);
}

void catch_signals() {
    std::signal(SIGINT, count_signal);
    std::signal(SIGTERM, count_signal);
#ifdef SIGPIPE
    std::signal(SIGPIPE, SIG_IGN);
#endif
#ifdef SIGXFSZ
    std::signal(SIGXFSZ, SIG_IGN);
#endif
}

int signals_caught() { return caught.load(std::memory_order_relaxed); }

TimePoint next_look(TimePoint deadline, TimePoint now) {
    return std::min<TimePoint>(deadline, now + signal_look_period);
}

}  // namespace partyline::cli
