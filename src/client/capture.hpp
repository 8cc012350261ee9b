// What becomes of one's voice before it is sent, as a person sets it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace partyline::client {

enum class NoiseSuppression : std::uint8_t {
    off,
    light,   // fans and hum, no neural network
    normal,  // keyboards, too
    high,    // stronger, 12 ms later
};

/// When one's voice goes out.
enum class Activation : std::uint8_t {
    voice,  // while one speaks
    gate,   // while it is louder than a threshold
    push,   // while Talkie::talk(true) holds
    always,
};

/// Unless said otherwise nothing is done to the sound, and all of it goes out.
struct CaptureSettings {
    bool high_pass = false;  // takes away what is lower than any voice
    bool echo = false;       // takes out what the loudspeaker plays
    NoiseSuppression noise = NoiseSuppression::off;
    float noise_strength = 1;  // 0 to 1
    bool gain = false;         // brings every voice to one level
    Activation activation = Activation::always;
    float gate_dbfs = -45;  // -90 to 0, of Activation::gate
    /// In stereo, as it comes: of the above only Activation::push counts.
    bool music = false;

    bool operator==(const CaptureSettings&) const = default;
};

/// For a microphone as Settings name it: a device is cleaned up and heard while one speaks; a file is sent
/// as it is, for whoever plays it wants it so.
CaptureSettings usual_capture(std::string_view mic);

/// What becomes of the voice where music is refused: as it was before, and heard when `music` says.
CaptureSettings voice_instead_of(const CaptureSettings& music, const CaptureSettings& voice_before);

/// By what less is done to the voice than was asked for, as the machine does not keep up.
struct CaptureLoad {
    bool echo_passed_by = false;
    std::optional<NoiseSuppression> noise_lowered_to = {};

    bool operator==(const CaptureLoad&) const = default;
};

/// What is made of the voice now.
struct CaptureStats {
    double delay_ms = 0;  // that the voice is late by
    double gain_db = 0;
    CaptureLoad load;
    std::uint64_t times_lowered = 0;  // either
};

}  // namespace partyline::client
