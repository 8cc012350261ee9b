#include "cli/sentence.hpp"

#include <array>
#include <chrono>
#include <ctime>
#include <format>
#include <variant>

#include "base/text.hpp"
#include "cli/administration.hpp"
#include "cli/limits.hpp"
#include "cli/voice.hpp"

namespace partyline::cli {
namespace {

/// What somebody said. Its further lines are set in, so that none can pass for another's words.
std::string printable_lines(std::string_view text) {
    std::string out;
    for (const auto c : to_plain_text(text)) {
        out += c;
        if (c == '\n') {
            out += "      ";
        }
    }
    return out;
}

std::string local_time(std::int64_t unix_ms) {
    const auto seconds = static_cast<std::time_t>(unix_ms / 1000);
    std::array<char, 8> out{};
    const auto* local = std::localtime(&seconds);
    if (local == nullptr || std::strftime(out.data(), out.size(), "%H:%M", local) == 0) {
        return "--:--";
    }
    return out.data();
}

std::string local_date_time(std::int64_t unix_ms) {
    const auto seconds = static_cast<std::time_t>(unix_ms / 1000);
    std::array<char, 24> out{};
    const auto* local = std::localtime(&seconds);
    if (local == nullptr || std::strftime(out.data(), out.size(), "%Y-%m-%d %H:%M", local) == 0) {
        return "----";
    }
    return out.data();
}

/// Marked as what it is: not said just now, and with the number to edit or delete it by.
std::string kept_line(const client::KeptText& text) {
    return std::format(
        "#{} {} <{}> {}", text.id.value, local_date_time(text.unix_ms), printable(text.name),
        text.deleted ? "(deleted)"
                     : printable_lines(text.text) + (text.edited_unix_ms != 0 ? " (edited)" : ""));
}

std::string letter_line(const client::Letter& letter) {
    return std::format("#{} {} <{}> {}", letter.id.value, local_date_time(letter.unix_ms),
                       printable(letter.from_name),
                       letter.deleted ? "(deleted)"
                                      : printable_lines(letter.text) +
                                            (letter.edited_unix_ms != 0 ? " (edited)" : ""));
}

/// Whom to write to, to answer: what they are called says so, but for guests and deleted accounts.
std::string whom(const client::Correspondent& with, std::string_view name) {
    const auto word = printable(client::name_of(with));
    const bool is_name = with.device.empty() && !word.starts_with("account:");
    return is_name ? word : std::format("{} ({})", printable(name), word);
}

std::string quoted_room(const View& view, ChannelId room) {
    return room ? std::format("\"{}\"", printable(room_path(view.rooms, room))) : "no room";
}

const char* words_for(client::ActedOn::Act act) {
    using enum client::ActedOn::Act;
    switch (act) {
        case muted: return "has muted you";
        case deafened: return "has muted and deafened you";
        case released: return "lets you speak and hear again";
        case moved: return "moves you";
        case other: break;
    }
    return "has done something to you";
}

/// One for each event.
struct Sentence {
    const View& view;

    std::string operator()(const client::Connected& e) const {
        if (e.again) {
            return std::format("connected to {} again", printable(e.server_name));
        }
        return std::format("connected to {}, fingerprint {}{}", printable(e.server_name),
                           e.fingerprint,
                           e.first_use ? "\nthis server was not known before; its identity is now "
                                         "pinned"
                                       : "");
    }
    std::string operator()(const client::Reconnecting& e) const {
        return std::format("the connection is lost: {} Trying again in {:.1f} s …",
                           printable(e.reason.message),
                           std::chrono::duration<double>(e.wait).count());
    }
    std::string operator()(const client::Disconnected&) const { return {}; }
    std::string operator()(const client::RoomsChanged&) const { return {}; }
    std::string operator()(const client::PersonChanged& e) const {
        if (e.person.session == view.self) {
            return {};
        }
        if (e.arrived) {
            return std::format("* {} is here, in {}", printable(e.person.name),
                               quoted_room(view, e.person.channel));
        }
        if (e.moved_from) {
            return std::format("* {} went to {}", printable(e.person.name),
                               quoted_room(view, e.person.channel));
        }
        return {};
    }
    std::string operator()(const client::RecordingSeen& e) const {
        const auto name = printable(e.person.name);
        return e.recording ? std::format("! {} records this room", name)
                           : std::format("* {} has stopped recording", name);
    }
    std::string operator()(const client::RecordingChanged& e) const {
        if (e.on) {
            return std::format("you record this room to {}, and everybody sees it",
                               printable(e.folder));
        }
        std::string line = std::format("you record no more; {} files are in {}", e.files.size(),
                                       printable(e.folder));
        if (e.error) {
            line += ": " + to_plain_text(e.error->message);
        }
        if (e.lost_ms > 0) {
            line += std::format("; {} ms are missing, as the disk was too slow", e.lost_ms);
        }
        return line;
    }
    std::string operator()(const client::PersonLeft& e) const {
        return std::format("* {} is gone", printable(e.person.name));
    }
    std::string operator()(const client::RoomEntered& e) const {
        return std::format("you {} {}", e.moved ? "were moved to" : "are in",
                           quoted_room(view, e.channel));
    }
    std::string operator()(const client::RoomLeft& e) const {
        return e.moved ? "you were taken out of the room" : "you are in no room";
    }
    std::string operator()(const client::KeysReady&) const { return {}; }
    std::string operator()(const client::TextReceived& e) const {
        return std::format("{} <{}> {}", local_time(e.unix_ms), printable(e.name),
                           printable_lines(e.text));
    }
    std::string operator()(const client::HistoryReceived& e) const {
        std::string lines = e.missed ? "said while you were away:" : "";
        if (e.texts.empty()) {
            lines = "nothing was said here before";
        }
        for (const auto& text : e.texts) {
            lines += (lines.empty() ? "" : "\n") + kept_line(text);
        }
        if (e.more && !e.texts.empty()) {
            lines +=
                std::format("\nolder ones: history {} {}", history_texts, e.texts.front().id.value);
        }
        return lines;
    }
    std::string operator()(const client::TextChanged& e) const {
        return (e.text.deleted ? "deleted: " : "edited: ") + kept_line(e.text);
    }
    std::string operator()(const client::AccountChanged& e) const {
        const auto code = e.recovery_code.empty()
                              ? ""
                              : std::format(
                                    "\nwrite down this recovery code, it is shown only "
                                    "now: {}",
                                    printable(e.recovery_code));
        return std::format("{} the account {}{}",
                           e.command == "password"        ? "a new password for"
                           : e.command == "recovery-code" ? "a new recovery code for"
                                                          : "this device is linked to",
                           printable(e.name), code);
    }
    std::string operator()(const client::DevicesReceived& e) const {
        auto lines = std::format("{}{}", printable(e.name), e.owner ? ", who owns the server" : "");
        for (const auto& device : e.devices) {
            lines += std::format("\n  {}{}{}", device.device,
                                 device.label.empty() ? "" : "  " + printable(device.label),
                                 device.own ? "  (this one)" : "");
        }
        return lines;
    }
    std::string operator()(const client::Done& e) const {
        if (e.command == "whisper") {
            return {};  // the set itself is told, and where one's own voice goes one knows
        }
        if (e.command == "edit" || e.command == "delete") {
            return {};  // how the text stands now is told anyway
        }
        return e.command == "owner" ? "your account owns the server now" : e.command + ": done";
    }
    std::string operator()(const client::SpeakingChanged&) const { return {}; }
    std::string operator()(const client::LaneChanged& e) const {
        return e.lane == client::Lane::udp
                   ? "voice goes over UDP"
                   : "UDP does not get through; voice goes through the control connection";
    }
    std::string operator()(const client::DeviceChanged& e) const { return printable(e.message); }
    std::string operator()(const client::MemberRefused& e) const {
        return std::format(
            "{} and you cannot hear each other: what the server shows as their key is "
            "not theirs, or is too old",
            printable(e.person.name));
    }
    std::string operator()(const client::Refused& e) const {
        if (e.error.code == ErrorCode::not_kept) {
            return std::format("{}: {}", e.command, printable(e.error.message));
        }
        return std::format("{} was refused: {}", e.command, printable(e.error.message));
    }
    std::string operator()(const client::RolesReceived& e) const {
        std::string lines;
        for (const auto& role : e.roles) {
            lines += std::format("{}{} (rank {}):", lines.empty() ? "" : "\n", printable(role.name),
                                 role.rank);
            for (const auto grant : role.grants) {
                lines += std::format(" {}", grant);
            }
        }
        return lines;
    }
    std::string operator()(const client::RoomRulesReceived& e) const {
        return lines_of(e, room_path(view.rooms, e.channel));
    }
    std::string operator()(const client::Explained& e) const {
        std::string lines;
        for (const auto& step : e.steps) {
            lines += printable(sentence_for(step, room_path(view.rooms, step.channel))) + "\n";
        }
        return lines + (e.holds ? "so: yes" : "so: no");
    }
    std::string operator()(const client::Administered& e) const {
        return std::format("{}: done", e.command);
    }
    std::string operator()(const client::BansReceived& e) const { return lines_of(e); }
    std::string operator()(const client::AuditReceived& e) const { return lines_of(e); }
    std::string operator()(const client::ActedOn& e) const {
        const auto since = e.since_unix_ms == 0
                               ? std::string()
                               : std::format(" ({})", local_date_time(e.since_unix_ms));
        return std::format("a moderator {}{}{}{}", words_for(e.act), since,
                           e.reason.empty() ? "" : ": ", printable(e.reason));
    }
    std::string operator()(const client::LetterReceived& e) const {
        const auto& letter = e.letter;
        return letter.own ? std::format("{} to {}> {}", local_time(letter.unix_ms),
                                        printable(letter.to_name), printable_lines(letter.text))
                          : std::format("{} {} to you> {}", local_time(letter.unix_ms),
                                        printable(letter.from_name), printable_lines(letter.text));
    }
    std::string operator()(const client::LetterAccepted&) const { return {}; }
    std::string operator()(const client::LetterChanged& e) const {
        return (e.letter.deleted ? "deleted: " : "edited: ") + letter_line(e.letter);
    }
    std::string operator()(const client::LettersReceived& e) const {
        std::string lines = e.missed ? "written while you were not here:" : "";
        if (e.letters.empty()) {
            lines = "you have written nothing to each other";
        }
        for (const auto& letter : e.letters) {
            lines += (lines.empty() ? "" : "\n") + letter_line(letter);
        }
        if (e.more && !e.letters.empty()) {
            lines += std::format("\nolder ones: messages \"{}\" {} {}",
                                 printable(client::name_of(e.with)), history_texts,
                                 e.letters.front().id.value);
        }
        return lines;
    }
    std::string operator()(const client::UnreadReceived& e) const {
        std::string lines;
        for (const auto& room : e.rooms) {
            lines += std::format("{}{}", lines.empty() ? "" : "\n", unread_line(room));
        }
        for (const auto& person : e.people) {
            if (person.unread > 0) {
                lines += std::format("{}{}", lines.empty() ? "" : "\n", unread_line(person));
            }
        }
        return lines.empty() ? "you have read everything" : lines;
    }
    std::string operator()(const client::ReadElsewhere& e) const {
        return e.room ? unread_line(*e.room) : e.person ? unread_line(*e.person) : std::string{};
    }
    [[nodiscard]] std::string unread_line(const client::UnreadRoom& room) const {
        return std::format("{}: {} unread{}", quoted_room(view, room.channel), room.unread,
                           room.mentions > 0 ? std::format(", {} mention you", room.mentions) : "");
    }
    [[nodiscard]] static std::string unread_line(const client::UnreadPerson& person) {
        return std::format("{}: {} unread", whom(person.with, person.name), person.unread);
    }
    std::string operator()(const client::InviteMade& e) const {
        return std::format("invite {}: {}\nit is shown only now", e.invite.value,
                           printable(e.token));
    }
    std::string operator()(const client::InvitesReceived& e) const {
        std::string lines = e.invites.empty() ? "there are no invites" : "";
        for (const auto& invite : e.invites) {
            lines += std::format("{}{}: {}", lines.empty() ? "" : "\n", invite.invite.value,
                                 what_of(invite));
        }
        if (e.more && !e.invites.empty()) {
            lines += std::format("\nmore: invite list {}", e.invites.back().invite.value);
        }
        return lines;
    }
    std::string operator()(const client::InviteUsed& e) const {
        const auto& invite = e.invite;
        return std::format("welcome{}{}", invite.role ? "; your account has a new role" : "",
                           invite.channel ? ": go to " + quoted_room(view, invite.channel) : "");
    }
    [[nodiscard]] std::string what_of(const client::InviteInfo& invite) const {
        return std::format("by {}, {} {} left, {}{}{}", printable(invite.by), invite.uses_left,
                           invite.uses_left == 1 ? "use" : "uses",
                           invite.until_unix_ms == 0
                               ? "for good"
                               : "until " + local_date_time(invite.until_unix_ms),
                           invite.role ? std::format(", gives role {}", invite.role.value) : "",
                           invite.channel ? ", leads to " + quoted_room(view, invite.channel) : "");
    }
    std::string operator()(const client::WhisperSet& e) const {
        std::string names;
        for (const auto session : e.members) {
            names += (names.empty() ? "" : ", ") + printable(person_name(view, session));
        }
        return std::format("whisper {} goes to {}", e.stream.value,
                           names.empty() ? "nobody" : names);
    }
    std::string operator()(const client::WhisperingChange& e) const {
        return e.whispering ? std::format("* {} whispers to you", printable(e.name)) : "";
    }
    std::string operator()(const client::AudioStarted&) const { return {}; }
    std::string operator()(const client::MusicRate& e) const {
        return std::format("music goes out in stereo, at {} kb/s{}", e.bitrate_bps / 1000,
                           e.capped ? ": the room leaves no more" : "");
    }
    std::string operator()(const client::MicFinished&) const {
        return "the microphone's file has been spoken";
    }
    std::string operator()(const client::VoiceLowered& e) const { return describe(e.load); }
};

}  // namespace

std::string sentence_of(const client::Event& event, const View& view) {
    return std::visit(Sentence{view}, event);
}

std::string describe(const client::CaptureLoad& load) {
    if (load == client::CaptureLoad{}) {
        return "this machine keeps up with your voice again";
    }
    std::string out = "this machine does not keep up:";
    if (load.echo_passed_by) {
        out += " echo cancelling rests";
    }
    if (load.noise_lowered_to) {
        out += std::format("{} noise suppression is \"{}\"", load.echo_passed_by ? "," : "",
                           noise_name(*load.noise_lowered_to));
    }
    return out;
}

std::string printable(std::string_view text) { return to_plain_line(text); }

}  // namespace partyline::cli
