#include "dsp/jitter_buffer.hpp"

#include <algorithm>
#include <cassert>
#include <numeric>

namespace partyline::dsp {

JitterBuffer::JitterBuffer() : slots_(buffered_packets_max) {
    std::iota(order_.begin(), order_.end(), SlotIndex{0});
}

const BufferedPacket* JitterBuffer::first() const { return count_ == 0 ? nullptr : &at(0); }

void JitterBuffer::pop() {
    assert(count_ > 0);
    std::rotate(order_.begin(), order_.begin() + 1, order_.begin() + static_cast<int>(count_));
    --count_;
}

void JitterBuffer::clear() { count_ = 0; }

JitterBuffer::Added JitterBuffer::add(const BufferedPacket& packet) {
    // Nearly always the packet belongs at the end.
    std::size_t position = count_;
    while (position > 0 && at(position - 1).media >= packet.media) {
        --position;
    }
    if (position < count_ && at(position).media == packet.media) {
        return {.duplicate = true};
    }
    const bool oldest_and_no_room = position == 0 && count_ == buffered_packets_max;
    if (oldest_and_no_room ||
        (count_ > 0 && at(count_ - 1).end() - packet.media > buffered_samples_max)) {
        return {.dropped = 1};
    }
    Added added;
    while (count_ == buffered_packets_max ||
           (count_ > 0 && packet.end() - at(0).media > buffered_samples_max)) {
        pop();
        --position;
        ++added.dropped;
    }
    insert(position, packet);
    return added;
}

void JitterBuffer::insert(std::size_t position, const BufferedPacket& packet) {
    assert(count_ < buffered_packets_max && position <= count_);
    assert(packet.opus.size() <= opus_bytes_max);
    auto& slot = slots_[order_[count_]];
    std::ranges::copy(packet.opus, slot.bytes.begin());
    slot.packet = packet;
    slot.packet.opus = ByteView(slot.bytes).first(packet.opus.size());
    const auto from = order_.begin() + static_cast<int>(position);
    const auto end = order_.begin() + static_cast<int>(count_);
    std::rotate(from, end, end + 1);
    ++count_;
}

}  // namespace partyline::dsp
