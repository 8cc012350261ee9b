// What a line of input, or the command line, asks of the talkie. What comes of it is in session.cpp.
#include <concepts>
#include <utility>

#include "cli/account.hpp"
#include "cli/session.hpp"

namespace partyline::cli {
namespace {

template <class... Functions>
struct Overloaded : Functions... {
    using Functions::operator()...;
};

template <class Asked>
concept OfAnAccount =
    std::same_as<Asked, Claim> || std::same_as<Asked, Link> || std::same_as<Asked, Unlink> ||
    std::same_as<Asked, Devices> || std::same_as<Asked, Password> || std::same_as<Asked, Owner> ||
    std::same_as<Asked, RecoveryCode>;

}  // namespace

std::string_view Session::awaited_word(const Command& command) {
    if (const auto* letters = std::get_if<Letters>(&command)) {
        return std::visit(
            Overloaded{[](const Message&) { return "message"; },
                       [](const Messages&) { return "messages"; },
                       [](const Unread&) { return "unread"; }, [](const Read&) { return "read"; }},
            *letters);
    }
    if (std::holds_alternative<Invites>(command)) {
        return "invite";
    }
    return account_word(command);
}

Result<void> Session::enter(const std::string& room, const std::string& password) {
    const auto found = client::find_room(talkie_->rooms(), room);
    if (!found) {
        return std::unexpected(found.error());
    }
    talkie_->join(*found, password);
    return {};
}

void Session::perform_account(std::string_view word, Result<client::AccountCommand> command,
                              TimePoint now) {
    if (command) {
        talkie_->account(*std::move(command));
        awaited_ = word;
    } else if (options_.one_shot) {
        give_up(command.error(), ExitCode::local, now);
    } else {
        report_.mistake(command.error());
    }
}

void Session::perform(const Command& command, TimePoint now) {
    if (const auto word = account_word(command); !word.empty()) {
        perform_account(word, account_command(command, options_), now);
        return;
    }
    std::visit(Overloaded{[&](const Say& say) { talkie_->say(say.text); },
                          [&](const Move& move) {
                              if (const auto entered = enter(move.room, move.password); !entered) {
                                  report_.mistake(entered.error());
                              } else {
                                  awaited_ = "join";
                              }
                          },
                          [&](const Leave&) {
                              talkie_->leave();
                              awaited_ = "leave";
                          },
                          [&](const History& history) {
                              talkie_->history(history.before, history.texts);
                              awaited_ = "history";
                          },
                          [&](const Edit& edit) {
                              talkie_->edit(edit.id, edit.text);
                              awaited_ = "edit";
                          },
                          [&](const Delete& text) {
                              talkie_->erase(text.id);
                              awaited_ = "delete";
                          },
                          [&](const SetMute& mute) {
                              muted_ = mute.on;
                              talkie_->set_self_state(muted_, deafened_);
                          },
                          [&](const SetDeafen& deafen) {
                              deafened_ = deafen.on;
                              talkie_->set_self_state(muted_, deafened_);
                          },
                          [&](const Recording& recording) { record(recording); },
                          [&](const Who&) { report_.who(view()); },
                          [&](const Rooms&) { report_.rooms(view()); },
                          [&](const Administer& change) { administer(change); },
                          [&](const Letters& letters) { correspond(letters, now); },
                          [&](const Invites& invites) { invite(invites, now); },
                          [&](const Whispers& whispers) { whisper(whispers); },
                          [&](const Voice& change) { change_voice(change); },
                          [&](const Hearing& change) { change_hearing(change); },
                          [&](const Stats&) { report_.stats(talkie_->voice_stats()); },
                          [&](const Help&) { report_.help(command_help()); },
                          [&](const Quit&) { finish(ExitCode::fine, now); },
                          [](const OfAnAccount auto&) {}},
               command);
}

void Session::record(const Recording& recording) {
    if (const auto* start = std::get_if<StartRecording>(&recording)) {
        talkie_->record(
            {.folder = start->folder, .format = start->format.value_or(options_.record_format)});
    } else {
        talkie_->stop_recording();
    }
}

void Session::administer(const Administer& command) {
    auto resolved = resolve(command, talkie_->rooms(), talkie_->people());
    if (!resolved) {
        report_.mistake(resolved.error());
        return;
    }
    awaited_ = client::word_for(*resolved);
    talkie_->administer(*std::move(resolved));
}

void Session::correspond(const Letters& command, TimePoint now) {
    auto resolved = resolve(command, talkie_->rooms(), talkie_->people());
    if (resolved) {
        awaited_ = client::word_for(*resolved);
        talkie_->letters(*std::move(resolved));
    } else if (options_.one_shot) {
        give_up(resolved.error(), ExitCode::refused, now);
    } else {
        report_.mistake(resolved.error());
    }
}

void Session::invite(const Invites& command, TimePoint now) {
    auto resolved = resolve(command, talkie_->rooms());
    if (resolved) {
        awaited_ = "invite";
        talkie_->invites(*std::move(resolved));
    } else if (options_.one_shot) {
        give_up(resolved.error(), ExitCode::refused, now);
    } else {
        report_.mistake(resolved.error());
    }
}

void Session::change_voice(const Voice& change) {
    if (const auto* key = std::get_if<Talk>(&change)) {
        talkie_->talk(key->pressed);
        return;
    }
    apply(change, capture_);
    if (!capture_.music) {
        voice_ = capture_;
    }
    talkie_->set_capture(capture_);
}

void Session::change_hearing(const Hearing& change) {
    if (const auto* priority = std::get_if<SetPriority>(&change)) {
        talkie_->set_priority(priority->on);
        awaited_ = "priority";
        return;
    }
    const auto resolved = resolve(std::get<SetVolume>(change), talkie_->people());
    if (resolved) {
        talkie_->set_volume(resolved->session, resolved->volume);
    } else {
        report_.mistake(resolved.error());
    }
}

void Session::whisper(const Whispers& command) {
    auto resolved = resolve(command, talkie_->rooms(), talkie_->people());
    if (!resolved) {
        report_.mistake(resolved.error());
        return;
    }
    awaited_ = "whisper";
    talkie_->whisper(*std::move(resolved));
}

}  // namespace partyline::cli
