#include "server/manage_options.hpp"

#include <CLI/CLI.hpp>

#include <memory>
#include <string>

namespace partyline::server {
namespace {

using Chosen = std::function<void(Management)>;

/// One command: what its words fill is kept until it is told.
template <class What>
class Words {
public:
    Words(CLI::App& parent, const char* name, const char* description, const Chosen& chosen)
        : app_(*parent.add_subcommand(name, description)->fallthrough()),
          what_(std::make_shared<What>()) {
        app_.callback([what = what_, chosen] { chosen(std::move(*what)); });
    }

    template <class Member>
    Words& word(const char* name, Member What::* member, const char* description) {
        app_.add_option(name, (*what_).*member, description)->required();
        return *this;
    }
    template <class Member>
    Words& option(const char* name, Member What::* member, const char* description) {
        app_.add_option(name, (*what_).*member, description);
        return *this;
    }

private:
    CLI::App& app_;
    std::shared_ptr<What> what_;
};

template <class What>
Words<What> command(CLI::App& parent, const char* name, const char* description,
                    const Chosen& chosen) {
    return {parent, name, description, chosen};
}

CLI::App& group(CLI::App& app, const char* name, const char* description) {
    auto* const added = app.add_subcommand(name, description)->fallthrough();
    added->require_subcommand(1);
    return *added;
}

constexpr const char* period = "For how long: 90s, 15m, 2h, 7d, 4w; without it for good";
constexpr const char* reason = "Why, for the audit log and whom it hits";

void describe_users(CLI::App& app, const Chosen& chosen) {
    auto& user = group(app, "user", "The accounts of a running server");
    command<UserList>(user, "list", "All of them", chosen);
    command<UserShow>(user, "show", "One, with its devices", chosen)
        .word("NAME", &UserShow::name, "Whose account");
    command<UserPassword>(user, "password",
                          "Give somebody a new password, so that they can link a new device",
                          chosen)
        .word("NAME", &UserPassword::name, "Whose account");
    command<UserUnlink>(user, "unlink", "Take a device from an account", chosen)
        .word("NAME", &UserUnlink::name, "Whose account")
        .word("FINGERPRINT", &UserUnlink::device,
              "As `user show` tells it, or how it begins; after -- if that is a -");
    command<UserDelete>(user, "delete", "Delete an account; its name is free then", chosen)
        .word("NAME", &UserDelete::name, "Whose account");
}

void describe_roles(CLI::App& app, const Chosen& chosen) {
    auto& role = group(app, "role", "The roles of a running server");
    command<RoleList>(role, "list", "All of them, with what they grant", chosen);
    command<RoleGrant>(role, "grant", "Give somebody a role", chosen)
        .word("NAME", &RoleGrant::user, "Whose account")
        .word("ROLE", &RoleGrant::role, "Which role");
    command<RoleRevoke>(role, "revoke", "Take a role from somebody", chosen)
        .word("NAME", &RoleRevoke::user, "Whose account")
        .word("ROLE", &RoleRevoke::role, "Which role");
}

void describe_bans(CLI::App& app, const Chosen& chosen) {
    auto& ban = group(app, "ban", "Who may not come in to a running server");
    command<BanList>(ban, "list", "All bans", chosen);
    command<BanAdd>(ban, "add", "Ban an account, an identity, a range of addresses, or several",
                    chosen)
        .option("--account", &BanAdd::user, "Whose account")
        .option("--identity", &BanAdd::identity, "A device, as `ban list` and `audit` show it")
        .option("--address", &BanAdd::range, "203.0.113.7, 203.0.113.0/24 or 2001:db8::/48")
        .option("--for", &BanAdd::period, period)
        .option("--reason", &BanAdd::reason, reason);
    command<BanLift>(ban, "lift", "End a ban", chosen)
        .word("BAN", &BanLift::ban, "Its number in `ban list`")
        .option("--reason", &BanLift::reason, "Why, for the audit log");
}

void describe_invites(CLI::App& app, const Chosen& chosen) {
    auto& invite = group(app, "invite", "Who is let in to a running server with what");
    command<InviteList>(invite, "list", "All invites", chosen);
    command<InviteCreate>(invite, "create", "Make one, and print its token", chosen)
        .option("--role", &InviteCreate::role, "What it gives to whoever uses it")
        .option("--room", &InviteCreate::room, "Where it leads: \"Room/Sub room\"")
        .option("--uses", &InviteCreate::uses, "How often it may be used; 1 without this")
        .option("--for", &InviteCreate::period, period);
    command<InviteDelete>(invite, "delete", "End an invite", chosen)
        .word("INVITE", &InviteDelete::invite, "Its number in `invite list`");
}

}  // namespace

void describe_management(CLI::App& app, const Chosen& chosen) {
    describe_users(app, chosen);
    describe_roles(app, chosen);
    describe_bans(app, chosen);
    describe_invites(app, chosen);
    command<WhyMay>(app, "explain", "Why somebody may, or may not", chosen)
        .word("NAME", &WhyMay::user, "Whose account")
        .word("PERMISSION", &WhyMay::permission, "As `role list` names them")
        .option("--room", &WhyMay::room, "Where: \"Room/Sub room\"; without it in no room");
    command<ShowAudit>(app, "audit", "Who did what to whom, the newest first", chosen)
        .option("--entries", &ShowAudit::entries, "How many; 50 without this");
}

}  // namespace partyline::server
