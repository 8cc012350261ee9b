#include "sim/party.hpp"

#include <algorithm>
#include <format>
#include <utility>

#include "wire/datagram.hpp"

namespace partyline::sim {
namespace {

using namespace std::chrono_literals;

constexpr Duration step_length = 500us;
// Everybody's address is proven and all keys are there before the network turns bad.
constexpr Duration start_length = 400ms;
// After the last word: for what is on its way, and for jitter buffers to run empty.
constexpr Duration end_length = 1200ms;

constexpr ChannelId first_room{1};
constexpr std::size_t rooms = 2;

constexpr double attack_chance = 0.02;

/// Challenges need no secrecy here, only to differ.
void fill_counting(MutableByteView out) {
    static std::uint64_t next = 0;
    ++next;
    for (std::size_t i = 0; i < out.size(); ++i) {
        out[i] = static_cast<std::byte>(next >> (8 * (i % 8)));
    }
}

const crypto::SenderKey& key_of(const Talkie& talkie, StreamId stream) {
    return stream ? talkie.whisper_key(stream) : talkie.key;
}

}  // namespace

Party::Party(const PartySettings& settings)
    : settings_(settings),
      random_(settings.seed),
      relay_(clock_, fill_counting, [this](const net::Endpoint& to, ByteView datagram) {
          on_relay_output(to, datagram);
      }) {
    const auto count = settings_.settled + settings_.wanderers;
    for (std::uint32_t number = 1; number <= count; ++number) {
        add_talkie(SessionId{number});
    }
    whispers_.emplace(
        Whispers::Given{.random = random_,
                        .clock = clock_,
                        .relay = relay_,
                        .talkies = talkies_,
                        .rooms = rooms,
                        .share = [this](const Talkie& from, Talkie& to, StreamId stream) {
                            share_key(from, to, stream);
                        }});
    for (auto& talkie : talkies_) {
        // Not a word before everybody's address is proven.
        talkie->set_flags(relay_, {.muted = true});
        talkie->enter(relay_, first_room);
        has_joined(*talkie);
    }
}

LinkSettings Party::random_link(bool perfect) {
    const auto ms = [&](std::uint64_t most) {
        return std::chrono::milliseconds(random_.below(most));
    };
    LinkSettings link{.delay = 5ms + ms(80), .jitter = static_cast<Jitter>(random_.below(4))};
    link.jitter_size = link.jitter == Jitter::spikes ? ms(150) : ms(40);
    link.reorders = random_.chance(0.5);
    if (!perfect) {
        link.loss = random_.chance(0.5) ? 0.08 * random_.uniform() : 0;
        link.burst_start = random_.chance(0.2) ? 0.01 * random_.uniform() : 0;
        link.burst_packets = 1 + 8 * random_.uniform();
        link.duplicates = random_.chance(0.3) ? 0.05 * random_.uniform() : 0;
    }
    return link;
}

void Party::add_talkie(SessionId session) {
    const TalkieSettings talkie{.session = session,
                                .seed = random_.next(),
                                .up = random_link(false),
                                .down = random_link(settings_.perfect_downlinks),
                                .clock_ppm = 400 * random_.uniform() - 200,
                                .frame_ms = settings_.seed % 4 == 0 ? 20U : 10U};
    auto& added = *talkies_.emplace_back(std::make_unique<Talkie>(talkie, clock_.now()));
    added.on_voice_sent = [this, &added](ByteView datagram) { note_said(added, datagram); };
    added.sit_down(relay_);
    added.up.change({});
    added.down.change({});
    company_until_.push_back(clock_.now() + echo_length);
    if (session.value > settings_.settled) {
        Spy spy{.on = &added,
                .receiver =
                    client::VoiceReceiver({.server_id = Talkie::server_id(), .session = session})};
        for (std::uint32_t other = 1; other <= settings_.settled + settings_.wanderers; ++other) {
            spy.receiver.add_member(SessionId{other});
            for (const auto stream : whisper_streams) {
                spy.receiver.add_whisperer(SessionId{other}, stream);
            }
        }
        spies_.push_back(std::move(spy));
    }
}

PartyReport Party::run() {
    const auto talk_from = clock_.now() + start_length;
    const auto talk_until = talk_from + settings_.length;
    next_event_ = talk_from;
    next_room_losses_ = talk_from;
    while (clock_.now() < talk_from) {
        step();
    }
    for (auto& talkie : talkies_) {
        talkie->up.change(talkie->settings().up);
        talkie->down.change(talkie->settings().down);
        talkie->set_flags(relay_, {});
        talkie->set_talking(random_.chance(0.6));
    }
    for (std::size_t i = 0; i < settings_.wanderers; ++i) {
        whispers_->begin(*talkies_[settings_.settled + i]);
    }
    while (clock_.now() < talk_until) {
        if (clock_.now() >= next_event_) {
            something_happens();
            next_event_ = clock_.now() + std::chrono::milliseconds(random_.below(200));
        }
        step();
    }
    for (auto& talkie : talkies_) {
        talkie->set_talking(false);
    }
    while (clock_.now() < talk_until + end_length) {
        step();
    }
    finish();
    return std::move(report_);
}

void Party::step() {
    clock_.advance(step_length);
    for (auto& talkie : talkies_) {
        talkie->capture(clock_.now());
        carry_up(*talkie);
    }
    relay_.flush();
    if (clock_.now() >= next_room_losses_) {
        relay_.update_room_losses();
        next_room_losses_ = clock_.now() + 1s;
    }
    deliver_shares();
    for (std::size_t i = 0; i < talkies_.size(); ++i) {
        carry_down(*talkies_[i]);
        listen(i);
    }
}

void Party::carry_up(Talkie& talkie) {
    while (const auto delivery = talkie.up.receive(clock_.now())) {
        note_at_relay(talkie, delivery->packet);
        relay_.deliver(delivery->packet, talkie.address());
        if (random_.chance(attack_chance)) {
            attack(delivery->packet);
        }
    }
}

void Party::carry_down(Talkie& talkie) {
    while (const auto delivery = talkie.down.receive(clock_.now())) {
        const auto records = wire::DownlinkRecords::parse(delivery->packet);
        const auto record = records ? wire::DownlinkRecords(*records).next() : std::nullopt;
        const bool is_whisper = record && record->stream();
        const auto opened_before = is_whisper ? opened_by(talkie.receiver) : 0;
        talkie.receive(delivery->packet, clock_.now());
        if (is_whisper) {
            ++report_.whispers_arrived;
            report_.whispers_opened += opened_by(talkie.receiver) - opened_before;
        }
    }
}

/// Somebody on the line sends it again, or changed.
void Party::attack(ByteView datagram) {
    auto copy = to_bytes(datagram);
    if (random_.chance(0.5)) {
        copy[random_.below(copy.size())] ^= static_cast<std::byte>(1U << random_.below(8));
    }
    const auto from = net::Endpoint::v4({203, 0, 113, 9}, 666);
    relay_.deliver(copy, from);
    ++report_.attacks;
}

void Party::on_relay_output(const net::Endpoint& to, ByteView datagram) {
    const auto talkie = std::ranges::find_if(
        talkies_, [&](const auto& candidate) { return candidate->address() == to; });
    auto records = wire::DownlinkRecords::parse(datagram);
    if (talkie == talkies_.end()) {
        // An address that somebody has just given up may still be sent to, a stranger's may not.
        if (to.port() == 666) {
            violation("a stranger was sent something");
        }
        return;
    }
    while (const auto record = records ? records->next() : std::nullopt) {
        judge(*record, talkie->get());
    }
    (*talkie)->down.send(datagram, clock_.now());
}

void Party::something_happens() {
    auto& talkie = *talkies_[random_.below(talkies_.size())];
    if (random_.chance(0.5)) {
        talkie.set_talking(!talkie.talking());
    } else if (talkie.session().value > settings_.settled) {
        wander(talkie);
    }
    if (settings_.wanderers > 0 && random_.chance(0.6)) {
        whisper_somehow();
    }
}

void Party::whisper_somehow() {
    if (random_.chance(0.2)) {
        whispers_->change_rules();
    } else {
        whispers_->change(*talkies_[settings_.settled + random_.below(settings_.wanderers)]);
    }
}

void Party::wander(Talkie& talkie) {
    switch (random_.below(4)) {
        case 0: return talkie.rebind();
        case 1:
            return talkie.set_flags(
                relay_, {.muted = random_.chance(0.5), .deafened = random_.chance(0.3)});
        default:
            return move(talkie, ChannelId{static_cast<std::uint32_t>(random_.below(rooms + 1))});
    }
}

void Party::move(Talkie& talkie, ChannelId room) {
    const auto before = talkie.room();
    if (room == before) {
        return;
    }
    talkie.enter(relay_, room);
    has_left(before, talkie);
    has_joined(talkie);
    whispers_->follow();
}

/// Those who stay take fresh keys.
void Party::has_left(ChannelId room, const Talkie& talkie) {
    const auto rest = members(room);
    for (auto* from : rest) {
        from->receiver.remove_member(talkie.session());
        from->key.rotate();
        from->use_key();
        for (auto* to : rest) {
            share_key(*from, *to);
        }
    }
}

/// Those who are there ratchet, so that the newcomer cannot open what was said before; it takes a
/// fresh key itself.
void Party::has_joined(Talkie& talkie) {
    talkie.key.rotate();
    talkie.use_key();
    for (auto* other : members(talkie.room())) {
        if (other == &talkie) {
            continue;
        }
        other->receiver.add_member(talkie.session());
        talkie.receiver.add_member(other->session());
        other->key.step();
        other->use_key();
        share_key(*other, talkie);
        share_key(talkie, *other);
    }
}

void Party::share_key(const Talkie& from, Talkie& to, StreamId stream) {
    if (&from == &to) {
        return;
    }
    for (auto& spy : spies_) {
        if (spy.on == &to) {
            give(spy, from, stream);
        }
    }
    shares_.push_back({.at = clock_.now() + std::chrono::milliseconds(random_.below(100)),
                       .to = &to,
                       .room = to.room(),
                       .speaker = from.session(),
                       .stream = stream,
                       .key = key_of(from, stream).material()});
}

void Party::give(Spy& spy, const Talkie& speaker, StreamId stream) {
    const auto opened_before = opened_by(spy.receiver);
    spy.receiver.add_key({.speaker = speaker.session(),
                          .stream = stream,
                          .material = key_of(speaker, stream).material()},
                         clock_.now());
    // Nothing has been said under this key yet.
    if (opened_by(spy.receiver) != opened_before) {
        violation(std::format("{} was given the key to what {} had said before",
                              spy.on->session().value, speaker.session().value));
    }
}

void Party::deliver_shares() {
    // In the order in which they were sent, as the control lane would.
    std::erase_if(shares_, [&](Share& share) {
        if (share.at > clock_.now()) {
            return false;
        }
        if (share.stream || share.to->room() == share.room) {
            share.to->receiver.add_key({.speaker = share.speaker,
                                        .stream = share.stream,
                                        .material = std::move(share.key)},
                                       clock_.now());
        }
        return true;
    });
}

std::vector<Talkie*> Party::members(ChannelId room) const {
    std::vector<Talkie*> out;
    for (const auto& talkie : talkies_) {
        if (room && talkie->room() == room) {
            out.push_back(talkie.get());
        }
    }
    return out;
}

bool Party::has_company(const Talkie& talkie) const {
    return whispers_->reach(talkie) ||
           std::ranges::any_of(members(talkie.room()), [&](const Talkie* other) {
               return other != &talkie && !other->flags().muted;
           });
}

}  // namespace partyline::sim
