#include "server/config/keys.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <format>
#include <utility>

#include "server/room/limits.hpp"
#include "server/room/names.hpp"
#include "wire/limits.hpp"

namespace partyline::config {
namespace {

constexpr unsigned relay_threads_max = 64;
constexpr std::size_t listen_max = 16;
constexpr std::array<std::pair<std::string_view, log::Level>, 4> log_levels{{
    {"debug", log::Level::debug},
    {"info", log::Level::info},
    {"warning", log::Level::warning},
    {"error", log::Level::error},
}};

std::unexpected<std::string> wrong(std::string why) { return std::unexpected(std::move(why)); }

std::string in_quotes(std::string_view text) { return std::format("\"{}\"", text); }

// --- numbers ---------------------------------------------------------------------------------

struct Range {
    std::int64_t min = 0;
    std::int64_t max = 0;
};

std::expected<std::int64_t, std::string> whole(const toml::node& value, Range range) {
    const auto number = value.value_exact<std::int64_t>();
    if (!number || *number < range.min || *number > range.max) {
        return wrong(std::format("must be a whole number from {} to {}", range.min, range.max));
    }
    return *number;
}

template <std::size_t control::Limits::* Field, std::int64_t Min, std::int64_t Max>
Complaint set_count(Config& config, const toml::node& value) {
    const auto number = whole(value, {.min = Min, .max = Max});
    if (!number) {
        return wrong(number.error());
    }
    config.control.limits.*Field = static_cast<std::size_t>(*number);
    return {};
}

template <std::size_t control::Limits::* Field>
std::string show_count(const Config& config) {
    return std::to_string(config.control.limits.*Field);
}

template <control::Rate control::Limits::* Field, double control::Rate::* Part, std::int64_t Max>
Complaint set_rate(Config& config, const toml::node& value) {
    const auto number = whole(value, {.min = 1, .max = Max});
    if (!number) {
        return wrong(number.error());
    }
    (config.control.limits.*Field).*Part = static_cast<double>(*number);
    return {};
}

template <control::Rate control::Limits::* Field, double control::Rate::* Part>
std::string show_rate(const Config& config) {
    return std::format("{:.0f}", (config.control.limits.*Field).*Part);
}

template <Duration control::Limits::* Field, std::int64_t Min, std::int64_t Max>
Complaint set_seconds(Config& config, const toml::node& value) {
    const auto number = whole(value, {.min = Min, .max = Max});
    if (!number) {
        return wrong(number.error());
    }
    config.control.limits.*Field = std::chrono::seconds(*number);
    return {};
}

template <Duration control::Limits::* Field>
std::string show_seconds(const Config& config) {
    return std::to_string(
        std::chrono::duration_cast<std::chrono::seconds>(config.control.limits.*Field).count());
}

Complaint set_relay_threads(Config& config, const toml::node& value) {
    const auto number = whole(value, {.min = 1, .max = relay_threads_max});
    if (!number) {
        return wrong(number.error());
    }
    config.relay_threads = static_cast<unsigned>(*number);
    return {};
}

// --- texts -----------------------------------------------------------------------------------

std::expected<std::string, std::string> text_of(const toml::node& value) {
    const auto text = value.value_exact<std::string>();
    if (!text || text->empty()) {
        return wrong("must be a text in quotes, and not empty");
    }
    return *text;
}

Complaint set_name(Config& config, const toml::node& value) {
    const auto text = text_of(value);
    if (!text) {
        return wrong(text.error());
    }
    if (const auto checked = room::check_channel_name(*text); !checked) {
        return wrong(checked.error().message);
    }
    config.control.name = *text;
    return {};
}

Complaint set_data(Config& config, const toml::node& value) {
    const auto text = text_of(value);
    if (!text) {
        return wrong(text.error());
    }
    config.data_folder = *text;
    return {};
}

template <std::string net::CertificatePaths::* Field>
Complaint set_certificate(Config& config, const toml::node& value) {
    const auto text = text_of(value);
    if (!text) {
        return wrong(text.error());
    }
    if (!config.certificate) {
        config.certificate.emplace();
    }
    (*config.certificate).*Field = *text;
    return {};
}

Complaint set_log(Config& config, const toml::node& value) {
    const auto text = value.value_exact<std::string>();
    for (const auto& [name, level] : log_levels) {
        if (text == name) {
            config.log_level = level;
            return {};
        }
    }
    return wrong(R"(must be "debug", "info", "warning" or "error")");
}

std::string show_log(const Config& config) {
    for (const auto& [name, level] : log_levels) {
        if (config.log_level == level) {
            return in_quotes(name);
        }
    }
    return in_quotes("error");
}

// --- addresses -------------------------------------------------------------------------------

Complaint set_listen(Config& config, const toml::node& value) {
    const auto* list = value.as_array();
    if (list == nullptr || list->empty() || list->size() > listen_max) {
        return wrong(std::format("must be a list of 1 to {} addresses", listen_max));
    }
    std::vector<net::Endpoint> endpoints;
    for (const auto& entry : *list) {
        const auto text = entry.value_exact<std::string>();
        const auto endpoint = text ? net::Endpoint::parse(*text, wire::default_port) : std::nullopt;
        if (!endpoint) {
            return wrong(R"(must hold addresses such as "[::]:47180" or "192.0.2.1:47180")");
        }
        endpoints.push_back(*endpoint);
    }
    config.listen = std::move(endpoints);
    return {};
}

std::string show_listen(const Config& config) {
    std::string list;
    for (const auto& endpoint : config.listen) {
        list += (list.empty() ? "" : ", ") + in_quotes(endpoint.to_string());
    }
    return "[" + list + "]";
}

std::string show_nothing(const Config&) { return {}; }

constexpr std::array top{
    Key{.name = "name",
        .meaning = "What talkies show as the server's name.",
        .set = set_name,
        .show = [](const Config& config) { return in_quotes(config.control.name); }},
    Key{.name = "listen",
        .meaning = "Where to listen: the control lane over TCP and the voice lane over UDP, both\n"
                   "under the same port number. \"[::]\" takes IPv4 and IPv6.",
        .set = set_listen,
        .show = show_listen},
    Key{.name = "data",
        .meaning =
            "The folder with the server's identity and certificate. Made if it is not there.\n"
            "Without this key: ~/.local/share/partyline-server.",
        .set = set_data,
        .show = show_nothing,
        .example = "\"/var/lib/partyline\""},
    Key{.name = "certificate",
        .meaning =
            "A TLS certificate of your own, in PEM; give certificate_key as well. Without it the\n"
            "server makes one: talkies trust the server's identity, not its certificate.",
        .set = set_certificate<&net::CertificatePaths::certificate>,
        .show = show_nothing,
        .example = "\"/etc/partyline/fullchain.pem\""},
    Key{.name = "certificate_key",
        .meaning = "The private key of that certificate, in PEM.",
        .set = set_certificate<&net::CertificatePaths::key>,
        .show = show_nothing,
        .example = "\"/etc/partyline/privkey.pem\""},
    Key{.name = "relay_threads",
        .meaning = "How many threads relay voice. One carries some 100,000 datagrams a second.",
        .set = set_relay_threads,
        .show = [](const Config& config) { return std::to_string(config.relay_threads); }},
    Key{.name = "log",
        .meaning =
            "What is logged to standard error: \"debug\", \"info\", \"warning\" or \"error\".",
        .set = set_log,
        .show = show_log},
};

using control::Limits;
using control::Rate;
constexpr std::int64_t sessions_max = room::sessions_max;
constexpr std::int64_t connections_max = 100'000;
constexpr std::int64_t hour_s = 3600;

constexpr std::array limits{
    Key{.name = "sessions",
        .meaning = "How many may be logged in.",
        .set = set_count<&Limits::sessions, 1, sessions_max>,
        .show = show_count<&Limits::sessions>},
    Key{.name = "connections",
        .meaning = "How many control connections there may be, logged in or not.",
        .set = set_count<&Limits::connections, 1, connections_max>,
        .show = show_count<&Limits::connections>},
    Key{.name = "connections_per_address",
        .meaning = "How many of them from one IPv4 address, or one IPv6 network of 64 bits.",
        .set = set_count<&Limits::connections_per_address, 1, connections_max>,
        .show = show_count<&Limits::connections_per_address>},
    Key{.name = "unauthenticated",
        .meaning = "How many of them may be on their way in.",
        .set = set_count<&Limits::unauthenticated, 1, connections_max>,
        .show = show_count<&Limits::unauthenticated>},
    Key{.name = "arrivals_per_second",
        .meaning = "How many control connections may come in a second, in the long run.",
        .set = set_rate<&Limits::arrivals, &Rate::per_second, connections_max>,
        .show = show_rate<&Limits::arrivals, &Rate::per_second>},
    Key{.name = "arrivals_at_once",
        .meaning = "How many may come at once before that counts.",
        .set = set_rate<&Limits::arrivals, &Rate::burst, connections_max>,
        .show = show_rate<&Limits::arrivals, &Rate::burst>},
    Key{.name = "arrivals_per_second_per_address",
        .meaning = "The same from one IPv4 address, or one IPv6 network of 64 bits.",
        .set = set_rate<&Limits::arrivals_per_address, &Rate::per_second, connections_max>,
        .show = show_rate<&Limits::arrivals_per_address, &Rate::per_second>},
    Key{.name = "arrivals_at_once_per_address",
        .meaning = "How many of those may come at once.",
        .set = set_rate<&Limits::arrivals_per_address, &Rate::burst, connections_max>,
        .show = show_rate<&Limits::arrivals_per_address, &Rate::burst>},
    Key{.name = "handshake_seconds",
        .meaning = "How long the TLS handshake may take.",
        .set = set_seconds<&Limits::handshake, 1, hour_s>,
        .show = show_seconds<&Limits::handshake>},
    Key{.name = "login_seconds",
        .meaning = "How long the login after it may take.",
        .set = set_seconds<&Limits::login, 1, hour_s>,
        .show = show_seconds<&Limits::login>},
    Key{.name = "resume_seconds",
        .meaning = "How long somebody's place is kept when their connection breaks. 0: not at all.",
        .set = set_seconds<&Limits::resume, 0, hour_s>,
        .show = show_seconds<&Limits::resume>},
    Key{.name = "outbox_bytes",
        .meaning = "How much may wait for a slow reader before its connection is cut.",
        .set = set_count<&Limits::outbox_bytes, 128 * 1024, 64 * 1024 * 1024>,
        .show = show_count<&Limits::outbox_bytes>},
};

}  // namespace

std::span<const Key> top_keys() { return top; }
std::span<const Key> limit_keys() { return limits; }

}  // namespace partyline::config
