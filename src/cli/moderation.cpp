#include "cli/moderation.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <format>
#include <utility>

#include "base/bytes.hpp"
#include "base/period.hpp"
#include "base/text.hpp"
#include "cli/people.hpp"

namespace partyline::cli {
namespace {

using Words = std::vector<std::string>;

std::unexpected<Error> malformed(std::string message) {
    return fail(ErrorCode::malformed, std::move(message));
}

template <class Number>
std::optional<Number> number_of(std::string_view text) {
    text.remove_prefix(text.starts_with('#') ? 1 : 0);
    Number number = 0;
    const auto* last = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data(), last, number);
    return error == std::errc{} && end == last ? std::optional(number) : std::nullopt;
}

/// A reason needs no quotes.
std::string rest_of(const Words& words, std::size_t from) {
    std::string rest;
    for (auto i = from; i < words.size(); ++i) {
        rest += (rest.empty() ? "" : " ") + words[i];
    }
    return rest;
}

Result<Moderate> parse_kick(const Words& words) {
    if (words.empty()) {
        return malformed("\"kick\" takes the name of somebody here, and, if you like, a reason");
    }
    return KickOut{.who = words[0], .reason = rest_of(words, 1)};
}

/// What follows an option that takes something. False if there is none of it.
Result<bool> take_option(const Words& words, std::size_t& at, Ban& ban) {
    const auto& option = words[at];
    const bool takes = option == "--for" || option == "--range" || option == "--reason";
    if (!takes) {
        return false;
    }
    if (++at == words.size()) {
        return malformed(std::format("\"{}\" needs something after it", option));
    }
    if (option == "--for") {
        const auto seconds = parse_period(words[at]);
        if (!seconds) {
            return malformed(seconds.error().message);
        }
        ban.seconds = *seconds;
    } else {
        (option == "--range" ? ban.range : ban.reason) = words[at];
    }
    return true;
}

Result<Moderate> parse_ban(const Words& words) {
    Ban ban;
    for (std::size_t at = 0; at < words.size(); ++at) {
        const auto took = take_option(words, at, ban);
        if (!took) {
            return std::unexpected(took.error());
        }
        if (*took) {
            continue;
        }
        const auto& word = words[at];
        if (word == "--identity") {
            ban.identity = true;
        } else if (word == "--account") {
            ban.account = true;
        } else if (word == "--address") {
            ban.address = true;
        } else if (word.starts_with("--") || !ban.who.empty()) {
            return malformed(
                std::format("\"ban\" does not know what \"{}\" is for; a name with "
                            "spaces and a --reason stand in quotes",
                            word));
        } else {
            ban.who = word;
        }
    }
    if (ban.who.empty() && ban.range.empty()) {
        return malformed(
            "\"ban\" takes the name of somebody here or of an account, an identity as \"audit\" "
            "shows it, or --range; and --for 2h, --reason, and by what to ban them: --identity, "
            "--account, --address");
    }
    return ban;
}

Result<Moderate> parse_unban(const Words& words) {
    const auto ban = words.empty() ? std::nullopt : number_of<std::uint64_t>(words[0]);
    if (!ban) {
        return malformed("\"unban\" takes the number of a ban, which \"bans\" shows, and a reason");
    }
    return Unban{.ban = *ban, .reason = rest_of(words, 1)};
}

Result<Moderate> parse_bans(const Words& words) {
    const auto after =
        words.empty() ? std::optional<std::uint64_t>(0) : number_of<std::uint64_t>(words[0]);
    if (!after || words.size() > 1) {
        return malformed("\"bans\" takes at most the number of the ban to go on after");
    }
    return Bans{*after};
}

Result<Moderate> parse_mute(std::string_view word, const Words& words) {
    if (words.empty()) {
        return malformed(std::format(
            "\"{}\" takes the name of somebody here, and, if you like, a reason", word));
    }
    return ServerMute{.who = words[0],
                      .mute = word == "server-mute",
                      .deafen = word == "server-deafen",
                      .reason = rest_of(words, 1)};
}

Result<Moderate> parse_move(const Words& words) {
    if (words.size() < 2) {
        return malformed(
            "\"move-user\" takes the name of somebody here, a room (\"\" for none), and, if you "
            "like, a reason");
    }
    return MoveUser{.who = words[0], .room = words[1], .reason = rest_of(words, 2)};
}

Result<Moderate> parse_audit(const Words& words) {
    const auto entries =
        words.empty() ? std::optional<std::uint32_t>(0) : number_of<std::uint32_t>(words[0]);
    const auto before =
        words.size() < 2 ? std::optional<std::uint64_t>(0) : number_of<std::uint64_t>(words[1]);
    if (!entries || !before || words.size() > 2) {
        return malformed(
            "\"audit\" takes a number of entries, and the number of one to go back from");
    }
    return Audit{.entries = *entries, .before = *before};
}

bool has_account(const std::vector<client::Person>& people, SessionId session) {
    const auto found = std::ranges::find(people, session, &client::Person::session);
    return found != people.end() && !found->account.empty();
}

/// Longer than any name.
bool is_identity(const std::string& word) {
    constexpr std::size_t key_bytes = 32;
    const auto bytes = from_base64url(word);
    return bytes && bytes->size() == key_bytes;
}

struct Resolver {
    const std::vector<client::Room>& rooms;
    const std::vector<client::Person>& people;
    using Resolved = Result<client::Administration>;

    Resolved operator()(const KickOut& it) const {
        return somebody_here(people, it.who).transform([&](SessionId session) {
            return client::Administration(client::Kick{.session = session, .reason = it.reason});
        });
    }
    Resolved operator()(const Ban& it) const {
        client::Ban ban{.identity = {},
                        .account = {},
                        .range = it.range,
                        .reason = it.reason,
                        .seconds = it.seconds};
        if (const auto session = somebody(people, it.who); session && !it.who.empty()) {
            const bool by_default = !it.identity && !it.account && !it.address;
            ban.session = *session;
            ban.of_identity = it.identity || by_default;
            ban.of_account = it.account || (by_default && has_account(people, *session));
            ban.of_address = it.address;
        } else if (is_identity(it.who)) {
            ban.identity = it.who;
        } else if (it.identity || it.address || it.who.starts_with('#')) {
            return std::unexpected(somebody_here(people, it.who).error());
        } else {
            ban.account = it.who;
        }
        return ban;
    }
    Resolved operator()(const Unban& it) const {
        return client::LiftBan{.ban = BanId{it.ban}, .reason = it.reason};
    }
    Resolved operator()(const Bans& it) const { return client::ListBans{BanId{it.after}}; }
    Resolved operator()(const ServerMute& it) const {
        return somebody_here(people, it.who).transform([&](SessionId session) {
            return client::Administration(client::Silence{
                .session = session, .mute = it.mute, .deafen = it.deafen, .reason = it.reason});
        });
    }
    Resolved operator()(const MoveUser& it) const {
        const auto session = somebody_here(people, it.who);
        const auto room =
            it.room.empty() ? Result<ChannelId>(ChannelId{}) : client::find_room(rooms, it.room);
        if (!session || !room) {
            return std::unexpected(session ? room.error() : session.error());
        }
        return client::MovePerson{.session = *session, .channel = *room, .reason = it.reason};
    }
    Resolved operator()(const Audit& it) const {
        return client::ReadAudit{.before = it.before, .entries = it.entries};
    }
};

}  // namespace

std::optional<Result<Moderate>> parse_moderation(std::string_view word, const Words& words) {
    if (word == "kick") {
        return parse_kick(words);
    }
    if (word == "ban") {
        return parse_ban(words);
    }
    if (word == "unban") {
        return parse_unban(words);
    }
    if (word == "bans") {
        return parse_bans(words);
    }
    if (word == "server-mute" || word == "server-deafen" || word == "server-unmute") {
        return parse_mute(word, words);
    }
    if (word == "move-user") {
        return parse_move(words);
    }
    if (word == "audit") {
        return parse_audit(words);
    }
    return std::nullopt;
}

Result<client::Administration> resolve(const Moderate& command,
                                       const std::vector<client::Room>& rooms,
                                       const std::vector<client::Person>& people) {
    return std::visit(Resolver{.rooms = rooms, .people = people}, command);
}

std::string time_in_words(std::int64_t unix_ms) {
    const std::chrono::sys_time<std::chrono::milliseconds> time{std::chrono::milliseconds(unix_ms)};
    return std::format("{:%Y-%m-%d %H:%M:%S} UTC", std::chrono::floor<std::chrono::seconds>(time));
}

std::string lines_of(const client::BansReceived& bans) {
    std::string lines;
    for (const auto& ban : bans.bans) {
        auto line = std::format("#{} {}", ban.id.value, ban.name.empty() ? "somebody" : ban.name);
        line += ban.identity.empty() ? "" : std::format(", by the identity {}", ban.identity);
        line += ban.account.empty() ? "" : std::format(", by the account {}", ban.account);
        line += ban.range.empty() ? "" : std::format(", by the address {}", ban.range);
        line +=
            ban.until_unix_ms == 0 ? ", for good" : ", until " + time_in_words(ban.until_unix_ms);
        line += std::format("; {} on {}", ban.by, time_in_words(ban.created_unix_ms));
        line += ban.reason.empty() ? "" : ": " + ban.reason;
        lines += (lines.empty() ? "" : "\n") + to_plain_line(line);
    }
    if (bans.bans.empty()) {
        return "nobody is banned";
    }
    return lines + (bans.more ? "\nthere are more" : "");
}

std::string lines_of(const client::AuditReceived& audit) {
    std::string lines;
    for (const auto& entry : audit.entries) {
        auto line = std::format("#{} {} {}: {}", entry.id, time_in_words(entry.unix_ms),
                                entry.actor, entry.action);
        line += entry.target.empty() ? "" : " " + entry.target;
        line += entry.detail.empty() ? "" : std::format(" ({})", entry.detail);
        line += entry.reason.empty() ? "" : ": " + entry.reason;
        lines += (lines.empty() ? "" : "\n") + to_plain_line(line);
    }
    if (audit.entries.empty()) {
        return "nothing was done";
    }
    return lines + (audit.more ? "\nthere are more" : "");
}

}  // namespace partyline::cli
