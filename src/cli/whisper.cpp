#include "cli/whisper.hpp"

#include <charconv>
#include <format>
#include <optional>

namespace partyline::cli {
namespace {

std::unexpected<Error> malformed() {
    return fail(
        ErrorCode::malformed,
        std::format("\"whisper\" takes the number of a set, 1 to {}, or \"off\"; \"set\", a "
                    "number and whom it is made of: names, and rooms as #Room; or \"clear\" "
                    "and a number",
                    client::whisper_stream_max.value));
}

std::optional<StreamId> stream_of(std::string_view text) {
    std::uint8_t number = 0;
    const auto* last = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data(), last, number);
    const StreamId stream{number};
    const bool is_one =
        error == std::errc{} && end == last && stream && stream <= client::whisper_stream_max;
    return is_one ? std::optional(stream) : std::nullopt;
}

Result<SessionId> find_person(const std::vector<client::Person>& people, const std::string& name) {
    const auto found = client::find_correspondent(people, name).session;
    if (!found) {
        return fail(ErrorCode::unknown_person, std::format("\"{}\" is not here", name));
    }
    return found;
}

}  // namespace

Result<Whispers> parse_whisper(const std::vector<std::string>& words) {
    if (words.size() == 1) {
        const auto stream = words[0] == "off" ? StreamId{} : stream_of(words[0]);
        return stream ? Result<Whispers>(WhisperTo{*stream}) : malformed();
    }
    const auto stream = words.size() > 1 ? stream_of(words[1]) : std::nullopt;
    if (!stream) {
        return malformed();
    }
    NameWhisper name{.stream = *stream, .to = {words.begin() + 2, words.end()}};
    const bool fits = words[0] == "set" ? !name.to.empty() : words[0] == "clear" && name.to.empty();
    for (const auto& to : name.to) {
        if (to.empty() || to == "#") {
            return malformed();
        }
    }
    return fits ? Result<Whispers>(std::move(name)) : malformed();
}

Result<client::WhisperCommand> resolve(const Whispers& command,
                                       const std::vector<client::Room>& rooms,
                                       const std::vector<client::Person>& people) {
    if (const auto* to = std::get_if<WhisperTo>(&command)) {
        return client::Whisper{to->stream};
    }
    const auto& name = std::get<NameWhisper>(command);
    client::SetWhisper set{.stream = name.stream, .sessions = {}, .channels = {}};
    for (const auto& to : name.to) {
        if (to.starts_with('#')) {
            const auto room = client::find_room(rooms, std::string_view(to).substr(1));
            if (!room) {
                return std::unexpected(room.error());
            }
            set.channels.push_back(*room);
            continue;
        }
        const auto person = find_person(people, to);
        if (!person) {
            return std::unexpected(person.error());
        }
        set.sessions.push_back(*person);
    }
    return set;
}

}  // namespace partyline::cli
