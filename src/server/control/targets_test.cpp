// Whom, and whose, one may act on: every message that has a target, by everybody, at oneself, at others and at
// those of a higher rank. What is expected is worked out from what roles grant and how they rank, apart from
// the rules that are tested. matrix_test.cpp says who may send what at all, of_nobody_test.cpp what the messages
// are answered that have no target.
#include <algorithm>
#include <format>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "server/control/people_fixture.hpp"
#include "server/control/ranks_test_support.hpp"
#include "server/room/decide.hpp"

namespace partyline::control {
namespace {

using ranks::everybody;
using ranks::grants;
using ranks::index;
using ranks::names;
using ranks::rank_numbers;
using ranks::Who;
using enum room::Permission;

constexpr RoleId dj{11};  // ranks below all that grant anything
constexpr std::uint32_t first_ranked_role = 20;

/// Somebody, and what is theirs or has their rank.
struct Target {
    Who who{};
    SessionId session{};
    Bytes identity;
    std::string account;  // none, if a guest
    Bytes other_device;   // of the account
    AccountId account_id{};
    ChannelEpoch epoch{};  // of the lobby
    MessageId text{};      // in the lobby
    BanId ban{};           // placed by somebody like them
    RoleId role{};         // of their rank
    InviteId invite{};     // that gives that role
};

/// Whose rank decides.
enum class Rank : std::uint8_t {
    below,      // the actor outranks the target
    not_above,  // or equals it
    any,
};
/// What if it is the actor's own.
enum class Own : std::uint8_t { may, may_not, as_others, untried };

struct Row {
    std::string what;
    std::function<wire::ClientBody(const Target&)> ask;
    std::optional<room::PermissionSet> needs;  // nothing: nobody may
    Rank rank = Rank::below;
    Own own = Own::may_not;
    bool spares_owners = false;
    enum class Of : std::uint8_t { things, sessions, accounts } of = Of::things;
};

wire::Person person(const Target& target) {
    return {.session = target.session, .identity = {}, .account = {}};
}

std::vector<Row> things() {
    return {
        {.what = "editing a text",
         .ask = [](auto& to) { return wire::EditText{.id = to.text, .text = "new words"}; },
         .needs = std::nullopt,
         .own = Own::may},
        {.what = "deleting a text",
         .ask = [](auto& to) { return wire::DeleteText{to.text}; },
         .needs = {{manage_messages}},
         .own = Own::may},
        {.what = "lifting a ban",
         .ask = [](auto& to) { return wire::LiftBan{.ban = to.ban, .reason = {}}; },
         .needs = {{ban}},
         .rank = Rank::not_above,
         .own = Own::as_others},
        {.what = "inviting to a role",
         .ask = [](auto& to) { return wire::CreateInvite{.role = to.role}; },
         .needs = {{invite}},
         .own = Own::as_others},
        {.what = "taking an invite back",
         .ask = [](auto& to) { return wire::DeleteInvite{to.invite}; },
         .needs = {{invite}},
         .own = Own::as_others},
        {.what = "making a role",
         .ask =
             [](auto& to) {
                 return wire::CreateRole{{.name = std::format("New {}", to.role.value),
                                          .rank = rank_numbers.at(index(to.who)),
                                          .grants = 0}};
             },
         .needs = {{manage_roles}},
         .own = Own::as_others},
        {.what = "editing a role",
         .ask =
             [](auto& to) {
                 return wire::EditRole{
                     .role = to.role,
                     .settings = {.name = std::format("Other {}", to.role.value), .rank = 1}};
             },
         .needs = {{manage_roles}},
         .own = Own::as_others},
        {.what = "what a room allows a role",
         .ask =
             [](auto& to) {
                 return wire::SetOverride{.channel = attic,
                                          .override = {.role = to.role, .deny = 64}};
             },
         .needs = {{manage_locks}},
         .own = Own::as_others},
        {.what = "deleting a role",
         .ask = [](auto& to) { return wire::DeleteRole{to.role}; },
         .needs = {{manage_roles}},
         .own = Own::as_others},
    };
}

std::vector<Row> neighbours() {
    return {
        {.what = "writing to somebody",
         .ask = [](auto& to) { return wire::SendDirect{.to = person(to), .text = "hello"}; },
         .needs = room::PermissionSet{},
         .rank = Rank::any,
         .own = Own::untried},
        {.what = "what one wrote to each other",
         .ask = [](auto& to) { return wire::GetDirect{.with = person(to)}; },
         .needs = room::PermissionSet{},
         .rank = Rank::any,
         .own = Own::untried},
        {.what = "whispering to somebody",
         .ask =
             [](auto& to) {
                 return wire::SetWhisper{
                     .stream = StreamId{1}, .sessions = {to.session}, .channels = {}};
             },
         .needs = {{room::Permission::whisper}},
         .rank = Rank::any,
         .own = Own::untried},
        {.what = "whose keys are whose",
         .ask = [](auto& to) { return wire::GetMemberKeys{.sessions = {to.session}}; },
         .needs = room::PermissionSet{},
         .rank = Rank::any,
         .own = Own::untried},
        {.what = "asking for a key",
         .ask = [](auto& to) { return wire::KeyRequest{.speaker = to.session}; },
         .needs = room::PermissionSet{},
         .rank = Rank::any,
         .own = Own::untried},
        {.what = "sharing a key",
         .ask =
             [](auto& to) {
                 return wire::ShareKeys{.channel = lobby,
                                        .channel_epoch = to.epoch,
                                        .generation = 1,
                                        .shares = {{.to = to.session, .sealed = Bytes(50)}}};
             },
         .needs = room::PermissionSet{},
         .rank = Rank::any,
         .own = Own::untried},
    };
}

std::vector<Row> people() {
    return {
        {.what = "muting",
         .ask =
             [](auto& to) {
                 return wire::SetServerMute{.session = to.session, .mute = true, .reason = {}};
             },
         .needs = {{mute_others}}},
        {.what = "moving",
         .ask =
             [](auto& to) {
                 return wire::MoveMember{.session = to.session, .channel = attic, .reason = {}};
             },
         .needs = {{move_others}}},
        {.what = "sending away",
         .ask = [](auto& to) { return wire::Kick{.session = to.session, .reason = {}}; },
         .needs = {{kick}}},
        {.what = "banning a device",
         .ask = [](auto& to) { return wire::AddBan{.identity = to.identity, .seconds = 1}; },
         .needs = {{ban}}},
    };
}

std::vector<Row> accounts() {
    return {
        {.what = "what another may",
         .ask = [](auto& to) { return wire::Explain{.account = to.account, .channel = lobby}; },
         .needs = {{manage_roles}},
         .rank = Rank::any,
         .own = Own::may},
        {.what = "giving a role",
         .ask = [](auto& to) { return wire::GrantRole{.account = to.account, .role = dj}; },
         .needs = {{manage_roles}},
         .own = Own::as_others},
        {.what = "taking a role",
         .ask = [](auto& to) { return wire::RevokeRole{.account = to.account, .role = dj}; },
         .needs = {{manage_roles}},
         .own = Own::as_others},
        {.what = "listing devices",
         .ask = [](auto& to) { return wire::ListDevices{to.account}; },
         .needs = {{manage_accounts}},
         .own = Own::may},
        {.what = "unlinking a device",
         .ask =
             [](auto& to) {
                 return wire::UnlinkDevice{.identity = to.other_device, .name = to.account};
             },
         .needs = {{manage_accounts}},
         .own = Own::may},
        {.what = "changing a password",
         .ask =
             [](auto& to) {
                 return wire::ChangePassword{
                     .current = {}, .password = "battery staple", .name = to.account};
             },
         .needs = {{manage_accounts}},
         .own = Own::untried},
        {.what = "banning an account",
         .ask = [](auto& to) { return wire::AddBan{.account = to.account, .seconds = 1}; },
         .needs = {{ban}}},
        {.what = "deleting an account",
         .ask = [](auto& to) { return wire::DeleteAccount{to.account}; },
         .needs = {{manage_accounts}},
         .own = Own::untried,
         .spares_owners = true},
    };
}

std::vector<Row> rows() {
    std::vector<Row> all;
    const auto add = [&](std::vector<Row> some, Row::Of of) {
        for (auto& row : some) {
            row.of = of;
            all.push_back(std::move(row));
        }
    };
    add(things(), Row::Of::things);
    add(neighbours(), Row::Of::sessions);
    add(people(), Row::Of::sessions);
    add(accounts(), Row::Of::accounts);
    return all;
}

/// What the rules come to, worked out again.
bool is_expected(const Row& row, Who actor, Who target, bool own) {
    if (own && row.own != Own::as_others) {
        return row.own == Own::may;
    }
    if (!row.needs || !grants(actor).contains(*row.needs)) {
        return false;
    }
    if (row.spares_owners && target == Who::owner) {
        return false;
    }
    const bool above = actor == Who::owner || target < actor;
    return row.rank == Rank::any || above || (row.rank == Rank::not_above && target == actor);
}

class TargetsTest : public PeopleTest, public testing::WithParamInterface<Who> {
protected:
    TargetsTest() {
        auto& records = store.remembered;
        records.roles.push_back(ranks::steward());
        records.roles.push_back({.id = dj, .name = "DJ", .rank = 50, .grants = {}});
        const Rate free{.per_second = 1e6, .burst = 1e6};
        auto& limits = config.limits;
        limits.messages = limits.changes = limits.refusals = limits.texts = limits.histories = free;
        limits.rotations = limits.share_messages = free;
        actor_ = prepare("Actor", GetParam());
        // As others may be gone by then, each is acted on once.
        for (std::size_t row = 0; row < rows_.size(); ++row) {
            for (const auto who : everybody) {
                targets_[row].push_back(prepare(std::format("Target {}.{}", row, index(who)), who));
            }
            own_.push_back(actor_);
            add_things(rows_[row], own_.back());
            for (auto& target : targets_[row]) {
                add_things(rows_[row], target);
            }
        }
    }

    Target prepare(const std::string& name, Who who);
    void add_things(const Row& row, Target& target);
    void write_text(Target& target);
    net::task<> try_all();
    net::task<> try_row(Caller& actor, std::size_t row);
    net::task<> try_one(Caller& actor, const Row& row, Target target, bool own);

    const std::vector<Row> rows_ = rows();
    Target actor_;
    std::map<std::size_t, std::vector<Target>> targets_;
    std::vector<Target> own_;  // by row
    std::uint32_t things_ = 0;
};

/// A guest is nobody's account.
Target TargetsTest::prepare(const std::string& name, Who who) {
    Target target{.who = who};
    if (who == Who::guest) {
        return target;
    }
    add(name, ranks::roles_of(who), who == Who::owner);
    auto& records = store.remembered;
    const auto other = crypto::Identity::generate().public_key();
    records.devices.push_back({.identity = other, .account = records.last_account, .label = {}});
    target.account = name;
    target.account_id = records.last_account;
    target.other_device = to_bytes(other);
    return target;
}

void TargetsTest::add_things(const Row& row, Target& target) {
    if (row.of != Row::Of::things) {
        return;
    }
    auto& records = store.remembered;
    const auto rank = rank_numbers.at(index(target.who));
    const auto number = ++things_;
    target.role = RoleId{first_ranked_role + number};
    target.ban = BanId{number};
    target.invite = InviteId{number};
    target.text = MessageId{1000 + number};
    records.roles.push_back(
        {.id = target.role, .name = std::format("Role {}", number), .rank = rank, .grants = {}});
    records.bans.push_back({.id = target.ban,
                            .identity = crypto::Identity::generate().public_key(),
                            .name = {},
                            .reason = {},
                            .by = {},
                            .rank = target.who == Who::owner ? room::owner_rank : rank});
    records.invites.push_back({.id = target.invite, .role = target.role, .by = {}});
    records.last_role = target.role;
    records.last_ban = target.ban;
    records.last_invite = target.invite;
}

void TargetsTest::write_text(Target& target) {
    room::Message message{.id = target.text,
                          .channel = lobby,
                          .account = target.account_id,
                          .author_name = {},
                          .text = "words",
                          .direct = {},
                          .mentions = {}};
    std::ranges::copy(target.identity, message.author.begin());
    store.messages[target.text] = std::move(message);
}

net::task<> TargetsTest::try_all() {
    Caller actor(loop);
    co_await enter(actor, "Actor");
    co_await actor.ask<wire::Joined>(wire::Join{.channel = lobby, .password = {}});
    for (std::size_t row = 0; row < rows_.size(); ++row) {
        co_await try_row(actor, row);
    }
}

net::task<> TargetsTest::try_row(Caller& actor, std::size_t number) {
    const auto& row = rows_[number];
    for (std::size_t i = 0; i < everybody.size(); ++i) {
        auto& target = targets_[number][i];
        Caller victim(loop);
        if (row.of == Row::Of::sessions) {
            co_await enter(victim, std::format("Target {}.{}", number, i));
            co_await victim.ask<wire::Joined>(wire::Join{.channel = lobby, .password = {}});
            target.session = victim.session;
        }
        target.identity = to_bytes(victim.identity().public_key());
        co_await try_one(actor, row, target, false);
    }
    auto& own = own_[number];
    own.session = actor.session;
    own.identity = to_bytes(actor.identity().public_key());
    if (row.own != Own::untried) {
        co_await try_one(actor, row, own, true);
    }
}

net::task<> TargetsTest::try_one(Caller& actor, const Row& row, Target target, bool own) {
    if (row.of == Row::Of::accounts && target.account.empty()) {
        co_return;  // guests have none
    }
    if (target.text) {
        write_text(target);
    }
    target.epoch = server->model().find(lobby)->epoch;
    const auto code = co_await outcome(actor, row.ask(target));
    const bool may = is_expected(row, GetParam(), target.who, own);
    EXPECT_EQ(code, may ? ErrorCode::unspecified : ErrorCode::not_permitted)
        << row.what << " by " << names.at(index(GetParam())) << ", "
        << (own ? "one's own" : names.at(index(target.who)));
}

TEST_P(TargetsTest, OnlyThoseAreActedOnWhoMayBe) { play(try_all()); }
INSTANTIATE_TEST_SUITE_P(By, TargetsTest, testing::ValuesIn(everybody),
                         [](const auto& who) { return names.at(index(who.param)); });

TEST(Targets, EveryMessageIsKnownToHaveOneOrNone) {
    std::set<std::size_t> with;
    for (const auto& row : rows()) {
        with.insert(row.ask({}).index());
    }
    std::set<std::size_t> without;
    for (const auto& row : ranks::of_nobody()) {
        without.insert(row.body.index());
    }
    for (std::size_t kind = 0; kind < std::variant_size_v<wire::ClientBody>; ++kind) {
        EXPECT_EQ(with.contains(kind) + without.contains(kind), 1)
            << "message " << kind << ": on whom does it act, and who may?";
    }
}

}  // namespace
}  // namespace partyline::control
