// What the tests of file source and file sink share.
#pragma once

#include <sndfile.h>

#include <atomic>
#include <string>
#include <vector>

#include "audio/pace.hpp"
#include "platform/scratch_folder.hpp"

namespace partyline::audio {

inline std::string in(const platform::ScratchFolder& folder, const std::string& name) {
    return folder.path() / name;
}

/// Time that passes only while somebody waits.
class ManualPace final : public Pace {
public:
    [[nodiscard]] TimePoint now() const override { return clock_.now(); }
    bool wait_until(TimePoint deadline) override {
        if (!stopped_ && deadline > clock_.now()) {
            clock_.set(deadline);
        }
        return !stopped_;
    }
    void stop() override { stopped_ = true; }
    void resume() override { stopped_ = false; }
    void advance(Duration by) { clock_.advance(by); }

private:
    ManualClock clock_;
    std::atomic<bool> stopped_ = false;
};

/// The samples of a file, channels interleaved.
inline std::vector<float> read_samples(const std::string& path, SF_INFO& info) {
    info = {};
    SNDFILE* file = sf_open(path.c_str(), SFM_READ, &info);
    if (file == nullptr) {
        return {};
    }
    std::vector<float> samples(static_cast<std::size_t>(info.frames * info.channels));
    sf_readf_float(file, samples.data(), info.frames);
    sf_close(file);
    return samples;
}

struct SoundFormat {
    int format = SF_FORMAT_WAV | SF_FORMAT_FLOAT;
    int rate_hz = 48'000;
    int channels = 1;
};

inline void write_samples(const std::string& path, const SoundFormat& format,
                          const std::vector<float>& samples) {
    SF_INFO info{};
    info.format = format.format;
    info.samplerate = format.rate_hz;
    info.channels = format.channels;
    SNDFILE* file = sf_open(path.c_str(), SFM_WRITE, &info);
    sf_write_float(file, samples.data(), static_cast<sf_count_t>(samples.size()));
    sf_close(file);
}

}  // namespace partyline::audio
