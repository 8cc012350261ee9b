#include "wire/frame.hpp"

#include <format>

namespace partyline::wire {
namespace {

/// What an idle reader keeps allocated. A bigger buffer is given back as soon as it is empty,
/// because a server has many readers and few of them are busy.
constexpr std::size_t idle_capacity_bytes_max = 4096;

std::optional<Error> judge_length(std::size_t bytes) {
    if (bytes == 0) {
        return Error{.code = ErrorCode::malformed, .message = "a frame of 0 bytes"};
    }
    if (bytes > frame_bytes_max) {
        return Error{.code = ErrorCode::too_large,
                     .message = std::format("a frame of {} bytes, at most {} are allowed", bytes,
                                            frame_bytes_max)};
    }
    return std::nullopt;
}

}  // namespace

void FrameReader::feed(ByteView bytes) {
    if (failed_) {
        return;
    }
    drop_consumed();
    append(buffer_, bytes);
}

Result<std::optional<ByteView>> FrameReader::next() {
    if (failed_) {
        return std::unexpected(*failed_);
    }
    const auto rest = ByteView(buffer_).subspan(consumed_);
    if (rest.size() < frame_length_bytes) {
        if (rest.empty()) {
            drop_consumed();
        }
        return std::nullopt;
    }
    const std::size_t length = load_be<std::uint32_t>(rest);
    failed_ = judge_length(length);
    if (failed_) {
        return std::unexpected(*failed_);
    }
    if (rest.size() - frame_length_bytes < length) {
        return std::nullopt;
    }
    consumed_ += frame_length_bytes + length;
    return rest.subspan(frame_length_bytes, length);
}

void FrameReader::drop_consumed() {
    buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(consumed_));
    consumed_ = 0;
    if (buffer_.empty() && buffer_.capacity() > idle_capacity_bytes_max) {
        Bytes().swap(buffer_);
    }
}

Result<void> append_frame(Bytes& out, ByteView message) {
    if (auto wrong = judge_length(message.size())) {
        return std::unexpected(*std::move(wrong));
    }
    append_be(out, static_cast<std::uint32_t>(message.size()));
    append(out, message);
    return {};
}

}  // namespace partyline::wire
