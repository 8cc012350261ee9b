#include <format>

#include "base/text.hpp"
#include "cli/hearing.hpp"
#include "cli/report.hpp"
#include "cli/sentence.hpp"

namespace partyline::cli {
namespace {

std::string name_of(const View& view, const client::Person& person) {
    auto out = printable(person.name);
    if (person.session == view.self) {
        out += " (you)";
    }
    return out;
}

class TextReport final : public Report {
public:
    TextReport(std::ostream& out, std::ostream& complaints) : out_(out), complaints_(complaints) {}

    void event(const client::Event& event, const View& view, TimePoint) override {
        if (const auto sentence = sentence_of(event, view); !sentence.empty()) {
            out_ << sentence << '\n' << std::flush;
        }
    }

    void who(const View& view) override {
        for (const auto& room : in_tree_order(view.rooms)) {
            list_people(view, room.id, printable(room_path(view.rooms, room.id)));
        }
        list_people(view, ChannelId{}, "in no room");
        out_.flush();
    }

    void rooms(const View& view) override {
        for (const auto& room : in_tree_order(view.rooms)) {
            out_ << printable(room_path(view.rooms, room.id));
            if (!room.topic.empty()) {
                out_ << "  (" << printable(room.topic) << ')';
            }
            out_ << '\n';
        }
        out_.flush();
    }

    void stats(const client::VoiceStats& stats) override {
        out_ << std::format("sent {} packets over {}, round trip {:.1f} ms\n", stats.packets_sent,
                            stats.lane == client::Lane::udp ? "UDP" : "the control connection",
                            stats.round_trip_ms);
        if (stats.capture.delay_ms > 0 || stats.capture.times_lowered > 0) {
            out_ << std::format("your voice: {:.0f} ms late, gain {:.1f} dB\n",
                                stats.capture.delay_ms, stats.capture.gain_db);
            if (stats.capture.load != client::CaptureLoad{}) {
                out_ << describe(stats.capture.load) << '\n';
            }
        }
        if (stats.capture_overruns + stats.playout_underruns + stats.frames_slow > 0) {
            out_ << std::format(
                "this machine was too busy: the speaker went without {} times, the microphone lost "
                "{} pieces, {} pieces of your voice took longer than they last\n",
                stats.playout_underruns, stats.capture_overruns, stats.frames_slow);
        }
        for (const auto& heard : stats.heard) {
            out_ << std::format(
                "heard {}: {} packets, {} lost, {} late, {} unopened; {} frames played, {} "
                "recovered, {} concealed; delay {:.0f} ms\n",
                printable(heard.name), heard.packets_received, heard.packets_lost,
                heard.packets_late, heard.packets_unopened, heard.frames_played,
                heard.frames_recovered, heard.frames_concealed, heard.delay_current_ms);
        }
        out_.flush();
    }

    void help(std::string_view text) override { out_ << text << std::flush; }

    void mistake(const Error& error) override {
        complaints_ << to_plain_text(error.message) << '\n' << std::flush;
    }

    void failure(const Error& error, ExitCode) override {
        complaints_ << "partyline-cli: " << to_plain_text(error.message) << '\n' << std::flush;
    }

    void ended(ExitCode) override {}

private:
    void list_people(const View& view, ChannelId room, std::string_view title) {
        bool titled = false;
        for (const auto& person : view.people) {
            if (person.channel != room) {
                continue;
            }
            if (!titled) {
                out_ << title << '\n';
                titled = true;
            }
            out_ << "  " << name_of(view, person);
            if (person.self_deafen) {
                out_ << ", deafened";
            } else if (person.self_mute) {
                out_ << ", muted";
            }
            if (person.recording) {
                out_ << ", recording";
            }
            if (person.server_deafen) {
                out_ << ", deafened by a moderator";
            } else if (person.server_mute) {
                out_ << ", may not speak here";
            }
            if (!person.account.empty() && person.account != person.name) {
                out_ << ", account " << printable(person.account);
            }
            if (person.priority) {
                out_ << ", speaks above others";
            }
            if (const auto volume = volume_words(person.volume); !volume.empty()) {
                out_ << ", " << volume;
            }
            out_ << '\n';
        }
    }

    std::ostream& out_;
    std::ostream& complaints_;
};

}  // namespace

std::unique_ptr<Report> make_text_report(std::ostream& out, std::ostream& complaints) {
    return std::make_unique<TextReport>(out, complaints);
}

}  // namespace partyline::cli
