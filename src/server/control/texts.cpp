// Texts: said, stored before anybody is told, looked up again, changed.
#include <algorithm>
#include <chrono>
#include <format>
#include <utility>

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

Switchboard::Reply Switchboard::will_reply(Call& call, const Seat& seat) {
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
    if (const auto may = seat.texts.take(clock_.now()); !may) {
        return may;
    }
    auto message = model_.compose(seat.session, {.channel = text.channel,
                                                 .text = text.text,
                                                 .nonce = text.nonce,
                                                 .unix_ms = clock_.unix_ms()});
    if (!message) {
        return std::unexpected(message.error());
    }
    if (const auto may = keep_pace(seat, text.channel); !may) {
        return may;
    }
    const auto reply = will_reply(call, seat);
    if (!model_.find(text.channel)->channel.retention.keep) {
        store_.note_id(message->id);
        accept(reply, *message);
        return {};
    }
    keep(reply, *std::move(message));
    return {};
}

void Switchboard::keep(Reply reply, room::Message message) {
    auto stored = message;
    store_.append(
        std::move(stored), then<room::AcceptedText>([this, reply, message = std::move(message)](
                                                        const Result<room::AcceptedText>& taken) {
            if (!taken) {
                refuse_later(reply, taken.error());
            } else if (taken->id == message.id) {
                accept(reply, message);
            } else {
                // It had been stored before, by a connection whose end its author has not
                // outlived: whoever was to hear it has.
                model_.remember(reply.session, message.nonce, *taken);
                answer_later(reply, wire::TextAccepted{.id = taken->id, .unix_ms = taken->unix_ms});
            }
        }));
}

/// One text in so many seconds, where the room says so.
Result<void> Switchboard::keep_pace(const Seat& seat, ChannelId channel) {
    const std::chrono::seconds pause{model_.find(channel)->channel.slow_mode_s};
    if (pause == pause.zero() ||
        model_.may(seat.session, channel, room::Permission::bypass_limits)) {
        return {};
    }
    return slow_mode_.take({.identity = model_.find(seat.session)->keys.identity,
                            .account = model_.subject(seat.session).account,
                            .channel = channel},
                           pause, clock_.now());
}

void Switchboard::accept(Reply reply, const room::Message& message) {
    answer_later(reply, wire::TextAccepted{.id = message.id, .unix_ms = message.unix_ms});
    publish(model_.said(reply.session, message));
}

// --- looking up ----------------------------------------------------------------------------------

Result<void> Switchboard::on(Call& call, Seat& seat, const wire::GetHistory& get) {
    if (const auto may = model_.may_read(seat.session, get.channel); !may) {
        return may;
    }
    if (const auto may = seat.histories.take(clock_.now()); !may) {
        return may;
    }
    const auto reply = will_reply(call, seat);
    const std::size_t wanted = get.messages == 0 ? wire::page_entries_max : get.messages;
    store_.history({.channel = get.channel,
                    .before = get.before,
                    .messages_max = std::min(wanted, wire::page_entries_max)},
                   then<store::HistoryPage>([this, reply, channel = get.channel](
                                                const Result<store::HistoryPage>& page) {
                       if (page) {
                           answer_later(reply, fit(channel, *page));
                       } else {
                           refuse_later(reply, page.error());
                       }
                   }));
    return {};
}

// --- changing ------------------------------------------------------------------------------------

Result<void> Switchboard::on(Call& call, Seat& seat, const wire::EditText& edit) {
    if (const auto checked = room::check_text(edit.text); !checked) {
        return checked;
    }
    return change(call, seat, edit.id, room::TextAct::edit,
                  [text = edit.text](room::Message& message) { message.text = text; });
}

Result<void> Switchboard::on(Call& call, Seat& seat, const wire::DeleteText& gone) {
    return change(call, seat, gone.id, room::TextAct::erase, [](room::Message& message) {
        message.text.clear();
        message.deleted = true;
    });
}

template <class Change>
Result<void> Switchboard::change(Call& call, Seat& seat, MessageId id, room::TextAct act,
                                 const Change& change) {
    if (const auto may = seat.texts.take(clock_.now()); !may) {
        return may;
    }
    const auto reply = will_reply(call, seat);
    store_.find(id, then<std::optional<room::Message>>(
                        [this, reply, act, change](Result<std::optional<room::Message>> found) {
                            if (!found) {
                                refuse_later(reply, found.error());
                                return;
                            }
                            if (!*found || !model_.find(reply.session)) {
                                refuse_later(reply, {.code = ErrorCode::unknown_text,
                                                     .message = "There is no such text."});
                                return;
                            }
                            auto message = **std::move(found);
                            if (const auto may = model_.may_change(reply.session, message, act);
                                !may) {
                                refuse_later(reply, may.error());
                                return;
                            }
                            message.edited_unix_ms = clock_.unix_ms();
                            change(message);
                            if (!message.direct && !message.deleted) {
                                message.mentions = model_.mentioned_by(reply.session, message.text);
                            }
                            store_change(reply, message);
                        }));
    return {};
}

void Switchboard::store_change(Reply reply, const room::Message& message) {
    auto done = then<void>([this, reply, message](const Result<void>& stored) {
        if (!stored) {
            refuse_later(reply, stored.error());
            return;
        }
        answer_later(reply, wire::Ok{});
        publish(room::Model::text_changed(message));
    });
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
}

}  // namespace partyline::control
