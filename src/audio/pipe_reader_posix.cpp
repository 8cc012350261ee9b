#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <format>
#include <span>
#include <utility>

#include "audio/pipe_reader.hpp"
#include "audio/sound_reader.hpp"

namespace partyline::audio {
namespace {

/// What waits between the two threads is late: no more of it than the system makes us.
constexpr int socket_bytes = 4096;

/// Waits for room. False when nobody reads any more.
bool send_all(int socket, std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        const auto sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) {
            continue;
        }
        if (sent < 0) {
            return false;
        }
        bytes = bytes.subspan(static_cast<std::size_t>(sent));
    }
    return true;
}

std::unexpected<Error> cannot_play(const std::string& path, int why) {
    return fail(ErrorCode::io, std::format("cannot play {}: {}", path, std::strerror(why)));
}

}  // namespace

PipeReader::Descriptor::~Descriptor() {
    if (number_ >= 0) {
        ::close(number_);
    }
}

bool PipeReader::is_pipe(const std::string& path) {
    std::error_code ignored;
    return std::filesystem::status(path, ignored).type() == std::filesystem::file_type::fifo;
}

Result<std::unique_ptr<PipeReader>> PipeReader::open(const std::string& path) {
    std::unique_ptr<PipeReader> reader(new PipeReader(path));
    // Otherwise this would wait for somebody to write.
    reader->pipe_.take(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    std::array<int, 2> ends{};
    if (reader->pipe_.get() < 0 ||
        ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
        return cannot_play(path, errno);
    }
    reader->in_.take(ends[0]);
    reader->out_.take(ends[1]);
    ::setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &socket_bytes, sizeof socket_bytes);
    reader->handing_on_ = std::thread([raw = reader.get()] { raw->hand_on(); });
    reader->decoding_ = std::thread([raw = reader.get()] { raw->decode(); });
    return reader;
}

// The socket's end wakes both threads, wherever they wait for it; the flag wakes whoever waits for room.
PipeReader::~PipeReader() {
    if (!decoding_.joinable()) {
        return;
    }
    {
        const std::lock_guard lock(mutex_);
        closing_ = true;
        listener_ = {};
    }
    changed_.notify_all();
    ::shutdown(out_.get(), SHUT_RDWR);
    handing_on_.join();
    decoding_.join();
}

PipeReader::Got PipeReader::read(dsp::Frame mid, dsp::Frame side,
                                 std::optional<Duration> patience) {
    std::unique_lock lock(mutex_);
    const auto come = [this] { return there_ || ended_ || interrupted_; };
    if (!patience) {
        changed_.wait(lock, come);
    } else if (!changed_.wait_for(lock, *patience, come)) {
        return Got::nothing;
    }
    if (interrupted_) {
        return Got::interrupted;
    }
    if (!there_) {
        return Got::end;
    }
    std::ranges::copy(mid_, mid.begin());
    std::ranges::copy(side_, side.begin());
    there_ = false;
    changed_.notify_all();
    return Got::frame;
}

void PipeReader::interrupt() {
    const std::lock_guard lock(mutex_);
    interrupted_ = true;
    changed_.notify_all();
}

void PipeReader::resume() {
    const std::lock_guard lock(mutex_);
    interrupted_ = false;
}

void PipeReader::on_device_change(OnDeviceChange listener) {
    const std::lock_guard lock(mutex_);
    listener_ = std::move(listener);
    if (listener_ && !failure_.empty()) {
        listener_({.state = DeviceChange::State::lost, .message = std::exchange(failure_, {})});
    }
}

void PipeReader::tell(std::string message) {
    const std::lock_guard lock(mutex_);
    if (closing_) {
        return;
    }
    if (listener_) {
        listener_({.state = DeviceChange::State::lost, .message = std::move(message)});
    } else {
        failure_ = std::move(message);
    }
}

void PipeReader::hand_on() {
    std::array<std::byte, socket_bytes> bytes;
    while (true) {
        // Of the socket its end is told unasked.
        std::array<pollfd, 2> polled{{{.fd = pipe_.get(), .events = POLLIN, .revents = 0},
                                      {.fd = in_.get(), .events = 0, .revents = 0}}};
        if (::poll(polled.data(), polled.size(), -1) < 0) {
            if (errno == EINTR) {
                continue;
            }
            break;
        }
        if (polled[1].revents != 0) {
            break;
        }
        const auto count = ::read(pipe_.get(), bytes.data(), bytes.size());
        if (count < 0 && (errno == EAGAIN || errno == EINTR)) {
            continue;
        }
        if (count <= 0 ||
            !send_all(in_.get(), std::span(bytes).first(static_cast<std::size_t>(count)))) {
            break;
        }
    }
    ::shutdown(in_.get(), SHUT_WR);
}

void PipeReader::decode() {
    auto reader = SoundReader::open_stream(out_.get(), path_, "play", Parts::mid_and_side);
    if (reader) {
        std::array<float, dsp::frame_samples> mid;
        std::array<float, dsp::frame_samples> side;
        while (reader->read(mid, side) && put(mid, side)) {
        }
    } else {
        tell(std::move(reader).error().message);
    }
    const std::lock_guard lock(mutex_);
    ended_ = true;
    changed_.notify_all();
}

bool PipeReader::put(dsp::ConstFrame mid, dsp::ConstFrame side) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !there_ || closing_; });
    if (closing_) {
        return false;
    }
    std::ranges::copy(mid, mid_.begin());
    std::ranges::copy(side, side_.begin());
    there_ = true;
    changed_.notify_all();
    return true;
}

}  // namespace partyline::audio
