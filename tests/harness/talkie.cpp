#include "harness/talkie.hpp"

#include <format>

#include "harness/failure.hpp"

namespace partyline::harness {
namespace {

Process::Command command_of(const Scratch& scratch, const TalkieOptions& options) {
    const bool ipv6 = options.host.contains(':');
    std::vector<std::string> arguments{
        sibling_program("partyline-cli"),
        "--json",
        "--server",
        std::format("{}{}{}:{}", ipv6 ? "[" : "", options.host, ipv6 ? "]" : "", options.port),
        "--name",
        options.name,
        "--identity",
        scratch.path(options.name + ".identity"),
        "--known-servers",
        scratch.path(options.name + ".servers"),
        "--volumes",
        scratch.path(options.name + ".volumes"),
        "--mic",
        options.mic,
        "--speaker",
        options.speaker,
        // Tests talk to it through a pipe that may be closed early.
        "--stay",
    };
    if (!options.join.empty()) {
        arguments.insert(arguments.end(), {"--join", options.join});
    }
    arguments.insert(arguments.end(), options.more.begin(), options.more.end());
    return {.arguments = std::move(arguments)};
}

Json parse(const std::string& line) {
    auto parsed = Json::parse(line, nullptr, false);
    if (parsed.is_discarded() || !parsed.contains("event")) {
        throw Failure("partyline-cli --json wrote a line that is no event: " + line);
    }
    return parsed;
}

Json heard_in(const Json& stats, const std::string& speaker) {
    for (const auto& heard : stats["heard"]) {
        if (heard["name"] == speaker) {
            return heard;
        }
    }
    return nullptr;
}

}  // namespace

TalkieProcess::TalkieProcess(const Scratch& scratch, const TalkieOptions& options)
    : name_(options.name), process_(command_of(scratch, options)) {}

Json TalkieProcess::wait(const std::string& event, const Wanted& wanted, std::size_t mark,
                         Duration within) {
    return wait_for(
        std::format("\"{}\"", event),
        [&](const Json& told) { return told["event"] == event && (!wanted || wanted(told)); }, mark,
        within);
}

Json TalkieProcess::wait_for(const std::string& what, const Wanted& wanted, std::size_t mark,
                             Duration within) {
    Json found;
    const auto matches = [&](const std::string& line) {
        found = parse(line);
        return wanted(found);
    };
    if (!process_.wait_for_line(matches, mark, within)) {
        throw Failure(std::format("{} did not tell of {} in time; it told:\n{}", name_, what,
                                  all_that_was_told()));
    }
    return found;
}

Json TalkieProcess::wait(const std::string& event, const std::string& field, const Json& value,
                         std::size_t mark) {
    return wait(
        event, [&](const Json& told) { return told.contains(field) && told[field] == value; },
        mark);
}

std::vector<Json> TalkieProcess::events() const {
    std::vector<Json> out;
    for (const auto& line : process_.lines()) {
        out.push_back(parse(line));
    }
    return out;
}

Json TalkieProcess::stats() {
    const auto before = mark();
    command("stats");
    return wait("stats", nullptr, before);
}

Json TalkieProcess::heard(const std::string& speaker) { return heard_in(stats(), speaker); }

Json TalkieProcess::stats_until(const Wanted& wanted, Duration within) {
    const SystemClock clock;
    const auto deadline = clock.now() + within;
    auto told = stats();
    while (!wanted(told) && clock.now() < deadline) {
        // Seldom enough not to disturb what is measured.
        idle_until(clock.now() + poll_interval);
        told = stats();
    }
    return told;
}

Json TalkieProcess::heard_until(const std::string& speaker, const Wanted& wanted, Duration within) {
    const auto told = stats_until(
        [&](const Json& stats) {
            const auto heard = heard_in(stats, speaker);
            return !heard.is_null() && wanted(heard);
        },
        within);
    return heard_in(told, speaker);
}

void TalkieProcess::idle_until(TimePoint moment) {
    const auto never = [](const std::string&) { return false; };
    process_.wait_for_line(never, 0, moment - SystemClock().now());
}

int TalkieProcess::quit() {
    command("quit");
    return process_.wait();
}

std::string TalkieProcess::all_that_was_told() const {
    std::string out;
    std::string last_stats;
    for (const auto& line : process_.lines()) {
        // Of many answers to polls only the last says anything.
        if (parse(line)["event"] == "stats") {
            last_stats = line + '\n';
        } else {
            out += line + '\n';
        }
    }
    return out + last_stats + process_.errors() + process_.describe();
}

}  // namespace partyline::harness
