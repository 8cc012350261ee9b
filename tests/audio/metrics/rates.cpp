#include "audio/metrics/rates.hpp"

#include <cstddef>

#include "dsp/resampler.hpp"

namespace partyline::metrics {

std::vector<double> at_rate(std::span<const float> sound, unsigned from_hz, unsigned to_hz) {
    if (from_hz == to_hz) {
        return {sound.begin(), sound.end()};
    }
    auto resampler = dsp::Resampler::create(from_hz, to_hz).value();
    std::vector<float> out((sound.size() * to_hz + from_hz - 1) / from_hz + 1);
    auto given = resampler.process(sound, out).given;
    while (const auto more = resampler.finish(std::span(out).subspan(given))) {
        given += more;
    }
    return {out.begin(), out.begin() + static_cast<std::ptrdiff_t>(given)};
}

}  // namespace partyline::metrics
