// For tests: random commands against the model, and the answers that they are to have.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <format>
#include <iterator>
#include <ranges>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/random.hpp"
#include "server/room/bans.hpp"
#include "server/room/built_in.hpp"
#include "server/room/consequences.hpp"
#include "server/room/heard_test_support.hpp"
#include "server/room/model.hpp"

namespace partyline::room {

/// People and rooms, and one random command after the other. What the model tells of it is heard().
class House {
public:
    static constexpr std::uint32_t channels = 5;
    static constexpr std::size_t sessions = 12;
    static constexpr std::uint64_t accounts = 4;
    // So few that they are reached.
    static constexpr std::size_t whisper_members = 4;
    static constexpr std::size_t whispers_heard = 5;

    explicit House(std::uint64_t seed) : random_(seed), model_(make()) {}

    [[nodiscard]] const Model& model() const { return model_; }
    [[nodiscard]] const Heard& heard() const { return heard_; }
    [[nodiscard]] Visitor visitor(const Identity& identity) const {
        return {.identity = identity, .account = model_.directory().person_of(identity).account};
    }

    void step() {
        if (random_.chance(0.01)) {
            crash();
            return;
        }
        switch (random_.below(18)) {
            case 16: with_somebody([&](SessionId id) { ban(id); }); break;
            case 17: with_somebody([&](SessionId id) { hold_back(id); }); break;
            case 14:
            case 15: with_somebody([&](SessionId id) { whisper(id); }); break;
            case 0: log_in(); break;
            case 12: with_somebody([&](SessionId id) { silence(id); }); break;
            case 13: with_somebody([&](SessionId id) { move(id); }); break;
            case 10: change_rules(); break;
            case 11: change_rooms(); break;
            case 1: with_somebody([&](SessionId id) { log_out(id); }); break;
            case 2:
            case 3:
            case 4: with_somebody([&](SessionId id) { join(id); }); break;
            case 5: with_somebody([&](SessionId id) { told(model_.leave(id)); }); break;
            case 6: with_somebody([&](SessionId id) { set_self_state(id); }); break;
            case 7:
                with_somebody([&](SessionId id) { told(model_.set_speaking(id, coin())); });
                break;
            case 8: with_somebody([&](SessionId id) { say(id); }); break;
            default:
                with_somebody([&](SessionId id) {
                    told(model_.renew_device(id, {.expiry_unix_ms = 1}));
                    told(model_.request_key(
                        id, {.speaker = SessionId{pick(20)},
                             .stream = StreamId{static_cast<std::uint8_t>(pick(3))}}));
                });
        }
    }

private:
    static Options options() {
        return {.sessions_max = sessions,
                .whisper_members_max = whisper_members,
                .whispers_heard_max = whispers_heard};
    }
    static Model make() {
        std::vector<Channel> list;
        for (std::uint32_t id = 1; id <= channels; ++id) {
            list.push_back({.id = ChannelId{id},
                            .parent = ChannelId{id / 2},
                            .name = std::format("Room {}", id),
                            .topic = {}});
        }
        Records records{.roles = built_in_roles()};
        for (auto& channel : list) {
            records.channels.push_back({.channel = channel});
        }
        for (std::uint64_t id = 1; id <= accounts; ++id) {
            records.accounts.push_back(
                {.id = AccountId{id}, .name = std::to_string(id), .owner = id == 1});
        }
        return std::move(*Model::create(std::move(records), options()));
    }

    void whisper(SessionId id) {
        const WhisperKey key{id, StreamId{static_cast<std::uint8_t>(1 + pick(3))}};
        std::vector<SessionId> people;
        std::vector<ChannelId> rooms;
        while (random_.chance(0.6)) {
            with_somebody([&](SessionId person) { people.push_back(person); });
        }
        while (random_.chance(0.4)) {
            rooms.push_back(ChannelId{1 + pick(channels)});
        }
        const auto plan = model_.plan_whisper(key, people, rooms);
        if (!plan) {
            return;
        }
        told(model_.set_whisper(*plan));
        // The answer.
        const auto* set = model_.whispers().find(key);
        heard_.whispered_to[key] = set == nullptr ? std::set<SessionId>{} : set->members;
        EXPECT_EQ(model_.whispers().epoch(key).value, ++heard_.whisper_epochs[key]);
    }

    void hold_back(SessionId id) {
        if (coin()) {
            model_.keep_from_whispers(id);
        } else {
            told(model_.let_into_whispers(id));
        }
    }

    std::uint32_t pick(std::uint32_t bound) {
        return static_cast<std::uint32_t>(random_.below(bound));
    }
    bool coin() { return random_.chance(0.5); }

    template <class Act>
    void with_somebody(Act act) {
        if (model_.sessions().empty()) {
            return;
        }
        const auto which = static_cast<std::ptrdiff_t>(random_.below(model_.sessions().size()));
        act(std::next(model_.sessions().begin(), which)->first);
    }

    std::set<SessionId> people_of(const Audience& audience) const {
        if (const auto* these = std::get_if<ToThese>(&audience)) {
            return {these->sessions.begin(), these->sessions.end()};
        }
        const auto* members = std::get_if<ToMembers>(&audience);
        const auto* room = members == nullptr ? nullptr : model_.find(members->channel);
        return room == nullptr ? std::set<SessionId>{}
                               : std::set<SessionId>{room->members.begin(), room->members.end()};
    }
    void told(const Events& events) {
        for (const auto& event : events) {
            heard_.told = people_of(event.audience);
            std::visit(heard_, event.body);
        }
    }
    void told(const Result<Events>& events) { told(events.value_or(Events{})); }

    /// All that is left is what was remembered: nobody is here, no room is temporary.
    void crash() {
        const auto& before = model_.directory();
        Records records{.last_role = {before.next_role().value - 1},
                        .last_account = {before.next_account().value - 1},
                        .last_channel = {before.next_channel().value - 1}};
        const auto keep = [](const auto& from, auto& to) {
            std::ranges::copy(from | std::views::values, std::back_inserter(to));
        };
        keep(before.roles(), records.roles);
        keep(before.accounts(), records.accounts);
        keep(before.devices(), records.devices);
        keep(before.silences(), records.silences);
        keep(before.bans(), records.bans);
        records.last_ban = {before.next_ban().value - 1};
        for (const auto id : before.subtree(ChannelId{}) | std::views::drop(1)) {
            if (const auto& record = *before.find(id); !record.channel.temporary) {
                records.channels.push_back(record);
            }
        }
        auto after = Model::create(records, options());
        ASSERT_TRUE(after) << after.error().message;
        for (const auto& [id, record] : before.channels()) {
            const auto* kept = after->directory().find(id);
            ASSERT_EQ(kept == nullptr, record.channel.temporary);
            EXPECT_TRUE(kept == nullptr || *kept == record);
        }
        EXPECT_EQ(after->directory().roles(), before.roles());
        EXPECT_EQ(after->directory().silences(), before.silences());
        EXPECT_EQ(after->directory().bans(), before.bans());
        EXPECT_TRUE(after->sessions().empty());
        model_ = std::move(*after);
        heard_ = {};
        said_.clear();
        last_ = {};
    }
    void log_in() {
        const auto identity = device();
        if (find_ban(model_.directory(), visitor(identity), 0) != nullptr) {
            return;
        }
        const auto in = model_.log_in(std::format("Talker {}", pick(30)), {.identity = identity});
        if (in) {
            EXPECT_GT(in->session, last_);
            last_ = in->session;
            told(in->events);
        } else {
            EXPECT_TRUE(in.error().code == ErrorCode::name_taken ||
                        model_.sessions().size() == sessions);
        }
    }
    void log_out(SessionId id) {
        told(model_.log_out(id));
        EXPECT_EQ(model_.find(id), nullptr);
    }
    void join(SessionId id) {
        const ChannelId channel{pick(channels + 2)};
        const auto* before = model_.find(channel);
        const bool knows_password = coin();
        const auto is_let_in = [&] {
            const bool has_room = before->channel.seats_max == 0 ||
                                  before->members.size() < before->channel.seats_max;
            return model_.may(id, channel, Permission::enter) &&
                   (model_.may(id, channel, Permission::bypass_limits) ||
                    (has_room && (knows_password || !before->channel.password)));
        };
        const bool may =
            before != nullptr && (model_.find(id)->presence.channel == channel || is_let_in());
        const auto joined =
            model_.join(id, channel, knows_password ? Door::unlocked : Door::locked);
        EXPECT_EQ(joined.has_value(), may);
        if (joined) {
            told(joined->events);
            EXPECT_EQ(joined->epoch, model_.find(channel)->epoch);
            EXPECT_EQ(joined->members, model_.find(channel)->members.size());
        }
    }
    void set_self_state(SessionId id) {
        const bool mute = coin();
        told(model_.set_self_state(id, {.mute = mute, .deafen = coin()}));
        const auto channel = model_.find(id)->presence.channel;
        const auto recording = model_.set_recording(id, mute);
        EXPECT_EQ(recording.has_value(),
                  !mute || (channel && model_.may(id, channel, Permission::record)));
        if (recording) {
            told(*recording);
        }
    }
    /// Who may do what, somewhere or everywhere, or who somebody is.
    void change_rules() {
        const RoleId role{1 + pick(3)};
        const auto some = [&] { return PermissionSet::from_bits(random_.below(64)); };
        if (coin()) {
            auto changed = *model_.directory().find(role);
            changed.grants = random_.chance(0.2) ? some() : PermissionSet::from_bits(63);
            carry_out(model_.apply({changed}));
        } else if (const auto* record = model_.directory().find(ChannelId{pick(channels + 2)})) {
            auto changed = *record;
            const auto allow = some();
            changed.overrides[role] = {.allow = allow, .deny = some() - allow};
            carry_out(model_.apply({changed}));
        } else {
            change_device();
        }
    }
    /// It comes to an account or leaves one. Whatever it does, who was silenced with it stays so.
    void change_device() {
        const auto identity = device();
        const auto silenced = [&] {
            return model_.directory().silence_of(model_.directory().person_of(identity)) != nullptr;
        };
        const bool before = silenced();
        const bool is_linked = model_.directory().find(identity) != nullptr;
        const Change change =
            is_linked ? Change{DropDevice{identity}}
                      : Change{Device{.identity = identity,
                                      .account = AccountId{1 + random_.below(accounts)}}};
        carry_out(model_.apply(with_consequences(model_.directory(), {change}, 0)));
        EXPECT_TRUE(!before || silenced());
        send_away_the_banned();
    }
    /// Placed or lifted, and those it hits go.
    void ban(SessionId by) {
        const auto& bans = model_.directory().bans();
        if (!bans.empty() && coin()) {
            if (const auto lifted =
                    plan_lift_ban(model_.directory(), model_.subject(by), bans.begin()->first)) {
                carry_out(model_.apply(*lifted));
            }
            return;
        }
        with_somebody([&](SessionId target) {
            const auto person = visitor(model_.find(target)->keys.identity);
            NewBan made{.account = person.account};
            if (!person.account) {
                made.identity = person.identity;
            }
            const auto placed = plan_ban(model_.directory(), model_.subject(by), std::move(made));
            if (placed) {
                EXPECT_TRUE(model_.may(by, {}, Permission::ban));
                EXPECT_NE(by, target) << "nobody's rank is below their own";
                carry_out(model_.apply(*placed));
                send_away_the_banned();
                EXPECT_EQ(model_.find(target), nullptr);
            }
        });
    }
    void send_away_the_banned() {
        std::vector<SessionId> hit;
        for (const auto& [id, session] : model_.sessions()) {
            if (find_ban(model_.directory(), visitor(session.keys.identity), 0) != nullptr) {
                hit.push_back(id);
            }
        }
        for (const auto id : hit) {
            told(model_.log_out(id));
        }
    }
    void silence(SessionId by) {
        with_somebody([&](SessionId target) {
            const auto own = model_.subject(by);
            const auto* before = model_.directory().silence_of(model_.person(target));
            const auto changes =
                model_.plan_silence(by, target, {.mute = coin(), .deafen = coin()});
            EXPECT_EQ(changes.has_value(),
                      by != target && model_.may(by, {}, Permission::mute_others) &&
                          model_.may(by, model_.find(target)->presence.channel,
                                     Permission::mute_others) &&
                          may_act_on(model_.directory(), own, model_.subject(target)) &&
                          (before == nullptr || before->rank <= rank(model_.directory(), own)));
            if (changes) {
                carry_out(model_.apply(*changes));
            }
        });
    }
    void move(SessionId by) {
        with_somebody([&](SessionId target) {
            const ChannelId to{pick(channels + 2)};
            if (model_.may_move(by, target, to)) {
                told(model_.relocate({.session = target, .to = to}));
                EXPECT_EQ(model_.find(target)->presence.channel, to);
            }
        });
    }
    Identity device() {
        Identity identity{};
        identity[0] = static_cast<std::byte>(pick(8));
        return identity;
    }
    void change_rooms() {
        const auto& directory = model_.directory();
        const ChannelId id{1 + pick(channels + 1)};
        const auto* record = directory.find(id);
        if (record == nullptr) {
            ChannelRecord made{.channel = {.id = id, .name = std::format("Room {}", id.value)}};
            made.channel.temporary = coin();
            heard_.epochs.erase(id);  // a real switchboard never uses an id again
            carry_out(model_.apply({made}));
        } else if (random_.chance(0.3)) {
            Changes drops;
            for (const auto below : std::views::reverse(directory.subtree(id))) {
                drops.emplace_back(DropChannel{below});
            }
            carry_out(model_.apply(drops));
        } else {
            auto changed = *record;
            const ChannelId parent{pick(channels + 2)};
            const auto* into = directory.find(parent);
            // No room lies in a temporary one, and so in one that vanishes.
            if (!parent ||
                (into != nullptr && !into->channel.temporary && !directory.is_inside(parent, id))) {
                changed.channel.parent = parent;
            }
            changed.channel.seats_max = pick(4);
            changed.password_hash = random_.chance(0.3) ? "hash" : "";
            changed.channel.password = !changed.password_hash.empty();
            carry_out(model_.apply({changed}));
        }
    }
    void carry_out(const Applied& applied) {
        told(applied.events);
        for (const auto& relocation : applied.relocations) {
            told(model_.relocate(relocation));
        }
        told(model_.judge_whispers());
    }
    void say(SessionId id) {
        const auto composed = model_.compose(
            id, {.channel = ChannelId{pick(channels + 1)}, .text = "hello", .nonce = pick(3)});
        if (composed) {
            EXPECT_TRUE(model_.may(id, composed->channel, Permission::write));
            told(model_.said(id, *composed));
            said_.push_back(*composed);
        }
        if (!said_.empty()) {
            edit(said_[random_.below(said_.size())]);
        }
    }

    void edit(const Message& message) {
        heard_.may_look_up.clear();
        if (const auto* room = model_.find(message.channel)) {
            std::ranges::copy_if(
                room->members, std::inserter(heard_.may_look_up, heard_.may_look_up.end()),
                [&](SessionId id) {
                    return model_.may(id, message.channel, Permission::read_history);
                });
        }
        told(model_.text_changed(message));
    }

    Random random_;
    Model model_;
    Heard heard_;
    std::vector<Message> said_;
    SessionId last_{};
};

}  // namespace partyline::room
