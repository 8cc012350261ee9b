// How loud each person was set, by who they are: kept from run to run.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "client/volume.hpp"
#include "crypto/keys.hpp"

namespace partyline::client {

/// Who somebody is whatever name they bear, as the file spells it. A guest is their device, on every
/// server; an account is one of one server.
std::string volume_owner(const crypto::PublicKey& device);
std::string volume_owner(const crypto::PublicKey& server, std::string_view account);

using VolumeTable = std::map<std::string, Volume, std::less<>>;

/// One person a line: "-6.0 heard device KEY", "0.0 muted account SERVER NAME"; empty lines and those
/// that begin with # are passed over. Fails with config, naming the line, and with too_large.
Result<VolumeTable> parse_volumes(std::string_view text);
std::string print_volumes(const VolumeTable& table);

/// Owned by the talkie, for all of its sessions. [control]
class Volumes {
public:
    /// Fails with config, naming the file, when there is one that cannot be read. An empty path: what
    /// is set holds for this run.
    static Result<Volumes> open(std::string path);
    ~Volumes();
    Volumes(Volumes&&) noexcept;
    Volumes& operator=(Volumes&&) noexcept;

    /// As usual for whoever was never set.
    [[nodiscard]] Volume of(std::string_view owner) const { return find(owner).value_or(Volume{}); }
    /// Nothing for whoever was never set, and for a device that was set back to the usual; an account that
    /// was is found.
    [[nodiscard]] std::optional<Volume> find(std::string_view owner) const;
    /// Holds at once, and in every later run. Fails with config, if it could not be kept for those, and
    /// with too_large beyond volumes_max; it then holds for this one.
    Result<void> set(const std::string& owner, Volume volume);
    [[nodiscard]] bool empty() const { return table_.empty(); }

private:
    explicit Volumes(std::string path);
    Result<void> keep(const std::string& owner, Volume volume);

    std::string path_;
    VolumeTable table_;
};

}  // namespace partyline::client
