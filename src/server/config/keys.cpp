#include "server/config/keys.hpp"

#include <algorithm>
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
constexpr std::array<std::pair<std::string_view, log::Format>, 2> log_formats{{
    {"text", log::Format::text},
    {"json", log::Format::json},
}};
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

Complaint set_away_room(Config& config, const toml::node& value) {
    const auto text = text_of(value);
    if (!text) {
        return wrong(text.error());
    }
    config.control.away_room = *text;
    return {};
}

Complaint set_away_minutes(Config& config, const toml::node& value) {
    const auto number = whole(value, {.min = 1, .max = 24 * 60});
    if (!number) {
        return wrong(number.error());
    }
    config.control.away_after = std::chrono::minutes(*number);
    return {};
}

Complaint set_direct_keep_days(Config& config, const toml::node& value) {
    const auto number = whole(value, {.min = 0, .max = room::retention_days_max});
    if (!number) {
        return wrong(number.error());
    }
    config.control.direct_keep_days = static_cast<std::uint32_t>(*number);
    return {};
}

template <std::string net::CertificatePaths::* Field>
std::string show_certificate(const Config& config) {
    const auto path = config.certificate ? (*config.certificate).*Field : std::string();
    return path.empty() ? std::string() : in_quotes(path);
}

/// One of the words of a table: `Names` pairs each with its value.
template <const auto& Names, auto Field>
Complaint set_word(Config& config, const toml::node& value) {
    const auto text = value.value_exact<std::string>();
    std::string words;
    for (std::size_t i = 0; i < Names.size(); ++i) {
        if (text == Names[i].first) {
            config.*Field = Names[i].second;
            return {};
        }
        const auto* between = i == 0 ? "" : i + 1 == Names.size() ? " or " : ", ";
        words += between + in_quotes(Names[i].first);
    }
    return wrong("must be " + words);
}

template <const auto& Names, auto Field>
std::string show_word(const Config& config) {
    const auto* found =
        std::ranges::find(Names, config.*Field, [](const auto& name) { return name.second; });
    return in_quotes(found->first);
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

Complaint set_reserved_names(Config& config, const toml::node& value) {
    const auto* list = value.as_array();
    if (list == nullptr || list->size() > room::reserved_names_max) {
        return wrong(std::format("must be a list of up to {} names", room::reserved_names_max));
    }
    std::vector<std::string> names;
    for (const auto& entry : *list) {
        const auto name = entry.value_exact<std::string>();
        if (!name) {
            return wrong("must hold names in quotes");
        }
        if (const auto checked = room::check_person_name(*name); !checked) {
            return wrong(std::format("holds \"{}\": {}", *name, checked.error().message));
        }
        names.push_back(*name);
    }
    config.control.reserved_names = std::move(names);
    return {};
}

std::string show_reserved_names(const Config& config) {
    std::string list;
    for (const auto& name : config.control.reserved_names) {
        list += (list.empty() ? "" : ", ") + in_quotes(name);
    }
    return "[" + list + "]";
}

Complaint set_voice_kilobits(Config& config, const toml::node& value) {
    const auto number =
        whole(value, {.min = room::bitrate_bps_min / 1000, .max = room::bitrate_bps_max / 1000});
    if (!number) {
        return wrong(number.error());
    }
    config.control.talker_bps_max = static_cast<std::uint32_t>(*number) * 1000;
    return {};
}

std::string show_listen(const Config& config) {
    std::string list;
    for (const auto& endpoint : config.listen) {
        list += (list.empty() ? "" : ", ") + in_quotes(endpoint.to_string());
    }
    return "[" + list + "]";
}

Complaint set_admin_listen(Config& config, const toml::node& value) {
    const auto text = value.value_exact<std::string>();
    if (text && text->empty()) {
        config.admin_listen.reset();
        return {};
    }
    config.admin_listen = text ? net::Endpoint::parse(*text, admin_default_port) : std::nullopt;
    if (!config.admin_listen) {
        return wrong(R"(must be an address such as "127.0.0.1:47181", or "" for none)");
    }
    return {};
}

std::string show_admin_listen(const Config& config) {
    return in_quotes(config.admin_listen ? config.admin_listen->to_string() : "");
}

constexpr std::array top{
    Key{.name = "name",
        .meaning = "What talkies show as the server's name.",
        .set = set_name,
        .show = [](const Config& config) { return in_quotes(config.control.name); },
        .reload = Reload::live},
    Key{.name = "reserved_names",
        .meaning = "Names that nobody comes in under but administrators, in whatever spelling. The "
                   "names of\naccounts are kept for their people without this.",
        .set = set_reserved_names,
        .show = show_reserved_names,
        .reload = Reload::live},
    Key{.name = "listen",
        .meaning = "Where to listen: the control lane over TCP and the voice lane over UDP, both\n"
                   "under the same port number. \"[::]\" takes IPv4 and IPv6.",
        .set = set_listen,
        .show = show_listen},
    Key{.name = "data",
        .meaning = "The folder with the server's identity and database. Made if it is not there.\n"
                   "Without this key: ~/.local/share/partyline-server.",
        .set = set_data,
        .show =
            [](const Config& config) {
                return config.data_folder.empty() ? std::string()
                                                  : in_quotes(config.data_folder.string());
            },
        .example = "\"/var/lib/partyline\""},
    Key{.name = "certificate",
        .meaning =
            "A TLS certificate of your own, in PEM; give certificate_key as well. Without it the\n"
            "server makes one: talkies trust the server's identity, not its certificate.",
        .set = set_certificate<&net::CertificatePaths::certificate>,
        .show = show_certificate<&net::CertificatePaths::certificate>,
        .example = "\"/etc/partyline/fullchain.pem\"",
        .reload = Reload::live},
    Key{.name = "certificate_key",
        .meaning = "The private key of that certificate, in PEM.",
        .set = set_certificate<&net::CertificatePaths::key>,
        .show = show_certificate<&net::CertificatePaths::key>,
        .example = "\"/etc/partyline/privkey.pem\"",
        .reload = Reload::live},
    Key{.name = "relay_threads",
        .meaning = "How many threads relay voice. One carries some 100,000 datagrams a second.",
        .set = set_relay_threads,
        .show = [](const Config& config) { return std::to_string(config.relay_threads); }},
    Key{.name = "away_room",
        .meaning = "The room, \"Room/Sub room\", where those go who have done nothing for long.\n"
                   "Without this key, or while that room is deleted: nobody is moved.",
        .set = set_away_room,
        .show =
            [](const Config& config) {
                return config.control.away_room.empty() ? std::string()
                                                        : in_quotes(config.control.away_room);
            },
        .example = "\"Quiet corner\""},
    Key{.name = "away_minutes",
        .meaning = "After how many minutes they do.",
        .set = set_away_minutes,
        .show =
            [](const Config& config) { return std::to_string(config.control.away_after.count()); }},
};

constexpr std::array direct_keys{
    Key{.name = "keep_days",
        .meaning = "How many days direct messages between people are kept. 0: for good.",
        .set = set_direct_keep_days,
        .show =
            [](const Config& config) { return std::to_string(config.control.direct_keep_days); }},
};

constexpr std::array log_keys{
    Key{.name = "level",
        .meaning =
            "What is logged, to standard error: \"debug\", \"info\", \"warning\" or \"error\".",
        .set = set_word<log_levels, &Config::log_level>,
        .show = show_word<log_levels, &Config::log_level>,
        .reload = Reload::live},
    Key{.name = "format",
        .meaning =
            "\"text\" for people, or \"json\": an object a line with time, level and message.",
        .set = set_word<log_formats, &Config::log_format>,
        .show = show_word<log_formats, &Config::log_format>,
        .reload = Reload::live},
};

constexpr std::array admin_keys{
    Key{.name = "listen",
        .meaning = "Where /healthz, /readyz and /metrics are, over HTTP; \"\" for nowhere. Whoever "
                   "reaches\n"
                   "it may read it: keep it on 127.0.0.1 or in a network of your own.",
        .set = set_admin_listen,
        .show = show_admin_listen},
};

using control::Limits;
using control::Rate;
constexpr std::int64_t sessions_max = room::sessions_max;
constexpr std::int64_t connections_max = 100'000;
constexpr std::int64_t hour_s = 3600;

constexpr std::array limits{
    Key{.name = "sessions",
        .meaning =
            "How many may be logged in. Eight more seats are for those who may administer, ban "
            "or\nkick.",
        .set = set_count<&Limits::sessions, 1, sessions_max>,
        .show = show_count<&Limits::sessions>},
    Key{.name = "connections",
        .meaning = "How many control connections there may be, logged in or not.",
        .set = set_count<&Limits::connections, 1, connections_max>,
        .show = show_count<&Limits::connections>,
        .reload = Reload::live},
    Key{.name = "connections_per_address",
        .meaning =
            "How many of them from one IPv4 address, or one IPv6 network of 64 bits. One of 48 "
            "bits\nmay have twice as many.",
        .set = set_count<&Limits::connections_per_address, 1, connections_max>,
        .show = show_count<&Limits::connections_per_address>,
        .reload = Reload::live},
    Key{.name = "unauthenticated",
        .meaning = "How many of them may be on their way in.",
        .set = set_count<&Limits::unauthenticated, 1, connections_max>,
        .show = show_count<&Limits::unauthenticated>,
        .reload = Reload::live},
    Key{.name = "arrivals_per_second",
        .meaning = "How many control connections may come in a second, in the long run.",
        .set = set_rate<&Limits::arrivals, &Rate::per_second, connections_max>,
        .show = show_rate<&Limits::arrivals, &Rate::per_second>,
        .reload = Reload::live},
    Key{.name = "arrivals_at_once",
        .meaning = "How many may come at once before that counts. An eighth is kept for networks "
                   "that\nhave brought nobody lately.",
        .set = set_rate<&Limits::arrivals, &Rate::burst, connections_max>,
        .show = show_rate<&Limits::arrivals, &Rate::burst>,
        .reload = Reload::live},
    Key{.name = "arrivals_per_second_per_address",
        .meaning = "The same from one IPv4 address, or one IPv6 network of 64 bits.",
        .set = set_rate<&Limits::arrivals_per_address, &Rate::per_second, connections_max>,
        .show = show_rate<&Limits::arrivals_per_address, &Rate::per_second>,
        .reload = Reload::live},
    Key{.name = "arrivals_at_once_per_address",
        .meaning = "How many of those may come at once.",
        .set = set_rate<&Limits::arrivals_per_address, &Rate::burst, connections_max>,
        .show = show_rate<&Limits::arrivals_per_address, &Rate::burst>,
        .reload = Reload::live},
    Key{.name = "handshake_seconds",
        .meaning = "How long the TLS handshake may take.",
        .set = set_seconds<&Limits::handshake, 1, hour_s>,
        .show = show_seconds<&Limits::handshake>,
        .reload = Reload::live},
    Key{.name = "login_seconds",
        .meaning = "How long the login after it may take.",
        .set = set_seconds<&Limits::login, 1, hour_s>,
        .show = show_seconds<&Limits::login>,
        .reload = Reload::live},
    Key{.name = "resume_seconds",
        .meaning = "How long somebody's place is kept when their connection breaks. 0: not at all.",
        .set = set_seconds<&Limits::resume, 0, hour_s>,
        .show = show_seconds<&Limits::resume>,
        .reload = Reload::live},
    Key{.name = "voice_kilobits",
        .meaning = "How many kilobits of voice a second each may send, whatever their room allows. "
                   "510 is\nall that the codec knows.",
        .set = set_voice_kilobits,
        .show =
            [](const Config& config) {
                return std::to_string(config.control.talker_bps_max / 1000);
            }},
    Key{.name = "outbox_bytes",
        .meaning = "How much may wait for a slow reader before its connection is cut.",
        .set = set_count<&Limits::outbox_bytes, 128 * 1024, 64 * 1024 * 1024>,
        .show = show_count<&Limits::outbox_bytes>,
        .reload = Reload::live},
};

constexpr std::array all{
    Section{.heading = "", .keys = top},          Section{.heading = "direct", .keys = direct_keys},
    Section{.heading = "log", .keys = log_keys},  Section{.heading = "admin", .keys = admin_keys},
    Section{.heading = "limits", .keys = limits},
};

}  // namespace

std::span<const Section> sections() { return all; }

}  // namespace partyline::config
