#include "client/voice_receiver.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "client/limits.hpp"
#include "client/speaker.hpp"
#include "crypto/receiver_keys.hpp"
#include "wire/datagram.hpp"

namespace partyline::client {
namespace {

constexpr StreamId room_stream{};

}  // namespace

// Where somebody leaves, or all do at once, nothing waits for memory.
VoiceReceiver::VoiceReceiver(const VoiceIdentity& identity) : identity_(identity) {
    endings_.reserve(playouts_max);
    active_.reserve(playouts_max);
    speaking_changes_.reserve(playouts_max);
    departed_.reserve(departed_stats_max);
}
VoiceReceiver::~VoiceReceiver() = default;
VoiceReceiver::VoiceReceiver(VoiceReceiver&&) noexcept = default;
VoiceReceiver& VoiceReceiver::operator=(VoiceReceiver&&) noexcept = default;

void VoiceReceiver::clear_room() {
    for (const auto& [session, speaker] : speakers_) {
        hear_no_more(*speaker, room_stream, End::fades);
        if (auto* stream = speaker->find(room_stream)) {
            stream->reset_stats();
        }
    }
    for (auto& ending : endings_) {
        if (ending.stream == room_stream) {
            ending.how = End::fades;
        }
    }
    departed_.clear();
}

void VoiceReceiver::add_member(SessionId member) { hear(member, room_stream); }

void VoiceReceiver::hear(SessionId session, StreamId stream) {
    if (session == identity_.session) {
        return;
    }
    known(session).hear(stream);
}

Speaker& VoiceReceiver::known(SessionId session) {
    auto& speaker = speakers_[session];
    if (!speaker) {
        speaker = std::make_unique<Speaker>(identity_, session);
    }
    return *speaker;
}

void VoiceReceiver::set_hearing(SessionId speaker, HeardAs heard_as) {
    known(speaker).set_hearing(heard_as);
}

void VoiceReceiver::remove_member(SessionId member) {
    if (auto* speaker = find(member, room_stream)) {
        hear_no_more(*speaker, room_stream, End::is_played);
    }
}

void VoiceReceiver::hear_no_more(Speaker& speaker, StreamId stream, End how) {
    speaker.hear_no_more(stream);
    if (auto* heard = speaker.find(stream)) {
        let_end(*heard, how);
    }
}

// Their light goes out now, as whoever has left is not there to have one.
void VoiceReceiver::let_end(SpeakerStream& stream, End how) {
    auto playout = stream.take_playout();
    retire(stream);
    stream.close();
    if (!playout || (how == End::fades ? !playout->speaking() : playout->idle())) {
        return;
    }
    if (endings_.size() == playouts_max) {
        endings_.erase(endings_.begin());
    }
    endings_.push_back({.speaker = stream.name().speaker,
                        .stream = stream.name().stream,
                        .playout = std::move(*playout),
                        .ramp = stream.ramp,
                        .how = how});
}

void VoiceReceiver::add_whisperer(SessionId whisperer, StreamId stream) {
    if (stream == room_stream || stream.value >= streams_max) {
        return;
    }
    hear(whisperer, stream);
    if (auto* speaker = find(whisperer, stream)) {
        if (auto* heard = speaker->find(stream)) {
            heard->ends.reset();
        }
    }
}

void VoiceReceiver::remove_whisperer(SessionId whisperer, StreamId stream, TimePoint now) {
    auto* speaker = stream == room_stream ? nullptr : find(whisperer, stream);
    if (speaker != nullptr) {
        speaker->stream(stream).ends = now + crypto::old_generation_lifetime;
    }
}

void VoiceReceiver::forget_session(SessionId session) {
    const auto at = speakers_.find(session);
    if (at == speakers_.end()) {
        return;
    }
    at->second->each([this](SpeakerStream& stream) { let_end(stream, End::is_played); });
    if (at->second->ever_heard()) {
        if (departed_.size() == departed_stats_max) {
            departed_.erase(departed_.begin());
        }
        departed_.push_back(at->second->stats());
    }
    speakers_.erase(at);
}

void VoiceReceiver::add_key(SpeakerKey key, TimePoint now) {
    auto* speaker = find(key.speaker, key.stream);
    if (speaker == nullptr || !speaker->stream(key.stream).add_key(std::move(key.material), now)) {
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
        auto* speaker = find(record->speaker, record->stream());
        if (speaker == nullptr) {
            ++counters_.dropped_unknown_speaker;
            continue;
        }
        auto& stream = speaker->stream(record->stream());
        stream.receive(*record, now);
        if (stream.busy()) {
            activate(stream);
        }
    }
}

bool VoiceReceiver::play(dsp::Frame out, TimePoint now) {
    std::array<float, dsp::frame_samples> side;
    return play(out, side, now) != dsp::Heard::nothing;
}

dsp::Heard VoiceReceiver::play(dsp::Frame mid, dsp::Frame side, TimePoint now) {
    std::ranges::fill(mid, 0.0F);
    std::ranges::fill(side, 0.0F);
    Sound mix{.mid = mid, .side = side};
    const float ducked = ducker_.next(is_priority_heard());
    for (auto* stream : active_) {
        stream->expire_waiting(now);
        const float gain = stream->heard_as.gain * (stream->heard_as.priority ? 1.0F : ducked);
        add(*stream, gain, mix, now);
        note_speaking(*stream);
    }
    add_endings(mix, now);
    if (mix.heard == dsp::Heard::stereo) {
        limiter_.process(mid, side);
    } else {
        limiter_.process(mid);
    }
    if (now >= next_upkeep_) {
        next_upkeep_ = now + receiver_upkeep_interval;
        upkeep(now);
    }
    return unless_deafened(mix);
}

void VoiceReceiver::add(SpeakerStream& stream, float gain, Sound& mix, TimePoint now) {
    std::array<float, dsp::frame_samples> mid;
    std::array<float, dsp::frame_samples> side;
    const auto heard = stream.pull(mid, side, now);
    if (heard == dsp::Heard::nothing) {
        stream.ramp.jump(gain);
        return;
    }
    if (listener_ != nullptr) {
        listener_->heard(stream.name().speaker, stream.name().stream, mid);
    }
    add({.mid = mid, .side = side, .heard = heard}, stream.ramp, gain, mix);
}

void VoiceReceiver::add_endings(Sound& mix, TimePoint now) {
    for (auto& ending : endings_) {
        std::array<float, dsp::frame_samples> mid;
        std::array<float, dsp::frame_samples> side;
        const auto heard = ending.playout.pull(mid, side, now);
        if (heard == dsp::Heard::nothing) {
            continue;
        }
        const bool fades = ending.how == End::fades;
        // What fades is in no recording: it is of a room that we have left, or of one who speaks again. Of a
        // whisper, which is in none anyway, it is still to be known that there is one in the mix.
        if (listener_ != nullptr && (!fades || ending.stream != room_stream)) {
            listener_->heard(ending.speaker, ending.stream, mid);
        }
        const float gain = fades ? 0.0F : ending.ramp.gain();
        add({.mid = mid, .side = side, .heard = heard}, ending.ramp, gain, mix);
    }
    std::erase_if(endings_, [](const Ending& ending) {
        return ending.how == End::fades || ending.playout.idle();
    });
}

void VoiceReceiver::add(const Sound& sound, dsp::GainRamp& ramp, float gain, Sound& mix) {
    if (sound.heard == dsp::Heard::stereo) {
        auto beside = ramp;  // goes the same way
        beside.mix(sound.side, gain, mix.side);
    }
    if (gain > 0 || ramp.gain() > 0) {  // or is just fading out
        mix.heard = std::max(mix.heard, sound.heard);
    }
    ramp.mix(sound.mid, gain, mix.mid);
}

dsp::Heard VoiceReceiver::unless_deafened(const Sound& mix) {
    const bool hears_nothing = deafened_ && own_ears_.gain() <= 0;
    const float target = deafened_ ? 0.0F : 1.0F;
    auto beside = own_ears_;
    beside.apply(mix.side, target);
    own_ears_.apply(mix.mid, target);
    return hears_nothing ? dsp::Heard::nothing : mix.heard;
}

std::optional<KeyNeed> VoiceReceiver::take_key_need(TimePoint now) {
    for (auto* stream : active_) {
        if (auto need = stream->take_key_need(now)) {
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

// What they whisper to us is for us, and lowers nobody.
bool VoiceReceiver::is_priority_heard() const {
    return std::ranges::any_of(active_, [](const SpeakerStream* stream) {
        return stream->heard_as.priority && stream->heard_as.gain > 0 &&
               stream->name().stream == room_stream && stream->speaking();
    });
}

bool VoiceReceiver::anyone_speaking() const {
    return std::ranges::any_of(active_, &SpeakerStream::speaking);
}

void VoiceReceiver::set_deafened(bool deafened) {
    deafened_ = deafened;
    for (const auto& [session, speaker] : speakers_) {
        speaker->each([](SpeakerStream& stream) { stream.interrupt_tally(); });
    }
}

std::uint16_t VoiceReceiver::take_loss_permille() {
    SpeakerStream::Loss sum;
    for (const auto& [session, speaker] : speakers_) {
        speaker->each([&sum](const SpeakerStream& stream) {
            const auto loss = stream.untold_loss();
            sum.expected += loss.expected;
            sum.came += loss.came;
        });
    }
    // What is too little to tell is told with the next ping.
    if (sum.expected < loss_report_packets_min) {
        return 0;
    }
    for (const auto& [session, speaker] : speakers_) {
        speaker->each([](SpeakerStream& stream) { stream.mark_loss_told(); });
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

Speaker* VoiceReceiver::find(SessionId session, StreamId stream) {
    const auto at = speakers_.find(session);
    return at != speakers_.end() && at->second->is_heard_on(stream) ? at->second.get() : nullptr;
}

void VoiceReceiver::activate(SpeakerStream& stream) {
    if (stream.is_active) {
        return;
    }
    if (active_.size() == playouts_max) {
        retire(**std::ranges::min_element(active_, {}, &SpeakerStream::heard_at));
    }
    // Whoever is back and speaks is heard, and not beside themself: a recording has one track for them.
    for (auto& ending : endings_) {
        if (ending.speaker == stream.name().speaker && ending.stream == stream.name().stream) {
            ending.how = End::fades;
        }
    }
    stream.is_active = true;
    stream.ramp.jump(stream.heard_as.gain);  // from silence there is nothing to go along
    active_.push_back(&stream);
}

void VoiceReceiver::retire(SpeakerStream& stream) {
    if (!stream.is_active) {
        return;
    }
    std::erase(active_, &stream);
    stream.is_active = false;
    stream.drop_playout();
    note_speaking(stream);
}

void VoiceReceiver::note_speaking(SpeakerStream& stream) {
    if (stream.speaking() == stream.light) {
        return;
    }
    stream.light = !stream.light;
    const auto& name = stream.name();
    if (speaking_changes_.size() >= playouts_max) {
        // Nobody takes them. What goes on and off again, however often, is nothing then.
        const auto taken_back = std::erase_if(speaking_changes_, [&](const SpeakingChange& change) {
            return change.speaker == name.speaker && change.stream == name.stream;
        });
        if (taken_back % 2 == 1) {
            return;
        }
    }
    speaking_changes_.push_back(
        {.speaker = name.speaker, .speaking = stream.light, .stream = name.stream});
}

void VoiceReceiver::end_due_whispers(Speaker& speaker, TimePoint now) {
    speaker.each([&](const SpeakerStream& stream) {
        if (stream.ends && *stream.ends <= now) {
            hear_no_more(speaker, stream.name().stream, End::is_played);
        }
    });
}

void VoiceReceiver::upkeep(TimePoint now) {
    for (const auto& [session, speaker] : speakers_) {
        end_due_whispers(*speaker, now);
        speaker->each([&](SpeakerStream& stream) {
            stream.expire_keys(now);
            if (stream.is_active && now - stream.heard_at() > playout_idle_max) {
                retire(stream);
            }
        });
    }
}

}  // namespace partyline::client
