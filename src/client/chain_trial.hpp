// What the voice chain makes of a recording: the same path from the microphone to the codec as a talkie has, but as
// fast as the machine can. For whoever wants to hear and to measure it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "client/capture.hpp"

namespace partyline::client {

struct TrialRequest {
    std::string in;        // any file that libsndfile reads
    std::string out;       // .wav, .flac or .opus
    std::string far = {};  // what the loudspeaker played meanwhile; empty: nothing
    CaptureSettings capture;
};

/// How a file was, before it was mixed down and resampled.
struct TrialFile {
    unsigned rate_hz = 0;
    unsigned channels = 0;
    double seconds = 0;
};
/// In dB of full scale; -120 at least.
struct TrialLevel {
    double mean_dbfs = -120;
    double peak_dbfs = -120;
};
/// When one is heard, in seconds of the recording as it was captured: `out` has it at the same places.
struct TalkSegment {
    double from_s = 0;
    double to_s = 0;
};
/// Of the echo, if there was a far end.
struct TrialEcho {
    /// By how much less is left of all that was captured while the far end was loud, before any gain. What the talker
    /// said meanwhile counts as left. Nothing if the far end never was loud.
    std::optional<double> erle_db;
    std::optional<double> delay_ms;  // from what was played to its echo, as found last
    double drift_ppm = 0;
    unsigned realignments = 0;
};

struct TrialReport {
    TrialFile in;
    std::optional<TrialFile> far;
    bool stereo = false;  // it was sent as music
    // Of both channels together, if it is stereo.
    TrialLevel level_in;
    TrialLevel level_out;  // of what is sent
    double gain_db = 0;    // at the end
    double delay_ms = 0;   // by which the voice is late
    std::vector<TalkSegment> segments;
    std::optional<TrialEcho> echo;
    std::uint64_t packets = 0;  // as they would have been sent
    std::uint64_t packet_bytes = 0;
    // Chain, codec and sealing of 10 ms.
    double cost_mean_us = 0;
    double cost_p99_us = 0;
    std::uint64_t frames_slow = 0;  // that took longer than they last
};

/// Fails with io for files that cannot be read or written or hold no sound, and with config for what can never work.
/// The clock measures what it costs, and nothing else depends on it: what is made of a recording is what a machine that
/// keeps up would send.
Result<TrialReport> try_chain(const TrialRequest& request, const Clock& clock);

}  // namespace partyline::client
