// Every message by everybody: who may do what, as one table. A message that is not in it fails.
#include <algorithm>
#include <format>
#include <set>

#include "server/control/people_fixture.hpp"
#include "server/control/ranks_test_support.hpp"

namespace partyline::control {
namespace {

/// A stranger is connected and has not logged in; nobody else has an account but those named. A keeper has
/// a role that an owner has made: above moderators, and other things are permitted to it.
enum class Who : std::uint8_t { stranger, guest, member, moderator, admin, owner, keeper };
constexpr std::array accounts{"", "", "Mem", "Mo", "Adam", "Ada", "Kit"};

/// From whom on it is permitted, and how it is refused otherwise.
struct Row {
    std::string what;
    wire::ClientBody body;
    std::optional<Who> from;  // nothing: nobody may
    Who to = Who::owner;
    ErrorCode otherwise = ErrorCode::not_permitted;
};

constexpr RoleId dj{10};
constexpr RoleId keeper_role{11};
const room::PermissionSet keeper_grants{room::Permission::kick, room::Permission::manage_channel,
                                        room::Permission::manage_accounts,
                                        room::Permission::read_audit};
/// What that permits beside what members may.
const std::set<std::string> keepers_may{
    "making a room",
    "editing a room",
    "moving a room",
    "deleting a room",
    "another's devices",
    "unlinking another's device",
    "changing another's password",
    "sending away",
    "reading the audit log",
    "looking at all accounts",
    "deleting an account",
};
constexpr ChannelId cellar{3};
constexpr MessageId another{1000};  // far above those that are said here
constexpr MessageId between_others{1001};

std::vector<Row> voice_and_text() {
    using enum Who;
    return {
        {"an unknown request", wire::Unknown{}, stranger},
        {"a login", ranks::made_up_login(), stranger},
        {"a resume", ranks::made_up_resume(), stranger},
        {"joining", wire::Join{.channel = attic, .password = {}}, guest},
        {"leaving", wire::Leave{}, guest},
        {"muting oneself", wire::SetSelfState{}, guest},
        {"speaking as others do", wire::SetPriority{.on = false}, guest},
        {"speaking above others", wire::SetPriority{.on = true}, moderator},
        {"recording", wire::SetRecording{.on = true}, member},
        {"recording no more", wire::SetRecording{.on = false}, guest},
        {"writing", wire::SendText{.channel = lobby, .text = "hello"}, guest},
        {"sharing keys", wire::ShareKeys{.channel = lobby}, guest},
        {"asking for a key", wire::KeyRequest{}, guest},
        {"whispering", wire::SetWhisper{.stream = StreamId{1}, .sessions = {}, .channels = {lobby}},
         guest},
        {"member keys", wire::GetMemberKeys{}, guest},
        {"renewing a device", wire::RenewDevice{.device = {.signature = Bytes(64)}}, guest},
        {"naming a lane", wire::SetVoiceLane{wire::VoiceLane::udp}, guest},
        {"tunnelled voice", wire::VoiceTunnel{.datagram = Bytes(30)}, guest},
        {"pinging", wire::ControlPing{}, guest},
        {"history", wire::GetHistory{.channel = lobby}, guest},
        {"editing another's text", wire::EditText{.id = another, .text = "no"}, std::nullopt},
        {"deleting another's text", wire::DeleteText{another}, moderator},
    };
}

std::vector<Row> roles_and_rooms() {
    using enum Who;
    const wire::RoleSettings settings{.name = "Poet", .rank = 40, .grants = 8};
    return {
        {"looking at roles", wire::GetRoles{}, guest},
        {"making a role", wire::CreateRole{settings}, admin},
        {"making a role of an admin's rank",
         wire::CreateRole{{.name = "Rival", .rank = 1000, .grants = 0}}, owner},
        {"editing a role", wire::EditRole{.role = dj, .settings = {.name = "DJ", .rank = 51}},
         admin},
        {"editing an admin's role",
         wire::EditRole{.role = room::admin_role,
                        .settings = {.name = "Admin", .rank = 1000, .grants = 1}},
         owner},
        {"giving a role", wire::GrantRole{.account = "Otto", .role = dj}, admin},
        {"giving a role to an admin", wire::GrantRole{.account = "Aldo", .role = dj}, owner},
        {"giving a role to the owner", wire::GrantRole{.account = "Ada", .role = dj}, owner},
        {"making an admin", wire::GrantRole{.account = "Otto", .role = room::admin_role}, owner},
        {"taking a role", wire::RevokeRole{.account = "Otto", .role = dj}, admin},
        {"taking an admin's role", wire::RevokeRole{.account = "Aldo", .role = room::admin_role},
         owner},
        {"deleting a role", wire::DeleteRole{dj}, admin},
        {"a room's locks",
         wire::SetOverride{.channel = attic, .override = {.role = room::guest_role, .deny = 64}},
         admin},
        {"a room's locks for admins",
         wire::SetOverride{.channel = attic, .override = {.role = room::admin_role, .deny = 64}},
         owner},
        {"looking at locks", wire::GetOverrides{attic}, admin},
        {"what one may oneself", wire::Explain{.account = {}, .channel = lobby}, guest},
        {"what another may", wire::Explain{.account = "Otto", .channel = lobby}, admin},
        {"making a temporary room",
         wire::CreateChannel{.parent = lobby, .name = "Tea", .topic = {}, .temporary = true},
         member},
        {"making a room", wire::CreateChannel{.parent = lobby, .name = "Nook", .topic = {}}, admin},
        {"editing a room", wire::EditChannel{.channel = attic, .topic = "Dusty"}, admin},
        {"moving a room", wire::MoveChannel{.channel = attic, .parent = {}, .order = 3}, admin},
        {"deleting a room", wire::DeleteChannel{cellar}, admin},
    };
}

std::vector<Row> accounts_and_devices() {
    using enum Who;
    const std::string password = "correct horse";
    return {
        {"claiming an account",
         wire::ClaimAccount{.name = "Newcomer", .password = password, .label = {}}, guest, guest},
        {"linking a device", wire::LinkDevice{.name = "Otto", .secret = password, .label = {}},
         guest},
        {"one's own devices", wire::ListDevices{.name = {}}, guest},
        {"another's devices", wire::ListDevices{.name = "Otto"}, admin},
        {"the owner's devices", wire::ListDevices{.name = "Ada"}, owner},
        {"unlinking a device", wire::UnlinkDevice{.identity = Bytes(32), .name = {}}, guest},
        {"unlinking another's device", wire::UnlinkDevice{.identity = Bytes(32), .name = "Otto"},
         admin},
        {"changing one's password",
         wire::ChangePassword{.current = "wrong", .password = password, .name = {}}, guest},
        {"changing another's password",
         wire::ChangePassword{.current = {}, .password = password, .name = "Otto"}, admin},
        {"a new recovery code", wire::RenewRecoveryCode{"wrong"}, guest},
        {"becoming the owner", wire::BecomeOwner{"7Q2KX-0M9RD-EV4WT-1H8NA"}, guest},
    };
}

/// Who is meant is not here: see moderation_test.cpp for ranks.
std::vector<Row> keeping_order() {
    using enum Who;
    constexpr SessionId nobody{9999};
    return {
        {"sending away", wire::Kick{.session = nobody, .reason = {}}, moderator},
        {"muting another", wire::SetServerMute{.session = nobody, .mute = true, .reason = {}},
         moderator},
        {"moving another", wire::MoveMember{.session = nobody, .channel = attic, .reason = {}},
         moderator},
        {"banning", wire::AddBan{.identity = Bytes(32, std::byte{9})}, moderator},
        {"banning a member", wire::AddBan{.account = "Otto", .seconds = 1}, moderator},
        {"banning an admin", wire::AddBan{.account = "Aldo", .seconds = 1}, owner},
        {"banning the owner", wire::AddBan{.account = "Ada"}, std::nullopt},
        {"lifting a ban", wire::LiftBan{.ban = BanId{9999}, .reason = {}}, moderator},
        {"looking at bans", wire::ListBans{}, moderator},
        {"reading the audit log", wire::GetAudit{}, moderator},
    };
}

std::vector<Row> people_and_letters() {
    using enum Who;
    const wire::Person otto{.session = {}, .identity = {}, .account = "Otto"};
    return {
        {"writing to somebody", wire::SendDirect{.to = otto, .text = "hello"}, guest},
        {"what one wrote to each other", wire::GetDirect{.with = otto}, guest},
        {"changing what others wrote to each other",
         wire::EditText{.id = between_others, .text = "no"}, std::nullopt, owner,
         ErrorCode::unknown_text},
        {"deleting what others wrote to each other", wire::DeleteText{between_others}, std::nullopt,
         owner, ErrorCode::unknown_text},
        {"what is unread", wire::GetUnread{}, guest},
        {"making an invite", wire::CreateInvite{}, moderator},
        {"listing invites", wire::ListInvites{}, moderator},
        {"taking an invite back", wire::DeleteInvite{InviteId{1}}, moderator},
        {"using an invite", wire::RedeemInvite{"7Q2KX-0M9RD-EV4WT-1H8NA"}, guest},
        {"having read", wire::MarkRead{.channel = lobby, .with = {}}, guest},
    };
}

std::vector<Row> rows() {
    auto all = voice_and_text();
    std::ranges::move(accounts_and_devices(), std::back_inserter(all));
    std::ranges::move(roles_and_rooms(), std::back_inserter(all));
    std::ranges::move(keeping_order(), std::back_inserter(all));
    std::ranges::move(people_and_letters(), std::back_inserter(all));
    // Last: nobody else is to miss them.
    all.push_back({"looking at all accounts", wire::ListAccounts{}, Who::admin});
    all.push_back({"deleting an account", wire::DeleteAccount{.name = "Otto"}, Who::admin});
    all.push_back({"deleting an admin's account", wire::DeleteAccount{.name = "Aldo"}, Who::owner});
    all.push_back({"deleting the owner's", wire::DeleteAccount{.name = "Ada"}, std::nullopt});
    return all;
}

bool may(const Row& row, Who who) {
    const auto rank = who == Who::keeper ? Who::member : who;
    const bool by_rank = row.from && rank >= *row.from && rank <= row.to;
    return by_rank || (who == Who::keeper && keepers_may.contains(row.what));
}

class MatrixTest : public PeopleTest {
protected:
    MatrixTest() {
        config.channels.push_back({.id = cellar, .name = "Cellar"});
        add("Otto", {});
        add("Aldo", {room::admin_role});
        add("Kit", {keeper_role});
        // Each request is a login of its own, by few people.
        const Rate free{.per_second = 1e6, .burst = 1e6};
        auto& limits = config.limits;
        limits.texts = limits.histories = limits.moves = limits.changes = free;
        store.remembered.roles.push_back({.id = dj, .name = "DJ", .rank = 50});
        store.remembered.roles.push_back(
            {.id = keeper_role, .name = "Keeper", .rank = 700, .grants = keeper_grants});
        store.remembered.last_role = keeper_role;
        store.messages[another] = {
            .id = another, .channel = lobby, .author_name = "Otto", .text = "mine"};
        store.messages[between_others] = {
            .id = between_others,
            .author_name = "Otto",
            .text = "ours",
            .direct = room::Direct{.from = room::Person::of(AccountId{90}),
                                   .to = room::Person::of(AccountId{91}),
                                   .to_name = {}}};
    }

    net::task<> try_all(Who who) {
        int number = 0;
        for (const auto& row : rows()) {
            Caller caller(loop);
            const auto name = std::format("Caller {}", ++number);
            if (who == Who::stranger) {
                co_await caller.connect(port());
            } else {
                co_await enter(caller, accounts.at(static_cast<std::size_t>(who)), name);
                co_await caller.ask<wire::Joined>(wire::Join{.channel = lobby, .password = {}});
            }
            const auto code = co_await outcome(caller, row.body);
            if (may(row, who)) {
                EXPECT_NE(code, ErrorCode::not_permitted) << row.what;
                EXPECT_NE(code, ErrorCode::not_logged_in) << row.what;
            } else {
                EXPECT_EQ(code, who == Who::stranger ? ErrorCode::not_logged_in : row.otherwise)
                    << row.what << " by " << accounts.at(static_cast<std::size_t>(who));
            }
        }
    }
};

TEST_F(MatrixTest, HasEveryMessage) {
    std::set<std::size_t> kinds;
    for (const auto& row : rows()) {
        kinds.insert(row.body.index());
    }
    EXPECT_EQ(kinds.size(), std::variant_size_v<wire::ClientBody>)
        << "a new message needs a row: who may send it?";
}

TEST_F(MatrixTest, KeepersMayWhatIsInIt) {
    for (const auto& what : keepers_may) {
        EXPECT_EQ(std::ranges::count(rows(), what, &Row::what), 1) << what;
    }
}

TEST_F(MatrixTest, Stranger) { play(try_all(Who::stranger)); }
TEST_F(MatrixTest, Guest) { play(try_all(Who::guest)); }
TEST_F(MatrixTest, Member) { play(try_all(Who::member)); }
TEST_F(MatrixTest, Moderator) { play(try_all(Who::moderator)); }
TEST_F(MatrixTest, Admin) { play(try_all(Who::admin)); }
TEST_F(MatrixTest, Owner) { play(try_all(Who::owner)); }
TEST_F(MatrixTest, Keeper) { play(try_all(Who::keeper)); }

}  // namespace
}  // namespace partyline::control
