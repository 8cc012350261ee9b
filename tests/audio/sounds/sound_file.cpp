#include "audio/sounds/sound_file.hpp"

#include <array>
#include <bit>
#include <cstdint>
#include <fstream>
#include <memory>

#include "audio/file_source.hpp"
#include "base/clock.hpp"
#include "dsp/format.hpp"

namespace partyline::sounds {
namespace {

/// A file read with this is read at once.
class NoWaiting final : public audio::Pace {
public:
    [[nodiscard]] TimePoint now() const override { return clock_.now(); }
    bool wait_until(TimePoint) override { return true; }
    void stop() override {}
    void resume() override {}

private:
    ManualClock clock_;
};

/// The fields of a .wav file's header are little-endian, as every machine that runs this.
static_assert(std::endian::native == std::endian::little);

struct WavHeader {
    std::array<char, 4> riff{'R', 'I', 'F', 'F'};
    std::uint32_t bytes_after = 0;
    std::array<char, 8> wave_fmt{'W', 'A', 'V', 'E', 'f', 'm', 't', ' '};
    std::uint32_t format_bytes = 16;
    std::uint16_t format = 3;  // float
    std::uint16_t channels = 1;
    std::uint32_t rate_hz = dsp::sample_rate_hz;
    std::uint32_t bytes_per_second = dsp::sample_rate_hz * sizeof(float);
    std::uint16_t bytes_per_frame = sizeof(float);
    std::uint16_t bits = 32;
    std::array<char, 4> data{'d', 'a', 't', 'a'};
    std::uint32_t data_bytes = 0;
};
static_assert(sizeof(WavHeader) == 44);

}  // namespace

Result<std::vector<float>> read_sound(const std::string& path) {
    const auto source =
        audio::open_file_source(path, {.silence_after = false}, std::make_unique<NoWaiting>());
    if (!source) {
        return std::unexpected(source.error());
    }
    std::vector<float> samples;
    for (std::array<float, dsp::frame_samples> frame; (*source)->read(frame);) {
        samples.insert(samples.end(), frame.begin(), frame.end());
    }
    return samples;
}

Result<void> write_sound(const std::string& path, std::span<const float> samples) {
    const auto bytes = static_cast<std::uint32_t>(samples.size() * sizeof(float));
    const WavHeader header{.bytes_after = static_cast<std::uint32_t>(sizeof(WavHeader) - 8) + bytes,
                           .data_bytes = bytes};
    std::ofstream out(path, std::ios::binary);
    out.write(reinterpret_cast<const char*>(&header), sizeof(header));
    out.write(reinterpret_cast<const char*>(samples.data()), bytes);
    if (!out.flush()) {
        return fail(ErrorCode::io, "cannot write " + path);
    }
    return {};
}

}  // namespace partyline::sounds
