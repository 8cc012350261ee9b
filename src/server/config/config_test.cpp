#include "server/config/config.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <format>
#include <string>

#include "server/config/keys.hpp"
#include "server/config/rooms.hpp"
#include "server/room/limits.hpp"
#include "wire/limits.hpp"

namespace partyline::config {
namespace {

std::string error_of(const std::string& text) {
    const auto parsed = parse(text, "s.toml");
    if (parsed) {
        return "(no error)";
    }
    EXPECT_EQ(parsed.error().code, ErrorCode::config);
    return parsed.error().message;
}

TEST(Config, NothingIsTheDefaults) {
    const auto config = parse("", "s.toml").value();
    EXPECT_EQ(config.control.name, "Partyline");
    ASSERT_EQ(config.listen.size(), 1U);
    EXPECT_EQ(config.listen.front(), net::Endpoint::any_v6(wire::default_port));
    EXPECT_EQ(config.control.channels, embedded_defaults().control.channels);
    EXPECT_FALSE(config.certificate);
}

TEST(Config, WhatIsExplainedIsTheDefaults) {
    const auto config = parse(explained(), "explained").value();
    const auto defaults = embedded_defaults();
    EXPECT_EQ(config.control.channels, defaults.control.channels);
    EXPECT_EQ(config.listen, defaults.listen);
    EXPECT_EQ(config.control.limits.sessions, defaults.control.limits.sessions);
    EXPECT_EQ(config.control.limits.login, defaults.control.limits.login);
    EXPECT_EQ(config.control.name, defaults.control.name);
}

/// Whoever wants to know what a key is called finds it in what --print-config prints.
TEST(Config, EveryKeyThatIsReadIsExplained) {
    const auto text = explained();
    for (const auto& section : sections()) {
        EXPECT_TRUE(section.heading.empty() ||
                    text.contains(std::format("[{}]\n", section.heading)))
            << section.heading;
        for (const auto& key : section.keys) {
            EXPECT_TRUE(text.contains(std::format("\n{} = ", key.name)) ||
                        text.contains(std::format("\n# {} = ", key.name)))
                << key.name;
            EXPECT_FALSE(key.meaning.empty()) << key.name;
        }
    }
    for (const auto key : names_of_room_keys()) {
        EXPECT_TRUE(text.contains(std::format("\n#   {} ", key))) << key;
    }
}

TEST(Config, NamesThatAreReserved) {
    const auto names = [](const std::string& text) {
        return parse(text, "s.toml").value().control.reserved_names;
    };
    EXPECT_TRUE(std::ranges::contains(names(""), "admin"));
    EXPECT_TRUE(names("reserved_names = []").empty());
    EXPECT_EQ(names(R"(reserved_names = ["Ren\u00E9"])"), std::vector<std::string>{"Ren\u00E9"});
    EXPECT_EQ(error_of("reserved_names = \"admin\""),
              "s.toml:1: reserved_names: must be a list of up to 256 names");
    EXPECT_EQ(error_of("reserved_names = [7]"),
              "s.toml:1: reserved_names: must hold names in quotes");
    EXPECT_EQ(
        error_of("reserved_names = [\" admin\"]"),
        "s.toml:1: reserved_names: holds \" admin\": A name may not begin or end with a space.");
    std::string many;
    for (std::size_t i = 0; i < room::reserved_names_max; ++i) {
        many += std::format("\"n{}\",", i);
    }
    EXPECT_EQ(names("reserved_names = [" + many + "]").size(), room::reserved_names_max);
    EXPECT_EQ(error_of("reserved_names = [" + many + "\"one more\"]"),
              "s.toml:1: reserved_names: must be a list of up to 256 names");
}

TEST(Config, VoiceIsBounded) {
    const auto bps = [](const std::string& text) {
        return parse("[limits]\nvoice_kilobits = " + text, "s.toml").value().control.talker_bps_max;
    };
    EXPECT_EQ(parse("", "s.toml").value().control.talker_bps_max, 510'000U);
    EXPECT_EQ(bps("6"), 6'000U);
    EXPECT_EQ(bps("510"), 510'000U);
    EXPECT_EQ(error_of("[limits]\nvoice_kilobits = 511"),
              "s.toml:2: limits.voice_kilobits: must be a whole number from 6 to 510");
    EXPECT_EQ(error_of("[limits]\nvoice_kilobits = 5"),
              "s.toml:2: limits.voice_kilobits: must be a whole number from 6 to 510");
}

TEST(Config, ReadsWhatIsGiven) {
    const auto config = parse(R"(
name = "Guild hall"
listen = ["127.0.0.1:5000", "[::1]:5000"]
data = "/var/lib/partyline"
certificate = "/c.pem"
certificate_key = "/k.pem"
relay_threads = 2
[log]
level = "debug"
format = "json"
[admin]
listen = "[::1]:9000"
[limits]
sessions = 7
login_seconds = 9
[[room]]
name = "One"
topic = "First"
keep_days = 30
keep_mebibytes = 2
[[room.room]]
name = "Inner"
[[room.room.room]]
name = "Innermost"
[[room]]
name = "Two"
)",
                              "s.toml")
                            .value();
    EXPECT_EQ(config.control.name, "Guild hall");
    EXPECT_EQ(config.listen.at(1).to_string(), "[::1]:5000");
    EXPECT_EQ(config.data_folder, "/var/lib/partyline");
    EXPECT_EQ(config.certificate->key, "/k.pem");
    EXPECT_EQ(config.relay_threads, 2U);
    EXPECT_EQ(config.log_level, log::Level::debug);
    EXPECT_EQ(config.log_format, log::Format::json);
    EXPECT_EQ(config.admin_listen.value().to_string(), "[::1]:9000");
    EXPECT_EQ(config.control.limits.sessions, 7U);
    EXPECT_EQ(config.control.limits.login, std::chrono::seconds(9));
    const std::vector<room::Channel> rooms{
        {.id = ChannelId{1},
         .parent = {},
         .name = "One",
         .topic = "First",
         .order = 0,
         .retention = {.days = 30, .bytes = 2 * 1024 * 1024}},
        {.id = ChannelId{2}, .parent = ChannelId{1}, .name = "Inner", .topic = "", .order = 0},
        {.id = ChannelId{3}, .parent = ChannelId{2}, .name = "Innermost", .topic = "", .order = 0},
        {.id = ChannelId{4}, .parent = {}, .name = "Two", .topic = "", .order = 1},
    };
    EXPECT_EQ(config.control.channels, rooms);
}

TEST(Config, EveryErrorNamesFileLineAndKey) {
    struct Case {
        std::string text;
        std::string message;
    };
    const Case cases[] = {
        {"name = 3", "s.toml:1: name: must be a text in quotes, and not empty"},
        {"\nlistn = []", "s.toml:2: listn: there is no such key; did you mean \"listen\"?"},
        {"something_else = 1",
         "s.toml:1: something_else: there is no such key; --print-config shows all keys"},
        {"listen = [\"nowhere\"]",
         "s.toml:1: listen: must hold addresses such as \"[::]:47180\" or \"192.0.2.1:47180\""},
        {"listen = []", "s.toml:1: listen: must be a list of 1 to 16 addresses"},
        {"relay_threads = 0", "s.toml:1: relay_threads: must be a whole number from 1 to 64"},
        {"relay_threads = 1.5", "s.toml:1: relay_threads: must be a whole number from 1 to 64"},
        {"certificate = \"a\"", "s.toml:1: certificate: is of no use without certificate_key"},
        {"certificate_key = \"a\"", "s.toml:1: certificate_key: is of no use without certificate"},
        {"log = \"debug\"", "s.toml:1: log: must be written as [log]"},
        {"[log]\nlevel = \"loud\"",
         "s.toml:2: log.level: must be \"debug\", \"info\", \"warning\" or \"error\""},
        {"[log]\nformat = 1", "s.toml:2: log.format: must be \"text\" or \"json\""},
        {"[admin]\nlisten = \"here\"",
         "s.toml:2: admin.listen: must be an address such as \"127.0.0.1:47181\", or \"\" for "
         "none"},
        {"[admin]\nport = 1",
         "s.toml:2: admin.port: there is no such key; --print-config shows all keys"},
        {"limits = 1", "s.toml:1: limits: must be written as [limits]"},
        {"[limits]\nsesions = 4",
         "s.toml:2: limits.sesions: there is no such key; did you mean \"sessions\"?"},
        {"[limits]\nsessions = -1",
         "s.toml:2: limits.sessions: must be a whole number from 1 to 10000"},
        {"[limits]\nconnections = 5\nsessions = 6",
         "s.toml:3: limits.sessions: is 6, but limits.connections lets in only 5"},
        {"[limits]\nconnections = 5",
         "s.toml:2: limits.sessions: is 1000, but limits.connections lets in only 5"},
        {"listen = [\"127.0.0.1\", \"[::1]\", \"127.0.0.1:47180\"]",
         "s.toml:1: listen: has \"127.0.0.1:47180\" twice"},
        {"room = 1", "s.toml:1: room: must be written as [[room]]"},
        {"[[room]]\ntopic = \"x\"", "s.toml:1: room[0]: has no name; add name = \"...\""},
        {"[[room]]\nname = \"A\"\nkeep_days = 0",
         "s.toml:3: room[0].keep_days: must be a whole number from 1 to 36500; leave it out to "
         "keep "
         "texts for good, or say keep_texts = false"},
        {"[[room]]\nname = \"A\"\nkeep_mebibytes = \"1\"",
         "s.toml:3: room[0].keep_mebibytes: must be a whole number from 1 to 1000000; leave it out "
         "to "
         "keep texts for good, or say keep_texts = false"},
        {"[[room]]\nname = \"A\"\nkeep_texts = 1",
         "s.toml:3: room[0].keep_texts: must be true or false"},
        {"[[room]]\nname = 1", "s.toml:2: room[0].name: must be a text in quotes"},
        {"[[room]]\nname = \"A\"\n[[room]]\nname = \"a\"",
         "s.toml:4: room[1].name: \"a\" is the name of another room beside it"},
        {"[[room]]\nname = \"A\"\n[[room.room]]\nnmae = \"B\"",
         "s.toml:4: room[0].room[0].nmae: there is no such key; did you mean \"name\"?"},
    };
    for (const auto& [text, message] : cases) {
        EXPECT_EQ(error_of(text), message);
    }
    EXPECT_TRUE(error_of("name = \"x\"\nname").starts_with("s.toml:2: ")) << error_of("name");
    EXPECT_TRUE(error_of("name = \"a\\u202Eb\"").starts_with("s.toml:1: name: "));
}

TEST(Config, WhatCannotBeParsedIsNamedLikewise) {
    struct Case {
        std::string text;
        std::string message;
    };
    const Case cases[] = {
        {"name = \"a\"\nname = \"b\"", "s.toml:2: name: stands there a second time"},
        {"[log]\nlevel = \"info\"\n[log]\n", "s.toml:3: log: stands there a second time"},
        {"[limits]\nsessions = 3\nsessions = 4",
         "s.toml:3: limits.sessions: stands there a second time"},
        {"limits.sessions = 3\nlimits.sessions = 4",
         "s.toml:2: limits.sessions: stands there a second time"},
        {"[[room]]\nname = \"A\"\nname = \"B\"", "s.toml:3: room.name: stands there a second time"},
        {"[limits]\nsessions = 99999999999999999999",
         "s.toml:2: limits.sessions: is a number of more than 64 bits"},
        {"listen = [\n \"[::]\", # a = b\n 99999999999999999999]",
         "s.toml:3: listen: is a number of more than 64 bits"},
        {"# x = 1\n99999999999999999999",
         "s.toml:2: Error while parsing key-value pair: encountered end-of-file"},
    };
    for (const auto& [text, message] : cases) {
        EXPECT_EQ(error_of(text), message);
    }
    const auto begins = [](const std::string& text, std::string_view message) {
        EXPECT_TRUE(error_of(text).starts_with(message)) << error_of(text);
    };
    begins("[log]\nlevel = \n", "s.toml:2: log.level: ");
    begins("relay_threads = 1\nname\n", "s.toml:2: name: ");
    begins("name = \"open\n", "s.toml:1: name: ");
    begins("[limits\nsessions = 3", "s.toml:1: limits: ");
    // A key that is none is not shown at whatever length.
    begins(std::string(101, 'k') + " = 1e", "s.toml:1: Error while parsing ");
    begins(std::string(100, 'k') + " = 1e", "s.toml:1: " + std::string(100, 'k') + ": ");
}

TEST(Config, WhatTurnsOutWrongLaterIsNamedByItsPlace) {
    const auto given = parse("name = \"x\"\n[limits]\nsessions = 3", "s.toml").value().given;
    const auto said = [&](std::string_view key) {
        return complain(given, key, "will not do").error().message;
    };
    EXPECT_EQ(said("name"), "s.toml:1: name: will not do");
    EXPECT_EQ(said("limits.sessions"), "s.toml:3: limits.sessions: will not do");
    EXPECT_EQ(said("away_room"), "away_room: will not do") << "was not in the file";
}

TEST(Config, TheAdminPortCanBeOff) {
    EXPECT_FALSE(parse("[admin]\nlisten = \"\"", "s.toml").value().admin_listen);
    EXPECT_EQ(parse("", "s.toml").value().admin_listen.value().to_string(), "127.0.0.1:47181");
}

TEST(Config, TellsWhatOnlyARestartChanges) {
    using Names = std::vector<std::string>;
    const auto before = parse("", "s.toml").value();
    const auto names = [&](const std::string& text) {
        return changes_for_a_restart(before, parse(text, "s.toml").value());
    };
    EXPECT_EQ(names(""), Names{});
    EXPECT_EQ(
        names(
            "name = \"x\"\ncertificate = \"c\"\ncertificate_key = \"k\"\n[log]\nlevel = \"error\"\n"
            "[limits]\nconnections = 3000\nlogin_seconds = 9"),
        Names{});
    EXPECT_EQ(
        names("listen = [\"127.0.0.1\"]\ndata = \"d\"\nrelay_threads = 2\n[admin]\nlisten = \"\"\n"
              "[limits]\nsessions = 7\n[[room]]\nname = \"A\""),
        (Names{"listen", "data", "relay_threads", "admin.listen", "limits.sessions", "room"}));
}

TEST(Config, RoomsEndAtTheirLimits) {
    std::string deep;
    std::string heading = "room";
    for (std::size_t i = 0; i < room::channel_depth_max; ++i) {
        deep += "[[" + heading + "]]\nname = \"x\"\n";
        heading += ".room";
    }
    EXPECT_TRUE(parse(deep, "s.toml"));
    deep += "[[" + heading + "]]\nname = \"x\"\n";
    EXPECT_NE(error_of(deep).find("is nested deeper than"), std::string::npos) << error_of(deep);

    std::string many;
    for (std::size_t i = 0; i < room::channels_max; ++i) {
        many += "[[room]]\nname = \"room " + std::to_string(i) + "\"\n";
    }
    EXPECT_TRUE(parse(many, "s.toml"));
    many += "[[room]]\nname = \"last\"\n";
    EXPECT_NE(error_of(many).find("one room too many"), std::string::npos) << error_of(many);
}

TEST(Config, AFileThatCannotBeReadIsNamed) {
    const auto missing = read_file("/nonexistent/s.toml");
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().message,
              "cannot read the configuration /nonexistent/s.toml: No such file or directory");
    EXPECT_FALSE(read_file("/"));
}

}  // namespace
}  // namespace partyline::config
