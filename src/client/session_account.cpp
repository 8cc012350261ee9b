// What is asked of one's account, and what is answered.
#include <algorithm>
#include <utility>

#include "base/bytes.hpp"
#include "client/session.hpp"
#include "wire/limits.hpp"

namespace partyline::client {

void Session::account(AccountCommand command) {
    std::visit([this](auto& one) { ask(std::move(one)); }, command);
}

void Session::ask(ClaimAccount claim) {
    request(wire::ClaimAccount{.name = std::move(claim.name),
                               .password = std::move(claim.password),
                               .label = std::move(claim.label)},
            {.asked = Asked::claim});
}

void Session::ask(LinkDevice link) {
    request(wire::LinkDevice{.name = std::move(link.name),
                             .secret = std::move(link.secret),
                             .label = std::move(link.label)},
            {.asked = Asked::link});
}

void Session::ask(UnlinkDevice unlink) {
    auto identity = from_base64url(unlink.device);
    if (!identity || identity->size() != wire::public_key_bytes) {
        refuse(Asked::unlink, {.code = ErrorCode::malformed,
                               .message = "That is no device; the list of devices shows what is."});
        return;
    }
    request(wire::UnlinkDevice{.identity = *std::move(identity), .name = std::move(unlink.name)},
            {.asked = Asked::unlink});
}

void Session::ask(ListDevices list) {
    request(wire::ListDevices{.name = std::move(list.name)}, {.asked = Asked::devices});
}

void Session::ask(ChangePassword change) {
    request(wire::ChangePassword{.current = std::move(change.current),
                                 .password = std::move(change.password),
                                 .name = std::move(change.name)},
            {.asked = Asked::password});
}

void Session::ask(BecomeOwner become) {
    request(wire::BecomeOwner{.token = std::move(become.token)}, {.asked = Asked::owner});
}

void Session::ask(RenewRecoveryCode renew) {
    request(wire::RenewRecoveryCode{.password = std::move(renew.password)},
            {.asked = Asked::recovery_code});
}

void Session::on_answer(const Request& request, const wire::Account& account) {
    if (request.asked == Asked::claim || request.asked == Asked::link) {
        account_ = account.name;
    }
    port_.emit(AccountChanged{.command = command_word(request.asked),
                              .id = account.id,
                              .name = account.name,
                              .recovery_code = account.recovery_code});
}

void Session::on_answer(const Request&, const wire::Devices& devices) {
    DevicesReceived received{
        .account = devices.account, .name = devices.name, .owner = devices.owner, .devices = {}};
    for (const auto& device : devices.devices) {
        received.devices.push_back(
            {.device = to_base64url(device.identity),
             .own = std::ranges::equal(device.identity, identity_.public_key()),
             .label = device.label,
             .linked_unix_ms = device.linked_unix_ms});
    }
    port_.emit(received);
}

}  // namespace partyline::client
