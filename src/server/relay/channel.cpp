#include "server/relay/channel.hpp"

#include <algorithm>
#include <cassert>

#include "server/relay/deliver.hpp"
#include "server/relay/limits.hpp"
#include "wire/datagram.hpp"

namespace partyline::relay {
namespace {

constexpr std::size_t lead_bytes = 1;

// How many records from the start fit into one datagram: at least one, as any one does.
std::size_t count_fitting(std::span<const PendingRecord> records) {
    std::size_t bytes = lead_bytes;
    std::size_t count = 0;
    while (count < records.size() &&
           bytes + records[count].record().size() <= wire::datagram_bytes_max) {
        bytes += records[count].record().size();
        ++count;
    }
    return count;
}
static_assert(lead_bytes + wire::record_bytes_max <= wire::datagram_bytes_max);

bool has_frames(std::span<const PendingRecord> records, SessionId session) {
    return std::ranges::contains(records, session, &PendingRecord::speaker);
}

}  // namespace

Channel::Channel(ChannelId id_in) : id(id_in), listeners_(std::make_shared<const Listeners>()) {
    pending_.reserve(pending_records_max);
    slices_.reserve(pending_records_max);
    talkers_.reserve(pending_records_max);
}

bool Channel::add(PendingRecord record, TimePoint now) {
    assert(pending_.size() < pending_records_max);
    load_.note_frame(now);
    if (!due_) {
        // A talker is no listener of its own frames.
        const auto members = listeners_->seats.size();
        due_ = now + load_.gather_window(members - std::min<std::size_t>(members, 1));
    }
    record.lead_and_record.front() = wire::downlink_voice_lead;
    pending_bytes_ += record.record().size();
    pending_.push_back(record);
    if (fills_a_datagram()) {
        due_ = now;  // waiting would not make it any fuller
    }
    return pending_.size() == pending_records_max;
}

// Whether another record like the last one would not fit any more.
bool Channel::fills_a_datagram() const {
    return lead_bytes + pending_bytes_ + pending_.back().record().size() > wire::datagram_bytes_max;
}

std::size_t Channel::flush(Outbox& outbox, TimePoint now) {
    std::size_t copies = 0;
    for (Records rest(pending_); !rest.empty();) {
        const auto bundle = rest.first(count_fitting(rest));
        copies += send_bundle(bundle, outbox, now);
        rest = rest.subspan(bundle.size());
    }
    for (const auto& record : pending_) {
        outbox.release(record.slot);
    }
    pending_.clear();
    pending_bytes_ = 0;
    due_.reset();
    return copies;
}

// First all who get the whole bundle, then the talkers, each of whom gets its own part of it.
std::size_t Channel::send_bundle(Records records, Outbox& outbox, TimePoint now) {
    std::size_t copies = 0;
    talkers_.clear();
    fill_slices(records, SessionId{});
    outbox.begin(slices_);
    for (const auto& seat : listeners_->seats) {
        if (has_frames(records, seat->session)) {
            talkers_.push_back(seat.get());
        } else if (deliver(*seat, outbox, now)) {
            copies += records.size();
        }
    }
    for (const auto* const talker : talkers_) {
        copies += send_to_talker(*talker, records, outbox, now);
    }
    return copies;
}

std::size_t Channel::send_to_talker(const Seat& talker, Records records, Outbox& outbox,
                                    TimePoint now) {
    fill_slices(records, talker.session);
    if (slices_.empty()) {
        return 0;
    }
    outbox.begin(slices_);
    return deliver(talker, outbox, now) ? slices_.size() : 0;
}

void Channel::fill_slices(Records records, SessionId except) {
    slices_.clear();
    for (const auto& record : records) {
        if (record.speaker != except) {
            slices_.push_back(slices_.empty() ? ByteView(record.lead_and_record) : record.record());
        }
    }
}

}  // namespace partyline::relay
