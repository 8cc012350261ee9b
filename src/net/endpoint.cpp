#include "net/endpoint.hpp"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cassert>
#include <charconv>
#include <cstring>
#include <format>

namespace partyline::net {
namespace {

constexpr std::array<std::uint8_t, 12> v4_prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

std::optional<std::uint16_t> parse_port(std::string_view text) {
    std::uint16_t port = 0;
    const auto* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, port);
    if (error != std::errc{} || stop != end) {
        return std::nullopt;
    }
    return port;
}

struct ParsedAddress {
    Endpoint::Address address{};
    std::uint32_t scope = 0;
};

std::optional<ParsedAddress> parse_v6(std::string_view text) {
    ParsedAddress parsed;
    const auto percent = text.find('%');
    if (percent != std::string_view::npos) {
        parsed.scope = if_nametoindex(std::string(text.substr(percent + 1)).c_str());
        if (parsed.scope == 0) {
            return std::nullopt;
        }
    }
    const std::string address(text.substr(0, percent));
    if (inet_pton(AF_INET6, address.c_str(), parsed.address.data()) != 1) {
        return std::nullopt;
    }
    return parsed;
}

std::optional<ParsedAddress> parse_v4(std::string_view text) {
    std::array<std::uint8_t, 4> bytes{};
    if (inet_pton(AF_INET, std::string(text).c_str(), bytes.data()) != 1) {
        return std::nullopt;
    }
    return ParsedAddress{.address = Endpoint::v4(bytes, 0).address()};
}

// What stands before and behind the colon that separates the port, if there is one.
struct Split {
    std::string_view address;
    std::optional<std::string_view> port;
    bool bracketed = false;
};

std::optional<Split> split(std::string_view text) {
    if (text.starts_with('[')) {
        const auto end = text.find(']');
        if (end == std::string_view::npos) {
            return std::nullopt;
        }
        const auto address = text.substr(1, end - 1);
        const auto rest = text.substr(end + 1);
        if (rest.empty()) {
            return Split{.address = address, .bracketed = true};
        }
        if (!rest.starts_with(':')) {
            return std::nullopt;
        }
        return Split{.address = address, .port = rest.substr(1), .bracketed = true};
    }
    const auto colon = text.find(':');
    if (colon == std::string_view::npos || text.find(':', colon + 1) != std::string_view::npos) {
        return Split{.address = text};  // no colon, or an IPv6 address that is nothing but colons
    }
    return Split{.address = text.substr(0, colon), .port = text.substr(colon + 1)};
}

}  // namespace

std::optional<Endpoint> Endpoint::parse(std::string_view text,
                                        std::optional<std::uint16_t> default_port) {
    const auto parts = split(text);
    if (!parts) {
        return std::nullopt;
    }
    const auto port = parts->port ? parse_port(*parts->port) : default_port;
    const bool is_v6 = parts->bracketed || parts->address.contains(':');
    const auto parsed = is_v6 ? parse_v6(parts->address) : parse_v4(parts->address);
    if (!port || !parsed) {
        return std::nullopt;
    }
    return Endpoint(parsed->address, *port, parsed->scope);
}

std::string Endpoint::address_string() const {
    std::array<char, INET6_ADDRSTRLEN> buffer{};
    if (is_v4()) {
        inet_ntop(AF_INET, address_.data() + v4_prefix.size(), buffer.data(), buffer.size());
        return buffer.data();
    }
    inet_ntop(AF_INET6, address_.data(), buffer.data(), buffer.size());
    std::array<char, IF_NAMESIZE> interface{};
    if (scope_ != 0 && if_indextoname(scope_, interface.data()) != nullptr) {
        return std::format("{}%{}", buffer.data(), interface.data());
    }
    return buffer.data();
}

std::string Endpoint::to_string() const {
    return is_v4() ? std::format("{}:{}", address_string(), port_)
                   : std::format("[{}]:{}", address_string(), port_);
}

bool Endpoint::is_v4() const {
    return std::equal(v4_prefix.begin(), v4_prefix.end(), address_.begin());
}

bool Endpoint::is_any() const {
    const auto first = address_.begin() + (is_v4() ? v4_prefix.size() : 0);
    return std::all_of(first, address_.end(), [](std::uint8_t byte) { return byte == 0; });
}

unsigned Endpoint::to_native(sockaddr_storage& out, Family family) const {
    if (family == Family::v6) {
        sockaddr_in6 native{};
        native.sin6_family = AF_INET6;
        native.sin6_port = htons(port_);
        native.sin6_scope_id = scope_;
        std::memcpy(&native.sin6_addr, address_.data(), address_.size());
        std::memcpy(&out, &native, sizeof native);
        return sizeof native;
    }
    assert(is_v4());
    sockaddr_in native{};
    native.sin_family = AF_INET;
    native.sin_port = htons(port_);
    std::memcpy(&native.sin_addr, address_.data() + v4_prefix.size(), sizeof native.sin_addr);
    std::memcpy(&out, &native, sizeof native);
    return sizeof native;
}

Endpoint Endpoint::from_native(const sockaddr_storage& native) {
    if (native.ss_family == AF_INET6) {
        sockaddr_in6 v6{};
        std::memcpy(&v6, &native, sizeof v6);
        Address address{};
        std::memcpy(address.data(), &v6.sin6_addr, address.size());
        return {address, ntohs(v6.sin6_port), v6.sin6_scope_id};
    }
    if (native.ss_family == AF_INET) {
        sockaddr_in in{};
        std::memcpy(&in, &native, sizeof in);
        std::array<std::uint8_t, 4> address{};
        std::memcpy(address.data(), &in.sin_addr, address.size());
        return v4(address, ntohs(in.sin_port));
    }
    return {};
}

bool leaves_v4(const Endpoint& endpoint, std::span<const Endpoint> all) {
    const auto port_of = [&](const Endpoint& one) {
        return one.port() == 0 ? all.front().port() : one.port();
    };
    return !endpoint.is_v4() && std::ranges::any_of(all, [&](const Endpoint& other) {
        return other.is_v4() && port_of(other) == port_of(endpoint);
    });
}

}  // namespace partyline::net

std::size_t std::hash<partyline::net::Endpoint>::operator()(
    const partyline::net::Endpoint& endpoint) const noexcept {
    const auto& address = endpoint.address();
    const std::string_view bytes(reinterpret_cast<const char*>(address.data()), address.size());
    return std::hash<std::string_view>{}(bytes) * 31 + endpoint.port();
}
