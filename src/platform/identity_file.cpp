#include "platform/identity_file.hpp"

#include <format>
#include <optional>
#include <span>

#include "platform/secret_file.hpp"

namespace partyline::platform {

Result<std::optional<crypto::Identity>> load_identity(const std::filesystem::path& path) {
    auto bytes = read_secret_file(path);
    if (!bytes) {
        return std::unexpected(bytes.error());
    }
    if (!*bytes) {
        return std::nullopt;
    }
    auto identity = crypto::Identity::from_text(as_text(**bytes));
    crypto::wipe(**bytes);
    if (!identity) {
        return fail(ErrorCode::io,
                    std::format("{} does not hold a Partyline identity, or is damaged. Restore it "
                                "from a backup, or move it away to start as somebody new.",
                                path.string()));
    }
    return std::move(*identity);
}

namespace {

Result<bool> create(const std::filesystem::path& path) {
    auto text = crypto::Identity::generate().to_text();
    auto created = create_secret_file(path, as_bytes(text));
    crypto::wipe(std::as_writable_bytes(std::span(text)));
    return created;
}

}  // namespace

Result<crypto::Identity> load_or_create_identity(const std::filesystem::path& path) {
    auto held = load_identity(path);
    if (held && !*held) {
        // Read again even what we wrote ourselves: whoever came first is who we are.
        if (auto created = create(path); !created) {
            return std::unexpected(created.error());
        }
        held = load_identity(path);
    }
    if (!held) {
        return std::unexpected(held.error());
    }
    if (!*held) {
        return fail(ErrorCode::io,
                    std::format("{} is there and yet cannot be read; is it a link to nowhere?",
                                path.string()));
    }
    return std::move(**held);
}

}  // namespace partyline::platform
