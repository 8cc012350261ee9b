#include "server/doctor.hpp"

#include <chrono>
#include <format>
#include <fstream>
#include <ostream>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "crypto/keys.hpp"
#include "net/diagnosis.hpp"
#include "net/local.hpp"
#include "net/loop.hpp"
#include "net/tls.hpp"
#include "net/udp.hpp"
#include "platform/folder_lock.hpp"
#include "platform/machine.hpp"
#include "platform/open_files.hpp"
#include "server/away_room.hpp"
#include "server/certificate.hpp"
#include "server/control/away_room.hpp"
#include "server/data_folder.hpp"
#include "server/identity.hpp"
#include "server/relay/limits.hpp"
#include "server/restoring.hpp"
#include "server/store/backup.hpp"
#include "server/store/foresight.hpp"
#include "server/verdicts.hpp"

namespace partyline::server {
namespace {

namespace fs = std::filesystem;

/// The lines, and whether one of them was a problem.
class Findings {
public:
    explicit Findings(std::ostream& out) : out_(out) {}

    void good(const std::string& line) { out_ << "  ok       " << line << '\n'; }
    /// Worth knowing; it works all the same.
    void note(const std::string& line) { out_ << "  note     " << line << '\n'; }
    void problem(const std::string& line) {
        out_ << "  PROBLEM  " << line << '\n';
        ++problems_;
    }
    void add(const Verdict& verdict) {
        switch (verdict.kind) {
            case Verdict::Kind::good: good(verdict.words); break;
            case Verdict::Kind::note: note(verdict.words); break;
            case Verdict::Kind::problem: problem(verdict.words); break;
        }
    }
    [[nodiscard]] int problems() const { return problems_; }

private:
    std::ostream& out_;
    int problems_ = 0;
};

void examine_identity(const fs::path& folder, Findings& findings) {
    const auto held = find_identity(folder);
    if (!held) {
        findings.problem(held.error().message);
    } else if (!*held) {
        findings.good("there is no identity yet; the first start makes it");
    } else {
        findings.good("talkies know this server by " + crypto::fingerprint((*held)->public_key()));
    }
}

void examine_database(const fs::path& folder, Findings& findings) {
    const auto database = folder / database_file;
    std::error_code ignored;
    if (!fs::exists(database, ignored)) {
        findings.good("there is no database yet; the first start makes it");
    } else if (const auto checked = store::check_database(database); !checked) {
        findings.problem(checked.error().message);
    } else if (!std::fstream(database, std::ios::in | std::ios::out)) {
        findings.problem(std::format("{} may not be written by this user", database.string()));
    } else {
        findings.good(std::format("the database is whole ({})", database.string()));
    }
}

/// What the next start does before anything else.
void examine_restore(const fs::path& folder, Findings& findings) {
    const auto under_way = is_there(folder / restore_under_way_file);
    const auto staged = folder / staged_backup_file;
    const auto wanted = is_there(staged);
    if (!under_way || !wanted) {
        findings.problem(!under_way ? under_way.error().message : wanted.error().message);
        return;
    }
    if (*under_way) {
        findings.note("a restore was broken off; the next start finishes it");
    }
    if (!*wanted) {
        return;
    }
    if (const auto files = read_for_restore(staged); !files) {
        findings.problem(files.error().message +
                         ": the next start would restore this, and cannot; take it back with "
                         "partyline-server restore --cancel");
    } else {
        findings.note(
            std::format("the next start restores {}; to take that back: partyline-server "
                        "restore --cancel",
                        staged.string()));
    }
}

void examine_disk(const fs::path& folder, Findings& findings) {
    if (const auto written = platform::try_to_write(folder); !written) {
        findings.problem(written.error().message);
        return;
    }
    const auto room = platform::disk_room(folder);
    if (!room) {
        findings.problem(room.error().message);
        return;
    }
    findings.add(judge_disk(room->free_bytes, folder.string()));
}

/// As the next start will find it.
void examine_away_room(const config::Config& config, Findings& findings) {
    const auto& path = config.control.away_room;
    if (path.empty()) {
        return;
    }
    room::Records records;
    for (const auto& channel : config.control.channels) {
        records.channels.push_back({.channel = channel});
    }
    const auto database = config.data_folder / database_file;
    std::error_code ignored;
    if (fs::exists(database, ignored)) {
        auto foreseen = store::foresee_rooms(database, config.control.channels);
        if (!foreseen) {
            findings.note(foreseen.error().message +
                          ": whether there is an away_room is not known");
            return;
        }
        records = *std::move(foreseen);
    }
    if (const auto there = check_away_room(config, records); !there) {
        findings.problem(there.error().message);
    } else if (!*there) {
        findings.note(control::no_away_room(path));
    } else {
        findings.good(std::format("whoever does nothing for long goes to \"{}\"", path));
    }
}

/// That nobody uses yet: it is there while a server runs.
void examine_admin_socket(const fs::path& folder, Findings& findings) {
    net::Loop loop;
    if (const auto socket = net::LocalListener::create(loop, folder / admin_socket_file); !socket) {
        findings.problem(socket.error().message);
    } else {
        findings.good("the admin socket has its place");
    }
}

/// True when a server runs on the folder.
bool examine_folder(const fs::path& folder, Findings& findings) {
    std::error_code ignored;
    if (!fs::exists(folder, ignored)) {
        // The nearest folder that is there decides whether it can be made.
        auto above = folder;
        while (!above.empty() && !fs::exists(above, ignored) && above != above.parent_path()) {
            above = above.parent_path();
        }
        findings.good(
            std::format("the data folder {} is made on the first start", folder.string()));
        examine_disk(above.empty() ? "." : above, findings);
        return false;
    }
    examine_disk(folder, findings);
    examine_identity(folder, findings);
    examine_database(folder, findings);
    examine_restore(folder, findings);
    const bool in_use = platform::FolderLock::is_held(folder);
    if (in_use) {
        findings.good("a switchboard is running on this folder");
    } else {
        examine_admin_socket(folder, findings);
    }
    return in_use;
}

/// Holds what it has taken, as a server does: two that are free, each for itself, may be in each
/// other's way.
class Ports {
public:
    Ports(const config::Config& config, Findings& findings)
        : config_(config), findings_(findings) {}

    void take(const net::Endpoint& endpoint) {
        const bool v6_only = net::leaves_v4(endpoint, config_.listen);
        const auto before = findings_.problems();
        hold(tcp_, net::try_to_listen(loop_, {.endpoint = endpoint, .v6_only = v6_only}), "");
        hold(udp_, net::UdpSocket::bind(endpoint, {.v6_only = v6_only}), "");
        if (findings_.problems() == before) {
            findings_.good(std::format("{} is free, TCP and UDP", endpoint.to_string()));
        }
    }
    void take_admin(const net::Endpoint& endpoint) {
        const auto before = findings_.problems();
        hold(tcp_, net::try_to_listen(loop_, {.endpoint = endpoint}), " (admin.listen)");
        if (findings_.problems() == before) {
            findings_.good(std::format("{} is free for admin requests", endpoint.to_string()));
        }
    }

private:
    template <class Held>
    void hold(std::vector<Held>& all, Result<Held> taken, std::string_view what) {
        if (taken) {
            all.push_back(*std::move(taken));
        } else {
            findings_.problem(taken.error().message + std::string(what));
        }
    }

    const config::Config& config_;
    Findings& findings_;
    net::Loop loop_;
    std::vector<net::TlsListener> tcp_;
    std::vector<net::UdpSocket> udp_;
};

void examine_ports(const config::Config& config, bool running, Findings& findings) {
    if (running) {
        findings.note("its ports are not tried, as the running switchboard holds them");
        return;
    }
    Ports ports(config, findings);
    // The server's own order.
    if (config.admin_listen) {
        ports.take_admin(*config.admin_listen);
    }
    for (const auto& endpoint : config.listen) {
        ports.take(endpoint);
    }
}

void examine_voice_buffers(Findings& findings) {
    const auto socket = net::UdpSocket::bind(net::Endpoint::loopback_v4(0),
                                             {.receive_buffer_bytes = relay::socket_buffer_bytes});
    if (!socket) {
        findings.problem(socket.error().message);
        return;
    }
    // Linux tells twice of what it was asked for.
    findings.add(judge_voice_buffers(socket->receive_buffer_bytes() / 2));
}

void examine_own_certificate(const fs::path& folder, Findings& findings) {
    const auto own = own_certificate(folder);
    std::error_code ignored;
    if (fs::exists(own.certificate, ignored) && fs::exists(own.key, ignored)) {
        if (const auto usable = net::TlsContext::server(own, wire::alpn); !usable) {
            findings.problem(usable.error().message);
            return;
        }
    }
    findings.good("the server makes its own certificate; talkies check its identity instead");
}

void examine_certificate(const config::Config& config, const Clock& clock, Findings& findings) {
    if (!config.certificate) {
        examine_own_certificate(config.data_folder, findings);
        return;
    }
    const auto usable = make_tls(config);
    const auto facts = net::read_certificate_facts(config.certificate->certificate);
    if (!usable || !facts) {
        findings.problem(usable ? facts.error().message : usable.error().message);
        return;
    }
    findings.add(
        judge_certificate(*facts, config.certificate->certificate, clock.unix_ms() / 1000));
}

void examine_reach(const config::Config& config, Findings& findings) {
    if (!net::UdpSocket::bind(net::Endpoint::loopback_v6(0))) {
        findings.note("this machine has no IPv6; talkies need an IPv4 address");
    } else {
        findings.good("IPv6 works here");
    }
    const auto port = config.listen.front().port();
    std::string list;
    bool reachable = false;
    for (const auto& address : net::own_addresses()) {
        list += (list.empty() ? "" : ", ") + address.address_string();
        reachable = reachable || !net::is_private(address);
    }
    if (list.empty()) {
        findings.note("this machine has no address but its own loopback");
    } else if (reachable) {
        findings.good(
            std::format("people reach {} on port {}, once the firewall lets TCP and UDP {} in",
                        list, port, port));
    } else {
        findings.note(
            std::format("{} cannot be reached from the internet: have the router pass on TCP "
                        "and UDP {} to this machine",
                        list, port));
    }
}

}  // namespace

bool examine(const config::Config& config, const Clock& clock, std::ostream& out) {
    Findings findings(out);
    const bool running = examine_folder(config.data_folder, findings);
    examine_away_room(config, findings);
    examine_ports(config, running, findings);
    examine_voice_buffers(findings);
    examine_certificate(config, clock, findings);
    findings.add(judge_clock(clock.unix_ms(), platform::clock_sync()));
    findings.add(judge_open_files(platform::raise_open_files_max(),
                                  config.control.limits.connections, own_files(config)));
    examine_reach(config, findings);
    switch (findings.problems()) {
        case 0: out << "All is well.\n"; break;
        case 1: out << "There is 1 problem to solve.\n"; break;
        default: out << "There are " << findings.problems() << " problems to solve.\n"; break;
    }
    return findings.problems() == 0;
}

}  // namespace partyline::server
