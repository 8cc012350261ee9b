// Several talkies, one relay, bad networks between them, and somebody hostile on the line.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/random.hpp"
#include "server/relay/manual_relay.hpp"
#include "sim/talkie.hpp"
#include "sim/whispers.hpp"

namespace partyline::sim {

struct PartySettings {
    std::uint64_t seed = 1;
    Duration length = std::chrono::milliseconds(1800);
    /// Of those in the first room, who stay there to the end with the microphone open.
    std::size_t settled = 3;
    /// Others, who move, mute, deafen, whisper and change their address.
    std::size_t wanderers = 2;
    bool perfect_downlinks = false;
};

/// What a listener heard of a speaker, both settled.
struct Hearing {
    client::SpeakerStats stats;
    std::uint64_t packets_sent = 0;
    std::uint64_t packets_at_relay = 0;  // of those; each once
    std::size_t frames_per_packet = 1;
};

struct PartyReport {
    std::vector<Hearing> hearings;
    /// What must never happen and did: in words, for a person.
    std::vector<std::string> violations;
    std::uint64_t attacks = 0;     // datagrams that nobody entitled to had sent, or sent before
    std::uint64_t duplicates = 0;  // that uplinks made
    std::uint64_t voice_datagrams = 0;
    std::uint64_t whispers_due = 0;      // to whom whispers were to go when the relay had them
    std::uint64_t whispers_sent = 0;     // of those, on from there
    std::uint64_t whispers_arrived = 0;  // of those, not lost on the way
    std::uint64_t whispers_opened = 0;   // of those, at once
    relay::Counters relay;
};

/// Keys go where KeyExchange would send them, at once or a little late; the sealed path itself is
/// the real one: sender, relay core, receiver. Everything follows from the seed. One thread.
class Party {
public:
    explicit Party(const PartySettings& settings);

    PartyReport run();

private:
    /// How long after the last companion has gone there may still be sound.
    static constexpr Duration echo_length = std::chrono::milliseconds(1500);

    /// A key on its way to a member of a room, or to somebody whispered to.
    struct Share {
        TimePoint at;
        Talkie* to = nullptr;
        ChannelId room{};
        SessionId speaker{};
        StreamId stream{};
        crypto::SenderKeyMaterial key;
    };
    /// Where a record was meant to go, and to whom.
    struct Said {
        SessionId speaker{};
        ChannelId room{};
        StreamId stream{};
        std::set<SessionId> present;
        bool at_relay = false;
    };
    /// Holds every key that a talkie was ever given, never forgets one, and is handed everything
    /// that anybody says.
    struct Spy {
        const Talkie* on = nullptr;
        client::VoiceReceiver receiver;
    };

    void add_talkie(SessionId session);
    LinkSettings random_link(bool perfect);

    void step();
    void carry_up(Talkie& talkie);
    void carry_down(Talkie& talkie);
    void attack(ByteView datagram);
    void on_relay_output(const net::Endpoint& to, ByteView datagram);

    void something_happens();
    void wander(Talkie& talkie);
    void whisper_somehow();
    void move(Talkie& talkie, ChannelId room);
    void has_left(ChannelId room, const Talkie& talkie);
    void has_joined(Talkie& talkie);
    void share_key(const Talkie& from, Talkie& to, StreamId stream = {});
    void give(Spy& spy, const Talkie& speaker, StreamId stream);
    void deliver_shares();
    [[nodiscard]] std::vector<Talkie*> members(ChannelId room) const;
    [[nodiscard]] bool has_company(const Talkie& talkie) const;

    // What is held against all of that (party_judge.cpp).
    static std::uint64_t opened_by(const client::VoiceReceiver& receiver);
    void note_said(const Talkie& talkie, ByteView datagram);
    void note_at_relay(const Talkie& talkie, ByteView datagram);
    void judge(const wire::Record& record, const Talkie* to);
    void judge_whisper(const wire::Record& record, const Talkie& to);
    void spy_on(const wire::Record& record, const Said& said);
    void listen(std::size_t talkie);
    void violation(std::string what);
    void finish();

    // Given.
    PartySettings settings_;

    // Owned.
    Random random_;
    ManualClock clock_;
    relay::ManualRelay relay_;
    std::vector<std::unique_ptr<Talkie>> talkies_;  // the settled first
    std::optional<Whispers> whispers_;              // once all talkies are there
    std::vector<Spy> spies_;                        // one on each wanderer
    std::vector<Share> shares_;
    std::unordered_map<std::string, Said> said_;  // by the record's bytes
    std::unordered_map<SessionId, std::uint64_t> packets_at_relay_;
    std::vector<TimePoint> company_until_;  // by talkie
    TimePoint next_event_;
    TimePoint next_room_losses_;
    PartyReport report_;
};

}  // namespace partyline::sim
