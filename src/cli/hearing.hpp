// Lines of input about how people are heard: how loud each of them is here, and who speaks above others.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/error.hpp"
#include "client/talkie.hpp"

namespace partyline::cli {

/// "volume NAME 50%", "volume NAME -6dB", "volume NAME off" and "… on".
struct SetVolume {
    std::string name;
    std::optional<float> gain_db;  // nothing: as it was
    bool muted = false;
    bool operator==(const SetVolume&) const = default;
};
/// "priority on", "priority off".
struct SetPriority {
    bool on = false;
    bool operator==(const SetPriority&) const = default;
};
using Hearing = std::variant<SetVolume, SetPriority>;

/// Whether a line that begins with this word is for parse_hearing().
bool is_hearing(std::string_view word);
/// Fails with malformed, saying what it could have been.
Result<Hearing> parse_hearing(std::string_view word, std::string_view argument);

/// Whose volume becomes what. Fails with unknown_person.
struct NewVolume {
    SessionId session{};
    client::Volume volume;
};
Result<NewVolume> resolve(const SetVolume& command, const std::vector<client::Person>& people);

/// "at -6.0 dB", "not heard here"; nothing for somebody who is heard as they come.
std::string volume_words(const client::Volume& volume);

}  // namespace partyline::cli
