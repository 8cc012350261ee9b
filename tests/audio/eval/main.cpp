// `./run bench audio`: what voice chains make of echo, noise and levels. docs/audio.md explains it.
#include <CLI/CLI.hpp>

#include <filesystem>
#include <format>
#include <fstream>
#include <iostream>
#include <thread>

#include "audio/eval/campaign.hpp"
#include "audio/sounds/sound_file.hpp"

namespace {

using namespace partyline;

struct Options {
    std::string json_path;
    std::string save_folder;
    std::string share = "/usr/share";
    std::vector<std::string> scenes;
    std::vector<std::string> chains;
    unsigned seeds = 5;
    unsigned first_seed = 1;
    unsigned threads = std::max(1U, std::thread::hardware_concurrency());
    bool tuning = false;
    bool markdown = false;
};

std::vector<std::string> all_scenes() {
    const auto names = scenes::scene_names();
    return {names.begin(), names.end()};
}

std::vector<std::string> all_chains() {
    std::vector<std::string> out;
    for (const auto& kind : chains::kinds()) {
        out.emplace_back(kind.name);
    }
    return out;
}

void add_options(CLI::App& app, Options& options) {
    app.add_option("--json", options.json_path, "Write the figures to this file");
    app.add_option("--seeds", options.seeds, "How many mixtures of each scene")
        ->check(CLI::Range(1U, audio_eval::seeds_max));
    app.add_option("--first-seed", options.first_seed, "The first of their seeds");
    app.add_option("--only", options.scenes, "Only these scenes")
        ->check(CLI::IsMember(all_scenes()));
    app.add_option("--chain", options.chains, "Only these chains")
        ->check(CLI::IsMember(all_chains()));
    app.add_option("--recordings", options.share,
                   "Where the packages' files are, if not in /usr/share");
    app.add_option("--threads", options.threads, "Seeds at a time")->check(CLI::Range(1U, 64U));
    app.add_option("--save", options.save_folder,
                   "Write microphone, far end, talker and output of each scene to this folder");
    app.add_flag("--tuning", options.tuning,
                 "Use the recordings that are kept for choosing constants, not those for scoring");
    app.add_flag("--markdown", options.markdown, "Print the table as docs/audio.md has it");
}

/// SCENE-SEED-mic.wav and its like, for tests/audio/plot.py and for ears.
Result<void> save(const std::string& folder, const scenes::Scene& scene, std::uint64_t seed,
                  const std::string& chain, const audio_eval::Passage& passage) {
    const auto path = [&](const std::string& what) {
        return std::format("{}/{}-{}-{}.wav", folder, scene.name, seed, what);
    };
    const std::pair<std::string, std::span<const float>> files[] = {{"mic", scene.microphone},
                                                                    {"far", scene.far},
                                                                    {"talker", scene.talker},
                                                                    {chain, passage.out}};
    for (const auto& [what, samples] : files) {
        if (auto written = sounds::write_sound(path(what), samples); !written) {
            return written;
        }
    }
    return {};
}

int fail(const std::string& message) {
    std::cerr << "audio-eval: " << message << '\n';
    return 1;
}

int evaluate(const Options& options) {
    auto recordings =
        scenes::find_recordings(options.share, scenes::Extent::all,
                                options.tuning ? scenes::Half::tuning : scenes::Half::scoring);
    if (!recordings) {
        return fail(recordings.error().message);
    }
    audio_eval::Campaign campaign{.recordings = *std::move(recordings),
                                  .scenes = options.scenes,
                                  .chains = options.chains,
                                  .seeds = options.seeds,
                                  .first_seed = options.first_seed,
                                  .threads = options.threads};
    Result<void> saved;
    if (!options.save_folder.empty()) {
        std::filesystem::create_directories(options.save_folder);
        campaign.on_passage = [&](const auto& scene, auto seed, const auto& chain,
                                  const auto& passage) {
            if (saved) {
                saved = save(options.save_folder, scene, seed, chain, passage);
            }
        };
    }
    const auto results = audio_eval::run(campaign);
    if (!results || !saved) {
        return fail(results ? saved.error().message : results.error().message);
    }
    std::cout << (options.markdown ? audio_eval::markdown(*results, options.chains)
                                   : audio_eval::table(*results, options.chains))
              << std::flush;
    if (!options.json_path.empty()) {
        std::ofstream out(options.json_path);
        out << audio_eval::json(*results);
        if (!out.flush()) {
            return fail("cannot write " + options.json_path);
        }
    }
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("What voice chains make of echo, noise and levels.", "audio-eval");
    Options options;
    add_options(app, options);
    CLI11_PARSE(app, argc, argv);
    options.scenes = options.scenes.empty() ? all_scenes() : options.scenes;
    options.chains = options.chains.empty() ? all_chains() : options.chains;
    try {
        return evaluate(options);
    } catch (const std::exception& error) {
        return fail(error.what());
    }
}
