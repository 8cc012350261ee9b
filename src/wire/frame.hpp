// The control lane's frames: a 4-byte big-endian length, then that many bytes of one message.
#pragma once

#include <optional>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "wire/limits.hpp"

namespace partyline::wire {

/// Cuts a byte stream into messages as it arrives in pieces of any size. Buffers at most one frame
/// and what has been fed beyond it. One thread.
class FrameReader {
public:
    /// Adds what the stream brought. Does nothing once the stream has failed.
    void feed(ByteView bytes);

    /// The next whole message, without its length, or nothing until more is fed. The view is good
    /// until the next call of any member. Fails with too_large for a length above frame_bytes_max
    /// and with malformed for a length of zero; the stream is then lost and stays failed.
    Result<std::optional<ByteView>> next();

    /// Bytes held that no call of next() has returned yet.
    [[nodiscard]] std::size_t buffered() const { return buffer_.size() - consumed_; }

private:
    void drop_consumed();

    Bytes buffer_;
    std::size_t consumed_ = 0;  // at the start of buffer_, already returned by next()
    std::optional<Error> failed_;
};

/// Puts the length before `message` and appends both to `out`. Fails, and leaves `out` alone, with
/// too_large when the message is above frame_bytes_max and with malformed when it is empty.
Result<void> append_frame(Bytes& out, ByteView message);

}  // namespace partyline::wire
