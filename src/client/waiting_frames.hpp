// Frames that have outrun their key.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "client/limits.hpp"
#include "crypto/sframe.hpp"
#include "wire/datagram.hpp"

namespace partyline::client {

/// A record kept as it came.
struct WaitingFrame {
    TimePoint arrived;
    crypto::SFrameHeader header;
    std::uint8_t stream_and_flags = 0;
    std::uint16_t bytes = 0;
    std::array<std::byte, wire::sealed_bytes_max> storage{};

    [[nodiscard]] ByteView sealed() const { return ByteView(storage).first(bytes); }
};

/// At most waiting_frames_max, in the order of arrival. Holds memory only while something waits,
/// because most speakers' keys come in time. One thread.
class WaitingFrames {
public:
    /// There must be room.
    void add(const wire::Record& record, const crypto::SFrameHeader& header, TimePoint now);
    void drop_oldest();
    /// All that wait; nothing waits any more.
    std::vector<WaitingFrame> take_all() { return std::exchange(frames_, {}); }

    [[nodiscard]] bool empty() const { return frames_.empty(); }
    [[nodiscard]] bool full() const { return frames_.size() == waiting_frames_max; }
    [[nodiscard]] const WaitingFrame& oldest() const { return frames_.front(); }
    [[nodiscard]] const WaitingFrame& newest() const { return frames_.back(); }

private:
    std::vector<WaitingFrame> frames_;
};

}  // namespace partyline::client
