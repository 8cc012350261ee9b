// What people cost the real server: their logins, their presence, their texts.
//
// The load is made in this process, the server is another one, and only what that one uses is
// counted. Both share the machine, so rates are what is left for the server, not what it could do.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "bench/server/crowd.hpp"
#include "bench/server/measure.hpp"
#include "bench/targets.hpp"
#include "bench/write_figures.hpp"
#include "harness/crowd.hpp"
#include "harness/scratch.hpp"
#include "harness/server.hpp"
#include "platform/open_files.hpp"

namespace partyline::bench {
namespace {

using Figures = std::map<std::string, double>;

constexpr std::size_t rooms = 100;
constexpr std::size_t sizes[] = {250, 500, 1000, 2000, 4000};
constexpr std::size_t idle_size = 1000;
constexpr std::size_t chat_size = 1000;
constexpr std::size_t texts_each = 18;  // within what one session may say at once
// What a server is to bear for long: 2 texts a second of each, within what one session may say.
constexpr double steady_texts_per_s = 2000;
constexpr Duration steady_time = std::chrono::seconds(10);
constexpr std::size_t logins_at_a_time = 16;
// Presence is told by then, and what it took is given back.
constexpr Duration settling = std::chrono::seconds(3);
constexpr double bytes_per_mb = 1e6;

constexpr Target targets[] = {
    {.figure = "server.login_cpu_s_per_1000", .value = 3, .what = "CPU seconds for 1,000 logins"},
    {.figure = "server.at_4000.login_cpu_s", .value = 20, .what = "CPU seconds for 4,000 logins"},
    {.figure = "server.rss_kb_per_idle_user",
     .value = 40,
     .what = "kB of memory for each of 1,000 idle users"},
    {.figure = "server.chat_per_s",
     .bound = Target::Bound::at_least,
     .value = steady_texts_per_s,
     .what = "durable texts a second, as fast as it can"},
    // The last ones' way to the disk is in the time, too.
    {.figure = "server.steady_chat_per_s",
     .bound = Target::Bound::at_least,
     .value = 0.99 * steady_texts_per_s,
     .what = "durable texts a second, of 2,000 for 10 s"},
    {.figure = "server.binary_mb", .value = 20, .what = "MB of program"},
};

std::string config() {
    return R"(
[log]
level = "error"
[limits]
sessions = 10000
connections = 11000
connections_per_address = 11000
unauthenticated = 1000
arrivals_per_second = 100000
arrivals_at_once = 100000
arrivals_per_second_per_address = 100000
arrivals_at_once_per_address = 100000
)" + harness::crowd_rooms(rooms);
}

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

class Bench {
public:
    explicit Bench(net::Loop& loop)
        : server_(scratch_, {.config = config()}),
          pid_(server_.process().pid()),
          crowd_(loop, server_.port()) {}

    net::task<> run(Figures& figures) {
        co_await crowd_.grow(1, 1);
        co_await crowd_.rest(settling);
        const auto empty_kb = resident_kb(pid_);
        std::printf("%8s %12s %12s %12s %14s\n", "people", "logins/s", "login CPU s", "RSS MB",
                    "kB per person");
        // Until all of them have been let in. What they are told in the rest after it is not in it.
        double cpu = 0;
        double idle_kb_at_first = 0;
        for (const auto size : sizes) {
            const auto begun = clock_.now();
            const auto cpu_before = cpu_seconds(pid_);
            const auto from = crowd_.size();
            co_await crowd_.grow(size, logins_at_a_time);
            const auto rate = static_cast<double>(size - from) / seconds(clock_.now() - begun);
            cpu += cpu_seconds(pid_) - cpu_before;
            co_await crowd_.rest(settling);
            const auto kb = resident_kb(pid_);
            const auto each = (kb - empty_kb) / static_cast<double>(size);
            std::printf("%8zu %12.0f %12.2f %12.1f %14.1f\n", size, rate, cpu, kb / 1000, each);
            std::fflush(stdout);
            note(figures, size, {.cpu_s = cpu, .logins_per_s = rate, .kb_each = each});
            if (size == sizes[0]) {
                idle_kb_at_first = kb;
            }
            if (size == sizes[std::size(sizes) - 1]) {
                figures["server.rss_kb_per_further_user"] =
                    (kb - idle_kb_at_first) / static_cast<double>(size - sizes[0]);
            }
            if (size == chat_size) {
                co_await chat(figures);
            }
        }
        co_await crowd_.disband();
    }

private:
    struct Stage {
        double cpu_s = 0;
        double logins_per_s = 0;
        double kb_each = 0;
    };
    static void note(Figures& figures, std::size_t size, const Stage& stage) {
        const auto prefix = "server.at_" + std::to_string(size) + ".";
        figures[prefix + "login_cpu_s"] = stage.cpu_s;
        figures[prefix + "logins_per_s"] = stage.logins_per_s;
        figures[prefix + "rss_kb_per_user"] = stage.kb_each;
        if (size == idle_size) {
            figures["server.login_cpu_s_per_1000"] = stage.cpu_s;
            figures["server.rss_kb_per_idle_user"] = stage.kb_each;
        }
    }

    net::task<> chat(Figures& figures) {
        const auto cpu_before = cpu_seconds(pid_);
        const auto begun = clock_.now();
        co_await crowd_.chat(texts_each);
        const auto took = seconds(clock_.now() - begun);
        const auto texts = static_cast<double>(crowd_.size() * texts_each);
        const auto cpu = cpu_seconds(pid_) - cpu_before;
        figures["server.chat_per_s"] = texts / took;
        figures["server.chat_cpu_us_per_text"] = cpu / texts * 1e6;
        std::printf(
            "         %.0f texts acknowledged as durable in %.2f s: %.0f/s, %.0f us of CPU each, "
            "%llu heard\n",
            texts, took, texts / took, cpu / texts * 1e6,
            static_cast<unsigned long long>(crowd_.texts_heard()));
        std::fflush(stdout);
        co_await crowd_.rest(settling);
        co_await chat_steadily(figures);
    }

    net::task<> chat_steadily(Figures& figures) {
        const auto cpu_before = cpu_seconds(pid_);
        const auto own_before = cpu_seconds(getpid());
        const auto begun = clock_.now();
        const auto waits = co_await crowd_.chat_steadily(steady_texts_per_s, steady_time);
        const auto took = seconds(clock_.now() - begun);
        const auto wait_ms = [&](std::size_t percent) {
            return 1000 * seconds(waits.at((waits.size() - 1) * percent / 100));
        };
        figures["server.steady_chat_per_s"] = static_cast<double>(waits.size()) / took;
        figures["server.steady_chat_cores"] = (cpu_seconds(pid_) - cpu_before) / took;
        figures["server.steady_chat_wait_p50_ms"] = wait_ms(50);
        figures["server.steady_chat_wait_p99_ms"] = wait_ms(99);
        figures["server.steady_chat_wait_max_ms"] = wait_ms(100);
        // Who waits for the load to be made waits here, too: so what that takes is told beside.
        std::printf(
            "         %zu texts, %.0f/s wanted, in %.2f s: %.0f/s, durable after %.1f ms (median), "
            "%.1f ms (99 %%), %.1f ms (all); %.2f cores, and %.2f for the load\n",
            waits.size(), steady_texts_per_s, took, figures["server.steady_chat_per_s"],
            wait_ms(50), wait_ms(99), wait_ms(100), figures["server.steady_chat_cores"],
            (cpu_seconds(getpid()) - own_before) / took);
        std::fflush(stdout);
        co_await crowd_.rest(settling);
    }

    const harness::Scratch scratch_;
    const SystemClock clock_;
    harness::ServerProcess server_;
    const pid_t pid_;
    Crowd crowd_;
};

/// As it is packaged.
double binary_mb(const harness::Scratch& scratch) {
    const auto stripped = scratch.path("stripped");
    const auto command =
        "strip -o '" + stripped + "' '" + harness::sibling_program("partyline-server") + "'";
    std::error_code error;
    const auto bytes =
        std::system(command.c_str()) == 0 ? std::filesystem::file_size(stripped, error) : 0;
    return static_cast<double>(bytes) / bytes_per_mb;
}

int run(const std::string& json) {
    platform::raise_open_files_max();
    Figures figures;
    {
        net::Loop loop;
        Bench bench(loop);
        loop.run_until_done(bench.run(figures));
    }
    figures["server.binary_mb"] = binary_mb(harness::Scratch());
    std::printf("stripped, the program has %.1f MB\n", figures["server.binary_mb"]);
    std::fputs(verdict(figures, targets).c_str(), stdout);
    return write_figures(json, figures) ? 0 : 1;
}

}  // namespace
}  // namespace partyline::bench

int main(int argc, char** argv) {
    std::string json;
    if (argc == 3 && std::string_view(argv[1]) == "--json") {
        json = argv[2];
    }
    return partyline::bench::run(json);
}
