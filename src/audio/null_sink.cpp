#include "audio/playout_clock.hpp"
#include "audio/source.hpp"

namespace partyline::audio {
namespace {

class NullSink final : public Sink {
public:
    [[nodiscard]] TimePoint due(TimePoint now) const override { return clock_.due(now); }
    void write(dsp::ConstFrame) override { clock_.hand_over(system_.now()); }
    void write(dsp::ConstFrame mid, dsp::ConstFrame) override { write(mid); }
    void rest() override { clock_.rest(); }
    [[nodiscard]] bool wants_silence() const override { return false; }
    [[nodiscard]] TimePoint started() const override { return clock_.started(); }
    Result<void> close() override { return {}; }
    [[nodiscard]] std::uint64_t underruns() const override { return clock_.underruns(); }

private:
    SystemClock system_;
    // Starts with the first due(), which changes nothing that a caller can see but started().
    mutable PlayoutClock clock_;
};

}  // namespace

std::unique_ptr<Sink> open_null_sink() { return std::make_unique<NullSink>(); }

}  // namespace partyline::audio
