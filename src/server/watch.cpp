#include "server/watch.hpp"

#include <chrono>

#include "platform/process_figures.hpp"
#include "server/admin/prometheus.hpp"

namespace partyline::server {
namespace {

using admin::PrometheusText;

double to_double(std::uint64_t count) { return static_cast<double>(count); }

double seconds(Duration time) { return std::chrono::duration<double>(time).count(); }

void write_control(PrometheusText& text, const control::Figures& figures) {
    text.gauge("partyline_sessions", "Who is logged in.", to_double(figures.sessions.get()));
    text.gauge("partyline_rooms", "Rooms that there are.", to_double(figures.rooms.get()));
    text.gauge("partyline_connections", "Control connections, logged in or not.",
               to_double(figures.connections.get()));
    text.gauge("partyline_unauthenticated_connections", "Those of them that are on their way in.",
               to_double(figures.unauthenticated.get()));
    text.begin_counter("partyline_arrivals_total", "Control connections that came.");
    text.sample({{"result", "accepted"}}, to_double(figures.accepted.get()));
    text.sample({{"result", "turned_away"}}, to_double(figures.turned_away.get()));
    text.begin_counter("partyline_logins_total", "Logins.");
    text.sample({{"result", "ok"}}, to_double(figures.logins.get()));
    text.sample({{"result", "refused"}}, to_double(figures.logins_refused.get()));
    text.counter("partyline_control_messages_total", "Messages from talkies.",
                 to_double(figures.messages.get()));
    text.counter("partyline_control_refusals_total",
                 "Requests of sessions that were answered by an error.",
                 to_double(figures.refusals.get()));
    text.counter("partyline_slow_readers_total", "Sessions cut because too much waited for them.",
                 to_double(figures.slow_readers.get()));
    text.begin_counter("partyline_control_bytes_total", "Bytes of the control lane inside TLS.");
    text.sample({{"direction", "in"}}, to_double(figures.received_bytes.get()));
    text.sample({{"direction", "out"}}, to_double(figures.sent_bytes.get()));
}

void write_relay(PrometheusText& text, const relay::Relay& relay) {
    const auto counters = relay.counters();
    text.begin_counter("partyline_voice_datagrams_total", "Datagrams of the voice lane.");
    text.sample({{"direction", "in"}}, to_double(counters.received));
    text.sample({{"direction", "out"}}, to_double(counters.sent));
    text.begin_counter("partyline_voice_bytes_total", "Bytes of these datagrams.");
    text.sample({{"direction", "in"}}, to_double(counters.received_bytes));
    text.sample({{"direction", "out"}}, to_double(counters.sent_bytes));
    text.counter("partyline_voice_records_forwarded_total",
                 "Sealed frames handed to a listener each.", to_double(counters.forwarded_records));
    text.begin_counter("partyline_voice_dropped_total", "Datagrams that went nowhere, by why.");
    text.sample({{"reason", "malformed"}}, to_double(counters.dropped_malformed));
    text.sample({{"reason", "unknown_route"}}, to_double(counters.dropped_unknown_route));
    text.sample({{"reason", "bad_mac"}}, to_double(counters.dropped_bad_mac));
    text.sample({{"reason", "replayed"}}, to_double(counters.dropped_replayed));
    text.sample({{"reason", "muted"}}, to_double(counters.dropped_muted));
    text.sample({{"reason", "no_room"}}, to_double(counters.dropped_no_room));
    text.sample({{"reason", "too_fast"}}, to_double(counters.dropped_too_fast));
    text.sample({{"reason", "send_failed"}}, to_double(counters.dropped_send_failed));
    text.sample({{"reason", "socket_overflow"}}, to_double(counters.dropped_socket_overflow));
    text.sample({{"reason", "tunnel_full"}}, to_double(counters.dropped_tunnel_full));
    text.counter("partyline_relay_cpu_seconds_total", "CPU time of the relay threads.",
                 seconds(relay.cpu_time()));
}

void write_store(PrometheusText& text, const store::Figures& figures) {
    text.begin_gauge("partyline_store_waiting", "Calls that wait for the database.");
    text.sample({{"queue", "write"}}, to_double(figures.writes_waiting));
    text.sample({{"queue", "read"}}, to_double(figures.reads_waiting));
    text.gauge("partyline_store_refusing", "1 from a commit that failed to the next that succeeds.",
               figures.refusing ? 1 : 0);
    text.gauge("partyline_store_damaged",
               "1 once the database was looked through and is not whole.", figures.damaged ? 1 : 0);
    text.counter("partyline_store_writes_total", "Writes that became durable.",
                 to_double(figures.writes));
    text.counter("partyline_store_commits_failed_total", "Commits that failed.",
                 to_double(figures.commits_failed));
    text.histogram("partyline_store_commit_seconds",
                   "How long a group of writes took to become durable.",
                   {.bounds = store::commit_bounds_s,
                    .counts = figures.commit_counts,
                    .sum = figures.commit_seconds});
}

// Under the names that Prometheus' own clients use.
void write_process(PrometheusText& text) {
    const auto figures = platform::process_figures();
    text.gauge("process_resident_memory_bytes", "Resident memory.",
               to_double(figures.resident_bytes));
    text.counter("process_cpu_seconds_total", "CPU time, user and system.",
                 seconds(figures.cpu_user + figures.cpu_system));
    text.gauge("process_open_fds", "Open file descriptors.", to_double(figures.open_files));
    text.gauge("process_max_fds", "How many may be open.", to_double(figures.open_files_max));
    text.gauge("process_threads", "Threads.", to_double(figures.threads));
}

admin::Response unavailable(std::string why) {
    return {.status = 503, .body = std::move(why) + "\n"};
}

}  // namespace

Result<void> Watch::open(const net::Endpoint& listen) {
    auto http = admin::HttpServer::create(
        {.listen = listen,
         .pages = {{.path = "/healthz", .make = [this] { return health(); }},
                   {.path = "/readyz", .make = [this] { return readiness(); }},
                   {.path = "/metrics", .make = [this] { return metrics(); }}},
         .limits = {}});
    if (!http) {
        return std::unexpected(http.error());
    }
    http_ = std::move(*http);
    return {};
}

void Watch::ready(Sources sources) {
    sources_ = std::make_unique<const Sources>(sources);
    state_ = State::ready;
}

admin::Response Watch::health() const { return {.body = "ok\n"}; }

admin::Response Watch::readiness() const {
    switch (state_.load()) {
        case State::starting: return unavailable("starting");
        case State::stopping: return unavailable("stopping");
        case State::ready: break;
    }
    const auto figures = sources_->store.figures();
    if (figures.damaged) {
        return unavailable("the database is damaged; the log says where");
    }
    if (figures.refusing) {
        // Nobody may write for hours: find out by ourselves whether it is over.
        sources_->store.probe();
        return unavailable("the database takes no writes; the log says why");
    }
    return {.body = "ready\n"};
}

admin::Response Watch::metrics() const {
    PrometheusText text;
    text.begin_gauge("partyline_build_info", "Always 1; the version is the label.");
    text.sample({{"version", PARTYLINE_VERSION}}, 1);
    text.gauge("partyline_uptime_seconds", "Since the start.", seconds(clock_.now() - started_));
    if (state_.load() != State::starting) {
        write_control(text, sources_->control);
        write_relay(text, sources_->relay);
        write_store(text, sources_->store.figures());
    }
    write_process(text);
    return {.content_type = std::string(admin::prometheus_content_type), .body = text.text()};
}

}  // namespace partyline::server
