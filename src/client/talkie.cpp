// Starting a talkie: what can be found wrong is found wrong here.
#include "client/talkie.hpp"

#include <format>
#include <utility>

#include "audio/source.hpp"
#include "base/bytes.hpp"
#include "base/text.hpp"
#include "client/live_talkie.hpp"
#include "crypto/identity.hpp"
#include "platform/identity_file.hpp"
#include "wire/limits.hpp"

namespace partyline::client {
namespace {

constexpr std::string_view device_prefix = "device:";
constexpr std::string_view stereo_prefix = "stereo:";

static_assert(default_port == wire::default_port);

Result<void> check_settings(const Settings& settings) {
    if (settings.host.empty() || settings.port == 0) {
        return fail(ErrorCode::config, "No server was given: a host name and a port are needed.");
    }
    const auto& name = settings.name;
    if (!is_plain_line(name) || name.empty() || name.size() > wire::name_bytes_max ||
        code_points(name) > wire::name_code_points_max) {
        return fail(ErrorCode::invalid_name,
                    std::format("A name has 1 to {} characters, none of them invisible.",
                                wire::name_code_points_max));
    }
    const auto& trust = settings.trust;
    if (trust.fingerprint) {
        const auto bytes = from_base64url(*trust.fingerprint);
        if (!bytes || bytes->size() != 32) {
            return fail(ErrorCode::config,
                        std::format("\"{}\" is not a server's fingerprint.", *trust.fingerprint));
        }
    } else if (trust.known_servers_path.empty()) {
        return fail(ErrorCode::config,
                    "Without a file of known servers, the server's fingerprint is needed.");
    }
    return {};
}

Result<crypto::Identity> own_identity(const std::string& path) {
    if (path.empty()) {
        return crypto::Identity::generate();
    }
    return platform::load_or_create_identity(path);
}

Result<std::unique_ptr<audio::Source>> open_source(const std::string& mic) {
    if (mic == "none") {
        return nullptr;
    }
    if (mic == "device") {
        return audio::open_device_source({});
    }
    if (mic.starts_with(device_prefix)) {
        return audio::open_device_source(mic.substr(device_prefix.size()));
    }
    return audio::open_file_source(mic, {.loop = false, .silence_after = true});
}

Result<std::unique_ptr<audio::Sink>> open_sink(const std::string& speaker) {
    if (speaker == "none") {
        return audio::open_null_sink();
    }
    if (speaker == "device") {
        return audio::open_device_sink({});
    }
    if (speaker.starts_with(device_prefix)) {
        return audio::open_device_sink(speaker.substr(device_prefix.size()));
    }
    if (speaker.starts_with(stereo_prefix)) {
        return audio::open_file_sink(speaker.substr(stereo_prefix.size()), audio::Channels::stereo);
    }
    return audio::open_file_sink(speaker);
}

}  // namespace

Result<std::unique_ptr<Talkie>> Talkie::start(Settings settings,
                                              std::function<void(const Event&)> on_event) {
    if (const auto checked = check_settings(settings); !checked) {
        return std::unexpected(checked.error());
    }
    auto identity = own_identity(settings.identity_path);
    if (!identity) {
        return std::unexpected(std::move(identity.error()));
    }
    auto volumes = Volumes::open(settings.volumes_path);
    if (!volumes) {
        return std::unexpected(std::move(volumes.error()));
    }
    auto source = open_source(settings.mic);
    if (!source) {
        return std::unexpected(std::move(source.error()));
    }
    auto sink = open_sink(settings.speaker);
    if (!sink) {
        return std::unexpected(std::move(sink.error()));
    }
    return std::make_unique<LiveTalkie>(LiveTalkie::Parts{.settings = std::move(settings),
                                                          .identity = std::move(*identity),
                                                          .source = std::move(*source),
                                                          .sink = std::move(*sink),
                                                          .volumes = std::move(*volumes),
                                                          .on_event = std::move(on_event)});
}

}  // namespace partyline::client
