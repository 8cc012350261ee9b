#include "cli/letters.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <format>
#include <optional>

#include "cli/limits.hpp"
#include "cli/words.hpp"

namespace partyline::cli {
namespace {

std::unexpected<Error> malformed(std::string message) {
    return fail(ErrorCode::malformed, std::move(message));
}

/// "#12" is 12.
std::optional<std::uint64_t> number_of(std::string_view text) {
    text.remove_prefix(text.starts_with('#') ? 1 : 0);
    std::uint64_t number = 0;
    const auto* last = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data(), last, number);
    return error == std::errc{} && end == last ? std::optional(number) : std::nullopt;
}

Result<Letters> parse_message(std::string_view rest) {
    const auto to = take_word(rest);
    if (!to) {
        return std::unexpected(to.error());
    }
    if (to->empty() || rest.empty()) {
        return malformed(
            "\"message\" needs somebody's name, in quotes if it has spaces, and a text");
    }
    return Message{.to = *to, .text = std::string(rest)};
}

Result<Letters> parse_messages(const std::vector<std::string>& words) {
    Messages messages{.with = words.empty() ? "" : words[0], .letters = history_texts};
    const auto letters =
        words.size() > 1 ? number_of(words[1]) : std::optional(std::uint64_t{messages.letters});
    const auto before = words.size() > 2 ? number_of(words[2]) : std::optional(std::uint64_t{0});
    if (messages.with.empty() || words.size() > 3 || !letters || *letters == 0 ||
        *letters > history_texts_max || !before) {
        return malformed(
            std::format("\"messages\" takes somebody's name, and, if you like, how many to show, 1 "
                        "to {}, and the id of a message to go back from",
                        history_texts_max));
    }
    messages.letters = static_cast<std::uint32_t>(*letters);
    messages.before = MessageId{*before};
    return messages;
}

Result<Letters> parse_read(const std::vector<std::string>& words) {
    const auto id = words.size() > 1 ? number_of(words[1]) : std::optional(std::uint64_t{0});
    if (words.empty() || words[0].empty() || words[0] == "@" || words.size() > 2 || !id) {
        return malformed(
            "\"read\" takes a room or @NAME, and, if you like, the id of the last text that you "
            "have read");
    }
    return Read{.what = words[0], .id = MessageId{*id}};
}

struct Resolver {
    const std::vector<client::Room>& rooms;
    const std::vector<client::Person>& people;
    using Resolved = Result<client::LetterCommand>;

    Resolved operator()(const Message& it) const {
        return client::WriteLetter{.to = client::find_correspondent(people, it.to),
                                   .text = it.text};
    }
    Resolved operator()(const Messages& it) const {
        return client::ReadLetters{.with = client::find_correspondent(people, it.with),
                                   .before = it.before,
                                   .letters = it.letters};
    }
    Resolved operator()(const Unread&) const { return client::AskUnread{}; }
    Resolved operator()(const Read& it) const {
        if (it.what.starts_with('@')) {
            return client::MarkRead{
                .channel = {},
                .with = client::find_correspondent(people, std::string_view(it.what).substr(1)),
                .id = it.id};
        }
        return client::find_room(rooms, it.what).transform([&](ChannelId channel) {
            return client::LetterCommand(
                client::MarkRead{.channel = channel, .with = {}, .id = it.id});
        });
    }
};

}  // namespace

bool is_letters(std::string_view word) {
    constexpr std::array<std::string_view, 4> words{"message", "messages", "unread", "read"};
    return std::ranges::contains(words, word);
}

Result<Letters> parse_letters(std::string_view word, std::string_view rest) {
    if (word == "message") {
        return parse_message(rest);
    }
    const auto words = words_of(rest);
    if (!words) {
        return std::unexpected(words.error());
    }
    if (word == "messages") {
        return parse_messages(*words);
    }
    if (word == "read") {
        return parse_read(*words);
    }
    return words->empty() ? Result<Letters>(Unread{})
                          : malformed("\"unread\" takes nothing after it");
}

Result<client::LetterCommand> resolve(const Letters& command,
                                      const std::vector<client::Room>& rooms,
                                      const std::vector<client::Person>& people) {
    return std::visit(Resolver{rooms, people}, command);
}

}  // namespace partyline::cli
