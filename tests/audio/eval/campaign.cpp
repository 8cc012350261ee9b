#include "audio/eval/campaign.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <atomic>
#include <format>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "audio/metrics/spread.hpp"

namespace partyline::audio_eval {
namespace {

/// All that one seed gives: figures by scene and chain, in the campaign's order.
struct SeedResults {
    std::vector<std::vector<Outcome>> by_scene;
};

class Runner {
public:
    explicit Runner(const Campaign& campaign) : campaign_(campaign), seeds_(campaign.seeds) {}

    Result<std::vector<SeedResults>> run() {
        {
            std::vector<std::jthread> workers;
            for (unsigned i = 0; i < std::max(campaign_.threads, 1U); ++i) {
                workers.emplace_back([this] { work(); });
            }
        }
        if (error_) {
            return std::unexpected(*error_);
        }
        return std::move(seeds_);
    }

private:
    /// Takes one seed after the other until none is left or something failed.
    void work() {
        for (unsigned index = next_++; index < campaign_.seeds; index = next_++) {
            if (auto failure = try_seed(index)) {
                const std::lock_guard lock(mutex_);
                error_ = std::move(failure);
                next_ = campaign_.seeds;
            }
        }
    }

    std::optional<Error> try_seed(unsigned index) {
        const auto seed = campaign_.first_seed + index;
        const auto material = scenes::gather(campaign_.recordings, campaign_.lengths, seed);
        if (!material) {
            return material.error();
        }
        for (const auto& name : campaign_.scenes) {
            const auto scene = scenes::make_scene(name, *material);
            auto& outcomes = seeds_[index].by_scene.emplace_back();
            for (const auto& chain : campaign_.chains) {
                outcomes.push_back(try_chain(scene, seed, chain));
            }
        }
        return std::nullopt;
    }

    Outcome try_chain(const scenes::Scene& scene, std::uint64_t seed, const std::string& name) {
        const auto chain =
            chains::find_kind(name)->create({.gain_control = scene.about == scenes::About::level});
        auto outcome = evaluate(scene, *chain);
        if (campaign_.on_passage) {
            const std::lock_guard lock(mutex_);
            campaign_.on_passage(scene, seed, name, outcome.passage);
        }
        // Minutes of sound of every seed at once would be too much.
        outcome.passage.out = {};
        return outcome;
    }

    const Campaign& campaign_;
    std::vector<SeedResults> seeds_;
    std::atomic<unsigned> next_ = 0;
    std::mutex mutex_;
    std::optional<Error> error_;
};

/// The row of this scene and figure, which is made where it is not there yet.
Results::Row& row_of(Results& results, const std::string& scene, const std::string& figure) {
    const auto found = std::ranges::find_if(results.rows, [&](const Results::Row& row) {
        return row.scene == scene && row.figure == figure;
    });
    if (found != results.rows.end()) {
        return *found;
    }
    return results.rows.emplace_back(
        Results::Row{.scene = scene, .figure = figure, .by_chain = {}});
}

void add_outcome(Results& results, const std::string& scene, const std::string& chain,
                 const Outcome& outcome) {
    for (const auto& figure : outcome.figures) {
        auto& measured = row_of(results, scene, figure.name).by_chain[chain];
        measured.digits = figure.digits;
        measured.values.push_back(figure.value);
    }
    auto& costs = results.cost_us[chain];
    costs.insert(costs.end(), outcome.passage.cost_us.begin(), outcome.passage.cost_us.end());
}

double mean(const std::vector<double>& values) {
    double sum = 0;
    for (const double value : values) {
        sum += value;
    }
    return values.empty() ? 0 : sum / static_cast<double>(values.size());
}

std::string cell(const Results::Row& row, const std::string& chain) {
    const auto found = row.by_chain.find(chain);
    if (found == row.by_chain.end()) {
        return "-";
    }
    const auto& measured = found->second;
    const auto spread = metrics::spread(measured.values);
    const auto digits = measured.digits;
    if (measured.values.size() == 1) {
        return std::format("{:.{}f}", spread.median, digits);
    }
    return std::format("{:.{}f} ({:.{}f} … {:.{}f})", spread.median, digits, spread.least, digits,
                       spread.most, digits);
}

std::string cost_cell(const Results& results, const std::string& chain) {
    const auto found = results.cost_us.find(chain);
    if (found == results.cost_us.end()) {
        return "-";
    }
    return std::format("{:.0f}, p99 {:.0f}", mean(found->second),
                       metrics::percentile(found->second, 0.99));
}

/// std::format counts bytes; what a person sees are code points.
std::string padded(const std::string& text, std::size_t width) {
    const auto seen = static_cast<std::size_t>(std::ranges::count_if(
        text, [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U; }));
    return text + std::string(width > seen ? width - seen : 1, ' ');
}

}  // namespace

Result<Results> run(const Campaign& campaign) {
    const auto seeds = Runner(campaign).run();
    if (!seeds) {
        return std::unexpected(seeds.error());
    }
    Results results;
    for (std::size_t scene = 0; scene < campaign.scenes.size(); ++scene) {
        for (const auto& seed : *seeds) {
            for (std::size_t chain = 0; chain < campaign.chains.size(); ++chain) {
                add_outcome(results, campaign.scenes[scene], campaign.chains[chain],
                            seed.by_scene[scene][chain]);
            }
        }
    }
    return results;
}

std::string table(const Results& results, const std::vector<std::string>& chains) {
    constexpr std::size_t figure_width = 30;
    constexpr std::size_t cell_width = 26;
    std::string out = padded("median over seeds (least … most)", figure_width + 4);
    for (const auto& chain : chains) {
        out += padded(chain, cell_width);
    }
    std::string scene;
    for (const auto& row : results.rows) {
        if (row.scene != scene) {
            scene = row.scene;
            out += "\n" + scene;
        }
        out += "\n    " + padded(row.figure, figure_width);
        for (const auto& chain : chains) {
            out += padded(cell(row, chain), cell_width);
        }
    }
    out += "\n" + padded("cost of 10 ms, us", figure_width + 4);
    for (const auto& chain : chains) {
        out += padded(cost_cell(results, chain), cell_width);
    }
    return out + "\n";
}

std::string markdown(const Results& results, const std::vector<std::string>& chains) {
    std::string out = "| scene | figure |";
    std::string line = "|---|---|";
    for (const auto& chain : chains) {
        out += " " + chain + " |";
        line += "---|";
    }
    out += "\n" + line + "\n";
    std::string scene;
    for (const auto& row : results.rows) {
        out += "| " + (row.scene == scene ? "" : row.scene) + " | " + row.figure + " |";
        scene = row.scene;
        for (const auto& chain : chains) {
            out += " " + cell(row, chain) + " |";
        }
        out += "\n";
    }
    out += "| | cost of 10 ms, µs |";
    for (const auto& chain : chains) {
        out += " " + cost_cell(results, chain) + " |";
    }
    return out + "\n";
}

std::string json(const Results& results) {
    nlohmann::ordered_json out;
    for (const auto& row : results.rows) {
        for (const auto& [chain, measured] : row.by_chain) {
            const auto spread = metrics::spread(measured.values);
            out[row.scene][row.figure][chain] = {{"median", spread.median},
                                                 {"least", spread.least},
                                                 {"most", spread.most},
                                                 {"seeds", measured.values}};
        }
    }
    for (const auto& [chain, costs] : results.cost_us) {
        out["cost"]["of 10 ms, us"][chain] = {{"mean", mean(costs)},
                                              {"p99", metrics::percentile(costs, 0.99)}};
    }
    return out.dump(1) + "\n";
}

}  // namespace partyline::audio_eval
