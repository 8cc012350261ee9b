// After a server's end by force and its new start: how soon everybody is back in their room, with the
// talkies that people use. All of them, and the server, share this machine: each talkie waits for what
// is said in its room (nothing), answers pings and exchanges keys as it always does, on threads of its own.
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <format>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "bench/server/measure.hpp"
#include "bench/targets.hpp"
#include "bench/write_figures.hpp"
#include "client/talkie.hpp"
#include "harness/crowd.hpp"
#include "harness/failure.hpp"
#include "harness/scratch.hpp"
#include "harness/server.hpp"
#include "platform/open_files.hpp"

namespace partyline::bench {
namespace {

using Figures = std::map<std::string, double>;

constexpr std::size_t people_wanted = 1000;
constexpr std::size_t arrivals_at_a_time = 16;
constexpr std::uint64_t files_each = 12;  // of a talkie, at most
constexpr std::uint64_t files_beside = 256;
/// The admission of all those is forgotten by then, their keys are exchanged, and a loss is a first one.
constexpr std::chrono::seconds settling{10};
constexpr std::chrono::seconds patience{120};
constexpr std::chrono::milliseconds look_again{50};

constexpr Target targets[] = {
    {.figure = "homecoming.all_back_s",
     .value = 10,
     .what = "seconds until 1,000 talkies are back in their rooms after a restart"},
};

struct Options {
    std::size_t people = people_wanted;
    std::size_t rooms = 100;
    std::string json;
};

std::string config(const Options& options) {
    const auto sessions = std::max(options.people, people_wanted);
    return harness::crowd_config(
        options.rooms, std::format("sessions = {}\nconnections = {}\n", sessions, 2 * sessions));
}

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

/// Talkies, each in its room. Events come on their own threads.
class Party {
public:
    Party(std::uint16_t port, std::string fingerprint, std::size_t size)
        : port_(port), fingerprint_(std::move(fingerprint)), members_(size) {}
    ~Party() {
        for (auto& member : members_) {
            if (member.talkie) {
                member.talkie->disconnect();
            }
        }
        // All of them are on their way out by now, and each waits only for its own threads.
        for (auto& member : members_) {
            member.talkie.reset();
        }
    }
    Party(const Party&) = delete;
    Party& operator=(const Party&) = delete;

    /// False if somebody is not in their room in time.
    bool gather() {
        start(0);
        const auto rooms = learn_rooms();
        for (std::size_t i = 0; i < members_.size() && !rooms.empty(); ++i) {
            if (i > 0) {
                start(i);
            }
            members_[i].talkie->join(rooms[i % rooms.size()]);
            if (i % arrivals_at_a_time == 0 && !until_home(i)) {
                return false;
            }
        }
        return !rooms.empty() && until_home(members_.size());
    }

    /// From now on whoever enters their room has come back.
    void forget() {
        const std::lock_guard lock(mutex_);
        home_ = 0;
        for (auto& member : members_) {
            member.home_at.reset();
        }
    }

    bool until_home(std::size_t count) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, patience, [&] { return home_ >= count; });
    }

    /// When they came home, in that order.
    std::vector<TimePoint> arrivals() {
        const std::lock_guard lock(mutex_);
        std::vector<TimePoint> all;
        for (const auto& member : members_) {
            if (member.home_at) {
                all.push_back(*member.home_at);
            }
        }
        std::ranges::sort(all);
        return all;
    }

    /// What went wrong last with anybody, for a person.
    std::string complaint() {
        const std::lock_guard lock(mutex_);
        return std::format("{} of {} are in their rooms{}{}", home_, members_.size(),
                           complaint_.empty() ? "" : "; the last refusal: ", complaint_);
    }

private:
    struct Member {
        std::unique_ptr<client::Talkie> talkie;
        std::optional<TimePoint> home_at;
    };

    void start(std::size_t number) {
        auto talkie = client::Talkie::start(
            {.host = "127.0.0.1",
             .port = port_,
             .name = std::format("member {}", number),
             .trust = {.fingerprint = fingerprint_}},
            [this, number](const client::Event& event) { hear(number, event); });
        if (!talkie) {
            throw harness::Failure(talkie.error().message);
        }
        members_[number].talkie = std::move(*talkie);
    }

    /// As the first one sees them. A room has the same number for everybody, and after a restart.
    std::vector<ChannelId> learn_rooms() {
        std::vector<ChannelId> ids;
        const auto& talkie = *members_.front().talkie;
        const auto until = clock_.now() + patience;
        std::unique_lock lock(mutex_);
        while (ids.empty() && clock_.now() < until) {
            changed_.wait_for(lock, look_again);
            for (const auto& room : talkie.rooms()) {
                ids.push_back(room.id);
            }
        }
        return ids;
    }

    // All that is told of each to each is nothing to us, and is to cost nothing.
    void hear(std::size_t number, const client::Event& event) {
        if (std::holds_alternative<client::RoomEntered>(event)) {
            come_home(number);
        } else if (const auto* refused = std::get_if<client::Refused>(&event)) {
            complain(refused->command + ": " + refused->error.message);
        } else if (const auto* ended = std::get_if<client::Disconnected>(&event)) {
            complain(ended->error.message);
        }
    }

    void come_home(std::size_t number) {
        const auto now = clock_.now();
        const std::lock_guard lock(mutex_);
        auto& member = members_[number];
        home_ += member.home_at ? 0U : 1U;
        member.home_at = member.home_at.value_or(now);
        changed_.notify_all();
    }

    void complain(std::string what) {
        const std::lock_guard lock(mutex_);
        complaint_ = std::move(what);
    }

    const std::uint16_t port_;
    const std::string fingerprint_;
    const SystemClock clock_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::size_t home_ = 0;
    std::string complaint_;
    // Its size never changes. Last: their threads use all of the above.
    std::vector<Member> members_;
};

void report(Figures& figures, const std::vector<TimePoint>& arrivals, TimePoint ready) {
    const auto after = [&](std::size_t percent) {
        return seconds(arrivals.at((arrivals.size() - 1) * percent / 100) - ready);
    };
    figures["homecoming.people"] = static_cast<double>(arrivals.size());
    figures["homecoming.half_back_s"] = after(50);
    figures["homecoming.p99_back_s"] = after(99);
    figures["homecoming.all_back_s"] = after(100);
    std::printf(
        "%zu talkies are back in their rooms %.2f s after the server (half of them %.2f s, 99 %% "
        "%.2f s)\n",
        arrivals.size(), after(100), after(50), after(99));
    if (arrivals.size() != people_wanted) {
        std::printf("no verdict: what is wanted is said of %zu\n", people_wanted);
        return;
    }
    std::fputs(verdict(figures, targets).c_str(), stdout);
}

bool run(const Options& options, Figures& figures) {
    const SystemClock clock;
    const harness::Scratch scratch;
    auto server = std::make_unique<harness::ServerProcess>(
        scratch, harness::ServerOptions{.config = config(options)});
    const auto listen = std::format("127.0.0.1:{}", server->port());
    Party party(server->port(), server->fingerprint(), options.people);
    const auto begun = clock.now();
    if (!party.gather()) {
        std::fprintf(stderr, "%s\n", party.complaint().c_str());
        return false;
    }
    std::printf("%zu talkies in %zu rooms after %.1f s, which takes %.0f MB here\n", options.people,
                options.rooms, seconds(clock.now() - begun), resident_kb(getpid()) / 1000);
    std::fflush(stdout);
    const auto own_before = cpu_seconds(getpid());
    std::this_thread::sleep_for(settling);
    std::printf("at rest they take %.2f cores, whatever the server does\n",
                (cpu_seconds(getpid()) - own_before) / seconds(settling));
    std::fflush(stdout);

    party.forget();
    server->process().signal(SIGKILL);
    server->process().wait();
    server = std::make_unique<harness::ServerProcess>(
        scratch, harness::ServerOptions{.listen = listen, .config = config(options)});
    const auto ready = clock.now();
    if (!party.until_home(options.people)) {
        std::fprintf(stderr, "%s\n", party.complaint().c_str());
        return false;
    }
    report(figures, party.arrivals(), ready);
    return true;
}

std::optional<std::size_t> whole_number(std::string_view text) {
    std::size_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool whole = error == std::errc{} && end == text.data() + text.size() && value > 0;
    return whole ? std::optional(value) : std::nullopt;
}

/// Nothing for what is none of the options.
std::optional<Options> parse(int argc, char** argv) {
    Options options;
    for (int i = 1; i + 1 < argc; i += 2) {
        const std::string_view name = argv[i];
        const auto value = whole_number(argv[i + 1]);
        if (name == "--json") {
            options.json = argv[i + 1];
        } else if (name == "--people" && value) {
            options.people = *value;
        } else if (name == "--rooms" && value) {
            options.rooms = *value;
        } else {
            return std::nullopt;
        }
    }
    return argc % 2 == 1 ? std::optional(options) : std::nullopt;
}

int run(const Options& options) {
    const auto files = platform::raise_open_files_max();
    const auto wanted = options.people * files_each + files_beside;
    if (files < wanted) {
        std::fprintf(stderr, "only %llu files may be open, and %llu are wanted: ulimit -n\n",
                     static_cast<unsigned long long>(files),
                     static_cast<unsigned long long>(wanted));
        return 1;
    }
    Figures figures;
    try {
        if (!run(options, figures)) {
            return 1;
        }
    } catch (const std::exception& failure) {
        std::fprintf(stderr, "%s\n", failure.what());
        return 1;
    }
    return write_figures(options.json, figures) ? 0 : 1;
}

}  // namespace
}  // namespace partyline::bench

int main(int argc, char** argv) {
    const auto options = partyline::bench::parse(argc, argv);
    if (!options) {
        std::fprintf(stderr, "bench-homecoming [--people N] [--rooms N] [--json FILE]\n");
        return 2;
    }
    return partyline::bench::run(*options);
}
