#include "demo/conversation.hpp"

#include <algorithm>
#include <format>
#include <memory>
#include <optional>
#include <span>

#include "demo/recordings.hpp"
#include "dsp/format.hpp"
#include "harness/failure.hpp"
#include "harness/server.hpp"
#include "harness/tap.hpp"
#include "platform/identity_file.hpp"
#include "wire/datagram.hpp"

namespace partyline::demo {
namespace {

using harness::Failure;
using harness::Json;
using harness::Scratch;
using harness::ServerProcess;
using harness::TalkieProcess;
using harness::Tap;
using std::chrono::milliseconds;

/// Before the first word, so that every jitter buffer and lane has settled.
constexpr milliseconds lead{1'000};
constexpr milliseconds pause{500};
constexpr milliseconds tail{700};
/// Between the last talk and the one through the capture chain; the chain is switched on so long after the former.
constexpr milliseconds chain_pause{800};
constexpr milliseconds chain_on_after{200};
/// So much is said through it: enough to be timed.
constexpr milliseconds chain_talk{3'500};
/// Bob's microphone starts before alice's by at most this; his words are timed by his own.
constexpr milliseconds head_start_max{2'500};
constexpr std::chrono::seconds play_time_max{50};
constexpr std::chrono::seconds settle_max{3};
constexpr std::uint64_t settled_frames = 60;
constexpr std::size_t replayed_packets = 100;

TimePoint from_ns(const Json& ns) {
    return TimePoint(std::chrono::nanoseconds(ns.get<std::int64_t>()));
}

std::size_t samples_in(milliseconds time) {
    return static_cast<std::size_t>(time.count()) * dsp::sample_rate_hz / 1000;
}

std::vector<float> joined(const std::vector<std::string>& recordings) {
    std::vector<float> out;
    for (const auto& number : recordings) {
        const auto one = read_recording(number);
        out.insert(out.end(), one.begin(), one.end());
    }
    return out;
}

/// Who says what when. Alice, bob, alice, and some of the same by alice once more, through the capture chain: what each
/// microphone is fed with.
struct Script {
    std::vector<float> alice;
    std::vector<float> bob;
    std::vector<Talk> talks;
};

void speak(std::vector<float>& microphone, std::vector<Talk>& talks, const std::string& speaker,
           std::size_t at, const std::vector<float>& speech) {
    microphone.resize(at);
    talks.push_back({.speaker = speaker, .first = at, .samples = speech.size()});
    microphone.insert(microphone.end(), speech.begin(), speech.end());
}

Script write_script() {
    const auto opening = joined({"0870", "0880"});
    const auto answer = joined({"0890", "0930"});
    const auto closing = joined({"0920"});
    // Whoever starts when: bob begins after alice has ended, and alice again after bob.
    const auto bob_at = samples_in(head_start_max + lead + pause) + opening.size();
    const auto alice_again_at = bob_at + answer.size() + samples_in(pause);
    Script script;
    speak(script.alice, script.talks, "alice", samples_in(lead), opening);
    speak(script.bob, script.talks, "bob", bob_at, answer);
    speak(script.alice, script.talks, "alice", alice_again_at, closing);
    auto again = closing;
    again.resize(std::min(again.size(), samples_in(chain_talk)));
    speak(script.alice, script.talks, "alice", script.alice.size() + samples_in(chain_pause),
          again);
    script.talks.back().through_chain = true;
    script.alice.resize(script.alice.size() + samples_in(tail));
    script.bob.resize(script.bob.size() + samples_in(tail));
    return script;
}

/// From the file that only its owner reads; checked against what everybody is told.
crypto::PublicKey id_of(const ServerProcess& server, const Scratch& scratch) {
    const auto identity = platform::load_or_create_identity(
        scratch.path(harness::ServerOptions{}.data + "/identity"));
    if (!identity || crypto::fingerprint(identity->public_key()) != server.fingerprint()) {
        throw Failure("the server's identity is not where it should be");
    }
    return identity->public_key();
}

/// The talkies that are on stage, and where each one's files are.
class Stage {
public:
    explicit Stage(const std::function<void(const std::string&)>& progress)
        : progress_(progress), script_(write_script()) {}

    Evidence play();

private:
    std::unique_ptr<TalkieProcess> enter(const std::string& name, const std::string& room,
                                         std::uint16_t port, const std::vector<float>& says = {});
    void choose_rooms();
    void gather();
    void exchange_texts();
    void talk();
    [[nodiscard]] TimePoint begin_of(const Talk& talk) const;
    void replay_to_erin();
    void count();
    void leave();
    Track recording(TalkieProcess& talkie);
    Listener listener(TalkieProcess& talkie, std::size_t first_talk, bool behind_tap);

    const std::function<void(const std::string&)>& progress_;
    const Script script_;
    const Scratch scratch_;
    ServerProcess server_{scratch_, {}};
    Tap bobs_wire_{server_.port()};
    Tap erins_wire_{server_.port()};
    std::string room_;
    std::string other_room_;
    std::unique_ptr<TalkieProcess> alice_, bob_, carol_, dave_, erin_;
    std::uint64_t bob_sent_before_alice_ = 0;
    TimePoint erin_entered_;
    Evidence evidence_;
};

std::unique_ptr<TalkieProcess> Stage::enter(const std::string& name, const std::string& room,
                                            std::uint16_t port, const std::vector<float>& says) {
    std::string mic = "none";
    if (!says.empty()) {
        mic = scratch_.path(name + "-says.wav");
        write_sound(mic, says);
    }
    auto talkie = std::make_unique<TalkieProcess>(
        scratch_, harness::TalkieOptions{.name = name,
                                         .port = port,
                                         .join = room,
                                         .mic = mic,
                                         .speaker = scratch_.path(name + "-hears.wav"),
                                         .more = {"--fingerprint", server_.fingerprint()}});
    talkie->wait("keys_ready");
    talkie->wait("audio_started", "what", "playout");
    talkie->wait("lane", "lane", "udp");
    return talkie;
}

void Stage::choose_rooms() {
    TalkieProcess guide(scratch_, {.name = "guide", .port = server_.port(), .more = {"rooms"}});
    const auto rooms = guide.wait("rooms")["rooms"];
    if (rooms.size() < 2) {
        throw Failure("the server's own configuration has fewer than two rooms: " + rooms.dump());
    }
    room_ = rooms[0]["path"];
    other_room_ = rooms[1]["path"];
    guide.process().wait();
}

void Stage::gather() {
    carol_ = enter("carol", room_, server_.port());
    dave_ = enter("dave", other_room_, server_.port());
    // Bob's wire is tapped: what goes over it is what a sniffer would have.
    bob_ = enter("bob", room_, bobs_wire_.port(), script_.bob);
    // A codec takes the first moments even of digital silence for sound. What bob sends of that is
    // over when alice comes.
    const auto settled = bob_->stats_until(
        [](const Json& told) { return told["frames_captured"] >= settled_frames; });
    bob_sent_before_alice_ = settled["packets_sent"];
    alice_ = enter("alice", room_, server_.port(), script_.alice);
    const auto bob_started = from_ns(bob_->wait("audio_started", "what", "capture")["at_ns"]);
    const auto alice_started = from_ns(alice_->wait("audio_started", "what", "capture")["at_ns"]);
    if (alice_started - bob_started > head_start_max) {
        throw Failure("this machine is too busy for a conversation: alice came too late for it");
    }
    evidence_.speakers = {{.name = "alice",
                           .session = alice_->wait("connected")["session"],
                           .said = {.started = alice_started, .samples = script_.alice}},
                          {.name = "bob",
                           .session = bob_->wait("connected")["session"],
                           .said = {.started = bob_started, .samples = script_.bob}}};
}

void Stage::exchange_texts() {
    const std::vector<std::pair<TalkieProcess*, std::string>> lines{
        {alice_.get(), "Can everybody hear me?"},
        {bob_.get(), "Loud and clear."},
        {carol_.get(), "So can I. ☺"},
    };
    const std::vector<TalkieProcess*> readers{alice_.get(), bob_.get(), carol_.get()};
    for (const auto& [writer, text] : lines) {
        writer->command("say " + text);
        for (auto* reader : readers) {
            ++evidence_.texts_sent;
            const auto read = reader->wait("text", "text", text);
            evidence_.texts_received += read["name"] == writer->name() ? 1U : 0U;
        }
    }
}

TimePoint Stage::begin_of(const Talk& talk) const {
    const auto speaker = std::ranges::find(evidence_.speakers, talk.speaker, &Speaker::name);
    return speaker->said.started +
           std::chrono::milliseconds(talk.first * 1000 / dsp::sample_rate_hz);
}

void Stage::talk() {
    const std::span talks(script_.talks);
    for (const auto& talk : talks.first(talks.size() - 1)) {
        carol_->idle_until(begin_of(talk));
        progress_(talk.speaker + " speaks");
    }
    erin_entered_ = SystemClock().now();
    erin_ = enter("erin", room_, erins_wire_.port());
    progress_("erin comes in late");
    const auto& through_chain = talks.back();
    carol_->idle_until(begin_of(through_chain) - chain_pause + chain_on_after);
    alice_->command("voice normal");
    alice_->command("activation voice");
    carol_->idle_until(begin_of(through_chain));
    progress_("alice speaks through the capture chain");
    alice_->wait("mic_finished", nullptr, 0, play_time_max);
}

void Stage::count() {
    const auto sent_to = [this](const TalkieProcess& hearer, TalkieProcess& speaker) {
        const std::uint64_t all = speaker.stats()["packets_sent"];
        return &hearer == alice_.get() ? all - bob_sent_before_alice_ : all;
    };
    const std::vector<std::pair<TalkieProcess*, TalkieProcess*>> pairs{{carol_.get(), alice_.get()},
                                                                       {carol_.get(), bob_.get()},
                                                                       {alice_.get(), bob_.get()},
                                                                       {bob_.get(), alice_.get()},
                                                                       {erin_.get(), alice_.get()}};
    for (const auto& [hearer, speaker] : pairs) {
        const bool late = hearer == erin_.get();
        const auto sent = sent_to(*hearer, *speaker);
        // What a talkie tells of itself may be some milliseconds old.
        const auto heard = hearer->heard_until(
            speaker->name(),
            [&](const Json& told) { return late || told["packets_received"] >= sent; }, settle_max);
        if (heard.is_null()) {
            throw Failure(hearer->name() + " heard nothing of " + speaker->name());
        }
        const std::uint64_t came = heard["packets_received"];
        const std::uint64_t lost = heard["packets_lost"];
        const auto own = std::ranges::find(evidence_.listeners, hearer->name(), &Listener::name);
        own->counts.push_back({.speaker = speaker->name(),
                               .sent = late ? came + lost : sent,
                               .received = came,
                               .lost = lost,
                               .concealed = heard["frames_concealed"]});
    }
    const auto outside = dave_->stats();
    for (const auto& heard : outside["heard"]) {
        evidence_.outsider_packets += heard["packets_received"].get<std::uint64_t>() +
                                      heard["packets_unopened"].get<std::uint64_t>();
    }
}

void Stage::replay_to_erin() {
    std::vector<Bytes> old;
    for (const auto& datagram : bobs_wire_.datagrams()) {
        if (datagram.direction == Tap::Direction::down && datagram.at < erin_entered_ &&
            wire::DownlinkRecords::parse(datagram.bytes)) {
            old.push_back(datagram.bytes);
        }
    }
    if (old.size() < 2 * replayed_packets) {
        throw Failure("bob's wire had too few packets to replay");
    }
    // From the midst of the first talk.
    const auto first = old.begin() + static_cast<std::ptrdiff_t>(replayed_packets);
    auto& late = evidence_.late;
    const auto unopened = [](const Json& told) {
        return told["packets_unopened"].get<std::uint64_t>();
    };
    const auto before = erin_->heard("alice");
    if (before.is_null()) {
        throw Failure("erin heard nothing of alice");
    }
    late.from = SystemClock().now();
    late.replayed = replayed_packets;
    std::for_each(first, first + replayed_packets,
                  [this](const Bytes& datagram) { erins_wire_.inject_down(datagram); });
    const auto after = erin_->heard_until(
        "alice",
        [&](const Json& told) { return unopened(told) >= unopened(before) + replayed_packets; },
        settle_max);
    late.unopened = unopened(after) - unopened(before);
}

Track Stage::recording(TalkieProcess& talkie) {
    const auto started = talkie.wait("audio_started", "what", "playout")["at_ns"];
    return {.started = from_ns(started),
            .samples = read_sound(scratch_.path(talkie.name() + "-hears.wav"))};
}

void Stage::leave() {
    const std::vector<TalkieProcess*> all{alice_.get(), bob_.get(), carol_.get(), dave_.get(),
                                          erin_.get()};
    for (auto* talkie : all) {
        talkie->command("quit");
    }
    for (auto* talkie : all) {
        if (const auto code = talkie->process().wait(); code != 0) {
            throw Failure(std::format("{} ended with {}", talkie->name(), code));
        }
    }
    for (auto& one : evidence_.listeners) {
        one.heard = recording(one.name == "carol"   ? *carol_
                              : one.name == "alice" ? *alice_
                              : one.name == "bob"   ? *bob_
                                                    : *erin_);
    }
    evidence_.outsider = {.name = "dave", .heard = recording(*dave_)};
    evidence_.late.heard = recording(*erin_);
    evidence_.late.to = SystemClock().now();
    for (const auto& event : dave_->events()) {
        evidence_.texts_astray += event["event"] == "text" ? 1U : 0U;
    }
    evidence_.server_id = id_of(server_, scratch_);
    for (const auto& datagram : bobs_wire_.datagrams()) {
        evidence_.captured.push_back(datagram.bytes);
    }
    if (const auto code = server_.stop(); code != 0) {
        throw Failure(std::format("the server ended with {}", code));
    }
}

Evidence Stage::play() {
    evidence_.talks = script_.talks;
    evidence_.listeners = {
        {.name = "carol"},
        {.name = "alice"},
        {.name = "bob", .behind_tap = true},
        {.name = "erin", .first_talk = script_.talks.size(), .behind_tap = true}};
    progress_(std::format("a switchboard listens on port {}", server_.port()));
    choose_rooms();
    gather();
    progress_(
        std::format("carol, bob and alice are in \"{}\", dave is in \"{}\"", room_, other_room_));
    exchange_texts();
    talk();
    progress_("erin is given packets from before she came");
    replay_to_erin();
    count();
    leave();
    return std::move(evidence_);
}

}  // namespace

Evidence hold_conversation(const std::function<void(const std::string&)>& progress) {
    return Stage(progress).play();
}

}  // namespace partyline::demo
