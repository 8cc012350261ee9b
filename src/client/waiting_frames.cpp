#include "client/waiting_frames.hpp"

#include <algorithm>
#include <cassert>

namespace partyline::client {

void WaitingFrames::add(const wire::Record& record, const crypto::SFrameHeader& header,
                        TimePoint now) {
    assert(!full() && record.sealed.size() <= wire::sealed_bytes_max);
    frames_.reserve(waiting_frames_max);
    auto& frame = frames_.emplace_back();
    frame.arrived = now;
    frame.header = header;
    frame.stream_and_flags = record.stream_and_flags;
    frame.bytes = static_cast<std::uint16_t>(record.sealed.size());
    std::ranges::copy(record.sealed, frame.storage.begin());
}

void WaitingFrames::drop_oldest() {
    frames_.erase(frames_.begin());
    if (frames_.empty()) {
        frames_ = {};
    }
}

}  // namespace partyline::client
