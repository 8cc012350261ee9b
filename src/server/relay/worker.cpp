#include "server/relay/worker.hpp"

#include <pthread.h>

#include <algorithm>
#include <cassert>
#include <ctime>
#include <format>
#include <utility>

#include "crypto/keys.hpp"
#include "net/limits.hpp"
#include "server/relay/limits.hpp"

namespace partyline::relay {
namespace {

// All sockets of a thread are polled at once, and what wakes it.
static_assert(listen_endpoints_max + 1 <= net::poll_fds_max);

TimePoint system_now() { return SystemClock{}.now(); }

}  // namespace

Worker::Socket::Socket(net::UdpSocket udp_in)
    : udp(std::move(udp_in)), out({.datagrams = send_datagrams_max, .slices = send_slices_max}) {}

Worker::Worker(unsigned number, std::vector<net::UdpSocket> sockets, std::uint32_t bps_max,
               TunnelBell& bell)
    : number_(number),
      bell_(bell),
      orders_(commands_max),
      tunnel_up_(tunnel_up_max),
      tunnel_down_(tunnel_down_max),
      core_(*this, counters_, crypto::fill_random, bps_max),
      in_(receive_batch_max) {
    polled_.push_back(wake_fd_.fd());
    for (auto& socket : sockets) {
        polled_.push_back(socket.fd());
        sockets_.emplace_back(std::move(socket));
    }
    released_.reserve(slots_per_thread);
    slices_.reserve(pending_records_max);
    replies_.reserve(replies_max);
    for (std::size_t i = 0; i < receive_batch_max; ++i) {
        lay_out(i, TimePoint{});
    }
    in_.set_size(receive_batch_max);
    thread_ = std::thread(&Worker::run, this);
}

Worker::~Worker() {
    stopping_.store(true);
    wake_fd_.wake();
    thread_.join();
}

// --- control's side --------------------------------------------------------------------------

void Worker::order(Order order) {
    // push() takes it only when it returns true.
    while (!orders_.push(std::move(order))) {  // NOLINT(bugprone-use-after-move)
        wake();
        std::this_thread::yield();
    }
    wake();
}

void Worker::command(Command command) { order(std::move(command)); }
void Worker::set_tunnel_wake(std::function<void()> wake) { order(std::move(wake)); }

bool Worker::tunnel_up(const SeatPtr& seat, ByteView datagram) {
    const bool pushed = tunnel_up_.push({.seat = seat, .datagram = to_bytes(datagram)});
    wake();
    return pushed;
}

// One write for any number of orders. Either our exchange comes first: then the thread, whose
// exchange reads ours, sees what we pushed before it. Or the thread's comes first: then ours
// returns false and we write to the descriptor, which the thread has not polled yet.
void Worker::wake() {
    if (!woken_.exchange(true)) {
        wake_fd_.wake();
    }
}

std::chrono::nanoseconds Worker::cpu_time() const {
    clockid_t clock{};
    timespec time{};
    // native_handle() is not const, but reads only.
    const auto handle = const_cast<std::thread&>(thread_).native_handle();
    if (pthread_getcpuclockid(handle, &clock) != 0 || clock_gettime(clock, &time) != 0) {
        return {};
    }
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

// --- the thread's side -----------------------------------------------------------------------

void Worker::run() {
    pthread_setname_np(pthread_self(), std::format("relay-{}", number_).c_str());
    while (!stopping_.load()) {
        const auto readable = net::poll_readable(polled_, time_to_next(system_now()));
        const auto now = system_now();
        if ((readable & 1U) != 0) {
            obey(now);
        }
        for (std::size_t i = 0; i < sockets_.size(); ++i) {
            if ((readable >> (i + 1) & 1U) != 0) {
                receive(i, now);
            }
        }
        core_.flush(now);
        transmit();
    }
}

std::optional<Duration> Worker::time_to_next(TimePoint now) const {
    return core_.next_due().transform([&](TimePoint due) { return due - now; });
}

void Worker::obey(TimePoint now) {
    wake_fd_.clear();
    woken_.exchange(false);
    // Only the packets that were there before the orders are read: a packet over a new route was
    // pushed after the order that makes the route, so that one is then obeyed before.
    auto packets = tunnel_up_.size();
    while (auto order = orders_.pop()) {
        if (auto* const command = std::get_if<Command>(&*order)) {
            core_.apply(std::move(*command), now);
        } else {
            tunnel_wake_ = std::get<std::function<void()>>(std::move(*order));
        }
    }
    for (; packets > 0; --packets) {
        receive_tunnelled(*tunnel_up_.pop(), now);
    }
}

void Worker::receive_tunnelled(const TunnelledUp& up, TimePoint now) {
    const auto slot = take_slot(now);
    const auto bytes = slots_.view(slot).first(std::min(up.datagram.size(), slot_bytes));
    std::copy_n(up.datagram.begin(), bytes.size(), bytes.begin());
    if (!core_.receive({.bytes = bytes, .slot = slot, .through_tunnel = up.seat.get()}, now)) {
        slots_.release(slot);
    }
}

void Worker::receive(std::size_t number, TimePoint now) {
    auto& socket = sockets_[number];
    const auto count = socket.udp.receive(in_);
    // An order that came since the poll may make the very route that these were sent over.
    if (woken_.load()) {
        obey(now);
    }
    for (std::size_t i = 0; i < count; ++i) {
        const bool kept = core_.receive({.bytes = in_.mutable_datagram(i),
                                         .slot = laid_out_[i],
                                         .from = {.endpoint = in_.from(i),
                                                  .socket = static_cast<std::uint8_t>(number),
                                                  .local = in_.to(i)}},
                                        now);
        if (!kept) {
            slots_.release(laid_out_[i]);
        }
    }
    if (count > 0) {
        const auto overflow = in_.overflow();
        counters_.dropped_socket_overflow.add(overflow -
                                              std::exchange(socket.overflow_seen, overflow));
    }
    for (std::size_t i = 0; i < count; ++i) {
        lay_out(i, now);
    }
}

Slot Worker::take_slot(TimePoint now) {
    auto slot = slots_.acquire();
    if (!slot) {
        // All hold frames that wait for company: they have waited long enough.
        core_.flush_all(now);
        transmit();
        slot = slots_.acquire();
    }
    assert(slot);
    return *slot;
}

void Worker::lay_out(std::size_t index, TimePoint now) {
    laid_out_[index] = take_slot(now);
    in_.set_buffer(index, slots_.view(laid_out_[index]));
}

void Worker::transmit() {
    for (auto& socket : sockets_) {
        transmit(socket);
    }
    replies_.clear();
    for (const auto slot : released_) {
        slots_.release(slot);
    }
    released_.clear();
    if (std::exchange(tunnel_grew_, false) && bell_.ring() && tunnel_wake_) {
        tunnel_wake_();
    }
}

void Worker::transmit(Socket& socket) {
    if (socket.out.size() > 0) {
        const auto sent = socket.udp.send(socket.out);
        counters_.sent.add(sent.accepted);
        counters_.sent_bytes.add(std::exchange(socket.out_bytes, 0));
        counters_.dropped_send_failed.add(sent.failed);
    }
    socket.out.clear();
    socket.payload.reset();
}

void Worker::begin(std::span<const ByteView> slices) {
    slices_.assign(slices.begin(), slices.end());
    slices_bytes_ = 0;
    for (const auto slice : slices) {
        slices_bytes_ += slice.size();
    }
    for (auto& socket : sockets_) {
        socket.payload.reset();
    }
}

void Worker::send(const PeerAddress& to) {
    auto& socket = sockets_[to.socket];
    if (!socket.payload && !(socket.payload = socket.out.payload(slices_))) {
        transmit(socket);
    }
    if (!socket.payload || !socket.out.add(to.endpoint, *socket.payload, to.local)) {
        transmit(socket);
        socket.payload = socket.out.payload(slices_);
        const bool added = socket.payload && socket.out.add(to.endpoint, *socket.payload, to.local);
        assert(added);
    }
    socket.out_bytes += slices_bytes_;
}

void Worker::tunnel(SessionId to) {
    TunnelledDown down{.session = to};
    for (const auto slice : slices_) {
        append(down.datagram, slice);
    }
    if (tunnel_down_.push(std::move(down))) {
        tunnel_grew_ = true;
    } else {
        counters_.dropped_tunnel_full.add(1);
    }
}

void Worker::reply(const PeerAddress& to, ByteView datagram) {
    if (replies_.size() == replies_.capacity()) {
        transmit();
    }
    auto& copy = replies_.emplace_back();
    assert(datagram.size() == copy.size());
    std::ranges::copy(datagram, copy.begin());
    const ByteView slices[] = {copy};
    begin(slices);
    send(to);
}

}  // namespace partyline::relay
