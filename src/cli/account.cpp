#include "cli/account.hpp"

#include <format>
#include <variant>

namespace partyline::cli {
namespace {

template <class... Functions>
struct Overloaded : Functions... {
    using Functions::operator()...;
};

}  // namespace

std::string_view account_word(const Command& command) {
    return std::visit(
        Overloaded{[](const Claim&) { return "claim"; }, [](const Link&) { return "link"; },
                   [](const Unlink&) { return "unlink"; }, [](const Devices&) { return "devices"; },
                   [](const Password&) { return "password"; }, [](const Owner&) { return "owner"; },
                   [](const RecoveryCode&) { return "recovery-code"; },
                   [](const auto&) { return ""; }},
        command);
}

Result<client::AccountCommand> account_command(const Command& command, const Options& options) {
    const auto missing = [](std::string_view what, std::string_view variable,
                            std::string_view option) {
        return fail(ErrorCode::config,
                    std::format("{} is missing: it is read from the environment's {} or from the "
                                "file that {} names",
                                what, variable, option));
    };
    const auto& password = options.password;
    const auto& next = options.new_password;
    const auto needs_password = [&](auto made) -> Result<client::AccountCommand> {
        if (password.empty()) {
            return missing("the password", "PARTYLINE_PASSWORD", "--password-file");
        }
        return made;
    };
    return std::visit(
        Overloaded{[&](const Claim& claim) {
                       return needs_password(client::ClaimAccount{
                           .name = claim.name, .password = password, .label = options.label});
                   },
                   [&](const Link& link) {
                       return needs_password(client::LinkDevice{
                           .name = link.name, .secret = password, .label = options.label});
                   },
                   [&](const Unlink& unlink) -> Result<client::AccountCommand> {
                       return client::UnlinkDevice{.device = unlink.device, .name = {}};
                   },
                   [&](const Devices& devices) -> Result<client::AccountCommand> {
                       return client::ListDevices{devices.name};
                   },
                   [&](const Password& change) -> Result<client::AccountCommand> {
                       if (next.empty()) {
                           return missing("the new password", "PARTYLINE_NEW_PASSWORD",
                                          "--new-password-file");
                       }
                       return client::ChangePassword{
                           .current = password, .password = next, .name = change.name};
                   },
                   [&](const RecoveryCode&) {
                       return needs_password(client::RenewRecoveryCode{.password = password});
                   },
                   [&](const Owner& owner) -> Result<client::AccountCommand> {
                       return client::BecomeOwner{owner.token};
                   },
                   [](const auto&) -> Result<client::AccountCommand> {
                       return fail(ErrorCode::unsupported, "that is no command of an account");
                   }},
        command);
}

}  // namespace partyline::cli
