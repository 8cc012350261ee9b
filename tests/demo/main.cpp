// `./run demo`: a conversation between real programs, and what was heard.

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <fstream>
#include <iostream>

#include "base/clock.hpp"
#include "demo/conversation.hpp"
#include "demo/report.hpp"
#include "demo/verdict.hpp"

namespace {

using namespace partyline;

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

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("A switchboard, five talkies, real speech, and what was heard.", "partyline-demo");
    std::string json_path;
    app.add_option("--json", json_path, "Write the figures to this file");
    CLI11_PARSE(app, argc, argv);
    try {
        return play(json_path);
    } catch (const std::exception& error) {
        std::cerr << "partyline-demo: " << error.what() << '\n';
        return 1;
    }
}
