// An IP address and a port, as a value.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

struct sockaddr_storage;

namespace partyline::net {

/// IPv4 or IPv6. An IPv4 address is kept in its IPv6-mapped form, so that a peer is the same
/// Endpoint whether a dual-stack or an IPv4 socket saw it.
class Endpoint {
public:
    using Address = std::array<std::uint8_t, 16>;

    /// [::]:0, which stands for "none".
    constexpr Endpoint() = default;
    constexpr Endpoint(const Address& address, std::uint16_t port, std::uint32_t scope = 0)
        : address_(address), scope_(scope), port_(port) {}

    static constexpr Endpoint v4(const std::array<std::uint8_t, 4>& address, std::uint16_t port) {
        return {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, address[0], address[1], address[2],
                 address[3]},
                port};
    }
    static constexpr Endpoint loopback_v4(std::uint16_t port) { return v4({127, 0, 0, 1}, port); }
    static constexpr Endpoint loopback_v6(std::uint16_t port) {
        return {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, port};
    }
    static constexpr Endpoint any_v4(std::uint16_t port) { return v4({0, 0, 0, 0}, port); }
    /// Sockets bound to it take IPv4, too, unless told otherwise.
    static constexpr Endpoint any_v6(std::uint16_t port) { return {Address{}, port}; }

    /// "192.0.2.1:47180" or "[2001:db8::1]:47180"; with `default_port` the port may be left out,
    /// and the brackets then, too. A link-local address may name its interface: "[fe80::1%eth0]:1".
    static std::optional<Endpoint> parse(std::string_view text,
                                         std::optional<std::uint16_t> default_port = std::nullopt);

    /// As parse() reads it.
    [[nodiscard]] std::string to_string() const;
    /// The address alone, without brackets: for logs and bans.
    [[nodiscard]] std::string address_string() const;

    [[nodiscard]] constexpr std::uint16_t port() const { return port_; }
    [[nodiscard]] constexpr Endpoint with_port(std::uint16_t port) const {
        return {address_, port, scope_};
    }
    /// IPv4 as ::ffff:a.b.c.d.
    [[nodiscard]] constexpr const Address& address() const { return address_; }
    /// The interface of a link-local address; otherwise 0.
    [[nodiscard]] constexpr std::uint32_t scope() const { return scope_; }
    [[nodiscard]] bool is_v4() const;
    /// 0.0.0.0 or [::].
    [[nodiscard]] bool is_any() const;

    constexpr bool operator==(const Endpoint&) const = default;

    // For net's own files.
    enum class Family : std::uint8_t { v4, v6 };
    /// Writes the address as a socket of `family` wants it and says how many bytes. An IPv4
    /// address fits both; an IPv6 address must not be given to an IPv4 socket.
    unsigned to_native(sockaddr_storage& out, Family family) const;
    /// None() for a family that is not IP.
    static Endpoint from_native(const sockaddr_storage& native);

private:
    Address address_{};
    std::uint32_t scope_ = 0;
    std::uint16_t port_ = 0;
};

/// Whether a socket on `endpoint`, which is one of `all`, is to take IPv6 only: when another of them
/// is an IPv4 address with the same port. Port 0 stands for that of the first.
[[nodiscard]] bool leaves_v4(const Endpoint& endpoint, std::span<const Endpoint> all);

}  // namespace partyline::net

template <>
struct std::hash<partyline::net::Endpoint> {
    std::size_t operator()(const partyline::net::Endpoint& endpoint) const noexcept;
};
