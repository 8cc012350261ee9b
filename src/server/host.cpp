#include "server/host.hpp"

#include <algorithm>
#include <csignal>
#include <tuple>
#include <utility>

#include "base/log.hpp"
#include "crypto/secret_code.hpp"
#include "server/away_room.hpp"
#include "server/certificate.hpp"
#include "server/data_folder.hpp"
#include "server/identity.hpp"
#include "server/restoring.hpp"
#include "server/store/sqlite_store.hpp"

namespace partyline::server {
namespace {

// With port 0 the system chooses for TCP; that the same number is taken for UDP is rare.
constexpr int free_port_tries = 20;

}  // namespace

Host::Host(config::Config config, Reread reread, platform::FolderLock lock,
           crypto::Identity identity)
    : started_with_(std::move(config)),
      reread_(std::move(reread)),
      lock_(std::move(lock)),
      identity_(std::move(identity)),
      hangups_(loop_, {SIGHUP}) {}

Result<std::unique_ptr<Host>> Host::create(config::Config given, Reread reread) {
    auto lock = platform::FolderLock::take(given.data_folder);
    if (!lock) {
        return std::unexpected(lock.error());
    }
    if (const auto restored = restore_at_start(given.data_folder); !restored) {
        return std::unexpected(restored.error());
    }
    auto identity = take_identity(given.data_folder);
    if (!identity) {
        return std::unexpected(identity.error());
    }
    std::unique_ptr<Host> host(
        new Host(std::move(given), std::move(reread), std::move(*lock), std::move(*identity)));
    const auto& config = host->started_with_;
    if (config.admin_listen) {
        if (const auto open = host->watch_.open(*config.admin_listen); !open) {
            return std::unexpected(open.error());
        }
    }
    if (const auto listening = host->listen(config); !listening) {
        return std::unexpected(listening.error());
    }
    auto control_config = config.control;
    auto channels = host->remember(config);
    if (!channels) {
        return std::unexpected(channels.error());
    }
    control_config.channels = std::move(*channels);
    auto admin_socket =
        net::LocalListener::create(host->loop_, config.data_folder / admin_socket_file);
    if (!admin_socket) {
        return std::unexpected(admin_socket.error());
    }
    auto server = control::Server::create(std::move(control_config),
                                          {.loop = host->loop_,
                                           .clock = host->clock_,
                                           .identity = host->identity_,
                                           .relay = *host->relay_,
                                           .store = *host->store_,
                                           .listeners = std::move(host->listeners_),
                                           .admin_socket = std::move(*admin_socket)});
    if (!server) {
        return std::unexpected(server.error());
    }
    host->server_ = std::move(*server);
    // Before anybody is told that it is ready; not earlier, so that a start that takes long can be
    // broken off.
    host->stops_.emplace(host->loop_, std::vector{SIGTERM, SIGINT});
    host->watch_.ready(
        {.control = host->server_->figures(), .relay = *host->relay_, .store = *host->store_});
    return host;
}

Result<std::vector<room::Channel>> Host::remember(const config::Config& config) {
    auto store = store::open_sqlite_store(config.data_folder / database_file,
                                          [this](auto work) { loop_.post(std::move(work)); });
    if (!store) {
        return std::unexpected(store.error());
    }
    store_ = std::move(*store);
    auto channels = store_->settle(config.control.channels);
    if (!channels) {
        return channels;
    }
    const auto records = store_->records();
    if (!records) {
        return std::unexpected(records.error());
    }
    const auto away_room_there = check_away_room(config, *records);
    if (!away_room_there) {
        return std::unexpected(away_room_there.error());
    }
    known_away_room_ = records->known_away_room;
    const auto& away_room = config.control.away_room;
    if (*away_room_there && !away_room.empty() && away_room != known_away_room_) {
        known_away_room_ = away_room;
        // What the disk does not take is noted by the next start.
        std::ignore = store_->apply_and_wait({room::KnowAwayRoom{away_room}});
    }
    return make_owner_token(*records).transform([&] { return std::move(*channels); });
}

/// As long as nobody owns the server, each start makes a new one: the one before may be lost with
/// the screen that it stood on, and only its hash is kept.
Result<void> Host::make_owner_token(const room::Records& records) {
    if (std::ranges::any_of(records.accounts, &room::Account::owner)) {
        return {};
    }
    auto token = crypto::make_secret_code();
    auto kept = store_->apply_and_wait(
        {room::SetOwnerToken{.token_hash = crypto::hash_secret_code(token)}});
    if (kept) {
        owner_token_ = std::move(token);
    } else if (kept.error().code == ErrorCode::store_failed) {
        // A disk that takes nothing keeps nobody from talking.
        log::error("Nobody owns this server, and no token is made for its owner: {}",
                   kept.error().message);
        return {};
    }
    return kept;
}

Result<void> Host::listen(const config::Config& config) {
    const auto tls = make_tls(config);
    if (!tls) {
        return std::unexpected(tls.error());
    }
    const auto wanted = config.listen.front().port();
    auto bound = bind(config, *tls, wanted);
    for (int i = 1; !bound && wanted == 0 && i < free_port_tries; ++i) {
        bound = bind(config, *tls, wanted);
    }
    return bound;
}

Result<void> Host::bind(const config::Config& config, const net::TlsContext& tls,
                        std::uint16_t port) {
    listeners_.clear();
    relay::Config voice{.listen = {},
                        .threads = config.relay_threads,
                        .talker_bps_max = config.control.talker_bps_max};
    for (const auto& wanted : config.listen) {
        const auto endpoint =
            wanted.with_port(wanted.port() == 0 && !listeners_.empty() ? port : wanted.port());
        auto listener = net::TlsListener::create(
            loop_, tls, {.endpoint = endpoint, .v6_only = net::leaves_v4(wanted, config.listen)});
        if (!listener) {
            return std::unexpected(listener.error());
        }
        if (listeners_.empty()) {
            port = listener->local().port();
        }
        voice.listen.push_back(endpoint.with_port(listener->local().port()));
        listeners_.push_back(std::move(*listener));
    }
    auto relay = relay::Relay::create(voice);
    if (!relay) {
        return std::unexpected(relay.error());
    }
    relay_ = std::move(*relay);
    return {};
}

void Host::run() {
    loop_.spawn(stop_on_signal());
    loop_.spawn(reload_on_signal());
    loop_.run_until_done(server_->run());
}

net::task<> Host::stop_on_signal() {
    const auto signal = co_await stops_->next();
    log::info("Signal {}: saying good-bye", signal);
    watch_.stopping();
    server_->stop();
}

net::task<> Host::reload_on_signal() {
    while (co_await hangups_.next() != 0) {
        reload();
    }
}

void Host::reload() {
    auto config = reread_();
    bool away_room_there = false;
    const auto tls = config.and_then([&](const config::Config& read) {
        return check_away_room(read, started_with_, server_->model().directory(), known_away_room_)
            .and_then([&](bool there) {
                away_room_there = there;
                return make_tls(read);
            });
    });
    if (!tls) {
        log::error("Nothing is changed, as the configuration cannot be used: {}",
                   tls.error().message);
        return;
    }
    log::set_format(config->log_format);
    log::set_level(config->log_level);
    for (const auto& key : config::changes_for_a_restart(started_with_, *config)) {
        log::warning("{} has another value now, which holds after a restart", key);
    }
    if (const auto& away_room = config->control.away_room; away_room_there && !away_room.empty()) {
        known_away_room_ = away_room;
        store_->apply({room::KnowAwayRoom{away_room}}, [](const Result<void>&) {});
    }
    auto& limits = config->control.limits;
    limits.sessions = started_with_.control.limits.sessions;
    server_->reconfigure({.name = std::move(config->control.name),
                          .reserved_names = std::move(config->control.reserved_names),
                          .limits = limits},
                         *tls);
    log::info("The configuration and the certificate were read again");
}

std::optional<net::Endpoint> Host::admin() const {
    return watch_.http() == nullptr ? std::nullopt : std::optional(watch_.http()->local());
}

std::string Host::fingerprint() const { return crypto::fingerprint(identity_.public_key()); }

}  // namespace partyline::server
