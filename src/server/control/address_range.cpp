#include "server/control/address_range.hpp"

#include <charconv>
#include <format>
#include <optional>

#include "net/endpoint.hpp"
#include "server/room/bans.hpp"
#include "wire/limits.hpp"

namespace partyline::control {
namespace {

constexpr std::uint8_t bits = 128;
constexpr std::uint8_t bits_before_v4 = 96;

std::optional<std::uint8_t> prefix_of(std::string_view text, int most) {
    std::uint8_t number = 0;
    const auto* last = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data(), last, number);
    const bool good = error == std::errc{} && end == last && number <= most;
    return good ? std::optional(number) : std::nullopt;
}

/// Without port, brackets and interface, which are nothing of an address.
std::optional<net::Endpoint> address_of(std::string_view text) {
    const bool v6 = text.find(':') != text.find_last_of(':');
    if (text.find_first_of("[]%") != text.npos || (text.contains(':') && !v6)) {
        return std::nullopt;
    }
    return net::Endpoint::parse(text, 0);
}

}  // namespace

Result<room::AddressRange> parse_address_range(std::string_view text) {
    const auto wrong = [text] {
        return fail(ErrorCode::invalid_name,
                    std::format("\"{}\" is no address and no range like 203.0.113.0/24.", text));
    };
    if (text.size() > wire::address_range_bytes_max) {
        return fail(ErrorCode::invalid_name, "That is too long for an address.");
    }
    const auto slash = text.find('/');
    const auto written = text.substr(0, slash);
    const auto address = address_of(written);
    if (!address) {
        return wrong();
    }
    const bool dotted = address->is_v4() && !written.contains(':');
    auto prefix = bits;
    if (slash != text.npos) {
        const auto given = prefix_of(text.substr(slash + 1), dotted ? bits - bits_before_v4 : bits);
        if (!given) {
            return wrong();
        }
        prefix = static_cast<std::uint8_t>(dotted ? bits_before_v4 + *given : *given);
    }
    if (address->is_v4() && prefix < bits_before_v4) {
        return wrong();  // of IPv6, which holds no address of IPv4: it would hit nobody
    }
    return room::trimmed({.address = address->address(), .prefix_bits = prefix});
}

std::string to_text(const room::AddressRange& range) {
    auto address = net::Endpoint(range.address, 0).address_string();
    if (range.prefix_bits >= bits) {
        return address;
    }
    const bool dotted = room::is_v4(range.address) && range.prefix_bits >= bits_before_v4;
    return std::format("{}/{}", address,
                       dotted ? range.prefix_bits - bits_before_v4 : range.prefix_bits);
}

}  // namespace partyline::control
