// What a party holds against what it sees: who was sent what, who could open it, who heard whom.
#include <algorithm>
#include <chrono>
#include <format>
#include <utility>

#include "sim/party.hpp"
#include "wire/datagram.hpp"

namespace partyline::sim {
namespace {

constexpr std::size_t violations_told_max = 10;

std::string key_of(const wire::Record& record) { return std::string(as_text(record.sealed)); }

Bytes alone(const wire::Record& record) {
    Bytes datagram{wire::downlink_voice_lead};
    wire::append_record(datagram, record);
    return datagram;
}

}  // namespace

std::uint64_t Party::opened_by(const client::VoiceReceiver& receiver) {
    std::vector<client::SpeakerStats> all;
    receiver.collect_stats(all);
    std::uint64_t opened = 0;
    for (const auto& stats : all) {
        opened += stats.packets_received;
    }
    return opened;
}

void Party::note_said(const Talkie& talkie, ByteView datagram) {
    const auto record = wire::parse_record(datagram.subspan(wire::uplink_header_bytes));
    const auto stream = record->stream();
    Said said{.speaker = talkie.session(), .room = talkie.room(), .stream = stream};
    if (stream) {
        said.present = whispers_->audience(talkie.session(), stream);
    } else {
        for (const auto* member : members(talkie.room())) {
            said.present.insert(member->session());
        }
    }
    // When it turns elsewhere, its last packet says that the spurt is over, and nothing else.
    if (stream != talkie.whispering() && !record->ends_spurt()) {
        violation(std::format("{} said to stream {} what was for {}", talkie.session().value,
                              stream.value, talkie.whispering().value));
    }
    ++report_.voice_datagrams;
    const auto& kept = said_.insert_or_assign(key_of(*record), std::move(said)).first->second;
    spy_on(*record, kept);
}

void Party::note_at_relay(const Talkie& talkie, ByteView datagram) {
    const auto parsed = wire::parse_header(datagram);
    if (parsed->header.kind != wire::DatagramKind::voice) {
        return;
    }
    auto& said = said_.at(key_of(*wire::parse_record(parsed->body)));
    if (std::exchange(said.at_relay, true)) {
        return;
    }
    ++packets_at_relay_[said.speaker];
    if (said.stream && !talkie.flags().muted) {
        const auto audience = whispers_->entitled(said.speaker, said.stream);
        report_.whispers_due +=
            static_cast<std::uint64_t>(std::ranges::count_if(talkies_, [&](const auto& other) {
                return audience.contains(other->session()) && !other->flags().deafened;
            }));
    }
}

void Party::judge(const wire::Record& record, const Talkie* to) {
    const auto said = said_.find(key_of(record));
    const auto listener = to->session().value;
    if (said == said_.end()) {
        return violation(std::format("{} was sent what nobody said", listener));
    }
    const auto speaker = said->second.speaker.value;
    if (record.speaker != said->second.speaker || speaker == listener) {
        violation(
            std::format("{} was sent {}'s voice as {}'s", listener, speaker, record.speaker.value));
    }
    if (record.stream() != said->second.stream) {
        violation(std::format("{} was sent {}'s voice as of another stream", listener, speaker));
    }
    if (record.stream()) {
        judge_whisper(record, *to);
    } else if (to->room() != said->second.room) {
        violation(std::format("{} was sent {}'s voice from another room", listener, speaker));
    }
    if (to->flags().deafened) {
        violation(std::format("{} was sent {}'s voice though deafened", listener, speaker));
    }
}

/// Whoever it goes to is in the set now, wherever the two are.
void Party::judge_whisper(const wire::Record& record, const Talkie& to) {
    ++report_.whispers_sent;
    if (!whispers_->entitled(record.speaker, record.stream()).contains(to.session())) {
        violation(std::format("{} was sent what {} whispered to others", to.session().value,
                              record.speaker.value));
    }
}

/// Whoever holds all keys that one talkie ever had must open what was said in its presence at
/// most.
void Party::spy_on(const wire::Record& record, const Said& said) {
    for (auto& spy : spies_) {
        const auto opened_before = opened_by(spy.receiver);
        spy.receiver.receive(alone(record), clock_.now());
        if (opened_by(spy.receiver) != opened_before && !said.present.contains(spy.on->session())) {
            violation(std::format("{} could open what {} said where it was not to hear it",
                                  spy.on->session().value, said.speaker.value));
        }
    }
}

void Party::listen(std::size_t talkie) {
    auto& listener = *talkies_[talkie];
    if (has_company(listener)) {
        company_until_[talkie] = clock_.now() + echo_length;
    }
    if (listener.play(clock_.now()) && clock_.now() > company_until_[talkie]) {
        violation(std::format("{} heard somebody and was alone", listener.session().value));
    }
}

void Party::violation(std::string what) {
    if (report_.violations.size() < violations_told_max) {
        report_.violations.push_back(std::format(
            "seed {}, at {} ms: {}", settings_.seed,
            std::chrono::duration_cast<std::chrono::milliseconds>(clock_.now().time_since_epoch())
                    .count() -
                3'600'000,
            what));
    }
}

void Party::finish() {
    for (std::size_t i = 0; i < talkies_.size(); ++i) {
        const auto& talkie = *talkies_[i];
        report_.duplicates += talkie.up.counters().duplicated;
        if (talkie.samples_out_of_range() > 0) {
            violation(std::format("{} played samples out of range", talkie.session().value));
        }
        for (std::size_t k = 0; i < settings_.settled && k < settings_.settled; ++k) {
            const auto& speaker = *talkies_[k];
            if (k != i) {
                report_.hearings.push_back(
                    {.stats = talkie.heard_of(speaker.session()),
                     .packets_sent = speaker.sent().packets_sent,
                     .packets_at_relay = packets_at_relay_[speaker.session()],
                     .frames_per_packet = speaker.settings().frame_ms / dsp::frame_ms});
            }
        }
    }
    report_.relay = relay_.counters();
}

}  // namespace partyline::sim
