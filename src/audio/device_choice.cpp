#include "audio/device_choice.hpp"

#include <algorithm>
#include <cctype>
#include <format>

namespace partyline::audio {
namespace {

std::string lower(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(), [](char c) {
        return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    });
    return out;
}

/// The position of the only device for which `matches` holds.
template <class Predicate>
std::optional<std::size_t> only(std::span<const DeviceName> devices, Predicate matches) {
    const auto first = std::ranges::find_if(devices, matches);
    if (first == devices.end() ||
        std::find_if(first + 1, devices.end(), matches) != devices.end()) {
        return std::nullopt;
    }
    return static_cast<std::size_t>(first - devices.begin());
}

}  // namespace

std::optional<std::size_t> pick_device(std::span<const DeviceName> devices,
                                       std::string_view wanted) {
    const auto name = lower(wanted);
    if (auto by_id = only(devices, [&](const DeviceName& d) { return lower(d.id) == name; })) {
        return by_id;
    }
    if (auto whole = only(devices, [&](const DeviceName& d) { return lower(d.name) == name; })) {
        return whole;
    }
    return only(devices, [&](const DeviceName& d) { return lower(d.name).contains(name); });
}

std::string_view word_for(Direction direction) {
    return direction == Direction::capture ? "microphone" : "speaker";
}

Error no_such_device(Direction direction, std::string_view wanted,
                     std::span<const DeviceName> devices) {
    auto message = std::format("there is no {} \"{}\"", word_for(direction), wanted);
    if (devices.empty()) {
        message += ", nor any other";
    } else {
        const auto word = word_for(direction);
        message += std::format("; the {}s are:", word);
        for (const auto& device : devices) {
            message += std::format(" \"{}\"", device.name);
            if (!device.id.empty() && device.id != device.name) {
                message += std::format(" ({})", device.id);
            }
            message += &device == &devices.back() ? "" : ",";
        }
    }
    return Error{.code = ErrorCode::io, .message = std::move(message)};
}

Error cannot_open(Direction direction, std::string_view wanted, std::string_view why) {
    const auto word = word_for(direction);
    const auto which = wanted.empty() ? std::format("the default {}", word)
                                      : std::format("the {} \"{}\"", word, wanted);
    return Error{.code = ErrorCode::io, .message = std::format("cannot open {} ({})", which, why)};
}

}  // namespace partyline::audio
