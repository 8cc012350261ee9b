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
        const auto name = path + std::string(key.name);
        if (const auto set = key.set(config, *value); !set) {
            return complain(file, *value, name, set.error());
        }
        config.given.lines.emplace(name, value->source().begin.line);
    }
    return {};
}

Result<void> set_section(Config& config, const toml::table& file_table, const Section& section,
                         const std::string& file) {
    const std::string heading(section.heading);
    const auto* node = file_table.get(heading);
    if (node == nullptr) {
        return {};
    }
    const auto* table = node->as_table();
    if (table == nullptr) {
        return complain(file, *node, heading, std::format("must be written as [{}]", heading));
    }
    const auto known = names_of(section.keys);
    if (const auto checked = refuse_unknown_keys(file, *table, heading, known); !checked) {
        return checked;
    }
    return set_keys(config, *table, section.keys, file, heading + ".");
}

Result<void> check_counts(const control::Limits& limits, const toml::table& table,
                          const std::string& file) {
    const auto given = table["limits"];
    const auto* sessions = given["sessions"].node();
    const auto* culprit = sessions != nullptr ? sessions : given["connections"].node();
    if (limits.sessions <= limits.connections || culprit == nullptr) {
        return {};
    }
    return complain(file, *culprit, "limits.sessions",
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
    const auto top = sections().front();
    const auto below = sections().subspan(1);
    auto known = names_of(top.keys);
    for (const auto& section : below) {
        known.push_back(section.heading);
    }
    known.emplace_back("room");
    if (const auto checked = refuse_unknown_keys(file, table, "", known); !checked) {
        return std::unexpected(checked.error());
    }
    auto config = embedded_defaults();
    config.given.file = file;
    auto done = set_keys(config, table, top.keys, file, "");
    for (auto section = below.begin(); done && section != below.end(); ++section) {
        done = set_section(config, table, *section, file);
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
        return complain_of_syntax(name, text, error);
    }
}

std::unexpected<Error> complain(const Given& given, std::string_view key, std::string_view why) {
    const auto line = given.lines.find(key);
    return fail(ErrorCode::config,
                line == given.lines.end()
                    ? std::format("{}: {}", key, why)
                    : std::format("{}:{}: {}: {}", given.file, line->second, key, why));
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
    std::string text =
        "# The configuration of a Partyline switchboard. Every key may be left out; what stands "
        "here is the default.\n"
        "# After a change: SIGHUP (systemctl reload partyline). What that does not change says "
        "so.\n\n";
    for (const auto& section : sections()) {
        if (!section.heading.empty()) {
            text += std::format("[{}]\n\n", section.heading);
        }
        text += explain_keys(section.keys, defaults);
    }
    return text + explain_rooms(defaults.control.channels);
}

std::vector<std::string> changes_for_a_restart(const Config& before, const Config& after) {
    std::vector<std::string> names;
    for (const auto& section : sections()) {
        for (const auto& key : section.keys) {
            if (key.reload == Reload::needs_restart && key.show(before) != key.show(after)) {
                names.push_back(section.heading.empty()
                                    ? std::string(key.name)
                                    : std::format("{}.{}", section.heading, key.name));
            }
        }
    }
    if (before.control.channels != after.control.channels) {
        names.emplace_back("room");
    }
    return names;
}

}  // namespace partyline::config
