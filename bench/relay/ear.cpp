#include "bench/relay/ear.hpp"

#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cstring>
#include <ctime>

#include "wire/limits.hpp"

namespace partyline::bench {
namespace {

constexpr std::size_t batch = 32;
constexpr std::int64_t ns_per_s = 1'000'000'000;

std::int64_t to_ns(const timespec& time) { return time.tv_sec * ns_per_s + time.tv_nsec; }

}  // namespace

std::int64_t stamp_now() {
    timespec time{};
    clock_gettime(CLOCK_REALTIME, &time);
    return to_ns(time);
}

struct Ear::Native {
    std::array<mmsghdr, batch> messages{};
    std::array<iovec, batch> slices{};
    std::array<std::array<std::byte, wire::datagram_bytes_max>, batch> buffers{};
    struct alignas(cmsghdr) Control {
        std::array<std::byte, CMSG_SPACE(sizeof(timespec))> bytes{};
    };
    std::array<Control, batch> controls{};
};

Ear::Ear() : native_(std::make_unique<Native>()) {
    for (std::size_t i = 0; i < batch; ++i) {
        native_->slices[i] = {.iov_base = native_->buffers[i].data(),
                              .iov_len = wire::datagram_bytes_max};
        auto& header = native_->messages[i].msg_hdr;
        header.msg_iov = &native_->slices[i];
        header.msg_iovlen = 1;
        header.msg_control = &native_->controls[i];
    }
}

Ear::~Ear() = default;

void Ear::ask_for_stamps(int fd) {
    const int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
}

void Ear::sweep(int fd, const std::function<void(ByteView, std::int64_t)>& on_datagram) {
    int count = batch;
    while (count == static_cast<int>(batch)) {
        for (auto& message : native_->messages) {
            message.msg_hdr.msg_controllen = sizeof(Native::Control);
        }
        count = recvmmsg(fd, native_->messages.data(), batch, MSG_DONTWAIT, nullptr);
        for (int i = 0; i < count; ++i) {
            auto& message = native_->messages[static_cast<std::size_t>(i)];
            timespec stamp{};
            const auto* const control = CMSG_FIRSTHDR(&message.msg_hdr);
            if (control != nullptr) {
                std::memcpy(&stamp, CMSG_DATA(control), sizeof stamp);
            }
            on_datagram(
                ByteView(native_->buffers[static_cast<std::size_t>(i)]).first(message.msg_len),
                to_ns(stamp));
        }
    }
}

}  // namespace partyline::bench
