#include "cli/hearing.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <format>

#include "cli/people.hpp"
#include "cli/words.hpp"

namespace partyline::cli {
namespace {

std::unexpected<Error> malformed_volume() {
    return fail(ErrorCode::malformed,
                std::format("\"volume\" takes a name and then {:.0f}% to {:.0f}%, {:.0f}dB to "
                            "{:.0f}dB, off or on",
                            100 * client::gain_of({.gain_db = client::volume_db_min}),
                            100 * client::gain_of({.gain_db = client::volume_db_max}),
                            client::volume_db_min, client::volume_db_max));
}

std::optional<float> number_before(std::string_view text, std::string_view unit) {
    if (!text.ends_with(unit)) {
        return std::nullopt;
    }
    text.remove_suffix(unit.size());
    if (text.starts_with('+')) {
        text.remove_prefix(1);
    }
    float number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size() ? std::optional(number)
                                                                    : std::nullopt;
}

/// In dB, to the tenth that is kept of it.
std::optional<float> gain_of(std::string_view amount) {
    std::optional<float> gain;
    if (const auto percent = number_before(amount, "%")) {
        gain = 20 * std::log10(*percent / 100);  // of what is not above zero: out of range
    } else if (auto db = number_before(amount, "dB")) {
        gain = db;
    } else {
        gain = number_before(amount, "db");
    }
    if (gain) {
        gain = std::round(10 * *gain) / 10;
    }
    return gain && client::is_in_range({.gain_db = *gain}) ? gain : std::nullopt;
}

Result<Hearing> parse_volume(std::string_view argument) {
    const auto words = words_of(argument);
    if (!words) {
        return std::unexpected(words.error());
    }
    if (words->size() < 2 || words->front().empty()) {
        return malformed_volume();
    }
    SetVolume set;
    for (std::size_t i = 0; i + 1 < words->size(); ++i) {
        set.name += (i == 0 ? "" : " ") + (*words)[i];
    }
    const auto& amount = words->back();
    if (amount == "on") {
        return set;
    }
    if (amount == "off" || amount == "0%") {
        set.muted = true;
        return set;
    }
    set.gain_db = gain_of(amount);
    return set.gain_db ? Result<Hearing>(std::move(set)) : malformed_volume();
}

}  // namespace

bool is_hearing(std::string_view word) { return word == "volume" || word == "priority"; }

Result<Hearing> parse_hearing(std::string_view word, std::string_view argument) {
    if (word == "volume") {
        return parse_volume(argument);
    }
    if (argument != "on" && argument != "off") {
        return fail(ErrorCode::malformed, "\"priority\" is on or off");
    }
    return SetPriority{.on = argument == "on"};
}

Result<NewVolume> resolve(const SetVolume& command, const std::vector<client::Person>& people) {
    const auto session = somebody_here(people, command.name);
    if (!session) {
        return std::unexpected(session.error());
    }
    const auto person = std::ranges::find(people, *session, &client::Person::session);
    return NewVolume{.session = *session,
                     .volume = {.gain_db = command.gain_db.value_or(person->volume.gain_db),
                                .muted = command.muted}};
}

std::string volume_words(const client::Volume& volume) {
    if (volume.muted) {
        return "not heard here";
    }
    return std::fpclassify(volume.gain_db) == FP_ZERO
               ? std::string()
               : std::format("at {:+.1f} dB", volume.gain_db);
}

}  // namespace partyline::cli
