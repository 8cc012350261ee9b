// A voice chain under test, and all that there are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "dsp/format.hpp"

namespace partyline::chains {

/// What a scene wants of a chain. Everything else a chain does as it does for people.
struct Wishes {
    /// Scenes about echo and noise are measured without: a gain that moves hides what is measured.
    bool gain_control = false;
};

/// From a microphone and a loudspeaker to what is sent. One thread.
class Chain {
public:
    virtual ~Chain() = default;

    /// 10 ms: what the microphone hears, what the loudspeaker plays meanwhile, what is sent. The
    /// first `delay_samples()` that come out are of before the first that went in.
    virtual void process(dsp::ConstFrame near, dsp::ConstFrame far, dsp::Frame out) = 0;
    [[nodiscard]] virtual std::size_t delay_samples() const = 0;

    /// Whether the last frame that came out is taken for speech; nothing from a chain that sends all.
    [[nodiscard]] virtual std::optional<bool> voice() const { return std::nullopt; }
    /// So many frames before one that is taken for speech are sent too.
    [[nodiscard]] virtual std::size_t pre_roll_frames() const { return 0; }
};

struct Kind {
    std::string_view name;
    std::unique_ptr<Chain> (*create)(const Wishes& wishes);
};

/// In the table's order. A new chain is a file of its own, and a line in chain.cpp.
std::span<const Kind> kinds();
/// Nothing if no chain has this name.
const Kind* find_kind(std::string_view name);

std::unique_ptr<Chain> create_mumble(const Wishes& wishes);
std::unique_ptr<Chain> create_apm(const Wishes& wishes);
std::unique_ptr<Chain> create_echo(const Wishes& wishes);
std::unique_ptr<Chain> create_echo_suppressor(const Wishes& wishes);
std::unique_ptr<Chain> create_suppressor(const Wishes& wishes);
std::unique_ptr<Chain> create_suppressor_high(const Wishes& wishes);
std::unique_ptr<Chain> create_ours(const Wishes& wishes);
std::unique_ptr<Chain> create_ours_high(const Wishes& wishes);

}  // namespace partyline::chains
