#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <vector>

#include "net/limits.hpp"
#include "net/udp.hpp"

namespace partyline::net {
namespace {

// Room for the control messages that we ask for: SO_RXQ_OVFL's count, and our address.
struct alignas(cmsghdr) ReceiveControl {
    std::array<std::byte, CMSG_SPACE(sizeof(std::uint32_t)) + CMSG_SPACE(sizeof(in6_pktinfo))>
        bytes{};
};
struct alignas(cmsghdr) SendControl {
    std::array<std::byte, CMSG_SPACE(sizeof(in6_pktinfo))> bytes{};
};

template <class Info>
Info info_of(cmsghdr* control) {
    Info info{};
    std::memcpy(&info, CMSG_DATA(control), sizeof info);
    return info;
}

Endpoint::Address local_address(msghdr& header) {
    for (auto* c = CMSG_FIRSTHDR(&header); c != nullptr; c = CMSG_NXTHDR(&header, c)) {
        if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
            const auto info = info_of<in6_pktinfo>(c);
            Endpoint::Address address{};
            std::memcpy(address.data(), &info.ipi6_addr, address.size());
            return address;
        }
        if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
            const auto info = info_of<in_pktinfo>(c);
            std::array<std::uint8_t, 4> v4{};
            std::memcpy(v4.data(), &info.ipi_spec_dst, v4.size());
            return Endpoint::v4(v4, 0).address();
        }
    }
    return {};
}

template <class Info>
void put_info(msghdr& header, int level, int type, const Info& info) {
    header.msg_controllen = CMSG_SPACE(sizeof info);
    auto* const c = CMSG_FIRSTHDR(&header);
    c->cmsg_level = level;
    c->cmsg_type = type;
    c->cmsg_len = CMSG_LEN(sizeof info);
    std::memcpy(CMSG_DATA(c), &info, sizeof info);
}

void send_from(msghdr& header, const Endpoint::Address& address, std::uint32_t scope) {
    in6_pktinfo info{};
    info.ipi6_ifindex = scope;  // a link-local peer is reached over its interface only
    std::memcpy(&info.ipi6_addr, address.data(), address.size());
    put_info(header, IPPROTO_IPV6, IPV6_PKTINFO, info);
}

// What send_from() wrote, if it did, as an IPv4 socket wants it.
void rewrite_for_v4(msghdr& header) {
    auto* const control = CMSG_FIRSTHDR(&header);
    if (control == nullptr) {
        return;
    }
    const auto v6 = info_of<in6_pktinfo>(control);
    in_pktinfo info{};
    std::memcpy(&info.ipi_spec_dst, &v6.ipi6_addr.s6_addr[12], sizeof info.ipi_spec_dst);
    put_info(header, IPPROTO_IP, IP_PKTINFO, info);
}

}  // namespace

// --- receiving -------------------------------------------------------------------------------

struct ReceiveBatch::Native {
    explicit Native(std::size_t datagrams_max)
        : messages(datagrams_max),
          buffers(datagrams_max),
          from(datagrams_max),
          controls(datagrams_max),
          size(datagrams_max) {
        for (std::size_t i = 0; i < datagrams_max; ++i) {
            auto& header = messages[i].msg_hdr;
            header.msg_name = &from[i];
            header.msg_iov = &buffers[i];
            header.msg_iovlen = 1;
            header.msg_control = &controls[i];
        }
    }

    // recvmmsg() overwrites the sizes with what it got.
    void prepare() {
        for (std::size_t i = 0; i < size; ++i) {
            messages[i].msg_hdr.msg_namelen = sizeof(sockaddr_storage);
            messages[i].msg_hdr.msg_controllen = sizeof(ReceiveControl);
        }
    }

    void note_overflow(msghdr& header) {
        for (auto* c = CMSG_FIRSTHDR(&header); c != nullptr; c = CMSG_NXTHDR(&header, c)) {
            if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_RXQ_OVFL) {
                std::memcpy(&overflow, CMSG_DATA(c), sizeof overflow);
            }
        }
    }

    std::vector<mmsghdr> messages;
    std::vector<iovec> buffers;
    std::vector<sockaddr_storage> from;
    std::vector<ReceiveControl> controls;
    std::size_t size;
    std::uint32_t overflow = 0;
};

ReceiveBatch::ReceiveBatch(std::size_t datagrams_max)
    : native_(std::make_unique<Native>(datagrams_max)) {}
ReceiveBatch::~ReceiveBatch() = default;

std::size_t ReceiveBatch::capacity() const { return native_->messages.size(); }

void ReceiveBatch::set_buffer(std::size_t index, MutableByteView buffer) {
    native_->buffers[index] = {.iov_base = buffer.data(), .iov_len = buffer.size()};
}

void ReceiveBatch::set_size(std::size_t datagrams) {
    assert(datagrams <= capacity());
    native_->size = datagrams;
}

MutableByteView ReceiveBatch::mutable_datagram(std::size_t index) const {
    return {static_cast<std::byte*>(native_->buffers[index].iov_base),
            native_->messages[index].msg_len};
}

ByteView ReceiveBatch::datagram(std::size_t index) const { return mutable_datagram(index); }

Endpoint ReceiveBatch::from(std::size_t index) const {
    return Endpoint::from_native(native_->from[index]);
}

Endpoint::Address ReceiveBatch::to(std::size_t index) const {
    return local_address(native_->messages[index].msg_hdr);
}

std::uint32_t ReceiveBatch::overflow() const { return native_->overflow; }

std::size_t UdpSocket::receive(ReceiveBatch& batch) {
    auto& native = *batch.native_;
    native.prepare();
    int count = -1;
    for (int tries = 0; count < 0 && tries < pending_errors_max; ++tries) {
        count =
            recvmmsg(fd_, native.messages.data(), static_cast<unsigned>(native.size), 0, nullptr);
        if (count < 0 && errno == EAGAIN) {
            return 0;
        }
    }
    if (count <= 0) {
        return 0;
    }
    // The counts only grow, so the last one says it all; none is sent while the count is zero.
    native.overflow = 0;
    native.note_overflow(native.messages[static_cast<std::size_t>(count) - 1].msg_hdr);
    return static_cast<std::size_t>(count);
}

// --- sending ---------------------------------------------------------------------------------

struct SendBatch::Native {
    explicit Native(Sizes sizes)
        : messages(sizes.datagrams),
          to(sizes.datagrams),
          controls(sizes.datagrams),
          slices(sizes.slices) {
        for (std::size_t i = 0; i < sizes.datagrams; ++i) {
            messages[i].msg_hdr.msg_name = &to[i];
        }
    }

    std::vector<mmsghdr> messages;
    std::vector<sockaddr_storage> to;
    std::vector<SendControl> controls;
    std::vector<iovec> slices;
    std::size_t messages_used = 0;
    std::size_t slices_used = 0;
};

SendBatch::SendBatch(Sizes sizes_max) : native_(std::make_unique<Native>(sizes_max)) {}
SendBatch::~SendBatch() = default;
SendBatch::SendBatch(SendBatch&&) noexcept = default;

std::optional<SendBatch::Payload> SendBatch::payload(std::span<const ByteView> slices) {
    auto& native = *native_;
    if (slices.size() > native.slices.size() - native.slices_used) {
        return std::nullopt;
    }
    const Payload result{.first_slice = static_cast<std::uint32_t>(native.slices_used),
                         .slices = static_cast<std::uint32_t>(slices.size())};
    for (const auto slice : slices) {
        // The system's type has no const, but sendmmsg() only reads.
        native.slices[native.slices_used++] = {.iov_base = const_cast<std::byte*>(slice.data()),
                                               .iov_len = slice.size()};
    }
    return result;
}

bool SendBatch::add(const Endpoint& to, Payload payload, const Endpoint::Address& from) {
    auto& native = *native_;
    if (native.messages_used == native.messages.size()) {
        return false;
    }
    auto& header = native.messages[native.messages_used].msg_hdr;
    // As an IPv6 socket wants it; send() knows the socket and rewrites it for IPv4.
    header.msg_namelen = to.to_native(native.to[native.messages_used], Endpoint::Family::v6);
    header.msg_iov = &native.slices[payload.first_slice];
    header.msg_iovlen = payload.slices;
    header.msg_control = nullptr;
    header.msg_controllen = 0;
    if (from != Endpoint::Address{}) {
        header.msg_control = &native.controls[native.messages_used];
        send_from(header, from, to.scope());
    }
    ++native.messages_used;
    return true;
}

std::size_t SendBatch::size() const { return native_->messages_used; }

void SendBatch::clear() {
    native_->messages_used = 0;
    native_->slices_used = 0;
}

UdpSocket::Sent UdpSocket::send(SendBatch& batch) {
    auto& native = *batch.native_;
    if (family_ == Endpoint::Family::v4) {
        for (std::size_t i = 0; i < native.messages_used; ++i) {
            const auto to = Endpoint::from_native(native.to[i]);
            // An IPv6 address here is the caller's mistake; the zero address makes it fail below.
            native.messages[i].msg_hdr.msg_namelen =
                (to.is_v4() ? to : Endpoint::any_v4(0)).to_native(native.to[i], family_);
            rewrite_for_v4(native.messages[i].msg_hdr);
        }
    }
    Sent sent;
    for (std::size_t first = 0; first < native.messages_used;) {
        const auto left = std::min(native.messages_used - first, send_messages_max);
        const int count =
            sendmmsg(fd_, &native.messages[first], static_cast<unsigned>(left), MSG_NOSIGNAL);
        if (count < 0) {
            // The first of those left was refused, or the send buffer is full: then each of the
            // rest fails the same way, which is what a full queue means for voice.
            ++sent.failed;
            ++first;
            continue;
        }
        sent.accepted += static_cast<std::size_t>(count);
        first += static_cast<std::size_t>(count);
    }
    batch.clear();
    return sent;
}

}  // namespace partyline::net
