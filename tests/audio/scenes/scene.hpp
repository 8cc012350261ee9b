// The situations that a voice chain is tried in. The same seed gives the same samples.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "audio/metrics/level.hpp"
#include "audio/scenes/recordings.hpp"
#include "base/error.hpp"

namespace partyline::scenes {

/// How long the parts of the scenes are.
struct Lengths {
    double far_alone_s = 30;
    double both_s = 15;
    double near_alone_s = 15;
    double noise_s = 40;  // of a scene without a far end
};

/// The recordings of one seed, from which all of its scenes are made.
struct Material {
    std::uint64_t seed = 0;
    Lengths lengths;
    std::vector<float> near;
    std::vector<float> far;
    std::vector<float> fan;
    std::vector<float> keyboard;  // empty without keys
};
Result<Material> gather(const Recordings& recordings, const Lengths& lengths, std::uint64_t seed);

enum class About : std::uint8_t { noise, echo, level };

struct Scene {
    std::string name;
    About about = About::noise;
    std::vector<float> talker;      // what should be heard
    std::vector<float> microphone;  // what is captured
    std::vector<float> far;         // what is played here

    // With echo:
    metrics::Window far_alone;
    metrics::Window both;
    metrics::Window near_alone;
    std::size_t jump_at = 0;  // when the path becomes longer; 0: never
};

/// All that there are, in the table's order.
std::vector<std::string_view> scene_names();
/// Whether it is made with a keyboard, which Extent::demo has not.
bool needs_keyboard(std::string_view name);
/// `name` is one of scene_names().
Scene make_scene(std::string_view name, const Material& material);

}  // namespace partyline::scenes
