// What callers ask from any thread, and what a session wants of its talkie. How connections end and
// follow each other is in live_connection.cpp, how they begin in live_login.cpp; what is captured and
// played is in live_voice.cpp.
#include "client/live_talkie.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "client/limits.hpp"
#include "crypto/keys.hpp"
#include "wire/limits.hpp"

namespace partyline::client {
namespace {

constexpr std::chrono::milliseconds tick_interval_min{1};
/// How soon what a voice thread had no room for is offered to it again.
constexpr std::chrono::milliseconds backlog_flush_interval{10};

double to_ms(Duration duration) {
    return std::chrono::duration<double, std::milli>(duration).count();
}

HeardStats to_heard(const SpeakerStats& stats, std::string name) {
    return {.speaker = stats.speaker,
            .name = std::move(name),
            .packets_received = stats.packets_received,
            .packets_lost = stats.packets_lost,
            .packets_late = stats.packets_late,
            .packets_unopened = stats.packets_unopened,
            .frames_played = stats.frames_played,
            .frames_recovered = stats.frames_recovered,
            .frames_concealed = stats.frames_concealed,
            .delay_target_ms = to_ms(stats.delay_target),
            .delay_current_ms = to_ms(stats.delay_current)};
}

/// As Refused names it.
std::string_view word_of(const AccountCommand& command) {
    constexpr std::array<std::string_view, std::variant_size_v<AccountCommand>> words{
        "claim", "link", "unlink", "devices", "password", "owner", "recovery-code"};
    return words.at(command.index());
}

std::uint64_t random_seed() {
    std::array<std::byte, sizeof(std::uint64_t)> bytes{};
    crypto::fill_random(bytes);
    return load_be<std::uint64_t>(bytes);
}

}  // namespace

LiveTalkie::LiveTalkie(Parts parts)
    : settings_(std::move(parts.settings)),
      identity_(std::move(parts.identity)),
      source_(std::move(parts.source)),
      sink_(std::move(parts.sink)),
      on_event_(std::move(parts.on_event)),
      heard_view_(std::make_shared<const HeardView>()),
      tls_(net::TlsContext::client(wire::alpn)),
      recorder_(
          clock_, [this](const Track& track) { return track_name(track); },
          [this](RecordingChanged end) {
              loop_.post([this, end = std::move(end)] { recording_is_whole(end); });
          }),
      recording_over_(loop_),
      tick_wanted_(loop_),
      pause_over_(loop_),
      volumes_(std::move(parts.volumes)),
      capture_(settings_.capture.value_or(usual_capture(settings_.mic))),
      voice_(capture_.music ? usual_capture(settings_.mic) : capture_),
      backoff_(random_seed()) {
    watch_devices();
    loop_.spawn(live());
    thread_ = std::thread([this] { loop_.run(); });
}

// live() stops the loop. Before that it waits for the farewell (farewell_time_max), for what the voice threads need
// to notice, and for a recording to be whole (recording_end_max).
LiveTalkie::~LiveTalkie() {
    disconnect();
    thread_.join();
}

// --- from any thread -------------------------------------------------------------------------

void LiveTalkie::post(Wish wish) {
    loop_.post([this, wish = std::move(wish)]() mutable {
        if (is_connected()) {
            do_now(wish);
        } else if (!ended_) {
            do_later(std::move(wish));
        }
    });
}

void LiveTalkie::do_now(Wish& wish) {
    wish.work(*session_);
    publish();
    tick_wanted_.set();
}

bool LiveTalkie::do_later(Wish wish) {
    if (early_.size() < early_commands_max) {
        early_.push_back(std::move(wish));
        return true;
    }
    emit(Refused{.command = std::string(wish.command),
                 .error = {.code = ErrorCode::rate_limited,
                           .message = "Too much waits for the connection already."}});
    return false;
}

void LiveTalkie::join(ChannelId channel, std::string password) {
    post({.command = "join", .work = [channel, password = std::move(password)](Session& session) {
              session.join(channel, password);
          }});
}
// While the connection is away and voice goes on, whoever leaves or mutes themself is not heard from
// here on; the server hears of it later.
void LiveTalkie::leave() {
    loop_.post([this] {
        Wish wish{.command = "leave", .work = [](Session& session) { session.leave(); }};
        if (is_connected()) {
            do_now(wish);
        } else if (!ended_ && do_later(std::move(wish)) && is_away()) {
            session_->fall_silent();
        }
    });
}
void LiveTalkie::say(std::string text) {
    post({.command = "say", .text = text, .work = [text](Session& session) { session.say(text); }});
}
void LiveTalkie::history(MessageId before, std::uint32_t texts) {
    post({.command = "history",
          .work = [before, texts](Session& session) { session.history(before, texts); }});
}
void LiveTalkie::edit(MessageId id, std::string text) {
    post({.command = "edit",
          .work = [id, text = std::move(text)](Session& session) { session.edit(id, text); }});
}
void LiveTalkie::erase(MessageId id) {
    post({.command = "delete", .work = [id](Session& session) { session.erase(id); }});
}
void LiveTalkie::account(AccountCommand command) {
    const auto word = word_of(command);
    post({.command = word, .work = [command = std::move(command)](Session& session) mutable {
              session.account(std::move(command));
          }});
}
void LiveTalkie::set_self_state(bool mute, bool deafen) {
    loop_.post([this, mute, deafen] {
        Wish wish{.command = "self_state", .work = [mute, deafen](Session& session) {
                      session.set_self_state(mute, deafen);
                  }};
        if (is_connected() || is_away()) {
            do_now(wish);
        } else if (!ended_) {
            do_later(std::move(wish));
        }
    });
}
void LiveTalkie::set_priority(bool on) {
    post({.command = "priority", .work = [on](Session& session) { session.set_priority(on); }});
}
void LiveTalkie::set_volume(SessionId person, Volume volume) {
    post({.command = "volume",
          .work = [person, volume](Session& session) { session.set_volume(person, volume); }});
}
void LiveTalkie::administer(Administration command) {
    const auto word = word_for(command);
    post({.command = word, .work = [command = std::move(command)](Session& session) {
              session.administer(command);
          }});
}
void LiveTalkie::letters(LetterCommand command) {
    const auto word = word_for(command);
    const auto* letter = std::get_if<WriteLetter>(&command);
    post({.command = word,
          .text = letter != nullptr ? letter->text : std::string(),
          .work = [command = std::move(command)](Session& session) mutable {
              session.letters(std::move(command));
          }});
}
void LiveTalkie::invites(InviteCommand command) {
    post({.command = "invite", .work = [command = std::move(command)](Session& session) mutable {
              session.invites(std::move(command));
          }});
}
// While the connection is away and voice goes on, it goes where it is to go from here on.
void LiveTalkie::whisper(WhisperCommand command) {
    loop_.post([this, command = std::move(command)]() mutable {
        Wish wish{.command = "whisper",
                  .work = [command = std::move(command)](Session& session) mutable {
                      session.whisper(std::move(command));
                  }};
        if (is_connected() || is_away()) {
            do_now(wish);
        } else if (!ended_) {
            do_later(std::move(wish));
        }
    });
}
void LiveTalkie::disconnect() {
    loop_.post([this] {
        leaving_ = true;
        pause_over_.set();
        end_as_asked();
    });
}

std::vector<Room> LiveTalkie::rooms() const { return view_.rooms(); }
std::vector<Person> LiveTalkie::people() const { return view_.people(); }

std::optional<ChannelId> LiveTalkie::current_room() const { return view_.room(); }

VoiceStats LiveTalkie::voice_stats() const {
    const auto heard = heard_view_.load();
    return {
        .packets_sent = up_counters_.packets_sent.load(std::memory_order_relaxed),
        .frames_captured = up_counters_.frames_captured.load(std::memory_order_relaxed),
        .capture_overruns = source_ ? source_->overruns() : 0,
        .playout_underruns = sink_->underruns(),
        .frames_slow = up_counters_.frames_slow.load(std::memory_order_relaxed),
        .round_trip_ms = heard->round_trip_ms,
        .lane = heard->lane,
        .capture = {.delay_ms = up_counters_.delay_ms.load(std::memory_order_relaxed),
                    .gain_db = up_counters_.gain_db.load(std::memory_order_relaxed),
                    .load = {.echo_passed_by =
                                 up_counters_.echo_passed_by.load(std::memory_order_relaxed),
                             .noise_lowered_to =
                                 up_counters_.noise_lowered_to.load(std::memory_order_relaxed)},
                    .times_lowered = up_counters_.times_lowered.load(std::memory_order_relaxed)},
        .heard = heard->heard};
}

// --- what keeps a session going --------------------------------------------------------------

net::task<> LiveTalkie::tick_along(net::Gate::Pass) {
    while (!session_gate_->closing()) {
        const bool up_taken = link_->to_up.flush();
        const bool down_taken = link_->to_down.flush();
        const auto now = clock_.now();
        auto due = std::max(session_->next_tick(), now + tick_interval_min);
        if (!up_taken || !down_taken) {
            due = std::min(due, now + backlog_flush_interval);
        }
        co_await tick_wanted_.wait_for(due - now);
        if (!session_gate_->closing()) {
            session_->tick();
            publish();
        }
    }
}

net::task<> LiveTalkie::take_reports(net::Gate::Pass) {
    while (!session_gate_->closing()) {
        if (!co_await reports_->readable()) {
            break;
        }
        link_->control_wake.clear();
        drain_reports();
    }
}

void LiveTalkie::drain_reports() {
    if (!link_) {
        return;
    }
    while (const auto datagram = link_->tunnel_up.pop()) {
        if (connection_ && !session_->away()) {
            connection_->lane.send_voice(datagram->view());
        }
    }
    for (auto* reports : {&link_->from_up, &link_->from_down}) {
        while (auto report = reports->pop()) {
            session_->take(std::move(*report));
        }
    }
    publish();
    tick_wanted_.set();
}

// --- what the session wants ------------------------------------------------------------------

void LiveTalkie::send(const wire::ClientMessage& message) {
    if (connection_) {
        connection_->lane.send(message);
    }
}

void LiveTalkie::emit(const Event& event) {
    publish();
    on_event_(event);
}

void LiveTalkie::end(Error reason) { begin_end(std::move(reason)); }

void LiveTalkie::publish() {
    if (!session_) {
        return;
    }
    session_->show(view_);
    tell_music_rate();
    const auto revision = session_->heard_revision();
    if (std::exchange(heard_shown_, revision) != revision) {
        heard_view_.store(std::make_shared<const HeardView>(heard_now()));
    }
}

LiveTalkie::HeardView LiveTalkie::heard_now() const {
    const auto before = heard_view_.load();
    HeardView view{.heard = {},
                   .round_trip_ms = to_ms(session_->heard().round_trip),
                   .lane = session_->lane()};
    for (const auto& stats : session_->heard().speakers) {
        auto name = session_->model().name_of(stats.speaker);
        if (name.empty()) {
            // They have gone since; what was heard of them is still theirs.
            const auto known =
                std::ranges::find(before->heard, stats.speaker, &HeardStats::speaker);
            name = known == before->heard.end() ? std::string() : known->name;
        }
        view.heard.push_back(to_heard(stats, std::move(name)));
    }
    return view;
}

}  // namespace partyline::client
