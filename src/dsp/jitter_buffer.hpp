// The packets of one speaker that wait for their time, in the order in which they were spoken.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.hpp"
#include "dsp/limits.hpp"
#include "dsp/sample_time.hpp"

namespace partyline::dsp {

/// A packet as it waits. `media` is unwrapped; `arrived` is local time.
struct BufferedPacket {
    Samples media = 0;
    Samples arrived = 0;
    std::size_t samples = 0;
    bool ends_spurt = false;
    bool has_fec = false;
    std::optional<std::uint64_t> number = {};
    ByteView opus;  // owned by the buffer once added

    [[nodiscard]] Samples end() const { return media + static_cast<Samples>(samples); }
};

/// Holds at most buffered_packets_max packets that span at most buffered_samples_max. Allocates
/// when it is made and never again. One thread.
class JitterBuffer {
public:
    JitterBuffer();

    struct Added {
        bool duplicate = false;
        /// How many packets had to go: the oldest, or this one when it is older than all.
        std::size_t dropped = 0;
    };
    /// Copies the packet to its place.
    Added add(const BufferedPacket& packet);

    /// The earliest, or null. Good until the next call of add(), pop() or clear().
    [[nodiscard]] const BufferedPacket* first() const;
    void pop();
    void clear();
    [[nodiscard]] std::size_t size() const { return count_; }

private:
    struct Slot {
        BufferedPacket packet;
        std::array<std::byte, opus_bytes_max> bytes;
    };
    using SlotIndex = std::uint8_t;
    static_assert(buffered_packets_max < 256);

    [[nodiscard]] const BufferedPacket& at(std::size_t position) const {
        return slots_[order_[position]].packet;
    }
    void insert(std::size_t position, const BufferedPacket& packet);

    std::vector<Slot> slots_;
    // The first count_ entries name the slots in use, by media time; the others the free ones.
    std::array<SlotIndex, buffered_packets_max> order_{};
    std::size_t count_ = 0;
};

}  // namespace partyline::dsp
