// For tests: requests of every kind, whether whoever makes them may or not.
#pragma once

#include <cstdint>
#include <format>
#include <iterator>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "server/room/model.hpp"
#include "server/room/permission.hpp"
#include "wire/control.hpp"

namespace partyline::control {

class AnyRequest {
public:
    /// Of a server that began with this many rooms.
    AnyRequest(Random& random, std::uint32_t rooms_at_first)
        : random_(random), rooms_(rooms_at_first) {}

    wire::ClientBody make(const room::Model& model) {
        model_ = &model;
        return any();
    }

private:
    wire::ClientBody any() {
        switch (random_.below(33)) {
            case 19:
            case 20:
            case 21:
            case 22: return keep_order();
            case 23:
            case 24:
            case 25: return whisper();
            case 26:
            case 27: return change_room();
            case 28:
            case 29: return change_rules();
            case 30:
            case 31:
                return wire::MoveMember{.session = somebody(), .channel = channel(), .reason = {}};
            case 12: return wire::GetHistory{.channel = channel(), .before = text()};
            case 13: return wire::EditText{.id = text(), .text = "edited"};
            case 14: return wire::DeleteText{.id = text()};
            case 15:
                return wire::ClaimAccount{.name = "Ada", .password = "correct horse", .label = {}};
            case 16: return wire::BecomeOwner{"7Q2KX-0M9RD-EV4WT-1H8NA"};
            case 17: return wire::ListDevices{};
            case 18: return wire::UnlinkDevice{.identity = Bytes(32), .name = {}};
            case 0: return wire::Leave{};
            case 1:
                return coin()
                           ? wire::ClientBody(wire::SetSelfState{.mute = coin(), .deafen = coin()})
                       : coin() ? wire::ClientBody(wire::SetPriority{.on = coin()})
                                : wire::ClientBody(wire::SetRecording{.on = coin()});
            case 2:
                return wire::SendText{.channel = channel(),
                                      .text = std::string(1 + random_.below(3000), 'x'),
                                      .nonce = random_.below(3)};
            case 3: return wire::KeyRequest{.speaker = somebody(), .stream = stream()};
            case 4: return wire::GetMemberKeys{.sessions = {session(), session()}};
            case 5: return wire::SetVoiceLane{static_cast<wire::VoiceLane>(random_.below(3))};
            case 6: return wire::VoiceTunnel{Bytes(random_.below(100))};
            case 7: return wire::Unknown{};
            case 8:
            case 9: return share();
            default: return wire::Join{channel()};
        }
    }

    ChannelId channel() { return ChannelId{static_cast<std::uint32_t>(random_.below(rooms_ + 4))}; }
    SessionId session() { return SessionId{static_cast<std::uint32_t>(random_.below(20))}; }
    bool coin() { return random_.chance(0.5); }
    MessageId text() { return MessageId{random_.below(200)}; }

    /// Most who ask for that may not. A ban is short, so that people come back.
    wire::ClientBody keep_order() {
        switch (random_.below(5)) {
            case 0: return wire::Kick{.session = session(), .reason = "why not"};
            case 1:
                return wire::AddBan{
                    .session = session(), .of_identity = true, .of_account = coin(), .seconds = 1};
            case 2: return wire::LiftBan{.ban = BanId{random_.below(10)}, .reason = {}};
            default:
                return wire::SetServerMute{
                    .session = session(), .mute = coin(), .deafen = coin(), .reason = {}};
        }
    }

    SessionId somebody() {
        const auto& sessions = model_->sessions();
        if (sessions.empty() || random_.chance(0.1)) {
            return session();
        }
        return std::next(sessions.begin(),
                         static_cast<std::ptrdiff_t>(random_.below(sessions.size())))
            ->first;
    }
    StreamId stream() { return StreamId{static_cast<std::uint8_t>(random_.below(3))}; }

    std::string room_name() { return std::format("Room {}", random_.below(20)); }
    std::uint64_t some_permissions() {
        return room::PermissionSet::from_bits(random_.below(1U << room::permission_count)).bits();
    }
    /// The built-in ones, and a few that may have been made.
    RoleId role() { return RoleId{static_cast<std::uint32_t>(random_.below(8))}; }
    std::string account() {
        static const std::vector<std::string> names{"Owner", "Adam", "Mo", "Nobody"};
        return names[random_.below(names.size())];
    }

    /// Rooms are deleted less often than they are made.
    wire::ClientBody change_room() {
        switch (random_.below(8)) {
            case 0: return wire::DeleteChannel{channel()};
            case 1:
            case 2:
                return wire::MoveChannel{.channel = channel(),
                                         .parent = coin() ? ChannelId{} : channel(),
                                         .order = static_cast<std::uint32_t>(random_.below(9))};
            case 3: return wire::EditChannel{.channel = channel(), .name = room_name()};
            case 4:
                return wire::EditChannel{.channel = channel(),
                                         .seats_max = static_cast<std::uint32_t>(random_.below(4))};
            default:
                return wire::CreateChannel{.parent = coin() ? ChannelId{} : channel(),
                                           .name = room_name(),
                                           .topic = {},
                                           .preset = static_cast<wire::Preset>(random_.below(3)),
                                           .temporary = coin()};
        }
    }

    wire::ClientBody change_rules() {
        switch (random_.below(8)) {
            case 0:
                return wire::CreateRole{{.name = std::format("Role {}", random_.below(9)),
                                         .rank = static_cast<std::uint16_t>(random_.below(200)),
                                         .grants = some_permissions()}};
            case 1:
                return wire::EditRole{
                    .role = role(),
                    .settings = {.name = std::format("Role {}", random_.below(9)),
                                 .rank = static_cast<std::uint16_t>(random_.below(200)),
                                 .grants = some_permissions()}};
            case 2: return wire::DeleteRole{role()};
            case 3: return wire::GrantRole{.account = account(), .role = role()};
            case 4: return wire::RevokeRole{.account = account(), .role = role()};
            default:
                return wire::SetOverride{
                    .channel = channel(),
                    .override = {
                        .role = role(), .allow = some_permissions(), .deny = some_permissions()}};
        }
    }

    wire::SetWhisper whisper() {
        wire::SetWhisper set{.stream = StreamId{static_cast<std::uint8_t>(1 + random_.below(2))},
                             .sessions = {},
                             .channels = {}};
        while (random_.chance(0.5)) {
            set.sessions.push_back(somebody());
        }
        while (random_.chance(0.4)) {
            set.channels.push_back(channel());
        }
        return set;
    }

    wire::ShareKeys share() {
        const auto of = stream();
        wire::ShareKeys keys{
            .channel = of ? ChannelId{} : channel(),
            .channel_epoch = ChannelEpoch{static_cast<std::uint32_t>(random_.below(20))},
            .stream = of,
            .generation = generation_ += static_cast<std::uint32_t>(random_.below(2))};
        for (auto count = random_.below(4); count > 0; --count) {
            keys.shares.push_back({.to = somebody(), .sealed = Bytes(50)});
        }
        return keys;
    }

    Random& random_;
    std::uint32_t rooms_;
    const room::Model* model_ = nullptr;
    std::uint32_t generation_ = 0;
};

}  // namespace partyline::control
