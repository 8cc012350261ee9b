#include "audio/scenes/recordings.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <format>
#include <utility>

#include "audio/metrics/level.hpp"
#include "audio/scenes/noises.hpp"
#include "audio/sounds/sound_file.hpp"
#include "dsp/format.hpp"

namespace partyline::scenes {
namespace {

namespace fs = std::filesystem;

constexpr const char* librivox = "pocketsphinx/test/data/librivox";
constexpr const char* russian = "festival/voices/russian/msu_ru_nsh_clunits/wav";
constexpr const char* fillets = "games/fillets-ng/sound";
constexpr const char* keyboard = "buckle/wav";

constexpr std::size_t speech_samples_min = dsp::sample_rate_hz / 2;
constexpr std::size_t fade_samples = dsp::sample_rate_hz / 200;
/// Below so many, both halves are the same: half of it would be no variety at all.
constexpr std::size_t split_files_min = 20;
/// Nobody needs so many; that many without enough speech means that there is none.
constexpr std::size_t recordings_max = 1000;

/// The files below `folder` that `wanted` likes, in an order that no file system decides.
template <class Wanted>
std::vector<fs::path> files_below(const fs::path& folder, Wanted wanted) {
    std::vector<fs::path> out;
    std::error_code none;
    for (const auto& entry : fs::recursive_directory_iterator(folder, none)) {
        if (entry.is_regular_file(none) && wanted(entry.path())) {
            out.push_back(entry.path());
        }
    }
    std::ranges::sort(out);
    return out;
}

std::vector<std::string> half_of(const std::vector<fs::path>& files, Half half) {
    std::vector<std::string> out;
    for (std::size_t i = 0; i < files.size(); ++i) {
        const bool tuning = i % 2 == 1;
        if (files.size() < split_files_min || tuning == (half == Half::tuning)) {
            out.push_back(files[i].string());
        }
    }
    return out;
}

bool is_wav(const fs::path& path) { return path.extension() == ".wav"; }

/// Those with an even number. The others stay unheard here, so that there is speech to judge by that
/// nothing was ever tuned or scored on.
bool is_even_russian(const fs::path& path) {
    const auto name = path.stem().string();
    return is_wav(path) && !name.empty() && name.back() >= '0' && name.back() <= '8' &&
           (name.back() - '0') % 2 == 0;
}

/// "…/cs/room-m-line.ogg": the two main parts, a man's and a woman's voice.
bool is_lead_in_fillets(const fs::path& path) {
    const auto name = path.filename().string();
    return path.parent_path().filename() == "cs" && path.extension() == ".ogg" &&
           (name.find("-m-") != std::string::npos || name.find("-v-") != std::string::npos);
}

std::unexpected<Error> missing(const fs::path& folder, const char* package) {
    return fail(ErrorCode::io,
                std::format("{} is missing; Debian's package {} has it", folder.string(), package));
}

Result<std::vector<Key>> read_keys(const fs::path& folder) {
    std::vector<Key> out;
    const auto presses = files_below(folder, [](const fs::path& path) {
        return is_wav(path) && path.stem().string().ends_with("-1");
    });
    for (const auto& path : presses) {
        auto name = path.stem().string();
        name.back() = '0';
        auto press = sounds::read_sound(path.string());
        auto release = sounds::read_sound((path.parent_path() / (name + ".wav")).string());
        if (press && release) {
            out.push_back({.press = *std::move(press), .release = *std::move(release)});
        }
    }
    if (out.empty()) {
        return missing(folder, "bucklespring-data");
    }
    return out;
}

template <class T>
void shuffle(std::vector<T>& items, Random& random) {
    for (std::size_t i = items.size(); i > 1; --i) {
        std::swap(items[i - 1], items[random.below(i)]);
    }
}

void fade_ends(std::vector<float>& sound) {
    for (std::size_t i = 0; i < fade_samples; ++i) {
        const float gain = static_cast<float>(i) / fade_samples;
        sound[i] *= gain;
        sound[sound.size() - 1 - i] *= gain;
    }
}

void append_pause(std::vector<float>& out, const Sequence& sequence, Random& random) {
    const double seconds =
        sequence.pause_seconds_min +
        random.uniform() * (sequence.pause_seconds_max - sequence.pause_seconds_min);
    out.resize(out.size() + static_cast<std::size_t>(seconds * dsp::sample_rate_hz));
}

}  // namespace

Result<Recordings> find_recordings(const std::string& share, Extent extent, Half half) {
    const struct {
        fs::path folder;
        const char* package;
        bool (*wanted)(const fs::path&);
    } sources[] = {{fs::path(share) / librivox, "pocketsphinx-testdata", is_wav},
                   {fs::path(share) / fillets, "fillets-ng-data-cs", is_lead_in_fillets},
                   {fs::path(share) / russian, "festvox-ru", is_even_russian}};
    Recordings out;
    for (const auto& source : sources) {
        const auto files = files_below(source.folder, source.wanted);
        if (files.empty()) {
            return missing(source.folder, source.package);
        }
        out.speech.push_back(half_of(files, half));
        if (extent == Extent::demo) {
            return out;
        }
    }
    auto keys = read_keys(fs::path(share) / keyboard);
    if (!keys) {
        return std::unexpected(keys.error());
    }
    out.keys = *std::move(keys);
    return out;
}

Voices cast_voices(const Recordings& recordings, Random& random) {
    Voices out;
    for (auto files : recordings.speech) {
        shuffle(files, random);
        const auto middle = files.begin() + static_cast<std::ptrdiff_t>((files.size() + 1) / 2);
        out.near.emplace_back(files.begin(), middle);
        out.far.emplace_back(middle, files.end());
    }
    return out;
}

Result<std::vector<float>> speech(const std::vector<std::vector<std::string>>& files,
                                  const Sequence& sequence, Random& random) {
    const auto wanted = static_cast<std::size_t>(sequence.seconds * dsp::sample_rate_hz);
    std::vector<float> out;
    append_pause(out, sequence, random);
    for (std::size_t turn = 0; out.size() < wanted; ++turn) {
        if (turn == recordings_max) {
            return fail(ErrorCode::io, "the recordings have no speech in them");
        }
        const auto& language = files[turn % files.size()];
        auto one = sounds::read_sound(language[turn / files.size() % language.size()]);
        if (!one) {
            return std::unexpected(one.error());
        }
        // Some lines are a sigh only.
        if (one->size() < speech_samples_min || metrics::peak_dbfs(*one) < -60) {
            continue;
        }
        fade_ends(*one);
        set_active_level(*one, speech_dbfs);
        out.insert(out.end(), one->begin(), one->end());
        append_pause(out, sequence, random);
    }
    out.resize(wanted);
    return out;
}

}  // namespace partyline::scenes
