#include "client/live_talkie.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <format>
#include <utility>

#include "base/log.hpp"
#include "crypto/handshake.hpp"
#include "crypto/hop.hpp"
#include "crypto/keys.hpp"
#include "net/udp.hpp"

namespace partyline::client {
namespace {

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

Error asked_for() { return {.code = ErrorCode::closed, .message = "The connection has ended."}; }

/// Whether it may go better the next time. What the server, or its identity, means for good does not.
bool may_pass(ErrorCode code) {
    switch (code) {
        case ErrorCode::io:
        case ErrorCode::closed:
        case ErrorCode::timed_out:
        case ErrorCode::shutting_down:
        case ErrorCode::server_full:
        case ErrorCode::rate_limited:
        case ErrorCode::store_failed:
        case ErrorCode::name_taken: return true;  // somebody used the moment; they may go again
        default: return false;
    }
}

/// As Refused names it.
std::string_view word_of(const AccountCommand& command) {
    constexpr std::array<std::string_view, std::variant_size_v<AccountCommand>> words{
        "claim", "link", "unlink", "devices", "password", "owner"};
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
      view_(std::make_shared<const View>()),
      heard_view_(std::make_shared<const HeardView>()),
      tick_wanted_(loop_),
      pause_over_(loop_),
      backoff_(random_seed()) {
    watch_devices();
    loop_.spawn(live());
    thread_ = std::thread([this] { loop_.run(); });
}

// live() ends within farewell_time_max and what the voice threads need to notice; it stops the loop.
LiveTalkie::~LiveTalkie() {
    disconnect();
    thread_.join();
}

// --- from any thread -------------------------------------------------------------------------

void LiveTalkie::post(std::string_view command, Work work) {
    loop_.post([this, command, work = std::move(work)]() mutable {
        if (is_connected()) {
            do_now(work);
        } else if (!ended_) {
            do_later(command, std::move(work));
        }
    });
}

void LiveTalkie::do_now(Work& work) {
    work(*session_);
    publish();
    tick_wanted_.set();
}

bool LiveTalkie::do_later(std::string_view command, Work work) {
    if (early_.size() < early_commands_max) {
        early_.push_back(std::move(work));
        return true;
    }
    emit(Refused{.command = std::string(command),
                 .error = {.code = ErrorCode::rate_limited,
                           .message = "Too much waits for the connection already."}});
    return false;
}

void LiveTalkie::join(ChannelId channel) {
    post("join", [channel](Session& session) { session.join(channel); });
}
// While the connection is away and voice goes on, whoever leaves or mutes themself is not heard from
// here on; the server hears of it later.
void LiveTalkie::leave() {
    loop_.post([this] {
        Work work = [](Session& session) { session.leave(); };
        if (is_connected()) {
            do_now(work);
        } else if (!ended_ && do_later("leave", std::move(work)) && is_away()) {
            session_->fall_silent();
        }
    });
}
void LiveTalkie::say(std::string text) {
    post("say", [text = std::move(text)](Session& session) { session.say(text); });
}
void LiveTalkie::history(MessageId before, std::uint32_t texts) {
    post("history", [before, texts](Session& session) { session.history(before, texts); });
}
void LiveTalkie::edit(MessageId id, std::string text) {
    post("edit", [id, text = std::move(text)](Session& session) { session.edit(id, text); });
}
void LiveTalkie::erase(MessageId id) {
    post("delete", [id](Session& session) { session.erase(id); });
}
void LiveTalkie::account(AccountCommand command) {
    const auto word = word_of(command);
    post(word, [command = std::move(command)](Session& session) mutable {
        session.account(std::move(command));
    });
}
void LiveTalkie::set_self_state(bool mute, bool deafen) {
    loop_.post([this, mute, deafen] {
        Work work = [mute, deafen](Session& session) { session.set_self_state(mute, deafen); };
        if (is_connected() || is_away()) {
            do_now(work);
        } else if (!ended_) {
            do_later("self_state", std::move(work));
        }
    });
}
void LiveTalkie::administer(Administration command) {
    const auto word = word_for(command);
    post(word, [command = std::move(command)](Session& session) { session.administer(command); });
}
void LiveTalkie::disconnect() {
    loop_.post([this] {
        leaving_ = true;
        pause_over_.set();
        begin_end(asked_for());
    });
}

std::vector<Room> LiveTalkie::rooms() const { return view_.load()->rooms; }
std::vector<Person> LiveTalkie::people() const { return view_.load()->people; }

std::optional<ChannelId> LiveTalkie::current_room() const {
    const auto room = view_.load()->room;
    return room ? std::optional(room) : std::nullopt;
}

VoiceStats LiveTalkie::voice_stats() const {
    const auto heard = heard_view_.load();
    return {.packets_sent = up_counters_.packets_sent.load(std::memory_order_relaxed),
            .frames_captured = up_counters_.frames_captured.load(std::memory_order_relaxed),
            .round_trip_ms = heard->round_trip_ms,
            .lane = heard->lane,
            .heard = heard->heard};
}

// The devices tell on threads of their own, until stop_voice().
void LiveTalkie::watch_devices() {
    const auto teller = [this](bool capture) {
        return [this, capture](const audio::DeviceChange& change) {
            loop_.post([this, told = DeviceChanged{
                                  .capture = capture,
                                  .state = static_cast<DeviceChanged::State>(change.state),
                                  .message = change.message}] {
                if (!ended_) {
                    emit(told);
                }
            });
        };
    };
    if (source_) {
        source_->on_device_change(teller(true));
    }
    sink_->on_device_change(teller(false));
}

// --- from first to last ----------------------------------------------------------------------

// After the last event nothing runs but the loop's own return.
net::task<> LiveTalkie::live() {
    const auto reason = co_await stay();
    co_await end_session();
    close_devices();
    // Whoever leaves in order has had what was asked for sent before.
    for (const auto& text : leaving_ ? std::vector<Unsaid>{} : estate_.unsaid) {
        emit(Refused{.command = "say",
                     .error = {.code = reason.code, .message = "Not said: " + text.text}});
    }
    emit(Disconnected{reason});
    ended_ = true;
    loop_.stop();
}

net::task<Error> LiveTalkie::stay() {
    while (true) {
        const auto reason = co_await try_once();
        if (leaving_) {
            co_return asked_for();
        }
        if (!may_return(reason)) {
            co_return reason;
        }
        co_await pause(reason);
        if (leaving_) {
            co_return asked_for();
        }
    }
}

bool LiveTalkie::may_return(const Error& reason) const {
    const bool been_there = session_ || estate_.again;
    return settings_.reconnect && been_there && may_pass(reason.code);
}

bool LiveTalkie::seat_may_be_kept(const Error& reason) const {
    if (!session_ || !session_->model().ready() || !may_return(reason) || leaving_) {
        return false;
    }
    if (session_->away()) {
        return clock_.now() < seat_kept_until_;  // this was a try to get back
    }
    // A connection that broke, or that had fallen silent; not what the server has ended.
    return seat_kept_ > Duration{} && (!lost_ || lost_->code == ErrorCode::timed_out);
}

net::task<> LiveTalkie::pause(const Error& reason) {
    const bool at_once = std::exchange(try_at_once_, false);
    const auto wait =
        at_once ? Duration{}
                : std::max<Duration>(backoff_.next(), std::chrono::milliseconds(reason.retry_ms));
    emit(Reconnecting{.reason = reason, .wait = wait});
    co_await pause_over_.wait_for(wait);
}

net::task<Error> LiveTalkie::try_once() {
    connection_ = std::make_unique<Connection>(loop_);
    lost_.reset();
    const auto reason = co_await talk();
    const auto held = is_connected() ? clock_.now() - connected_at_ : Duration{};
    if (held >= backoff_reset_after) {
        backoff_.reset();
    }
    if (!seat_may_be_kept(reason)) {
        co_await end_session();
    } else if (!session_->away()) {
        session_->go_away();
        seat_kept_until_ = clock_.now() + seat_kept_;
        try_at_once_ = held >= return_at_once_after;
    }
    co_await connection_->gate.close();
    co_await connection_->lane.close();
    connection_.reset();
    co_return reason;
}

// No more sound, then no more reports, then the session's coroutines.
net::task<> LiveTalkie::end_session() {
    end_sound();
    if (!session_) {
        co_return;
    }
    tick_wanted_.set();
    reports_->cancel();
    co_await session_gate_->close();
    drain_reports();
    estate_ = session_->leave_behind();
    publish();
    session_.reset();
    reports_.reset();
    link_.reset();
}

net::task<Error> LiveTalkie::talk() {
    auto failed = co_await come_in();
    while (failed && !lost_) {
        auto message = co_await connection_->lane.receive();
        if (message) {
            take(*message);
        } else {
            failed = std::unexpected(std::move(message.error()));
        }
    }
    if (lost_) {
        co_return *lost_;
    }
    auto error = failed.error();
    if (error.code == ErrorCode::closed) {
        // `closed` is what was asked for, and nobody has.
        error = {.code = ErrorCode::io, .message = "The server has ended the connection."};
    }
    co_return error;
}

void LiveTalkie::take(const wire::ServerMessage& message) {
    const bool was_connected = is_connected();
    session_->receive(message);
    if (!was_connected && is_connected()) {
        connected_at_ = clock_.now();
    }
    if (const auto* voice = std::get_if<wire::VoiceTunnel>(&message.body)) {
        // Voice that finds the ring full is lost, as it might have been on the way.
        if (voice->datagram.size() <= wire::datagram_bytes_max &&
            link_->tunnel_down.push(DatagramSlot::of(voice->datagram))) {
            link_->down_wake.wake();
        }
        return;
    }
    do_early_work();
    publish();
    tick_wanted_.set();
}

void LiveTalkie::do_early_work() {
    if (is_connected()) {
        for (auto& work : std::exchange(early_, {})) {
            work(*session_);
        }
    }
}

net::task<Result<wire::ServerMessage>> LiveTalkie::receive_before(TimePoint deadline) {
    bool late = false;
    const net::Alarm alarm(loop_, deadline - clock_.now(), [this, &late] {
        late = true;
        connection_->lane.hang_up();
    });
    auto message = co_await connection_->lane.receive();
    if (late) {
        co_return fail(ErrorCode::timed_out, "The server does not answer.");
    }
    if (message) {
        if (const auto* refusal = std::get_if<wire::Refusal>(&message->body)) {
            co_return std::unexpected(refusal->error);
        }
        if (const auto* goodbye = std::get_if<wire::Goodbye>(&message->body)) {
            co_return std::unexpected(goodbye->error);
        }
    }
    co_return message;
}

// Nothing is sent before the server has proven who it is.
net::task<Result<void>> LiveTalkie::come_in() {
    if (auto connected = co_await connection_->lane.connect(settings_.host, settings_.port);
        !connected) {
        co_return connected;
    }
    const auto deadline = clock_.now() + connect_time_max;
    const auto first = co_await receive_before(deadline);
    if (!first) {
        co_return std::unexpected(first.error());
    }
    const auto* hello = std::get_if<wire::Hello>(&first->body);
    const auto exporter = connection_->lane.export_value(crypto::exporter_label_login);
    if (hello == nullptr || !exporter) {
        co_return fail(ErrorCode::malformed, "The server does not begin as Partyline does.");
    }
    const auto server = check_hello(*hello, *exporter, settings_);
    if (!server) {
        co_return std::unexpected(server.error());
    }
    if (session_) {
        const auto back = co_await take_up(*server, *exporter, deadline);
        if (!back) {
            co_return std::unexpected(back.error());
        }
        if (*back) {
            co_return Result<void>{};
        }
        co_await end_session();
    }
    co_return co_await log_in(*server, *exporter, deadline);
}

net::task<Result<bool>> LiveTalkie::take_up(const TrustedServer& server,
                                            const crypto::ExporterValue& exporter,
                                            TimePoint deadline) {
    if (server.id != session_->server_id()) {
        co_return false;
    }
    connection_->lane.send({.request_id = resume_request_id,
                            .body = make_resume({.identity = identity_,
                                                 .exporter = exporter,
                                                 .session = session_->session(),
                                                 .token = resume_token_,
                                                 .last_seq = session_->last_seq()})});
    const auto answer = co_await receive_before(deadline);
    if (!answer && answer.error().code == ErrorCode::resume_refused) {
        co_return false;
    }
    if (!answer) {
        co_return std::unexpected(answer.error());
    }
    const auto* resumed = std::get_if<wire::Resumed>(&answer->body);
    auto hop = make_hop(resumed != nullptr ? resumed->hop_epoch : std::uint8_t{0});
    if (resumed == nullptr || !hop) {
        co_return fail(ErrorCode::malformed, "The server does not answer as Partyline does.");
    }
    resume_token_ = resumed->resume_token;
    link_->newest_hop = *hop;
    to_up(UseHop{*hop});
    to_down(UseHop{*std::move(hop)});
    emit(Connected{.session = session_->session(),
                   .server_name = server.name,
                   .fingerprint = server.fingerprint,
                   .again = true,
                   .resumed = true});
    session_->come_back(*resumed);
    connected_at_ = clock_.now();
    do_early_work();
    publish();
    tick_wanted_.set();
    co_return true;
}

net::task<Result<void>> LiveTalkie::log_in(const TrustedServer& server,
                                           const crypto::ExporterValue& exporter,
                                           TimePoint deadline) {
    auto agreement = crypto::AgreementKey::generate();
    connection_->lane.send({.request_id = login_request_id,
                            .body = make_login({.identity = identity_,
                                                .agreement = agreement,
                                                .server_id = server.id,
                                                .exporter = exporter,
                                                .name = settings_.name,
                                                .now_unix_ms = clock_.unix_ms()})});
    const auto second = co_await receive_before(deadline);
    if (!second) {
        co_return std::unexpected(second.error());
    }
    const auto* welcome = std::get_if<wire::Welcome>(&second->body);
    if (welcome == nullptr || welcome->version != wire::protocol_version) {
        co_return fail(ErrorCode::malformed, "The server does not answer as Partyline does.");
    }
    co_return sit_down(server, *welcome, std::move(agreement));
}

Result<std::shared_ptr<Hop>> LiveTalkie::make_hop(std::uint8_t epoch) const {
    const auto up = connection_->lane.export_value(crypto::exporter_label_up);
    const auto down = connection_->lane.export_value(crypto::exporter_label_down);
    if (!up || !down) {
        return std::unexpected(up ? down.error() : up.error());
    }
    return std::make_shared<Hop>(
        Hop::Keys{.up = crypto::hop_key(*up), .down = crypto::hop_key(*down), .epoch = epoch},
        find_way());
}

std::shared_ptr<UdpWay> LiveTalkie::find_way() const {
    if (!settings_.use_udp) {
        return nullptr;
    }
    auto way = way_to(connection_->lane.remote(), link_ ? link_->newest_hop->way : nullptr);
    if (!way) {
        log::warning("All voice is tunnelled: {}", way.error().message);
        return nullptr;
    }
    return *std::move(way);
}

Result<void> LiveTalkie::sit_down(const TrustedServer& server, const wire::Welcome& welcome,
                                  crypto::AgreementKey agreement) {
    auto hop = make_hop(welcome.hop_epoch);
    if (!hop) {
        return std::unexpected(hop.error());
    }
    link_ = std::make_unique<VoiceLink>(*std::move(hop), up_counters_);
    resume_token_ = welcome.resume_token;
    seat_kept_ = std::chrono::seconds(welcome.resume_seconds);
    auto estate = std::exchange(estate_, {});
    session_.emplace(Session::Given{.port = *this, .clock = clock_, .identity = identity_},
                     Seating{.session = welcome.session,
                             .route = welcome.route,
                             .connected = {.session = welcome.session,
                                           .server_name = server.name,
                                           .fingerprint = server.fingerprint,
                                           .first_use = server.first_use,
                                           .again = estate.again},
                             .shares_per_message = server.limits.shares_per_message},
                     OwnDevice{.server_id = server.id,
                               .session = welcome.session,
                               .identity = identity_.public_key(),
                               .agreement = std::move(agreement)},
                     std::move(estate));
    // Figures of another session, which may have had other people under the same numbers, say nothing
    // about this one.
    model_shown_ = 0;
    heard_shown_ = 0;
    heard_view_.store(std::make_shared<const HeardView>());
    reports_ = std::make_unique<net::ReadWatch>(loop_, link_->control_wake.fd());
    session_gate_ = std::make_unique<net::Gate>(loop_);
    loop_.spawn(tick_along(session_gate_->enter().value()));
    loop_.spawn(take_reports(session_gate_->enter().value()));
    return {};
}

void LiveTalkie::begin_end(Error reason) {
    if (lost_ || !connection_) {
        return;
    }
    lost_ = std::move(reason);
    if (lost_->code == ErrorCode::timed_out) {
        connection_->lane.hang_up();  // the way may well be broken: we come back by another
        return;
    }
    if (auto pass = connection_->gate.enter()) {
        loop_.spawn(say_farewell(std::move(*pass)));
    }
}

net::task<> LiveTalkie::say_farewell(net::Gate::Pass) { co_await connection_->lane.say_farewell(); }

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
    while (!session_gate_->closing() && co_await reports_->readable()) {
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

void LiveTalkie::to_up(UpCommand command) {
    if (source_ && !link_->to_up.push(std::move(command))) {
        end({.code = ErrorCode::io, .message = "The microphone has stopped working."});
    }
}

void LiveTalkie::to_down(DownCommand command) {
    if (!link_->to_down.push(std::move(command))) {
        end({.code = ErrorCode::io, .message = "The speaker has stopped working."});
    }
    link_->down_wake.wake();
}

void LiveTalkie::begin_voice() {
    const VoiceIdentity identity{.server_id = session_->server_id(),
                                 .session = session_->session()};
    down_ = std::make_unique<VoiceDown>(identity, *link_, *sink_, clock_);
    if (source_) {
        if (auto up = VoiceUp::start(identity, *link_, *source_)) {
            up_ = std::move(*up);
        } else {
            emit(DeviceChanged{.capture = true,
                               .state = DeviceChanged::State::lost,
                               .message = "Nothing can be said: " + up.error().message});
        }
    }
}

void LiveTalkie::begin_playout() { to_down(StartPlaying{}); }

void LiveTalkie::begin_capture() {
    if (up_) {
        up_->begin();
    }
}

void LiveTalkie::end(Error reason) { begin_end(std::move(reason)); }

void LiveTalkie::end_sound() {
    up_.reset();
    down_.reset();
}

void LiveTalkie::close_devices() {
    if (source_) {
        source_->on_device_change({});
    }
    sink_->on_device_change({});
    if (const auto closed = sink_->close(); !closed) {
        log::error("{}", closed.error().message);
    }
}

void LiveTalkie::publish() {
    if (!session_) {
        return;
    }
    const auto& model = session_->model();
    if (model.ready() && std::exchange(model_shown_, model.revision()) != model.revision()) {
        view_.store(std::make_shared<const View>(
            View{.rooms = model.rooms(), .people = model.people(), .room = model.own_channel()}));
    }
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
