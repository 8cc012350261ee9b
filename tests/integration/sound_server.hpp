// PulseAudio with loudspeakers and microphones that are not there.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/process.hpp"
#include "harness/scratch.hpp"

namespace partyline::integration {

/// Runs as any user, without D-Bus and hardware. What is played to the sink "spk" comes out of the
/// source "mic" as well, as does what is played to "micfeed". Its address is put into this
/// process's environment, where the sound library of this process finds it.
class SoundServer {
public:
    /// Throws Failure when there is no pulseaudio, or it does not start.
    explicit SoundServer(const harness::Scratch& scratch);
    ~SoundServer();
    SoundServer(const SoundServer&) = delete;
    SoundServer& operator=(const SoundServer&) = delete;

    /// Runs pactl with these arguments and gives its first line. Throws Failure when it fails.
    std::string control(std::vector<std::string> arguments);
    /// Ends it at once, as a crash would.
    void kill();
    void start();
    /// How it is and what it has said, for whoever looks into a failure.
    [[nodiscard]] std::string report() const;

private:
    const harness::Scratch& scratch_;
    std::optional<harness::Process> server_;
};

}  // namespace partyline::integration
