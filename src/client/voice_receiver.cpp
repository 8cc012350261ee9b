#include "client/voice_receiver.hpp"

#include <algorithm>
#include <array>

#include "client/limits.hpp"
#include "client/speaker.hpp"
#include "wire/datagram.hpp"

namespace partyline::client {

VoiceReceiver::VoiceReceiver(const VoiceIdentity& identity) : identity_(identity) {}
VoiceReceiver::~VoiceReceiver() = default;
VoiceReceiver::VoiceReceiver(VoiceReceiver&&) noexcept = default;
VoiceReceiver& VoiceReceiver::operator=(VoiceReceiver&&) noexcept = default;

void VoiceReceiver::clear_room() {
    for (const auto& [session, speaker] : speakers_) {
        retire(*speaker);
        speaker->leave();
        speaker->reset_stats();
    }
    departed_.clear();
}

void VoiceReceiver::add_member(SessionId member) {
    if (member == identity_.session) {
        return;
    }
    auto& speaker = speakers_[member];
    if (!speaker) {
        speaker = std::make_unique<Speaker>(identity_, member);
    }
    speaker->enter();
}

void VoiceReceiver::remove_member(SessionId member) {
    if (auto* speaker = find_member(member)) {
        retire(*speaker);
        speaker->leave();
    }
}

void VoiceReceiver::forget_session(SessionId session) {
    remove_member(session);
    const auto at = speakers_.find(session);
    if (at == speakers_.end()) {
        return;
    }
    if (at->second->ever_heard()) {
        if (departed_.size() == departed_stats_max) {
            departed_.erase(departed_.begin());
        }
        departed_.push_back(at->second->stats());
    }
    speakers_.erase(at);
}

void VoiceReceiver::add_key(SpeakerKey key, TimePoint now) {
    auto* speaker = find_member(key.speaker);
    if (speaker == nullptr || !speaker->add_key(key.stream, std::move(key.material), now)) {
        ++counters_.dropped_keys;
    }
}

void VoiceReceiver::receive(ByteView datagram, TimePoint now) {
    ++counters_.datagrams;
    auto records = wire::DownlinkRecords::parse(datagram);
    if (!records) {
        ++counters_.dropped_malformed;
        return;
    }
    while (const auto record = records->next()) {
        auto* speaker = find_member(record->speaker);
        if (speaker == nullptr) {
            ++counters_.dropped_unknown_speaker;
            continue;
        }
        speaker->receive(*record, now);
        if (speaker->busy()) {
            activate(*speaker);
        }
    }
}

bool VoiceReceiver::play(dsp::Frame out, TimePoint now) {
    std::ranges::fill(out, 0.0F);
    bool heard = false;
    std::array<float, dsp::frame_samples> one;
    for (auto* speaker : active_) {
        speaker->expire_waiting(now);
        if (speaker->pull(one, now)) {
            heard = true;
            std::ranges::transform(out, one, out.begin(), std::plus{});
        }
        note_speaking(*speaker);
    }
    limiter_.process(out);
    if (now >= next_upkeep_) {
        next_upkeep_ = now + receiver_upkeep_interval;
        upkeep(now);
    }
    return heard;
}

std::optional<KeyNeed> VoiceReceiver::take_key_need(TimePoint now) {
    for (auto* speaker : active_) {
        if (auto need = speaker->take_key_need(now)) {
            return need;
        }
    }
    return std::nullopt;
}

std::optional<SpeakingChange> VoiceReceiver::take_speaking_change() {
    if (speaking_changes_.empty()) {
        return std::nullopt;
    }
    const auto change = speaking_changes_.front();
    speaking_changes_.erase(speaking_changes_.begin());
    return change;
}

bool VoiceReceiver::anyone_speaking() const {
    return std::ranges::any_of(active_, &Speaker::speaking);
}

void VoiceReceiver::interrupt_tallies() {
    for (const auto& [session, speaker] : speakers_) {
        speaker->interrupt_tally();
    }
}

std::uint16_t VoiceReceiver::take_loss_permille() {
    Speaker::Loss sum;
    for (const auto& [session, speaker] : speakers_) {
        const auto loss = speaker->untold_loss();
        sum.expected += loss.expected;
        sum.came += loss.came;
    }
    // What is too little to tell is told with the next ping.
    if (sum.expected < loss_report_packets_min) {
        return 0;
    }
    for (const auto& [session, speaker] : speakers_) {
        speaker->mark_loss_told();
    }
    // Stragglers of the interval before may make more come than was expected.
    const auto lost = sum.expected - std::min(sum.came, sum.expected);
    return static_cast<std::uint16_t>(lost * 1000 / sum.expected);
}

void VoiceReceiver::collect_stats(std::vector<SpeakerStats>& out) const {
    out = departed_;
    for (const auto& [session, speaker] : speakers_) {
        if (speaker->ever_heard()) {
            out.push_back(speaker->stats());
        }
    }
}

Speaker* VoiceReceiver::find_member(SessionId session) {
    const auto at = speakers_.find(session);
    return at != speakers_.end() && at->second->is_member() ? at->second.get() : nullptr;
}

void VoiceReceiver::activate(Speaker& speaker) {
    if (speaker.is_active) {
        return;
    }
    if (active_.size() == playouts_max) {
        retire(**std::ranges::min_element(active_, {}, &Speaker::heard_at));
    }
    speaker.is_active = true;
    active_.push_back(&speaker);
}

void VoiceReceiver::retire(Speaker& speaker) {
    if (!speaker.is_active) {
        return;
    }
    std::erase(active_, &speaker);
    speaker.is_active = false;
    speaker.drop_playout();
    note_speaking(speaker);
}

void VoiceReceiver::note_speaking(Speaker& speaker) {
    if (speaker.speaking() != speaker.light) {
        speaker.light = !speaker.light;
        speaking_changes_.push_back({.speaker = speaker.session(), .speaking = speaker.light});
    }
}

void VoiceReceiver::upkeep(TimePoint now) {
    for (const auto& [session, speaker] : speakers_) {
        speaker->expire_keys(now);
        if (speaker->is_active && now - speaker->heard_at() > playout_idle_max) {
            retire(*speaker);
        }
    }
}

}  // namespace partyline::client
