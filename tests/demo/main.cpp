// `./run demo`: a conversation between real programs, and what was heard.

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <cstdlib>
#include <format>
#include <fstream>
#include <iostream>

#include "base/clock.hpp"
#include "demo/conversation.hpp"
#include "demo/deadline.hpp"
#include "demo/report.hpp"
#include "demo/verdict.hpp"
#include "harness/scratch.hpp"

namespace {

using namespace partyline;

/// It takes half of that where nothing else goes on.
constexpr int seconds_max = 60;

void write_figures(const std::string& path, const demo::Verdict& verdict) {
    nlohmann::ordered_json figures = nlohmann::ordered_json::object();
    for (const auto& [name, value] : verdict.figures()) {
        figures[name] = value;
    }
    std::ofstream out(path);
    out << figures.dump(2) << '\n';
    if (!out.flush()) {
        throw std::runtime_error("cannot write " + path);
    }
}

int play(const std::string& json_path) {
    const SystemClock clock;
    const auto start = clock.now();
    const auto progress = [&](const std::string& phase) {
        const std::chrono::duration<double> since(clock.now() - start);
        std::cout << std::format("[{:5.1f} s] {}\n", since.count(), phase) << std::flush;
    };
    const auto evidence = demo::hold_conversation(progress);
    progress("comparing what was heard with what was said");
    const auto verdict = demo::judge(evidence);
    std::cout << demo::table(evidence, verdict) << std::flush;
    if (!json_path.empty()) {
        write_figures(json_path, verdict);
    }
    const auto shortcomings = verdict.shortcomings();
    for (const auto& shortcoming : shortcomings) {
        std::cerr << "partyline-demo: " << shortcoming << '\n';
    }
    return shortcomings.empty() ? 0 : 1;
}

int play_or_explain(const std::string& json_path) {
    try {
        return play(json_path);
    } catch (const std::exception& error) {
        std::cerr << "partyline-demo: " << error.what() << '\n';
        return 1;
    }
}

int play_within(int seconds, const std::string& json_path) {
    // Whoever is ended at the deadline cleans nothing up, so all of it lies in here.
    const harness::Scratch scratch;
    setenv("TMPDIR", scratch.path("").c_str(), 1);
    const auto code =
        demo::run_within(std::chrono::seconds(seconds), [&] { return play_or_explain(json_path); });
    if (!code) {
        std::cerr << std::format(
            "partyline-demo: ended after {} s, in the midst of what stands above last. Either this "
            "machine is too busy or too slow for voice (--within gives it more time), or something "
            "hangs, which is a bug\n",
            seconds);
    }
    return code.value_or(1);
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("A switchboard, five talkies, real speech, and what was heard.", "partyline-demo");
    std::string json_path;
    app.add_option("--json", json_path, "Write the figures to this file");
    int seconds = seconds_max;
    app.add_option("--within", seconds, "End it, as failed, after so many seconds")
        ->capture_default_str()
        ->check(CLI::Range(1, 3600));
    CLI11_PARSE(app, argc, argv);
    try {
        return play_within(seconds, json_path);
    } catch (const std::exception& error) {
        std::cerr << "partyline-demo: " << error.what() << '\n';
        return 1;
    }
}
