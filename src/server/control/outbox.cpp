#include "server/control/outbox.hpp"

#include <utility>

#include "wire/frame.hpp"

namespace partyline::control {
namespace {

/// Our own messages are within the wire's limits; one that is not is a broken program.
void append_own(Bytes& out, ByteView message) { wire::append_frame(out, message).value(); }

}  // namespace

bool Outbox::fits(std::size_t bytes) const {
    return control_bytes() + bytes <= control_bytes_max_ + exempt_bytes_;
}

bool Outbox::push(const wire::ServerMessage& message, Bound bound) {
    const auto encoded = wire::encode(message);
    const auto bytes = encoded.size() + wire::frame_length_bytes;
    if (bound == Bound::exempt) {
        exempt_bytes_ += bytes;
    } else if (!fits(bytes)) {
        return false;
    }
    append_own(waiting_, encoded);
    return true;
}

bool Outbox::push_event(const wire::EncodedEvent& event, std::uint64_t seq, Bound bound) {
    const auto before = waiting_.size();
    event.append_event(waiting_, seq);
    if (bound == Bound::exempt) {
        exempt_bytes_ += waiting_.size() - before;
    } else if (!fits(0)) {
        waiting_.resize(before);
        return false;
    }
    return true;
}

void Outbox::push_voice(ByteView datagram, TimePoint now) {
    Voice voice{.queued = now, .frame = {}};
    append_own(voice.frame, wire::encode(wire::ServerMessage{
                                .body = wire::VoiceTunnel{.datagram = to_bytes(datagram)}}));
    voice_bytes_ += voice.frame.size();
    voice_.push_back(std::move(voice));
    while (voice_bytes_ > voice_bytes_max_) {
        drop_oldest_voice();
        ++voice_dropped_;
    }
}

ByteView Outbox::take(TimePoint now) {
    writing_ = std::exchange(waiting_, {});
    writing_control_ = writing_.size();
    if (writing_control_ == 0) {
        exempt_bytes_ = 0;
        while (!voice_.empty() && now - voice_.front().queued > voice_age_max_) {
            drop_oldest_voice();
            ++voice_dropped_;
        }
        // One at a time: control that comes up meanwhile goes first.
        if (!voice_.empty()) {
            writing_ = std::move(voice_.front().frame);
            voice_bytes_ -= writing_.size();
            voice_.pop_front();
        }
    }
    return writing_;
}

void Outbox::drop_oldest_voice() {
    voice_bytes_ -= voice_.front().frame.size();
    voice_.pop_front();
}

void Outbox::drop_waiting() {
    waiting_ = {};
    voice_.clear();
    voice_bytes_ = 0;
}

}  // namespace partyline::control
