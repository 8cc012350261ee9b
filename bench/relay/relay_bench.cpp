// What relaying a frame to one listener costs, beside the least that it can cost.
//
// The relay runs on the first processor that we may use, the load on the second. Rounds of relay and
// floor alternate, so that the machine's moods touch both; figures are medians of the rounds.
#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "bench/relay/crowd.hpp"
#include "bench/relay/floor.hpp"
#include "bench/targets.hpp"
#include "bench/write_figures.hpp"
#include "server/relay/relay.hpp"

namespace partyline::bench {
namespace {

using std::chrono::milliseconds;

constexpr Duration warm_up = milliseconds(600);  // the relay has then seen the room's load
constexpr Duration measured = milliseconds(2000);
constexpr int rounds = 5;
constexpr double ns_per_us = 1000;
constexpr double ns_per_ms = 1'000'000;

using Figures = std::map<std::string, double>;

constexpr Target targets[] = {
    {.figure = "relay.a.ratio",
     .value = 1.25,
     .what =
         "cost of a frame for one of 100 listeners, against a plain sendmmsg of the same bytes"},
};

struct Round {
    double us_per_frame = 0;
    double latency_ms_p50 = 0;
    double frames_per_s = 0;
    double loss_percent = 0;
};

double median(std::vector<double> values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::ranges::nth_element(values, middle);
    return *middle;
}

double median_of(const std::vector<Round>& all, double Round::* figure) {
    std::vector<double> values;
    for (const auto& round : all) {
        values.push_back(round.*figure);
    }
    return median(std::move(values));
}

std::vector<int> usable_processors() {
    cpu_set_t set{};
    sched_getaffinity(0, sizeof set, &set);
    std::vector<int> processors;
    for (int i = 0; i < CPU_SETSIZE; ++i) {
        if (CPU_ISSET(static_cast<unsigned>(i), &set)) {
            processors.push_back(i);
        }
    }
    return processors;
}

// Threads that we start inherit it.
void stay_on(int processor) {
    cpu_set_t set{};
    CPU_SET(static_cast<unsigned>(processor), &set);
    pthread_setaffinity_np(pthread_self(), sizeof set, &set);
}

template <class CpuTime>
Round measure(Crowd& crowd, const Load& load, CpuTime cpu_time) {
    crowd.run(warm_up);
    const auto said_before = crowd.frames_said();
    const auto cpu_before = cpu_time();
    auto heard = crowd.run(measured);
    const auto cpu = cpu_time() - cpu_before;
    const auto said = crowd.frames_said() - said_before;
    // What was under way at both ends of the time cancels out but for a little.
    const auto due = static_cast<double>(said * (load.members - 1));
    const auto records = static_cast<double>(heard.records);
    std::vector<double> latencies(heard.latencies_ns.begin(), heard.latencies_ns.end());
    return {.us_per_frame = static_cast<double>(cpu.count()) / ns_per_us / std::max(records, 1.0),
            .latency_ms_p50 = latencies.empty() ? 0 : median(std::move(latencies)) / ns_per_ms,
            .frames_per_s = records / heard.seconds,
            .loss_percent = due > 0 ? std::max(0.0, 100 * (due - records) / due) : 0};
}

Round relay_round(const Load& load, int relay_processor, int load_processor) {
    stay_on(relay_processor);
    auto relay = relay::Relay::create({.listen = {net::Endpoint::loopback_v4(0)}});
    stay_on(load_processor);
    if (!relay) {
        std::fprintf(stderr, "%s\n", relay.error().message.c_str());
        std::exit(1);
    }
    Crowd crowd(net::Endpoint::loopback_v4((*relay)->port()), load);
    if (!crowd.enter(**relay)) {
        std::fprintf(stderr, "the relay does not answer\n");
        std::exit(1);
    }
    return measure(crowd, load, [&] { return (*relay)->cpu_time(); });
}

Round floor_round(const Load& load, int relay_processor, int load_processor) {
    stay_on(relay_processor);
    Floor floor(
        net::UdpSocket::bind(net::Endpoint::loopback_v4(0),
                             {.receive_buffer_bytes = 8 << 20, .send_buffer_bytes = 8 << 20})
            .value());
    Crowd crowd(floor.address(), load);
    floor.start(crowd.addresses());
    stay_on(load_processor);
    return measure(crowd, load, [&] { return floor.cpu_time(); });
}

struct Case {
    std::string name;
    std::string what;
    Load load;
    bool with_floor = false;
};

void run_case(const Case& one, const std::vector<int>& processors, Figures& figures) {
    std::vector<Round> relay;
    std::vector<Round> floor;
    for (int i = 0; i < rounds; ++i) {
        if (one.with_floor) {
            floor.push_back(floor_round(one.load, processors.front(), processors.back()));
        }
        relay.push_back(relay_round(one.load, processors.front(), processors.back()));
    }
    const auto us = median_of(relay, &Round::us_per_frame);
    const auto latency = median_of(relay, &Round::latency_ms_p50);
    const auto rate = median_of(relay, &Round::frames_per_s);
    const auto loss = median_of(relay, &Round::loss_percent);
    const auto prefix = "relay." + one.name + ".";
    figures[prefix + "us_per_frame"] = us;
    figures[prefix + "latency_ms_p50"] = latency;
    figures[prefix + "frames_per_s"] = rate;
    figures[prefix + "loss_percent"] = loss;
    std::printf("%-6s %-52s %8.2f %8.2f %8.0f %6.2f", one.name.c_str(), one.what.c_str(), us,
                latency, rate, loss);
    if (one.with_floor) {
        const auto least = median_of(floor, &Round::us_per_frame);
        figures[prefix + "floor_us"] = least;
        figures[prefix + "ratio"] = us / least;
        std::printf(" %8.2f %6.2f", least, us / least);
    }
    std::printf("\n");
    std::fflush(stdout);
}

int run(const std::string& json, const std::string& only) {
    const Case cases[] = {
        {"a", "1 speaks at 50/s, 100 listen", {}, true},
        {"b", "10 speak at 50/s, each to 100 others", {.speakers = 10}, true},
        {"rooms", "100 rooms of 6, 1 speaks at 50/s in each", {.rooms = 100, .members = 6}, false},
        {"flat",
         "50 speak at 100/s, each to 100 others",
         {.speakers = 50, .frames_per_s = 100},
         false},
    };
    const auto processors = usable_processors();
    Figures figures;
    std::printf("%-6s %-52s %8s %8s %8s %6s %8s %6s\n", "case", "", "µs/frame", "p50 ms",
                "frames/s", "loss %", "floor µs", "ratio");
    for (const auto& one : cases) {
        if (only.empty() || only == one.name) {
            run_case(one, processors, figures);
        }
    }
    std::fputs(verdict(figures, targets).c_str(), stdout);
    return write_figures(json, figures) ? 0 : 1;
}

}  // namespace
}  // namespace partyline::bench

int main(int argc, char** argv) {
    std::string json;
    std::string only;
    for (int i = 1; i + 1 < argc; i += 2) {
        (std::string_view(argv[i]) == "--json" ? json : only) = argv[i + 1];
    }
    return partyline::bench::run(json, only);
}
