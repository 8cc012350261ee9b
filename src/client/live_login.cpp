// How the talkie comes in: to a seat of its own, or back to the one it had.
#include <chrono>
#include <format>
#include <string_view>
#include <utility>

#include "base/log.hpp"
#include "client/live_talkie.hpp"
#include "crypto/handshake.hpp"
#include "crypto/hop.hpp"
#include "crypto/keys.hpp"
#include "wire/check.hpp"

namespace partyline::client {
namespace {

/// What answers there is something else, or a version that we do not know.
std::unexpected<Error> no_switchboard(const Settings& settings, std::string_view why) {
    return fail(ErrorCode::wrong_version,
                std::format("{}:{} is no Partyline switchboard, or speaks another version; one of "
                            "us needs an update ({})",
                            settings.host, settings.port, why));
}

/// Before TLS stood: a switchboard that has no time even to say so does that, and so do others.
std::unexpected<Error> hung_up_at_once(const Settings& settings) {
    return fail(ErrorCode::io,
                std::format("{}:{} hung up at once: it may be full, or let in no more from your "
                            "address for now, so try again in a while; or it is no switchboard",
                            settings.host, settings.port));
}

/// Of what came first: a switchboard would not refuse us with these, as we have said nothing yet.
bool is_no_message(const Error& error) {
    return error.code == ErrorCode::malformed || error.code == ErrorCode::too_large;
}

}  // namespace

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

// Whoever is met for the first time is pinned only now: a busy disk may take longer for it than a server waits for a
// login.
net::task<Result<wire::ServerMessage>> LiveTalkie::ask_for_seat(const TrustedServer& server,
                                                                wire::ClientMessage request,
                                                                TimePoint deadline) {
    connection_->lane.send(request);
    auto answer = co_await receive_before(deadline);
    if (server.first_use) {
        const auto name = server_name_of(settings_.host, settings_.port);
        if (auto pinned = pin_server(settings_.trust, name, server.fingerprint); !pinned) {
            co_return std::unexpected(std::move(pinned).error());
        }
    }
    co_return answer;
}

// Nothing is sent before the server has proven who it is.
net::task<Result<void>> LiveTalkie::come_in() {
    if (auto connected = co_await connection_->lane.connect(settings_.host, settings_.port);
        !connected) {
        if (connected.error().code == ErrorCode::wrong_version) {
            co_return no_switchboard(settings_, connected.error().message);
        }
        if (connected.error().code == ErrorCode::closed && !lost_) {
            co_return hung_up_at_once(settings_);
        }
        co_return connected;
    }
    const auto deadline = clock_.now() + connect_time_max;
    const auto first = co_await receive_before(deadline);
    if (!first && is_no_message(first.error())) {
        co_return no_switchboard(settings_, first.error().message);
    }
    if (!first) {
        co_return std::unexpected(first.error());
    }
    const auto* hello = std::get_if<wire::Hello>(&first->body);
    const auto exporter = connection_->lane.export_value(crypto::exporter_label_login);
    if (hello == nullptr || !exporter) {
        co_return no_switchboard(settings_, "it does not begin as Partyline does");
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
    wire::ClientMessage resume{.request_id = resume_request_id,
                               .body = make_resume({.identity = identity_,
                                                    .exporter = exporter,
                                                    .session = session_->session(),
                                                    .token = resume_token_,
                                                    .last_seq = session_->last_seq()})};
    const auto answer = co_await ask_for_seat(server, std::move(resume), deadline);
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
    link_->hop = *hop;
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
    wire::ClientMessage login{.request_id = login_request_id,
                              .body = make_login({.identity = identity_,
                                                  .agreement = agreement,
                                                  .server_id = server.id,
                                                  .exporter = exporter,
                                                  .name = settings_.name,
                                                  .now_unix_ms = clock_.unix_ms()})};
    if (auto checked = wire::check(login, server.limits); !checked) {
        co_return std::unexpected(std::move(checked).error());  // the name is too long, say
    }
    const auto second = co_await ask_for_seat(server, std::move(login), deadline);
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
    auto way = way_to(connection_->lane.remote(), link_ ? link_->hop->way : nullptr);
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
    link_->recorder = &recorder_;
    resume_token_ = welcome.resume_token;
    seat_kept_ = std::chrono::seconds(welcome.resume_seconds);
    auto estate = std::exchange(estate_, {});
    session_.emplace(
        Session::Given{.port = *this, .clock = clock_, .identity = identity_, .volumes = volumes_},
        Seating{.session = welcome.session,
                .route = welcome.route,
                .connected = {.session = welcome.session,
                              .server_name = server.name,
                              .fingerprint = server.fingerprint,
                              .first_use = server.first_use,
                              .again = estate.again},
                .limits = server.limits},
        OwnDevice{.server_id = server.id,
                  .session = welcome.session,
                  .identity = identity_.public_key(),
                  .agreement = std::move(agreement)},
        std::move(estate));
    // Figures of another session, which may have had other people under the same numbers, say nothing
    // about this one.
    heard_shown_ = 0;
    heard_view_.store(std::make_shared<const HeardView>());
    reports_ = std::make_unique<net::ReadWatch>(loop_, link_->control_wake.fd());
    session_gate_ = std::make_unique<net::Gate>(loop_);
    loop_.spawn(tick_along(session_gate_->enter().value()));
    loop_.spawn(take_reports(session_gate_->enter().value()));
    return {};
}

}  // namespace partyline::client
