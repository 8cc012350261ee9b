#include "server/config/config.hpp"

#include <toml++/toml.hpp>

#include <algorithm>
#include <cerrno>
#include <format>
#include <fstream>
#include <iterator>
#include <span>
#include <system_error>

#include "server/config/complaint.hpp"
#include "server/config/keys.hpp"
#include "server/config/rooms.hpp"
#include "wire/limits.hpp"

namespace partyline::config {
namespace {

std::vector<std::string_view> names_of(std::span<const Key> keys) {
    std::vector<std::string_view> names;
    for (const auto& key : keys) {
        names.push_back(key.name);
    }
    return names;
}

Result<void> set_keys(Config& config, const toml::table& table, std::span<const Key> keys,
                      const std::string& file, const std::string& path) {
    for (const auto& key : keys) {
        const auto* value = table.get(key.name);
        if (value == nullptr) {
            continue;
        }
        if (const auto set = key.set(config, *value); !set) {
            return complain(file, *value, path + std::string(key.name), set.error());
        }
    }
    return {};
}

Result<void> set_limits(Config& config, const toml::node& node, const std::string& file) {
    const auto* table = node.as_table();
    if (table == nullptr) {
        return complain(file, node, "limits", "must be written as [limits]");
    }
    const auto known = names_of(limit_keys());
    if (const auto checked = refuse_unknown_keys(file, *table, "limits", known); !checked) {
        return checked;
    }
    return set_keys(config, *table, limit_keys(), file, "limits.");
}

Result<void> check_counts(const control::Limits& limits, const toml::table& table,
                          const std::string& file) {
    const auto given = table["limits"];
    if (limits.sessions <= limits.connections || !given) {
        return {};
    }
    const auto* sessions = given["sessions"].node();
    return complain(file, sessions != nullptr ? *sessions : *given["connections"].node(),
                    "limits.sessions",
                    std::format("is {}, but limits.connections lets in only {}", limits.sessions,
                                limits.connections));
}

Result<void> check_addresses(std::span<const net::Endpoint> listen, const toml::table& table,
                             const std::string& file) {
    const auto* given = table.get("listen");
    for (auto one = listen.begin(); given != nullptr && one != listen.end(); ++one) {
        if (std::find(listen.begin(), one, *one) != one) {
            return complain(file, *given, "listen",
                            std::format("has \"{}\" twice", one->to_string()));
        }
    }
    return {};
}

Result<void> check_together(const Config& config, const toml::table& table,
                            const std::string& file) {
    if (config.certificate) {
        const auto& paths = *config.certificate;
        if (paths.certificate.empty() || paths.key.empty()) {
            const auto* given = paths.key.empty() ? "certificate" : "certificate_key";
            const auto* missing = paths.key.empty() ? "certificate_key" : "certificate";
            return complain(file, *table.get(given), given,
                            std::format("is of no use without {}", missing));
        }
    }
    if (const auto checked = check_counts(config.control.limits, table, file); !checked) {
        return checked;
    }
    return check_addresses(config.listen, table, file);
}

Result<Config> build(const toml::table& table, const std::string& file) {
    auto known = names_of(top_keys());
    known.insert(known.end(), {"limits", "room"});
    if (const auto checked = refuse_unknown_keys(file, table, "", known); !checked) {
        return std::unexpected(checked.error());
    }
    auto config = embedded_defaults();
    auto done = set_keys(config, table, top_keys(), file, "");
    if (const auto* limits = table.get("limits"); done && limits != nullptr) {
        done = set_limits(config, *limits, file);
    }
    if (done) {
        done = check_together(config, table, file);
    }
    if (!done) {
        return std::unexpected(done.error());
    }
    if (const auto* rooms = table.get("room")) {
        auto channels = read_rooms(*rooms, file);
        if (!channels) {
            return std::unexpected(channels.error());
        }
        config.control.channels = std::move(*channels);
    }
    return config;
}

std::string as_comment(std::string_view meaning) {
    std::string text = "# ";
    for (const char c : meaning) {
        text += c;
        if (c == '\n') {
            text += "# ";
        }
    }
    return text + "\n";
}

std::string explain_keys(std::span<const Key> keys, const Config& defaults) {
    std::string text;
    for (const auto& key : keys) {
        const auto value = key.show(defaults);
        text += as_comment(key.meaning);
        text += value.empty() ? std::format("# {} = {}\n\n", key.name, key.example)
                              : std::format("{} = {}\n\n", key.name, value);
    }
    return text;
}

}  // namespace

Config embedded_defaults() {
    Config config;
    config.control.channels = default_rooms();
    config.listen = {net::Endpoint::any_v6(wire::default_port)};
    return config;
}

Result<Config> parse(std::string_view text, const std::string& name) {
    try {
        return build(toml::parse(text, name), name);
    } catch (const toml::parse_error& error) {
        return fail(ErrorCode::config,
                    std::format("{}:{}: {}", name, error.source().begin.line, error.description()));
    }
}

Result<Config> read_file(const std::filesystem::path& path) {
    errno = 0;
    std::ifstream file(path, std::ios::binary);
    std::string text;
    if (file && !std::filesystem::is_directory(path)) {
        text.resize(file_bytes_max + 1);
        file.read(text.data(), static_cast<std::streamsize>(text.size()));
        text.resize(static_cast<std::size_t>(file.gcount()));
    } else {
        const auto reason = errno != 0 ? std::generic_category().message(errno) : "not a file";
        return fail(ErrorCode::config,
                    std::format("cannot read the configuration {}: {}", path.string(), reason));
    }
    if (text.size() > file_bytes_max) {
        return fail(ErrorCode::config,
                    std::format("{}: is larger than {} bytes", path.string(), file_bytes_max));
    }
    return parse(text, path.string());
}

std::string explained() {
    const auto defaults = embedded_defaults();
    return "# The configuration of a Partyline switchboard. Every key may be left out; what stands "
           "here "
           "is the default.\n\n" +
           explain_keys(top_keys(), defaults) + "[limits]\n\n" +
           explain_keys(limit_keys(), defaults) + explain_rooms(defaults.control.channels);
}

}  // namespace partyline::config
