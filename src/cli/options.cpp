#include "cli/options.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <format>
#include <fstream>
#include <iostream>
#include <utility>

#include "cli/limits.hpp"
#include "cli/voice_options.hpp"

namespace partyline::cli {
namespace {

constexpr const char* about =
    "Partyline without a screen: talk, listen and write from a terminal or a script.\n"
    "Without a COMMAND, commands are read from standard input; \"help\" lists them.\n"
    "\"partyline-cli dsp --help\" tells how to hear what becomes of a voice, without a server.";

/// The word that stands for "no file at all".
constexpr std::string_view no_file = "none";

/// What CLI11 fills, before it is judged.
struct Raw {
    std::string server;
    std::string fingerprint;
    std::string identity;
    std::string known_servers;
    std::string volumes;
    std::string text;
    std::string person;
    std::vector<std::string> words;
    std::string password_file;
    std::string new_password_file;
    std::string room_password_file;
    double seconds = 0;
    unsigned texts = 0;
    VoiceWords voice;
    std::string record_format = "flac";
    bool no_udp = false;
    bool once = false;
};

void add_connection(CLI::App& app, Options& options, Raw& raw) {
    app.add_option("--server", raw.server, "The switchboard: host, host:port or [::1]:port")
        ->required()
        ->envname("PARTYLINE_SERVER")
        ->type_name("HOST[:PORT]");
    app.add_option("--name", options.talkie.name, "What others see; your login name")
        ->type_name("NAME");
    app.add_option("--fingerprint", raw.fingerprint,
                   "Talk only to the server whose identity has this fingerprint")
        ->type_name("F");
    app.add_option("--identity", raw.identity,
                   "The file with your identity, made if missing; none: a new one for this run")
        ->type_name("FILE");
    app.add_option("--known-servers", raw.known_servers,
                   "Where the servers' identities are kept; none: nowhere")
        ->type_name("FILE");
    app.add_option("--volumes", raw.volumes,
                   "Where it is kept how loud people were set; none: nowhere")
        ->type_name("FILE");
    app.add_flag("--no-udp", raw.no_udp, "Send all voice through the control connection");
}

void add_account(CLI::App& app, Options& options, Raw& raw) {
    app.add_option("--password-file", raw.password_file,
                   "The file with your account's password or recovery code; without it "
                   "PARTYLINE_PASSWORD is taken")
        ->type_name("FILE");
    app.add_option("--new-password-file", raw.new_password_file,
                   "The file with the new password; without it PARTYLINE_NEW_PASSWORD is taken")
        ->type_name("FILE");
    app.add_option("--room-password-file", raw.room_password_file,
                   "The file with the password of the room of --join; without it "
                   "PARTYLINE_ROOM_PASSWORD is taken")
        ->type_name("FILE");
    app.add_option("--label", options.label, "What this device is called among your account's")
        ->type_name("NAME");
}

void add_voice(CLI::App& app, Options& options, Raw& raw) {
    app.add_option("--join", options.join, "The room to go to: \"Room/Sub room\"")
        ->type_name("ROOM");
    app.add_option("--mic", options.talkie.mic,
                   "Where your voice comes from: a sound file, device, device:NAME or none")
        ->type_name("SOURCE");
    app.add_option("--speaker", options.talkie.speaker,
                   "Where the others go: a .wav or .flac file, stereo:FILE, device, device:NAME or "
                   "none")
        ->type_name("SINK");
    add_voice_options(app, raw.voice);
    app.add_option("--record", options.record_folder,
                   "For bug reports: record what is captured, sent, received and played, as "
                   "everybody in the room sees")
        ->type_name("FOLDER");
    app.add_option("--format", raw.record_format,
                   "What recordings are: flac, or opus, about a sixth as large")
        ->type_name("FORMAT");
    app.add_flag("--mute", options.start_muted, "Start with the microphone off");
    app.add_flag("--deafen", options.start_deafened, "Start with microphone and ears off");
}

void add_running(CLI::App& app, Options& options, Raw& raw) {
    app.add_flag("--json", options.json, "One JSON object a line on standard output");
    app.add_flag("--verbose", options.verbose, "Tell on standard error what goes on underneath");
    app.add_option("--for", raw.seconds, "End this many seconds after connecting")
        ->type_name("SECONDS")
        ->check(CLI::Range(0.001, seconds_max).description(""));
    app.add_flag("--until-mic-finished", options.until.mic_finished,
                 "End when the microphone's file has been spoken");
    app.add_option("--until-texts", raw.texts, "End after so many texts of others")
        ->type_name("N")
        ->check(CLI::Range(1U, 1'000'000U).description(""));
    app.add_flag("--once", raw.once, "End when the connection is lost instead of coming back");
    app.add_flag("--stay", options.until.forever, "Stay when standard input ends");
}

void add_account_commands(CLI::App& app, Options& options, Raw& raw) {
    const auto add = [&](const char* word, const char* meaning, const char* argument, bool needed,
                         auto make) {
        auto* command = app.add_subcommand(word, meaning);
        command->add_option(argument, raw.text)->required(needed);
        command->final_callback([&options, &raw, make] { options.one_shot = make(raw.text); });
    };
    add("claim", "Make NAME your account, and end", "NAME", true,
        [](const std::string& name) { return Claim{name}; });
    add("link", "Link this device to your account, and end", "NAME", true,
        [](const std::string& name) { return Link{name}; });
    add("devices", "Show an account's devices, and end", "NAME", false,
        [](const std::string& name) { return Devices{name}; });
    add("unlink", "Take a device from your account, and end", "DEVICE", true,
        [](const std::string& device) { return Unlink{device}; });
    add("password", "Change an account's password, and end", "NAME", false,
        [](const std::string& name) { return Password{name}; });
    app.add_subcommand("recovery-code", "Get a new recovery code for your account, and end")
        ->final_callback([&options] { options.one_shot = RecoveryCode{}; });
    add("owner", "Make your account the server's owner, and end", "TOKEN", true,
        [](const std::string& token) { return Owner{token}; });
}

void add_letter_commands(CLI::App& app, Options& options, Raw& raw) {
    auto* message = app.add_subcommand("message", "Tell somebody alone a text, and end");
    message->add_option("NAME", raw.person, "Who is meant")->required();
    message->add_option("TEXT", raw.text, "The text")->required();
    message->final_callback(
        [&] { options.one_shot = Letters(Message{.to = raw.person, .text = raw.text}); });
    auto* messages = app.add_subcommand("messages", "Show what you and somebody wrote, and end");
    messages->add_option("NAME", raw.person, "Who is meant")->required();
    messages->final_callback([&] {
        options.one_shot = Letters(Messages{.with = raw.person, .letters = history_texts});
    });
    app.add_subcommand("unread", "Show what you have not read, and end")->final_callback([&] {
        options.one_shot = Letters(Unread{});
    });
    auto* read = app.add_subcommand("read", "Say that you have read all of it, and end");
    read->add_option("ROOM", raw.text, "The room, or @NAME")->required();
    read->final_callback([&] { options.one_shot = Letters(Read{.what = raw.text}); });
}

void add_commands(CLI::App& app, Options& options, Raw& raw) {
    // "partyline-cli say --join Lobby hello" reads better than options first. Inherited by what is
    // added after it.
    app.fallthrough();
    auto* say = app.add_subcommand("say", "Tell the room of --join a text, and end");
    say->add_option("TEXT", raw.text, "The text")->required();
    say->final_callback([&] { options.one_shot = Say{raw.text}; });
    app.add_subcommand("who", "Show who is where, and end")->final_callback([&] {
        options.one_shot = Who{};
    });
    app.add_subcommand("rooms", "Show the rooms, and end")->final_callback([&] {
        options.one_shot = Rooms{};
    });
    add_account_commands(app, options, raw);
    add_letter_commands(app, options, raw);
    auto* invite = app.add_subcommand(
        "invite",
        "Invite people: create [role NAME] [room ROOM] [uses N] [days N], list, delete N, "
        "redeem TOKEN; and end");
    invite->add_option("WORDS", raw.words, "What to do")->required();
    invite->final_callback([&] {
        auto command = parse_invite(raw.words);
        if (!command) {
            throw CLI::ValidationError("invite", command.error().message);
        }
        options.one_shot = *std::move(command);
    });
    app.require_subcommand(0, 1);
}

/// The file that was asked for, else the usual one; empty for "none".
Result<std::string> kept_file(const std::string& asked, const Defaults& defaults,
                              const char* usual_name) {
    if (asked == no_file) {
        return "";
    }
    if (!asked.empty()) {
        return asked;
    }
    if (!defaults.data_folder) {
        return std::unexpected(defaults.data_folder.error());
    }
    return (*defaults.data_folder / usual_name).string();
}

/// The first line of the file, else what the environment has; empty for neither.
Result<std::string> read_secret(const std::string& file, const char* variable) {
    if (file.empty()) {
        const auto* value = std::getenv(variable);
        return value == nullptr ? std::string{} : std::string(value);
    }
    std::ifstream in(file, std::ios::binary);
    std::string line(password_file_bytes_max + 1, '\0');
    in.read(line.data(), std::ssize(line));
    line.resize(static_cast<std::size_t>(in.gcount()));
    line.resize(std::min(line.size(), line.find('\n')));
    if (line.ends_with('\r')) {
        line.pop_back();
    }
    if (line.empty() || line.size() > password_file_bytes_max) {
        return fail(ErrorCode::config,
                    std::format("{}: there is no password in its first line", file));
    }
    return line;
}

Result<void> read_secrets(Options& options, const Raw& raw) {
    auto password = read_secret(raw.password_file, "PARTYLINE_PASSWORD");
    auto new_password = read_secret(raw.new_password_file, "PARTYLINE_NEW_PASSWORD");
    auto room_password = read_secret(raw.room_password_file, "PARTYLINE_ROOM_PASSWORD");
    for (const auto* secret : {&password, &new_password, &room_password}) {
        if (!*secret) {
            return std::unexpected(secret->error());
        }
    }
    options.password = *std::move(password);
    options.new_password = *std::move(new_password);
    options.room_password = *std::move(room_password);
    return {};
}

/// Turns what was said into settings. Says what is wrong, if anything is.
Result<void> complete(Options& options, const Raw& raw, const Defaults& defaults) {
    auto server = parse_server(raw.server);
    if (!server) {
        return std::unexpected(std::move(server).error());
    }
    options.talkie.host = server->host;
    options.talkie.port = server->port;
    options.talkie.use_udp = !raw.no_udp;
    // What asks one thing rather fails than takes its time.
    options.talkie.reconnect = !raw.once && !options.one_shot;
    if (!raw.fingerprint.empty()) {
        options.talkie.trust.fingerprint = raw.fingerprint;
    }
    auto capture = capture_settings(options.talkie.mic, raw.voice);
    if (!capture) {
        return std::unexpected(capture.error());
    }
    options.talkie.capture = *capture;
    const auto record_format = recording_format_named(raw.record_format);
    if (!record_format) {
        return fail(ErrorCode::config, std::format("--format: {}", record_format.error().message));
    }
    options.record_format = *record_format;
    auto identity = kept_file(raw.identity, defaults, "identity");
    auto known_servers = kept_file(raw.known_servers, defaults, "known_servers");
    auto volumes = kept_file(raw.volumes, defaults, "volumes");
    for (const auto* file : {&identity, &known_servers, &volumes}) {
        if (!*file) {
            return std::unexpected(file->error());
        }
    }
    if (const auto read = read_secrets(options, raw); !read) {
        return read;
    }
    options.talkie.identity_path = *std::move(identity);
    options.talkie.trust.known_servers_path = *std::move(known_servers);
    options.talkie.volumes_path = *std::move(volumes);
    if (raw.seconds > 0) {
        options.until.time =
            std::chrono::milliseconds(static_cast<std::int64_t>(raw.seconds * 1e3));
    }
    if (raw.texts > 0) {
        options.until.texts = raw.texts;
    }
    if (options.one_shot && std::holds_alternative<Say>(*options.one_shot) &&
        options.join.empty()) {
        return fail(ErrorCode::config, "say: --join ROOM tells which room is meant");
    }
    if (options.until.mic_finished &&
        (options.talkie.mic == "none" || options.talkie.mic.starts_with("device"))) {
        return fail(ErrorCode::config, "--until-mic-finished: --mic is not a file");
    }
    return {};
}

}  // namespace

Result<HostAndPort> parse_server(std::string_view text) {
    const auto wrong = [text](std::string_view why) {
        return fail(ErrorCode::config,
                    std::format("\"{}\" is not a server: {}; host, host:port and [::1]:port are",
                                text, why));
    };
    HostAndPort out;
    std::string_view port;
    if (text.starts_with('[')) {
        const auto end = text.find(']');
        if (end == std::string_view::npos) {
            return wrong("a bracket is open");
        }
        out.host = text.substr(1, end - 1);
        port = text.substr(end + 1);
    } else if (std::ranges::count(text, ':') > 1) {
        out.host = text;  // an IPv6 address alone
    } else {
        out.host = text.substr(0, text.find(':'));
        port = text.substr(out.host.size());
    }
    if (out.host.empty()) {
        return wrong("there is no host in it");
    }
    if (port.empty()) {
        return out;
    }
    const auto digits = port.substr(1);
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), out.port);
    if (!port.starts_with(':') || digits.empty() || error != std::errc{} ||
        end != digits.data() + digits.size() || out.port == 0) {
        return wrong("a port is a number from 1 to 65535");
    }
    return out;
}

Parsed parse_options(int argc, const char* const* argv, const Defaults& defaults) {
    Options options;
    options.talkie.name = defaults.name;
    Raw raw;
    CLI::App app(about, "partyline-cli");
    app.option_defaults()->always_capture_default(false);
    app.set_version_flag("--version", PARTYLINE_VERSION);
    app.failure_message(CLI::FailureMessage::simple);
    add_connection(app, options, raw);
    add_account(app, options, raw);
    add_voice(app, options, raw);
    add_running(app, options, raw);
    add_commands(app, options, raw);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return std::unexpected(app.exit(error) == 0 ? ExitCode::fine : ExitCode::local);
    }
    if (const auto judged = complete(options, raw, defaults); !judged) {
        std::cerr << "partyline-cli: " << judged.error().message << '\n';
        return std::unexpected(ExitCode::local);
    }
    return options;
}

}  // namespace partyline::cli
