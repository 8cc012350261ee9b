#include "server/relay/seating.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace partyline::relay {
namespace {

constexpr unsigned thread_bits = 8;
constexpr std::uint32_t route_number_max = (std::uint32_t{1} << (32 - thread_bits)) - 1;
static_assert(threads_max <= 1U << thread_bits);

unsigned thread_byte(Route route) { return route.value & ((1U << thread_bits) - 1); }

HopKeys clone(const HopKeys& keys) {
    return {.epoch = keys.epoch, .up = keys.up.clone(), .down = keys.down.clone()};
}

}  // namespace

Relay::Seated Seating::open(SessionId session, HopKeys keys) {
    auto seat = std::make_shared<Seat>(session);
    seat->control.keys = std::move(keys);
    enter(seat, ChannelId{});
    const auto route = seat->control.route;
    return {.seat = std::move(seat), .route = route};
}

void Seating::rekey(Seat& seat, HopKeys keys) {
    const auto route = seat.control.route;
    port_.command(thread_byte(route), Rekey{.route = route, .keys = clone(keys)});
    seat.control.keys = std::move(keys);
}

Route Seating::move(const SeatPtr& seat, ChannelId channel) {
    const auto old = seat->control.route;
    leave_room(seat);
    port_.command(thread_byte(old), RetireRoute{old});
    seat->last_voice.store(TimePoint::min(), std::memory_order_relaxed);  // a new room, silent
    allocators_[thread_byte(old)].in_use.erase(old.value >> thread_bits);
    auto& before = seat->control.routes_before;
    // What is whispered over the old route is on its way still, and over the one before that if the seat was put
    // out of its room first. Of those before nothing is, and so no more than three have to hear of every change.
    if (whispers_.contains(seat->session)) {
        publish_whispers(seat->session, before.back(), nullptr);
    }
    if (!channel) {
        for (const auto route : {old, before.front(), before.back()}) {
            silence(*seat, route);
        }
    }
    before = {old, before.front()};
    enter(seat, channel);
    return seat->control.route;
}

// Who goes from room to room is still heard where they were, as far as that is on its way. Who leaves, or is put
// out, has said their last word; and a talkie that goes on all the same is heard by nobody.
void Seating::silence(const Seat& seat, Route route) {
    if (route) {
        port_.command(thread_byte(route), SilenceRoute{.route = route, .session = seat.session});
    }
}

void Seating::close(const SeatPtr& seat) {
    if (seat->closed.exchange(true)) {
        return;
    }
    const auto route = seat->control.route;
    leave_room(seat);
    whispers_.erase(seat->session);
    // Older routes end by themselves, and until then `closed` makes them useless.
    port_.command(thread_byte(route), DropRoute{route});
    allocators_[thread_byte(route)].in_use.erase(route.value >> thread_bits);
}

// The route first: once others see the seat among the listeners, its own packets are good, too.
void Seating::enter(const SeatPtr& seat, ChannelId channel) {
    const auto thread = home_of(*seat, channel);
    auto* const room = channel ? &room_of(channel) : nullptr;
    seat->control.channel = channel;
    seat->control.route = take_route(thread);
    port_.command(thread, RouteSetup{.route = seat->control.route,
                                     .seat = seat,
                                     .keys = clone(seat->control.keys),
                                     .channel = channel,
                                     .room = room != nullptr ? room->facts : nullptr,
                                     .whispers = whispers_of(*seat)});
    if (room != nullptr) {
        room->members.push_back(seat);
        publish(channel, *room);
    }
}

void Seating::leave_room(const SeatPtr& seat) {
    const auto channel = std::exchange(seat->control.channel, ChannelId{});
    const auto found = rooms_.find(channel);
    if (found == rooms_.end()) {
        return;
    }
    auto& room = found->second;
    std::erase(room.members, seat);
    publish(channel, room);
    if (room.members.empty()) {
        rooms_.erase(found);
    }
}

void Seating::publish(ChannelId channel, const Room& room) {
    const auto thread = channel.value % static_cast<unsigned>(allocators_.size());
    port_.command(thread, SetListeners{.channel = channel,
                                       .listeners = std::make_shared<const Listeners>(
                                           Listeners{.seats = room.members})});
}

void Seating::set_whisper(const Seat& seat, StreamId stream, std::vector<SeatPtr> listeners) {
    assert(stream && stream.value <= wire::stream_max);
    if (seat.closed.load()) {
        return;
    }
    const auto before = whispers_of(seat);
    auto sets = before ? *before : WhisperSets{};
    sets.by_stream[stream.value] =
        listeners.empty() ? nullptr
                          : std::make_shared<const Listeners>(Listeners{std::move(listeners)});
    std::shared_ptr<const WhisperSets> now;
    if (std::ranges::any_of(sets.by_stream, [](const auto& set) { return set != nullptr; })) {
        now = std::make_shared<const WhisperSets>(std::move(sets));
        whispers_[seat.session] = now;
    } else {
        whispers_.erase(seat.session);
    }
    publish_whispers(seat.session, seat.control.route, now);
    for (const auto route : seat.control.routes_before) {
        publish_whispers(seat.session, route, now);
    }
}

std::shared_ptr<const WhisperSets> Seating::whispers_of(const Seat& seat) const {
    const auto found = whispers_.find(seat.session);
    return found == whispers_.end() ? nullptr : found->second;
}

void Seating::publish_whispers(SessionId session, Route route,
                               std::shared_ptr<const WhisperSets> whispers) {
    if (route) {
        port_.command(
            thread_byte(route),
            SetWhispers{.route = route, .session = session, .whispers = std::move(whispers)});
    }
}

Seating::Room& Seating::room_of(ChannelId channel) {
    const auto [entry, is_new] = rooms_.try_emplace(channel);
    auto& room = entry->second;
    if (const auto bitrate = bitrates_.find(channel); is_new && bitrate != bitrates_.end()) {
        room.facts->bitrate_bps_max.store(bitrate->second, std::memory_order_relaxed);
    }
    return room;
}

void Seating::set_bitrate(ChannelId channel, std::uint32_t bps_max) {
    if (bps_max == 0) {
        bitrates_.erase(channel);
    } else {
        bitrates_[channel] = bps_max;
    }
    if (const auto room = rooms_.find(channel); room != rooms_.end()) {
        room->second.facts->bitrate_bps_max.store(bps_max, std::memory_order_relaxed);
    }
}

unsigned Seating::home_of(const Seat& seat, ChannelId channel) const {
    const auto number = channel ? channel.value : seat.session.value;
    return number % static_cast<unsigned>(allocators_.size());
}

Route Seating::take_route(unsigned thread) {
    auto& allocator = allocators_[thread];
    do {
        allocator.last = allocator.last == route_number_max ? 1 : allocator.last + 1;
    } while (!allocator.in_use.insert(allocator.last).second);
    return Route{allocator.last << thread_bits | thread};
}

std::optional<unsigned> Seating::thread_of(Route route) const {
    const auto thread = thread_byte(route);
    return thread < allocators_.size() ? std::optional(thread) : std::nullopt;
}

void Seating::update_room_losses(TimePoint now) {
    for (auto& [id, room] : rooms_) {
        std::uint16_t worst = 0;
        for (const auto& seat : room.members) {
            const bool listens_by_udp =
                seat->lane.load(std::memory_order_relaxed) == DownlinkLane::udp &&
                seat->has_fresh_uplink(now);
            if (listens_by_udp) {
                worst =
                    std::max(worst, seat->downlink_loss_permille.load(std::memory_order_relaxed));
            }
        }
        room.facts->loss_permille.store(worst, std::memory_order_relaxed);
    }
}

}  // namespace partyline::relay
