// Texts: said, stored before anybody is told, looked up again, changed.
#include <algorithm>
#include <chrono>
#include <format>
#include <utility>

#include "base/bytes.hpp"
#include "server/control/convert.hpp"
#include "server/control/later.hpp"
#include "server/control/switchboard.hpp"
#include "server/room/names.hpp"
#include "wire/limits.hpp"

namespace partyline::control {
namespace {

/// How much of a frame a text takes at most, beside what it says and whose it is.
constexpr std::size_t entry_bytes_max = 160;

/// The newest of them that fit a frame together.
wire::History fit(ChannelId channel, const store::HistoryPage& page) {
    wire::History history{.channel = channel, .texts = {}, .more = page.more};
    auto room = wire::frame_bytes_max - entry_bytes_max;
    for (auto at = page.messages.rbegin(); at != page.messages.rend(); ++at) {
        const auto bytes = at->text.size() + at->author_name.size() + entry_bytes_max;
        if (bytes > room) {
            history.more = true;
            break;
        }
        room -= bytes;
        history.texts.push_back(to_wire(*at, SessionId{}));
    }
    std::ranges::reverse(history.texts);
    return history;
}

std::unexpected<Error> unknown_text() {
    return fail(ErrorCode::unknown_text, "There is no such text.");
}

}  // namespace

// --- answers that come later ---------------------------------------------------------------------

Peer* Switchboard::peer_of(Reply reply) const {
    const auto* seat = seat_of(reply);
    return seat != nullptr && seat->connection == reply.connection ? seat->peer : nullptr;
}

void Switchboard::answer_later(Reply reply, wire::ServerBody body) {
    if (auto* peer = peer_of(reply)) {
        Call call{.peer = *peer, .id = reply.request};
        answer(call, std::move(body));
    }
}

void Switchboard::refuse_later(Reply reply, const Error& error) {
    if (auto* peer = peer_of(reply)) {
        Call call{.peer = *peer, .id = reply.request};
        refuse(call, error);
    }
}

Reply Switchboard::will_reply(Call& call, const Seat& seat) {
    call.answered = true;
    return {.session = seat.session, .connection = seat.connection, .request = call.id};
}

// --- saying --------------------------------------------------------------------------------------

Result<void> Switchboard::on(Call& call, Seat& seat, const wire::SendText& text) {
    // Sent again because our answer was lost: that costs nothing, and its author may have left since.
    if (const auto before = model_.find_text(seat.session, text.nonce)) {
        answer(call, wire::TextAccepted{.id = before->id, .unix_ms = before->unix_ms});
        return {};
    }
    if (const auto may = may_do(seat, Doing::text); !may) {
        return may;
    }
    room::NewText said{.channel = text.channel,
                       .text = text.text,
                       .nonce = text.nonce,
                       .unix_ms = clock_.unix_ms()};
    const auto may = model_.may_say(seat.session, said).and_then([&] {
        return keep_pace(seat.session, text.channel, text.nonce);
    });
    if (!may) {
        return may;
    }
    auto message = model_.compose(seat.session, std::move(said));
    if (!message) {
        return std::unexpected(message.error());
    }
    if (model_.find(text.channel)->channel.retention.keep) {
        keep(will_reply(call, seat), *std::move(message));
        return {};
    }
    if (const auto noted = store_.note_id(message->id); !noted) {
        give_pace_back(message->author, message->account, message->channel);
        return noted;
    }
    accept(will_reply(call, seat), *message, room::Kept::no);
    return {};
}

void Switchboard::keep(Reply reply, room::Message message) {
    auto stored = message;
    unsettled_.insert(message.id);
    store_.append(
        std::move(stored), then<room::AcceptedText>([this, reply, message = std::move(message)](
                                                        const Result<room::AcceptedText>& taken) {
            unsettled_.erase(message.id);
            if (!taken) {
                give_pace_back(message.author, message.account, message.channel);
                refuse_later(reply, taken.error());
            } else if (taken->id == message.id) {
                accept(reply, message, room::Kept::yes);
            } else {
                // It had been stored before, by a connection whose end its author has not
                // outlived: whoever was to hear it has.
                model_.remember(message.author, message.nonce, *taken);
                answer_later(reply, wire::TextAccepted{.id = taken->id, .unix_ms = taken->unix_ms});
            }
        }));
}

/// One text in so many seconds, where the room says so. Where texts are kept a repeat of the last is
/// no other, as the store sees: its author may have lost the answer, or not have it yet.
Result<void> Switchboard::keep_pace(SessionId session, ChannelId channel, std::uint64_t nonce) {
    const auto& room = model_.find(channel)->channel;
    const std::chrono::seconds pause{room.slow_mode_s};
    if (pause == pause.zero() || model_.may(session, channel, room::Permission::bypass_limits)) {
        return {};
    }
    return slow_mode_.take({.identity = model_.find(session)->keys.identity,
                            .account = model_.subject(session).account,
                            .channel = channel,
                            .nonce = room.retention.keep ? nonce : 0},
                           pause, clock_.now());
}

/// The disk has not taken it.
void Switchboard::give_pace_back(const room::Identity& author, AccountId account,
                                 ChannelId channel) {
    slow_mode_.give_back({.identity = author, .account = account, .channel = channel});
}

MessageId Switchboard::last_settled() const {
    return unsettled_.empty() ? model_.last_message() : MessageId{unsettled_.begin()->value - 1};
}

void Switchboard::accept(Reply reply, const room::Message& message, room::Kept kept) {
    answer_later(reply, wire::TextAccepted{.id = message.id, .unix_ms = message.unix_ms});
    publish(model_.said(reply.session, message, kept));
}

// --- looking up ----------------------------------------------------------------------------------

Result<void> Switchboard::on(Call& call, Seat& seat, const wire::GetHistory& get) {
    if (const auto may = model_.may_read(seat.session, get.channel); !may) {
        return may;
    }
    if (const auto may = may_do(seat, Doing::history); !may) {
        return may;
    }
    const auto reply = will_reply(call, seat);
    const std::size_t wanted = get.messages == 0 ? wire::page_entries_max : get.messages;
    store_.history({.channel = get.channel,
                    .before = get.before,
                    .messages_max = std::min(wanted, wire::page_entries_max)},
                   then<store::HistoryPage>([this, reply, channel = get.channel](
                                                const Result<store::HistoryPage>& page) {
                       // They may have gone, or lost the right, while the disk was read.
                       const auto may = model_.find(reply.session) != nullptr
                                            ? model_.may_read(reply.session, channel)
                                            : Result<void>{};
                       if (!page || !may) {
                           refuse_later(reply, page ? may.error() : page.error());
                       } else {
                           answer_later(reply, fit(channel, *page));
                       }
                   }));
    return {};
}

// --- changing ------------------------------------------------------------------------------------

Result<void> Switchboard::on(Call& call, Seat& seat, const wire::EditText& edit) {
    if (const auto checked = room::check_text(edit.text); !checked) {
        return checked;
    }
    return change(call, seat, edit.id, edit.text);
}

Result<void> Switchboard::on(Call& call, Seat& seat, const wire::DeleteText& gone) {
    return change(call, seat, gone.id, std::nullopt);
}

Result<void> Switchboard::change(Call& call, Seat& seat, MessageId id,
                                 std::optional<std::string> words) {
    if (const auto may = may_do(seat, Doing::text); !may) {
        return may;
    }
    const auto reply = will_reply(call, seat);
    store_.find(
        id,
        then<std::optional<room::Message>>([this, reply, words = std::move(words)](
                                               Result<std::optional<room::Message>> found) mutable {
            const auto changed = !found ? Result<void>(std::unexpected(found.error()))
                                 : !*found || !model_.find(reply.session)
                                     ? Result<void>(unknown_text())
                                     : change_found(reply, **std::move(found), std::move(words));
            if (!changed) {
                refuse_later(reply, changed.error());
            }
        }));
    return {};
}

Result<void> Switchboard::change_found(Reply reply, room::Message message,
                                       std::optional<std::string> words) {
    const auto act = words ? room::TextAct::edit : room::TextAct::erase;
    const bool said_anew = act == room::TextAct::edit && !message.direct;
    const bool others =
        !message.direct && model_.author_of(message) != model_.person(reply.session);
    const auto may = model_.may_change(reply.session, message, act).and_then([&] {
        return said_anew ? keep_pace(reply.session, message.channel, 0) : Result<void>();
    });
    if (!may) {
        return may;
    }
    message.edited_unix_ms = clock_.unix_ms();
    message.deleted = act == room::TextAct::erase;
    message.text = std::move(words).value_or(std::string());
    if (said_anew) {
        message.mentions = model_.mentioned_by(reply.session, message.text);
    }
    if (others) {
        log_and_erase(reply, message);
    } else {
        store_change(reply, message);
    }
    return {};
}

/// What moderators do is in the audit log, and what is in the audit log is done.
void Switchboard::log_and_erase(Reply reply, const room::Message& message) {
    const auto* room = directory_.find(message.channel);
    const auto author = model_.author_of(message);
    const auto* account = directory_.find(author.account);
    room::AuditEntry entry{
        .unix_ms = message.edited_unix_ms,
        .actor = deed_of(reply.session).by,
        .action = "text_deleted",
        .target = account == nullptr ? message.author_name : account->name,
        .detail = std::format("number {} in {}", message.id.value,
                              room == nullptr ? std::string() : room->channel.name)};
    if (account == nullptr) {
        entry.detail += ", identity " + to_base64url(message.author);
    }
    store_.erase_and_log(message.id, std::move(entry), answer_change(reply, message));
}

void Switchboard::store_change(Reply reply, const room::Message& message) {
    auto done = answer_change(reply, message);
    if (message.deleted) {
        store_.erase(message.id, message.edited_unix_ms, std::move(done));
    } else {
        store_.edit({.id = message.id,
                     .text = message.text,
                     .unix_ms = message.edited_unix_ms,
                     .mentions = message.mentions},
                    std::move(done));
    }
}

store::Store::Done<bool> Switchboard::answer_change(Reply reply, const room::Message& message) {
    return then<bool>([this, reply, message](const Result<bool>& changed) {
        if (!changed) {
            if (!message.deleted && !message.direct) {
                give_pace_back(message.author, message.account, message.channel);
            }
            refuse_later(reply, changed.error());
        } else if (!*changed) {
            // Somebody else was faster, and nobody sees again what was deleted.
            refuse_later(reply, unknown_text().error());
        } else {
            answer_later(reply, wire::Ok{});
            publish(model_.text_changed(message));
        }
    });
}

// --- forgetting ----------------------------------------------------------------------------------

void Switchboard::prune(TimePoint now) {
    if (now < pruning_due_) {
        return;
    }
    pruning_due_ = now + prune_interval;
    store_.prune_direct(config_.direct_keep_days, clock_.unix_ms(), [](const Result<void>&) {});
    for (const auto& [id, state] : model_.channels()) {
        const auto& retention = state.channel.retention;
        if (!retention.keep || retention.days > 0 || retention.bytes > 0) {
            store_.prune(id, retention, clock_.unix_ms(), [](const Result<void>&) {});
        }
    }
    if (now >= sweeping_due_) {
        sweeping_due_ = now + sweep_interval;
        store_.sweep(clock_.unix_ms(), [](const Result<void>&) {});
    }
}

}  // namespace partyline::control
