#include "audio/scenes/scene.hpp"

#include <algorithm>
#include <cassert>
#include <optional>

#include "audio/scenes/noises.hpp"
#include "audio/scenes/room.hpp"
#include "dsp/format.hpp"

namespace partyline::scenes {
namespace {

constexpr double quiet_microphone_dbfs = -70;
constexpr double studio_microphone_dbfs = -85;
constexpr double clean_noise_dbfs = -80;

/// One row of the list of scenes. Which of the optional parts is there tells what it is about.
struct Plan {
    std::string_view name;
    std::optional<double> fan_snr_db = {};
    std::optional<double> keyboard_snr_db = {};
    std::optional<EchoPath> echo = {};
    bool takes_turns = false;  // the near end is alone before both talk, not after
    std::optional<double> level_dbfs = {};
};

const Plan plans[] = {
    {.name = "clean"},
    {.name = "fan0", .fan_snr_db = 0},
    {.name = "fan5", .fan_snr_db = 5},
    {.name = "fan10", .fan_snr_db = 10},
    {.name = "fan15", .fan_snr_db = 15},
    {.name = "kbd0", .keyboard_snr_db = 0},
    {.name = "kbd10", .keyboard_snr_db = 10},
    {.name = "fan10+kbd5", .fan_snr_db = 10, .keyboard_snr_db = 5},
    {.name = "echo60", .echo = EchoPath{}},
    {.name = "echo60-turns", .echo = EchoPath{}, .takes_turns = true},
    {.name = "echo60-weak", .echo = EchoPath{.loss_db = 9}},
    {.name = "echo60-saturating", .echo = EchoPath{.loss_db = -3, .saturating = true}},
    {.name = "echo60-jump", .echo = EchoPath{.jump_ms = 25}},
    {.name = "echo60-drift", .echo = EchoPath{.drift_ppm = 50}},
    {.name = "echo250", .echo = EchoPath{.delay_ms = 250}},
    {.name = "level-50", .level_dbfs = -50},
    {.name = "level-40", .level_dbfs = -40},
    {.name = "level-26", .level_dbfs = -26},
    {.name = "level-14", .level_dbfs = -14},
    {.name = "level-10", .level_dbfs = -10},
};

std::size_t samples(double seconds) {
    return static_cast<std::size_t>(seconds * dsp::sample_rate_hz);
}

const Plan& plan_of(std::string_view name) {
    const auto* plan = std::ranges::find(plans, name, &Plan::name);
    assert(plan != std::end(plans));
    return *plan;
}

/// Each scene has random numbers of its own, so that one alone is the same as among all.
Random random_of(const Plan& plan, std::uint64_t seed) {
    for (const char letter : plan.name) {
        seed = seed * 131 + static_cast<unsigned char>(letter);
    }
    return Random(seed);
}

Scene noise_scene(const Plan& plan, const Material& material) {
    auto random = random_of(plan, material.seed);
    Scene scene{.about = About::noise};
    const auto count = samples(material.lengths.noise_s);
    scene.talker.assign(material.near.begin(),
                        material.near.begin() + static_cast<std::ptrdiff_t>(count));
    scene.microphone = scene.talker;
    if (plan.fan_snr_db) {
        add(scene.microphone, material.fan, speech_dbfs - *plan.fan_snr_db);
    }
    if (plan.keyboard_snr_db) {
        assert(!material.keyboard.empty());
        add(scene.microphone, material.keyboard, speech_dbfs - *plan.keyboard_snr_db);
    }
    add(scene.microphone, microphone_noise(clean_noise_dbfs, count, random), 0);
    scene.far.resize(count);
    return scene;
}

Scene level_scene(const Plan& plan, const Material& material) {
    auto random = random_of(plan, material.seed);
    Scene scene{.about = About::level};
    const auto count = samples(material.lengths.noise_s);
    scene.talker.assign(material.near.begin(),
                        material.near.begin() + static_cast<std::ptrdiff_t>(count));
    set_active_level(scene.talker, *plan.level_dbfs);
    scene.microphone = scene.talker;
    add(scene.microphone, microphone_noise(studio_microphone_dbfs, count, random), 0);
    scene.far.resize(count);
    return scene;
}

/// The far end alone, then both, then the near end alone; or the last two the other way round.
Scene echo_scene(const Plan& plan, const Material& material) {
    auto random = random_of(plan, material.seed);
    const auto& lengths = material.lengths;
    const auto talker_at = samples(lengths.far_alone_s);
    const auto both = samples(lengths.both_s);
    const auto alone = samples(lengths.near_alone_s);
    const auto end = talker_at + both + alone;
    const auto both_at = plan.takes_turns ? talker_at + alone : talker_at;
    const auto alone_at = plan.takes_turns ? talker_at : talker_at + both;
    Scene scene{.about = About::echo,
                .far_alone = {0, talker_at},
                .both = {both_at, both_at + both},
                .near_alone = {alone_at, alone_at + alone}};
    scene.talker.resize(end);
    std::copy_n(material.near.begin(), end - talker_at,
                scene.talker.begin() + static_cast<std::ptrdiff_t>(talker_at));
    scene.far.resize(end);
    std::copy_n(material.far.begin(), talker_at, scene.far.begin());
    std::copy_n(material.far.begin() + static_cast<std::ptrdiff_t>(talker_at), both,
                scene.far.begin() + static_cast<std::ptrdiff_t>(both_at));
    if (plan.echo->jump_ms > 0) {
        scene.jump_at = talker_at / 2;
    }
    scene.microphone = scene.talker;
    add(scene.microphone, echo_of(scene.far, *plan.echo, scene.jump_at, random), 0);
    add(scene.microphone, microphone_noise(quiet_microphone_dbfs, end, random), 0);
    return scene;
}

}  // namespace

Result<Material> gather(const Recordings& recordings, const Lengths& lengths, std::uint64_t seed) {
    Random random(seed);
    const auto voices = cast_voices(recordings, random);
    const double echo_near_s = lengths.both_s + lengths.near_alone_s;
    auto near = speech(voices.near,
                       {.seconds = std::max(lengths.noise_s, echo_near_s),
                        .pause_seconds_min = 0.3,
                        .pause_seconds_max = 0.9},
                       random);
    auto far = speech(voices.far,
                      {.seconds = lengths.far_alone_s + lengths.both_s,
                       .pause_seconds_min = 0.05,
                       .pause_seconds_max = 0.2},
                      random);
    if (!near || !far) {
        return std::unexpected(near ? far.error() : near.error());
    }
    Material out{.seed = seed,
                 .lengths = lengths,
                 .near = *std::move(near),
                 .far = *std::move(far),
                 .fan = fan_noise(samples(lengths.noise_s), random)};
    if (!recordings.keys.empty()) {
        out.keyboard = keyboard_noise(recordings.keys, samples(lengths.noise_s), random);
    }
    return out;
}

std::vector<std::string_view> scene_names() {
    std::vector<std::string_view> out;
    for (const auto& plan : plans) {
        out.push_back(plan.name);
    }
    return out;
}

bool needs_keyboard(std::string_view name) { return plan_of(name).keyboard_snr_db.has_value(); }

Scene make_scene(std::string_view name, const Material& material) {
    const auto& plan = plan_of(name);
    auto scene = plan.echo         ? echo_scene(plan, material)
                 : plan.level_dbfs ? level_scene(plan, material)
                                   : noise_scene(plan, material);
    scene.name = name;
    clip(scene.microphone);
    return scene;
}

}  // namespace partyline::scenes
