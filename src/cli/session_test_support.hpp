// For tests: a session with a talkie that only notes what it is asked to do.
#pragma once

#include <format>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "cli/options.hpp"
#include "cli/report.hpp"
#include "cli/session.hpp"
#include "client/talkie.hpp"

namespace partyline::cli {

/// Notes what it is asked to do.
class FakeTalkie final : public client::Talkie {
public:
    void join(ChannelId channel, std::string) override {
        asked.push_back(std::format("join {}", channel.value));
    }
    void leave() override { asked.emplace_back("leave"); }
    void say(std::string text) override { asked.push_back("say " + text); }
    void history(MessageId before, std::uint32_t texts) override {
        asked.push_back(std::format("history {} {}", texts, before.value));
    }
    void edit(MessageId id, std::string text) override {
        asked.push_back(std::format("edit {} {}", id.value, text));
    }
    void erase(MessageId id) override { asked.push_back(std::format("delete {}", id.value)); }
    void account(client::AccountCommand command) override {
        asked.push_back(std::format("account {}", command.index()));
        account_asked = std::move(command);
    }
    void set_self_state(bool mute, bool deafen) override {
        asked.push_back(std::format("state {} {}", mute, deafen));
    }
    void set_priority(bool on) override { asked.emplace_back(on ? "priority" : "no priority"); }
    void set_volume(SessionId session, client::Volume volume) override {
        asked.push_back(
            std::format("volume {} {} {}", session.value, volume.gain_db, volume.muted));
    }
    void administer(client::Administration command) override {
        asked.push_back(std::format("administer {}", client::word_for(command)));
    }
    void letters(client::LetterCommand command) override {
        asked.emplace_back(client::word_for(command));
    }
    void invites(client::InviteCommand) override { asked.emplace_back("invite"); }
    void whisper(client::WhisperCommand command) override {
        asked.push_back(std::format("whisper {}", command.index()));
    }
    void record(client::RecordRoom wish) override {
        asked.push_back(
            (wish.kind == client::RecordingKind::everything ? "record all " : "record ") +
            wish.folder + (wish.format == client::RecordingFormat::opus ? " opus" : ""));
    }
    void stop_recording() override { asked.emplace_back("stop recording"); }
    void set_capture(client::CaptureSettings settings) override {
        asked.push_back(std::format("capture {} {} {}{}", static_cast<int>(settings.noise),
                                    static_cast<int>(settings.activation), settings.gain,
                                    settings.music ? " music" : ""));
    }
    void talk(bool pressed) override { asked.emplace_back(pressed ? "talk" : "hush"); }
    void disconnect() override { asked.emplace_back("disconnect"); }
    [[nodiscard]] std::vector<client::Room> rooms() const override { return tree; }
    [[nodiscard]] std::vector<client::Person> people() const override { return {}; }
    [[nodiscard]] std::optional<ChannelId> current_room() const override { return std::nullopt; }
    [[nodiscard]] client::VoiceStats voice_stats() const override { return {}; }

    std::vector<std::string> asked;
    client::AccountCommand account_asked;
    std::vector<client::Room> tree{{.id = ChannelId{1}, .name = "Lobby"},
                                   {.id = ChannelId{2}, .name = "Den"}};
};

struct Rig {
    explicit Rig(Options with) : options(std::move(with)) { session.attach(talkie); }

    void event(client::Event event) {
        session.take(TalkieEvent{.event = std::move(event), .at = clock.now()}, clock.now());
    }
    void line(std::string text) { session.take(InputLine{std::move(text)}, clock.now()); }
    void pass(Duration time) {
        clock.advance(time);
        session.tick(clock.now());
    }
    void end() { event(client::Disconnected{.error = {.code = ErrorCode::closed}}); }

    const Options options;
    ManualClock clock;
    std::ostringstream out;
    std::ostringstream complaints;
    std::unique_ptr<Report> report = make_text_report(out, complaints);
    FakeTalkie talkie;
    Session session{options, *report, clock.now()};
};

using Asked = std::vector<std::string>;

}  // namespace partyline::cli
