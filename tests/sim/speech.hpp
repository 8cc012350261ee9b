// Recorded speech to talk with, and its packets as a talkie would send them.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.hpp"
#include "dsp/format.hpp"
#include "dsp/opus.hpp"

namespace partyline::sim {

/// The 25 s of LibriVox speech from Debian's pocketsphinx-testdata, at 48 kHz, with half a second of
/// silence after each of its five sentences. Read once. Ends the program when the files are not
/// there.
std::span<const float> recorded_speech();

struct SpeechPacket {
    dsp::MediaTime media_time = 0;
    bool ends_spurt = false;
    Bytes opus;
};

/// What is sent of a recording: of silence only the first packet, unless it is asked for. `samples` is the length
/// of the recording in whole packets, so that it can be repeated.
struct SpeechPackets {
    std::size_t packet_samples = 0;
    std::size_t samples = 0;
    std::vector<SpeechPacket> packets;
};
enum class Silence : std::uint8_t { left_out, sent };
SpeechPackets encode_speech(std::span<const float> speech, const dsp::EncoderSettings& settings,
                            Silence silence = Silence::left_out);

}  // namespace partyline::sim
