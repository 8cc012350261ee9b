#include "cli/command.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <format>
#include <optional>
#include <utility>

#include "cli/words.hpp"

namespace partyline::cli {
namespace {

std::string_view trim(std::string_view text) {
    constexpr std::string_view blank = " \t\r";
    const auto first = text.find_first_not_of(blank);
    if (first == std::string_view::npos) {
        return {};
    }
    return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

/// "Room" in quotes is the same as without: that is how the command line had it.
std::string_view unquote(std::string_view text) {
    if (text.size() >= 2 && text.front() == '"' && text.back() == '"') {
        return text.substr(1, text.size() - 2);
    }
    return text;
}

struct Word {
    std::string_view word;
    Command command;
};
const std::array<Word, 11> plain_words{{{"leave", Leave{}},
                                        {"mute", SetMute{true}},
                                        {"unmute", SetMute{false}},
                                        {"deafen", SetDeafen{true}},
                                        {"undeafen", SetDeafen{false}},
                                        {"who", Who{}},
                                        {"rooms", Rooms{}},
                                        {"stats", Stats{}},
                                        {"recovery-code", RecoveryCode{}},
                                        {"help", Help{}},
                                        {"quit", Quit{}}}};

Result<Command> with_argument(std::string_view word, std::string_view argument) {
    if (argument.empty()) {
        return fail(ErrorCode::malformed,
                    std::format("\"{}\" needs {} after it", word,
                                word == "say" ? "a text" : "the name of a room"));
    }
    if (word == "say") {
        return Say{std::string(argument)};
    }
    constexpr std::string_view option = " --password ";
    const auto at = argument.rfind(option);
    if (at == argument.npos) {
        return Move{.room = std::string(unquote(argument))};
    }
    return Move{.room = std::string(unquote(trim(argument.substr(0, at)))),
                .password = std::string(unquote(trim(argument.substr(at + option.size()))))};
}

/// The number at the start of `text`, which then begins after it; "#12" is 12.
std::optional<std::uint64_t> take_number(std::string_view& text) {
    if (text.starts_with('#')) {
        text.remove_prefix(1);
    }
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const auto taken = static_cast<std::size_t>(end - text.data());
    if (error != std::errc{} ||
        (taken < text.size() && text[taken] != ' ' && text[taken] != '\t')) {
        return std::nullopt;
    }
    text = trim(text.substr(taken));
    return number;
}

Result<Command> parse_history(std::string_view argument) {
    History history;
    if (!argument.empty()) {
        const auto texts = take_number(argument);
        if (!texts || *texts == 0 || *texts > history_texts_max) {
            return fail(ErrorCode::malformed,
                        std::format("\"history\" takes a number of texts, 1 to {}, and the id of a "
                                    "text to go back from",
                                    history_texts_max));
        }
        history.texts = static_cast<std::uint32_t>(*texts);
    }
    if (!argument.empty()) {
        const auto before = take_number(argument);
        if (!before || !argument.empty()) {
            return fail(ErrorCode::malformed, "after the number of texts comes the id of a text");
        }
        history.before = MessageId{*before};
    }
    return history;
}

/// A command of an account: what stands after it, if anything.
std::optional<Result<Command>> parse_account(std::string_view word, std::string_view argument) {
    const auto needs = [&](std::string_view what, auto command) -> Result<Command> {
        if (argument.empty()) {
            return fail(ErrorCode::malformed, std::format("\"{}\" needs {} after it", word, what));
        }
        return command;
    };
    std::string text(unquote(argument));
    if (word == "claim") {
        return needs("the name that is to be yours", Claim{std::move(text)});
    }
    if (word == "link") {
        return needs("the name of your account", Link{std::move(text)});
    }
    if (word == "unlink") {
        return needs("a device that \"devices\" shows", Unlink{std::move(text)});
    }
    if (word == "owner") {
        return needs("the token that the server printed when it started", Owner{std::move(text)});
    }
    if (word == "devices") {
        return Devices{std::move(text)};
    }
    if (word == "password") {
        return Password{std::move(text)};
    }
    return std::nullopt;
}

Result<Command> with_id(std::string_view word, std::string_view argument) {
    const auto id = take_number(argument);
    if (!id) {
        return fail(
            ErrorCode::malformed,
            std::format("\"{}\" needs the id of a text after it; \"history\" shows them", word));
    }
    if (word == "delete") {
        return argument.empty() ? Result<Command>(Delete{MessageId{*id}})
                                : fail(ErrorCode::malformed, "\"delete\" takes one id");
    }
    if (argument.empty()) {
        return fail(ErrorCode::malformed, "\"edit\" needs the new text after the id");
    }
    return Edit{.id = MessageId{*id}, .text = std::string(argument)};
}

}  // namespace

Result<Command> parse_command(std::string_view line) {
    const auto text = trim(line);
    const auto word = text.substr(0, text.find_first_of(" \t"));
    const auto argument = trim(text.substr(word.size()));
    if (word == "say" || word == "move" || word == "join") {
        return with_argument(word, argument);
    }
    if (word == "history") {
        return parse_history(argument);
    }
    if (word == "edit" || word == "delete") {
        return with_id(word, argument);
    }
    if (word == "record") {
        return parse_recording(argument).transform(
            [](Recording command) { return Command(std::move(command)); });
    }
    if (auto account = parse_account(word, argument)) {
        return *std::move(account);
    }
    if (is_administration(word)) {
        return parse_administration(word, argument).transform([](Administer command) {
            return Command(std::move(command));
        });
    }
    if (is_letters(word)) {
        return parse_letters(word, argument).transform([](Letters command) {
            return Command(std::move(command));
        });
    }
    if (word == "invite") {
        return words_of(argument).and_then(parse_invite).transform([](Invites command) {
            return Command(std::move(command));
        });
    }
    if (word == "whisper") {
        return words_of(argument).and_then(parse_whisper).transform([](Whispers command) {
            return Command(std::move(command));
        });
    }
    if (is_hearing(word)) {
        return parse_hearing(word, argument).transform([](Hearing command) {
            return Command(std::move(command));
        });
    }
    if (is_voice(word)) {
        return parse_voice(word, argument).transform([](const Voice& command) {
            return Command(command);
        });
    }
    const auto found = std::ranges::find(plain_words, word, &Word::word);
    if (found == plain_words.end()) {
        return fail(ErrorCode::malformed,
                    std::format("there is no command \"{}\"; \"help\" lists them", word));
    }
    if (!argument.empty()) {
        return fail(ErrorCode::malformed, std::format("\"{}\" takes nothing after it", word));
    }
    return found->command;
}

std::string_view command_help() {
    return "  say TEXT          tells the room\n"
           "  history [N [ID]]  what was said in the room: the newest N texts, or those before ID\n"
           "  edit ID TEXT      changes what you said\n"
           "  delete ID         takes it back\n"
           "  message NAME TEXT  tells somebody alone, whether they are here or not\n"
           "  messages NAME [N [ID]]  what you wrote to each other\n"
           "  unread            what you have not read yet\n"
           "  read ROOM [ID], read @NAME [ID]  you have read it, up to ID\n"
           "  invite create [role NAME] [room ROOM] [uses N] [days N], invite list [AFTER]\n"
           "  invite delete N, invite redeem TOKEN\n"
           "  whisper set N WHOM…  whom set N (1 to 7) is made of: names, and rooms as \"#Room\"\n"
           "  whisper N, whisper off  what you say goes to set N alone; to the room again\n"
           "  whisper clear N   takes the set back\n"
           "  who               who is where\n"
           "  rooms             the rooms\n"
           "  move ROOM [--password PASSWORD]  goes to another room, \"Room/Sub room\"; also: "
           "join\n"
           "  leave             leaves the room and stays connected\n"
           "  mute, unmute      your microphone\n"
           "  talk, hush        the key of \"activation push\": pressed, let go\n"
           "  activation voice|gate[:DBFS]|push|always  when you are heard\n"
           "  voice raw|studio|normal|high|music, noise off|light|normal|high, echo on|off,\n"
           "                    gain on|off, highpass on|off\n"
           "                    what becomes of your voice before it is sent\n"
           "  deafen, undeafen  your ears\n"
           "  volume NAME 50%|-6dB|off|on  how loud somebody is here, now and later\n"
           "  priority on|off   while you speak, the others are lowered\n"
           "  record [--format flac|opus] FOLDER  records the room, a file for each speaker, as\n"
           "                    everybody there sees\n"
           "  record off        records no more\n"
           "  claim NAME        makes NAME your account; the password: PARTYLINE_PASSWORD or\n"
           "                    --password-file\n"
           "  link NAME         links this device to your account, by its password or recovery "
           "code\n"
           "  devices [NAME]    your account's devices\n"
           "  unlink DEVICE     takes one of them from it\n"
           "  password [NAME]   changes the password, to PARTYLINE_NEW_PASSWORD or\n"
           "                    --new-password-file\n"
           "  recovery-code     a new recovery code in place of one that is lost; asks for the "
           "password\n"
           "  owner TOKEN       makes your account the server's owner\n"
           "  roles             the roles, and what they grant\n"
           "  grant WHO ROLE, revoke WHO ROLE\n"
           "  role create NAME RANK [PERMISSION…], role delete ROLE\n"
           "  role edit ROLE name NAME | rank RANK | grant PERMISSION… | withdraw PERMISSION…\n"
           "  room allow|deny|inherit ROOM ROLE PERMISSION…  what the room says of a role\n"
           "  room rules ROOM   what it says of all of them\n"
           "  explain [WHO] PERMISSION [ROOM]  why you, or they, may or may not\n"
           "  room create \"Room/New room\" [open|members|staff] [temporary]\n"
           "  room edit ROOM name|topic|icon|order|seats|slow|bitrate|keep|password VALUE\n"
           "  room move ROOM INTO [PLACE], room delete ROOM\n"
           "  kick WHO [REASON], server-mute WHO [REASON], server-deafen WHO [REASON],\n"
           "  server-unmute WHO [REASON], move-user WHO ROOM [REASON]\n"
           "  ban WHO [--for 2h] [--reason TEXT] [--identity] [--account] [--address]\n"
           "  ban --identity KEY, ban --range 203.0.113.0/24 [--for 2h] [--reason TEXT]\n"
           "  bans [ID], unban ID [REASON], audit [N [ID]]\n"
           "  stats             what was sent and heard\n"
           "  quit              goodbye\n";
}

}  // namespace partyline::cli
