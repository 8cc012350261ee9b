// The talkie's connections, from the first to the last: how each ends, and whether another follows.
#include <algorithm>
#include <chrono>
#include <format>
#include <utility>

#include "client/limits.hpp"
#include "client/live_talkie.hpp"
#include "client/quote.hpp"

namespace partyline::client {
namespace {

/// A connection that breaks sooner is no reason to hurry back: something breaks them all.
constexpr std::chrono::milliseconds return_at_once_after{100};
/// A connection that has held this long was a good one: back-off starts over.
constexpr std::chrono::seconds backoff_reset_after{3};

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

}  // namespace

// --- from first to last ----------------------------------------------------------------------

// After the last event nothing runs but the loop's own return.
net::task<> LiveTalkie::live() {
    const auto reason = co_await stay();
    co_await end_session();
    // It may still be set by one before.
    for (bool in_time = true; recording_.is_unfinished() && in_time;) {
        in_time = co_await recording_over_.wait_for(recording_end_max);
    }
    close_devices();
    refuse_undone(reason);
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
    connection_ = std::make_unique<Connection>(loop_, clock_, tls_);
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
        for (auto& wish : std::exchange(early_, {})) {
            wish.work(*session_);
        }
    }
}

// Whoever leaves in order has had the last of it sent, if there was a connection.
void LiveTalkie::refuse_undone(const Error& reason) {
    const auto refuse = [&](std::string_view command, std::string words) {
        if (!leaving_ && !reason.message.empty()) {
            words += std::format(" ({})", reason.message);
        }
        emit(Refused{.command = std::string(command),
                     .error = {.code = reason.code, .message = std::move(words)}});
    };
    const auto refuse_waiting = [&](std::string_view command, Sent sent, const std::string& text) {
        if (sent == Sent::no) {
            refuse(command, "Not sent: " + quote(text));
        } else if (sent == Sent::perhaps || !leaving_ || !all_sent_) {
            refuse(command, "Perhaps not sent, as the server has not answered: " + quote(text));
        }
    };
    for (const auto& text : estate_.unsaid) {
        refuse_waiting("say", text.sent, text.text);
    }
    for (const auto& letter : estate_.letters) {
        refuse_waiting("message", letter.sent, letter.letter.text);
    }
    if (!estate_.moving.empty() && !(leaving_ && all_sent_)) {
        refuse(estate_.moving, "The server has not answered.");
    }
    for (const auto& wish : std::exchange(early_, {})) {
        refuse(wish.command, wish.text.empty() ? "Not done, as there was no connection."
                                               : "Not sent: " + quote(wish.text));
    }
}

// --- the end of one --------------------------------------------------------------------------

void LiveTalkie::end_as_asked() { begin_end(asked_for()); }

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

net::task<> LiveTalkie::say_farewell(net::Gate::Pass) {
    const bool for_good = leaving_;
    const bool sent = co_await connection_->lane.say_farewell();
    all_sent_ = for_good && sent;
}

}  // namespace partyline::client
