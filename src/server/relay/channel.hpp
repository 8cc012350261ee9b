// One room as its relay thread sees it: who listens, and the frames that wait to go out together.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "server/relay/listeners.hpp"
#include "server/relay/meters.hpp"
#include "server/relay/outbox.hpp"

namespace partyline::relay {

/// A record in its slot. The byte before it belongs to the uplink header, which is of no more use
/// once it has been checked: it becomes the lead byte of the datagram that begins with this record.
/// So one frame goes out as one contiguous slice of what came in.
struct PendingRecord {
    MutableByteView lead_and_record;
    SessionId speaker{};
    Slot slot{};

    [[nodiscard]] ByteView record() const { return lead_and_record.subspan(1); }
};

/// Owned by its thread's Core. One thread; allocates only when made and when control changes it.
class Channel {
public:
    explicit Channel(ChannelId id);

    const ChannelId id;

    void set_listeners(std::shared_ptr<const Listeners> listeners) {
        listeners_ = std::move(listeners);
    }
    [[nodiscard]] bool has_listeners() const { return !listeners_->seats.empty(); }

    /// Routes that lead here keep the channel alive.
    void add_route() { ++routes_; }
    void drop_route() { --routes_; }
    [[nodiscard]] bool is_unused() const {
        return routes_ == 0 && !has_listeners() && pending_.empty();
    }

    /// Takes a frame, and holds its slot until flush(). True when that must come before the next.
    [[nodiscard]] bool add(PendingRecord record, TimePoint now);
    /// When flush() is due; nothing while no frame waits.
    [[nodiscard]] std::optional<TimePoint> due() const { return due_; }
    /// Puts out all that waits, in datagrams as full as may be, and releases the slots. Says how
    /// many record copies went out.
    std::size_t flush(Outbox& outbox, TimePoint now);

private:
    using Records = std::span<const PendingRecord>;

    [[nodiscard]] bool fills_a_datagram() const;
    std::size_t send_bundle(Records records, Outbox& outbox, TimePoint now);
    std::size_t send_to_talker(const Seat& talker, Records records, Outbox& outbox, TimePoint now);
    void fill_slices(Records records, SessionId except);

    std::shared_ptr<const Listeners> listeners_;
    LoadMeter load_;
    std::vector<PendingRecord> pending_;
    std::size_t pending_bytes_ = 0;
    std::optional<TimePoint> due_;
    std::size_t routes_ = 0;

    std::vector<ByteView> slices_;      // of the datagram being made
    std::vector<const Seat*> talkers_;  // listeners who have frames in it themselves
};

}  // namespace partyline::relay
