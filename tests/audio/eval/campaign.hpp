// Chains in scenes with seeds, and the table of it all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "audio/eval/evaluate.hpp"
#include "audio/scenes/scene.hpp"
#include "base/error.hpp"

namespace partyline::audio_eval {

inline constexpr unsigned seeds_max = 1000;

struct Campaign {
    scenes::Recordings recordings;
    scenes::Lengths lengths;
    std::vector<std::string> scenes;
    std::vector<std::string> chains;
    unsigned seeds = 5;
    unsigned first_seed = 1;
    unsigned threads = 1;
    /// Called from any of the threads, one at a time, after each chain in each scene; may be empty.
    std::function<void(const scenes::Scene&, std::uint64_t seed, const std::string& chain,
                       const Passage&)>
        on_passage = {};
};

/// Of one figure of one chain in one scene: a value of each seed, in the seeds' order.
struct Measured {
    int digits = 0;
    std::vector<double> values;
};

struct Results {
    /// scene, figure and chain, as they come in the table.
    struct Row {
        std::string scene;
        std::string figure;
        std::map<std::string, Measured> by_chain;
    };
    std::vector<Row> rows;
    std::map<std::string, std::vector<double>> cost_us;  // of every frame, by chain
};

/// Fails with io when a recording cannot be read.
Result<Results> run(const Campaign& campaign);

/// Medians over the seeds with the least and the most, one row for each figure.
std::string table(const Results& results, const std::vector<std::string>& chains);
/// The same in Markdown.
std::string markdown(const Results& results, const std::vector<std::string>& chains);
/// The same with the values of each seed.
std::string json(const Results& results);

}  // namespace partyline::audio_eval
