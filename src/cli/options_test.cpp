#include "cli/options.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "cli/limits.hpp"

namespace partyline::cli {
namespace {

const Defaults defaults{.name = "me", .data_folder = std::filesystem::path("/data")};

Parsed parse(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "partyline-cli");
    return parse_options(static_cast<int>(arguments.size()), arguments.data(), defaults);
}

TEST(Options, AServerIsEnough) {
    const auto options = parse({"--server", "example.org"});
    ASSERT_TRUE(options);
    EXPECT_EQ(options->talkie.host, "example.org");
    EXPECT_EQ(options->talkie.port, client::default_port);
    EXPECT_EQ(options->talkie.name, "me");
    EXPECT_EQ(options->talkie.identity_path, "/data/identity");
    EXPECT_EQ(options->talkie.trust.known_servers_path, "/data/known_servers");
    EXPECT_EQ(options->talkie.volumes_path, "/data/volumes");
    EXPECT_EQ(options->talkie.trust.fingerprint, std::nullopt);
    EXPECT_EQ(options->talkie.mic, "none");
    EXPECT_EQ(options->talkie.speaker, "none");
    EXPECT_TRUE(options->talkie.use_udp);
    EXPECT_FALSE(options->until.any());
    EXPECT_FALSE(options->one_shot);
}

TEST(Options, RecordingsAreFlacOrOpus) {
    EXPECT_EQ(parse({"--server", "a"})->record_format, client::RecordingFormat::flac);
    EXPECT_EQ(parse({"--server", "a", "--format", "opus"})->record_format,
              client::RecordingFormat::opus);
    EXPECT_EQ(parse({"--server", "a", "--format", "flac"})->record_format,
              client::RecordingFormat::flac);
    EXPECT_FALSE(parse({"--server", "a", "--format", "mp3"}));
}

TEST(Options, EverythingAtOnce) {
    const auto options = parse({"--server",
                                "[::1]:9",
                                "--name",
                                "bot",
                                "--join",
                                "A/B c",
                                "--mic",
                                "a.wav",
                                "--speaker",
                                "b.flac",
                                "--fingerprint",
                                "F",
                                "--identity",
                                "none",
                                "--known-servers",
                                "k",
                                "--no-udp",
                                "--mute",
                                "--deafen",
                                "--json",
                                "--for",
                                "2.5",
                                "--until-mic-finished",
                                "--until-texts",
                                "3",
                                "--stay"});
    ASSERT_TRUE(options);
    EXPECT_EQ(options->talkie.host, "::1");
    EXPECT_EQ(options->talkie.port, 9);
    EXPECT_EQ(options->talkie.identity_path, "");
    EXPECT_EQ(options->talkie.trust.known_servers_path, "k");
    EXPECT_EQ(options->talkie.trust.fingerprint, "F");
    EXPECT_EQ(options->talkie.mic, "a.wav");
    EXPECT_EQ(options->talkie.speaker, "b.flac");
    EXPECT_FALSE(options->talkie.use_udp);
    EXPECT_EQ(options->join, "A/B c");
    EXPECT_TRUE(options->start_muted && options->start_deafened && options->json);
    EXPECT_EQ(options->until.time, std::chrono::milliseconds(2500));
    EXPECT_EQ(options->until.texts, 3U);
    EXPECT_TRUE(options->until.mic_finished && options->until.forever);
}

TEST(Options, AHomeIsNeededOnlyByThoseWhoUseIt) {
    const Defaults homeless{.name = "me", .data_folder = fail(ErrorCode::config, "no home")};
    const std::vector<const char*> own_files{"partyline-cli", "--server",  "h",
                                             "--identity",    "i",         "--known-servers",
                                             "none",          "--volumes", "none"};
    const auto options = parse_options(9, own_files.data(), homeless);
    ASSERT_TRUE(options);
    EXPECT_EQ(options->talkie.identity_path, "i");
    EXPECT_EQ(options->talkie.trust.known_servers_path, "");
    EXPECT_EQ(options->talkie.volumes_path, "");
    testing::internal::CaptureStderr();
    EXPECT_FALSE(parse_options(5, own_files.data(), homeless));
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "partyline-cli: no home\n");
}

TEST(Options, OneShotsTakeOptionsBeforeAndAfter) {
    const auto say = parse({"say", "--join", "Lobby", "hello", "--server", "h"});
    ASSERT_TRUE(say);
    EXPECT_EQ(say->one_shot, Command(Say{"hello"}));
    EXPECT_EQ(say->join, "Lobby");
    const auto who = parse({"--server", "h", "who"});
    ASSERT_TRUE(who);
    EXPECT_EQ(who->one_shot, Command(Who{}));
}

TEST(Options, TheLongestTimeIsALimit) {
    const auto longest = parse({"--server", "h", "--for", std::to_string(seconds_max).c_str()});
    ASSERT_TRUE(longest);
    EXPECT_EQ(longest->until.time, std::chrono::duration<double>(seconds_max));
}

TEST(Options, MistakesEndWithOne) {
    testing::internal::CaptureStderr();
    const auto too_long = std::to_string(seconds_max + 1);
    const std::vector<std::vector<const char*>> cases{
        {},
        {"--server"},
        {"--server", "h:0"},
        {"--server", "h", "--loud"},
        {"--server", "h", "dance"},
        {"--server", "h", "--for", "soon"},
        {"--server", "h", "--for", "-1"},
        {"--server", "h", "--for", too_long.c_str()},
        {"--server", "h", "--until-texts", "0"},
        {"--server", "h", "say", "hello"},
        {"--server", "h", "--until-mic-finished"},
        {"--server", "h", "--mic", "device:x", "--until-mic-finished"},
    };
    for (const auto& arguments : cases) {
        const auto options = parse(arguments);
        ASSERT_FALSE(options) << (arguments.empty() ? "" : arguments.back());
        EXPECT_EQ(options.error(), ExitCode::local);
    }
    const auto said = testing::internal::GetCapturedStderr();
    EXPECT_NE(said.find("say: --join ROOM tells which room is meant"), std::string::npos) << said;
}

TEST(Options, PasswordsComeFromTheEnvironmentOrAFile) {
    setenv("PARTYLINE_PASSWORD", "from the environment", 1);
    auto options = parse({"--server", "h", "claim", "Ada", "--label", "bot"});
    ASSERT_TRUE(options);
    EXPECT_EQ(options->password, "from the environment");
    EXPECT_EQ(options->new_password, "");
    EXPECT_EQ(options->label, "bot");
    EXPECT_EQ(options->one_shot, Command(Claim{"Ada"}));
    options = parse({"--server", "h", "recovery-code"});
    ASSERT_TRUE(options);
    EXPECT_EQ(options->one_shot, Command(RecoveryCode{}));
    EXPECT_EQ(options->password, "from the environment");

    const auto file = std::filesystem::temp_directory_path() / "partyline-password-test";
    const auto parse_file = [&](const std::string& text) {
        std::ofstream(file, std::ios::trunc) << text;
        return parse({"--server", "h", "--password-file", file.c_str(), "devices"});
    };
    options = parse_file("from a file\r\nand a note\n");
    ASSERT_TRUE(options);
    EXPECT_EQ(options->password, "from a file");
    EXPECT_EQ(options->one_shot, Command(Devices{}));
    EXPECT_TRUE(parse_file(std::string(password_file_bytes_max, 'x')));
    EXPECT_FALSE(parse_file(std::string(password_file_bytes_max + 1, 'x')));
    EXPECT_FALSE(parse_file("\n"));
    std::filesystem::remove(file);
    EXPECT_FALSE(parse({"--server", "h", "--password-file", file.c_str(), "devices"}));
    unsetenv("PARTYLINE_PASSWORD");
}

TEST(Options, HelpIsFine) {
    testing::internal::CaptureStdout();
    const auto options = parse({"--help"});
    ASSERT_FALSE(options);
    EXPECT_EQ(options.error(), ExitCode::fine);
    EXPECT_NE(testing::internal::GetCapturedStdout().find("--fingerprint"), std::string::npos);
}

TEST(Options, Servers) {
    const std::vector<std::pair<std::string_view, HostAndPort>> good{
        {"host", {.host = "host"}},
        {"host:1", {.host = "host", .port = 1}},
        {"10.0.0.1:65535", {.host = "10.0.0.1", .port = 65535}},
        {"::1", {.host = "::1"}},
        {"[::1]", {.host = "::1"}},
        {"[fe80::1%eth0]:9", {.host = "fe80::1%eth0", .port = 9}},
    };
    for (const auto& [text, server] : good) {
        const auto parsed = parse_server(text);
        ASSERT_TRUE(parsed) << text;
        EXPECT_EQ(*parsed, server) << text;
    }
    for (const std::string_view text :
         {"", ":1", "h:", "h:x", "h:0", "h:65536", "h:1x", "[::1", "[]:1", "[::1]x", "[::1]:"}) {
        EXPECT_FALSE(parse_server(text)) << text;
    }
}

}  // namespace
}  // namespace partyline::cli
