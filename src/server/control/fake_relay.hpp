// For tests: a relay that forwards nothing and remembers what it was told.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <utility>
#include <vector>

#include "server/relay/relay.hpp"

namespace partyline::control {

class FakeRelay final : public relay::Relay {
public:
    struct Entry {
        SessionId session{};
        relay::HopKeys keys;
        Route route{};
        ChannelId channel{};
        relay::VoiceFlags flags;
        relay::DownlinkLane lane = relay::DownlinkLane::tunnel;
        bool open = true;
        bool speaking = false;
        bool whispering = false;
        std::map<std::uint8_t, std::set<SessionId>> whispers;  // who hears it, by stream
        std::vector<Bytes> uplink;
        std::set<ChannelId> routes_to;  // also by what is left of old ones
        std::set<ChannelId> heard_in;   // to which routes led while it was not muted

        void note_where_it_is_heard() {
            if (!flags.muted) {
                heard_in.insert(routes_to.begin(), routes_to.end());
            }
        }
    };

    /// All that ever were, by session.
    std::map<SessionId, std::shared_ptr<Entry>> seats;
    std::map<ChannelId, std::uint32_t> bitrates;  // as last told, 0 for none
    int losses_updated = 0;
    int whispers_set = 0;                     // how often
    std::vector<std::size_t> tunnel_batches;  // how many were taken each time there were any

    /// [any] A datagram for a tunnelled talkie.
    void push_down(SessionId session, Bytes datagram) {
        const std::lock_guard lock(mutex_);
        const bool was_empty = down_.empty();
        down_.push_back({.session = session, .datagram = std::move(datagram)});
        if (was_empty && wake_) {
            wake_();
        }
    }

    // --- Relay ---
    [[nodiscard]] std::uint16_t port() const override { return 0; }
    Seated open_seat(SessionId session, relay::HopKeys keys) override {
        auto entry = std::make_shared<Entry>(
            Entry{.session = session, .keys = std::move(keys), .route = next_route()});
        seats[session] = entry;
        // An alias: what a Seat really is, is the relay's own, and here it is an Entry.
        return {.seat = relay::SeatPtr(entry, reinterpret_cast<relay::Seat*>(entry.get())),
                .route = entry->route};
    }
    void rekey(const relay::SeatPtr& seat, relay::HopKeys keys) override {
        entry(seat).keys = std::move(keys);
    }
    Route move(const relay::SeatPtr& seat, ChannelId channel) override {
        entry(seat).channel = channel;
        if (channel) {
            entry(seat).routes_to.insert(channel);
        } else {
            entry(seat).routes_to.clear();
        }
        entry(seat).note_where_it_is_heard();
        return entry(seat).route = next_route();
    }
    void set_whisper(const relay::SeatPtr& seat, StreamId stream,
                     std::vector<relay::SeatPtr> listeners) override {
        ++whispers_set;
        auto& set = entry(seat).whispers[stream.value] = {};
        for (const auto& listener : listeners) {
            set.insert(entry(listener).session);
        }
    }
    void set_bitrate(ChannelId channel, std::uint32_t bps_max) override {
        bitrates[channel] = bps_max;
    }
    void set_flags(const relay::SeatPtr& seat, relay::VoiceFlags flags) override {
        entry(seat).flags = flags;
        entry(seat).note_where_it_is_heard();
    }
    void set_downlink(const relay::SeatPtr& seat, relay::DownlinkLane lane) override {
        entry(seat).lane = lane;
    }
    void close_seat(const relay::SeatPtr& seat) override { entry(seat).open = false; }
    bool tunnel_up(const relay::SeatPtr& seat, ByteView datagram) override {
        entry(seat).uplink.push_back(to_bytes(datagram));
        return true;
    }
    std::vector<relay::TunnelledDown> take_tunnel_down(std::size_t max) override {
        const std::lock_guard lock(mutex_);
        std::vector<relay::TunnelledDown> taken;
        while (!down_.empty() && taken.size() < max) {
            taken.push_back(std::move(down_.front()));
            down_.pop_front();
        }
        if (!taken.empty()) {
            tunnel_batches.push_back(taken.size());
        }
        return taken;
    }
    void on_tunnel_down(std::function<void()> wake) override {
        const std::lock_guard lock(mutex_);
        wake_ = std::move(wake);
    }
    [[nodiscard]] bool speaking(const relay::SeatPtr& seat, TimePoint) const override {
        return entry(seat).speaking;
    }
    [[nodiscard]] bool whispering(const relay::SeatPtr& seat, TimePoint) const override {
        return entry(seat).whispering;
    }
    void update_room_losses() override { ++losses_updated; }
    [[nodiscard]] relay::Counters counters() const override { return {}; }
    [[nodiscard]] std::chrono::nanoseconds cpu_time() const override { return {}; }

private:
    static Entry& entry(const relay::SeatPtr& seat) {
        return *reinterpret_cast<Entry*>(seat.get());
    }
    Route next_route() { return Route{++last_route_}; }

    std::uint32_t last_route_ = 1000;
    std::mutex mutex_;
    std::deque<relay::TunnelledDown> down_;
    std::function<void()> wake_;
};

}  // namespace partyline::control
