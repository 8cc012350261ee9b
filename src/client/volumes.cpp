#include "client/volumes.hpp"

#include <charconv>
#include <format>
#include <optional>
#include <utility>

#include "base/bytes.hpp"
#include "client/kept_file.hpp"
#include "client/limits.hpp"

namespace partyline::client {
namespace {

constexpr std::string_view what_is_kept = "the volumes";
constexpr std::string_view head =
    "# How loud people are heard here, in dB; Partyline writes this file.\n";

/// The text up to the next space, which `rest` then begins after.
std::string_view take_word(std::string_view& rest) {
    const auto end = rest.find(' ');
    const auto word = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    return word;
}

bool is_key(std::string_view text) {
    const auto bytes = from_base64url(text);
    return bytes && bytes->size() == crypto::public_key_bytes;
}

bool is_owner(std::string_view owner) {
    const auto kind = take_word(owner);
    if (kind == "device") {
        return is_key(owner);
    }
    return kind == "account" && is_key(take_word(owner)) && !owner.empty();
}

std::optional<std::pair<std::string, Volume>> parse_line(std::string_view line) {
    Volume volume;
    const auto gain = take_word(line);
    const auto [end, error] =
        std::from_chars(gain.data(), gain.data() + gain.size(), volume.gain_db);
    const auto heard = take_word(line);
    volume.muted = heard == "muted";
    if (error != std::errc{} || end != gain.data() + gain.size() || !is_in_range(volume) ||
        (!volume.muted && heard != "heard") || !is_owner(line)) {
        return std::nullopt;
    }
    return std::pair(std::string(line), volume);
}

bool is_device(std::string_view owner) { return owner.starts_with("device "); }

// What an account was set to stands for what its devices were before, on whichever it comes. So that it was set
// back to the usual volume has to be kept, too.
void put(VolumeTable& table, const std::string& owner, Volume volume) {
    if (volume == Volume{} && is_device(owner)) {
        table.erase(owner);
    } else {
        table.insert_or_assign(owner, volume);
    }
}

}  // namespace

std::string volume_owner(const crypto::PublicKey& device) {
    return "device " + to_base64url(device);
}

std::string volume_owner(const crypto::PublicKey& server, std::string_view account) {
    return std::format("account {} {}", to_base64url(server), account);
}

Result<VolumeTable> parse_volumes(std::string_view text) {
    VolumeTable table;
    for (std::size_t number = 1; !text.empty(); ++number) {
        const auto end = text.find('\n');
        auto line = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        if (line.ends_with('\r')) {
            line.remove_suffix(1);
        }
        if (line.empty() || line.starts_with('#')) {
            continue;
        }
        auto volume = parse_line(line);
        if (!volume) {
            return fail(ErrorCode::config,
                        std::format("line {} is not \"dB heard|muted device KEY\" or \"dB "
                                    "heard|muted account SERVER NAME\"",
                                    number));
        }
        table.insert(*std::move(volume));
        if (table.size() > volumes_max) {
            return fail(ErrorCode::too_large,
                        std::format("there are more than {} people in it", volumes_max));
        }
    }
    return table;
}

std::string print_volumes(const VolumeTable& table) {
    std::string text(head);
    for (const auto& [owner, volume] : table) {
        text +=
            std::format("{:.1f} {} {}\n", volume.gain_db, volume.muted ? "muted" : "heard", owner);
    }
    return text;
}

namespace {

/// What the file at `path` has, of which this is the text.
Result<VolumeTable> volumes_in(const Result<std::string>& text, std::string_view path) {
    if (!text) {
        return std::unexpected(text.error());
    }
    auto table = parse_volumes(*text);
    if (!table) {
        return fail(ErrorCode::config, std::format("{}: {}.", path, table.error().message));
    }
    return table;
}

}  // namespace

Volumes::Volumes(std::string path) : path_(std::move(path)) {}
Volumes::~Volumes() = default;
Volumes::Volumes(Volumes&&) noexcept = default;
Volumes& Volumes::operator=(Volumes&&) noexcept = default;

Result<Volumes> Volumes::open(std::string path) {
    Volumes volumes(std::move(path));
    if (volumes.path_.empty()) {
        return volumes;
    }
    auto table = volumes_in(KeptFile::look(volumes.path_, what_is_kept), volumes.path_);
    if (!table) {
        return std::unexpected(table.error());
    }
    volumes.table_ = *std::move(table);
    return volumes;
}

std::optional<Volume> Volumes::find(std::string_view owner) const {
    const auto found = table_.find(owner);
    return found == table_.end() ? std::nullopt : std::optional(found->second);
}

Result<void> Volumes::set(const std::string& owner, Volume volume) {
    put(table_, owner, volume);
    return path_.empty() ? Result<void>{} : keep(owner, volume);
}

// What another talkie has set meanwhile stays as that has it.
Result<void> Volumes::keep(const std::string& owner, Volume volume) {
    const auto file = KeptFile::open(path_, what_is_kept);
    if (!file) {
        return std::unexpected(file.error());
    }
    auto table = volumes_in(file->read(), path_);
    if (!table) {
        return std::unexpected(table.error());
    }
    put(*table, owner, volume);
    if (table->size() > volumes_max) {
        return fail(ErrorCode::too_large,
                    std::format("{} has the volumes of {} people already; this one holds for now, "
                                "but is not kept.",
                                path_, volumes_max));
    }
    return file->replace(print_volumes(*table));
}

}  // namespace partyline::client
