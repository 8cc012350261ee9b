#include <nlohmann/json.hpp>

#include <utility>

#include "cli/json_fields.hpp"
#include "cli/report.hpp"
#include "cli/voice.hpp"

namespace partyline::cli {
namespace {

/// Null where noise suppression is as it was asked for.
Json lowered_to(const client::CaptureLoad& load) {
    return load.noise_lowered_to ? Json(noise_name(*load.noise_lowered_to)) : Json();
}

const char* lane_name(client::Lane lane) { return lane == client::Lane::udp ? "udp" : "tunnel"; }

const char* device_state(client::DeviceChanged::State state) {
    switch (state) {
        case client::DeviceChanged::State::lost: return "lost";
        case client::DeviceChanged::State::stand_in: return "stand_in";
        case client::DeviceChanged::State::back: return "back";
    }
    return "lost";
}

std::int64_t to_ns(TimePoint at) {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(at.time_since_epoch()).count();
}

const char* word_for(client::ActedOn::Act act) {
    using enum client::ActedOn::Act;
    switch (act) {
        case muted: return "muted";
        case deafened: return "deafened";
        case released: return "released";
        case moved: return "moved";
        case other: break;
    }
    return "other";
}

/// One event's name and fields; each overload is one line of the table in docs/cli.md.
struct Fields {
    const View& view;

    Json operator()(const client::Connected& e) const {
        return {{"event", "connected"},     {"session", e.session.value},
                {"server", e.server_name},  {"fingerprint", e.fingerprint},
                {"first_use", e.first_use}, {"again", e.again},
                {"resumed", e.resumed}};
    }
    Json operator()(const client::Reconnecting& e) const {
        Json out{{"event", "reconnecting"}};
        out.update(error_fields(e.reason));
        out["wait_ms"] = std::chrono::duration_cast<std::chrono::milliseconds>(e.wait).count();
        return out;
    }
    Json operator()(const client::Disconnected& e) const {
        Json out{{"event", "disconnected"}};
        out.update(error_fields(e.error));
        return out;
    }
    Json operator()(const client::RoomsChanged&) const {
        return {{"event", "rooms"}, {"rooms", room_list(view)}};
    }
    Json operator()(const client::PersonChanged& e) const {
        Json out{{"event", "person"}};
        out.update(person_fields(view, e.person));
        out["arrived"] = e.arrived;
        if (e.moved_from) {
            out["moved_from"] = room_path(view.rooms, *e.moved_from);
        }
        return out;
    }
    Json operator()(const client::PersonLeft& e) const {
        Json out{{"event", "person_left"}};
        out.update(person_fields(view, e.person));
        return out;
    }
    Json operator()(const client::RecordingSeen& e) const {
        return Json{{"event", "recording_seen"},
                    {"session", e.person.session.value},
                    {"name", e.person.name},
                    {"recording", e.recording}};
    }
    Json operator()(const client::RecordingChanged& e) const {
        Json out{{"event", "recording"}, {"on", e.on}, {"folder", e.folder}};
        if (!e.on) {
            out["files"] = e.files;
            out["lost_ms"] = e.lost_ms;
            out["error"] = e.error ? error_fields(*e.error) : Json();
        }
        return out;
    }
    Json operator()(const client::RoomEntered& e) const {
        Json out{{"event", "room_entered"}, {"moved", e.moved}};
        out.update(room_fields(view, e.channel));
        return out;
    }
    Json operator()(const client::RoomLeft& e) const {
        return {{"event", "room_left"}, {"moved", e.moved}};
    }
    Json operator()(const client::KeysReady& e) const {
        Json out{{"event", "keys_ready"}};
        out.update(room_fields(view, e.channel));
        return out;
    }
    Json operator()(const client::TextReceived& e) const {
        Json out{{"event", "text"},
                 {"id", e.id.value},
                 {"session", e.session.value},
                 {"name", e.name},
                 {"self", e.session == view.self},
                 {"text", e.text},
                 {"unix_ms", e.unix_ms}};
        out.update(room_fields(view, e.channel));
        return out;
    }
    Json operator()(const client::HistoryReceived& e) const {
        Json out{
            {"event", "history"}, {"texts", Json::array()}, {"more", e.more}, {"missed", e.missed}};
        out.update(room_fields(view, e.channel));
        for (const auto& text : e.texts) {
            out["texts"].push_back(kept_fields(text));
        }
        return out;
    }
    Json operator()(const client::TextChanged& e) const {
        Json out{{"event", "text_changed"}};
        out.update(kept_fields(e.text));
        out.update(room_fields(view, e.channel));
        return out;
    }
    Json operator()(const client::AccountChanged& e) const {
        Json out{{"event", "account"},
                 {"command", e.command},
                 {"account", e.id.value},
                 {"name", e.name}};
        if (!e.recovery_code.empty()) {
            out["recovery_code"] = e.recovery_code;
        }
        return out;
    }
    Json operator()(const client::DevicesReceived& e) const {
        Json out{{"event", "devices"},
                 {"account", e.account.value},
                 {"name", e.name},
                 {"owner", e.owner},
                 {"devices", Json::array()}};
        for (const auto& device : e.devices) {
            out["devices"].push_back({{"device", device.device},
                                      {"self", device.own},
                                      {"label", device.label},
                                      {"linked_unix_ms", device.linked_unix_ms}});
        }
        return out;
    }
    Json operator()(const client::Done& e) const {
        return {{"event", "done"}, {"command", e.command}};
    }
    Json operator()(const client::SpeakingChanged& e) const {
        return {{"event", "speaking"}, {"session", e.session.value}, {"speaking", e.speaking}};
    }
    Json operator()(const client::LaneChanged& e) const {
        return {{"event", "lane"}, {"lane", lane_name(e.lane)}};
    }
    Json operator()(const client::DeviceChanged& e) const {
        return {{"event", "device"},
                {"what", e.capture ? "capture" : "playout"},
                {"state", device_state(e.state)},
                {"message", e.message}};
    }
    Json operator()(const client::MemberRefused& e) const {
        Json out{{"event", "member_refused"}};
        out.update(person_fields(view, e.person));
        return out;
    }
    Json operator()(const client::Refused& e) const {
        Json out{{"event", "refused"}, {"command", e.command}};
        out.update(error_fields(e.error));
        return out;
    }
    Json operator()(const client::AudioStarted& e) const {
        return {{"event", "audio_started"},
                {"what", e.capture ? "capture" : "playout"},
                {"at_ns", to_ns(e.at)}};
    }
    Json operator()(const client::RolesReceived& e) const {
        Json out{{"event", "roles"}, {"roles", Json::array()}};
        for (const auto& role : e.roles) {
            out["roles"].push_back({{"id", role.role.value},
                                    {"name", role.name},
                                    {"rank", role.rank},
                                    {"grants", role.grants}});
        }
        return out;
    }
    Json operator()(const client::RoomRulesReceived& e) const {
        Json out{{"event", "room_rules"}, {"rules", Json::array()}};
        out.update(room_fields(view, e.channel));
        for (const auto& rule : e.rules) {
            out["rules"].push_back(
                {{"role", rule.role}, {"allows", rule.allows}, {"denies", rule.denies}});
        }
        return out;
    }
    Json operator()(const client::Explained& e) const {
        Json out{{"event", "explained"}, {"holds", e.holds}, {"steps", Json::array()}};
        for (const auto& step : e.steps) {
            Json one{{"rule", step.rule}, {"role", step.role}, {"holds", step.holds}};
            one.update(room_fields(view, step.channel));
            out["steps"].push_back(std::move(one));
        }
        return out;
    }
    Json operator()(const client::Administered& e) const {
        return {{"event", "administered"}, {"command", e.command}};
    }
    Json operator()(const client::BansReceived& e) const {
        Json out{
            {"event", "bans"}, {"command", e.command}, {"more", e.more}, {"bans", Json::array()}};
        for (const auto& ban : e.bans) {
            out["bans"].push_back({{"id", ban.id.value},
                                   {"identity", ban.identity},
                                   {"account", ban.account},
                                   {"range", ban.range},
                                   {"name", ban.name},
                                   {"reason", ban.reason},
                                   {"by", ban.by},
                                   {"created_unix_ms", ban.created_unix_ms},
                                   {"until_unix_ms", ban.until_unix_ms}});
        }
        return out;
    }
    Json operator()(const client::AuditReceived& e) const {
        Json out{{"event", "audit"}, {"more", e.more}, {"entries", Json::array()}};
        for (const auto& entry : e.entries) {
            out["entries"].push_back({{"id", entry.id},
                                      {"unix_ms", entry.unix_ms},
                                      {"actor", entry.actor},
                                      {"action", entry.action},
                                      {"target", entry.target},
                                      {"reason", entry.reason},
                                      {"detail", entry.detail}});
        }
        return out;
    }
    Json operator()(const client::ActedOn& e) const {
        return {{"event", "acted_on"},
                {"act", word_for(e.act)},
                {"reason", e.reason},
                {"since_unix_ms", e.since_unix_ms}};
    }
    Json operator()(const client::LetterReceived& e) const {
        Json out{{"event", "message"}};
        out.update(letter_fields(e.letter));
        return out;
    }
    Json operator()(const client::LetterAccepted& e) const {
        return {{"event", "message_accepted"}, {"id", e.id.value}};
    }
    Json operator()(const client::LetterChanged& e) const {
        Json out{{"event", "message_changed"}};
        out.update(letter_fields(e.letter));
        return out;
    }
    Json operator()(const client::LettersReceived& e) const {
        Json out{{"event", "messages"}, {"with", client::name_of(e.with)},
                 {"name", e.name},      {"messages", Json::array()},
                 {"more", e.more},      {"missed", e.missed}};
        for (const auto& letter : e.letters) {
            out["messages"].push_back(letter_fields(letter));
        }
        return out;
    }
    Json operator()(const client::UnreadReceived& e) const {
        Json out{{"event", "unread"}, {"rooms", Json::array()}, {"people", Json::array()}};
        for (const auto& room : e.rooms) {
            out["rooms"].push_back(unread_fields(view, room));
        }
        for (const auto& person : e.people) {
            out["people"].push_back(unread_fields(person));
        }
        return out;
    }
    Json operator()(const client::ReadElsewhere& e) const {
        Json out{{"event", "read_elsewhere"}};
        out.update(e.room ? unread_fields(view, *e.room) : unread_fields(*e.person));
        return out;
    }
    Json operator()(const client::InviteMade& e) const {
        return {{"event", "invite_made"}, {"invite", e.invite.value}, {"token", e.token}};
    }
    Json operator()(const client::InvitesReceived& e) const {
        Json out{{"event", "invites"}, {"invites", Json::array()}, {"more", e.more}};
        for (const auto& invite : e.invites) {
            out["invites"].push_back(invite_fields(view, invite));
        }
        return out;
    }
    Json operator()(const client::InviteUsed& e) const {
        Json out{{"event", "invite_used"}};
        out.update(invite_fields(view, e.invite));
        return out;
    }
    Json operator()(const client::WhisperSet& e) const {
        Json out{{"event", "whisper_set"}, {"stream", e.stream.value}, {"members", Json::array()}};
        for (const auto session : e.members) {
            out["members"].push_back(
                {{"session", session.value}, {"name", person_name(view, session)}});
        }
        return out;
    }
    Json operator()(const client::WhisperingChange& e) const {
        return {{"event", "whispering"},
                {"session", e.session.value},
                {"name", e.name},
                {"stream", e.stream.value},
                {"whispering", e.whispering}};
    }
    Json operator()(const client::MusicRate& e) const {
        return {{"event", "music"}, {"bitrate_bps", e.bitrate_bps}, {"capped", e.capped}};
    }
    Json operator()(const client::MicFinished&) const { return {{"event", "mic_finished"}}; }
    Json operator()(const client::VoiceLowered& e) const {
        return {{"event", "voice_lowered"},
                {"echo_passed_by", e.load.echo_passed_by},
                {"noise_lowered_to", lowered_to(e.load)}};
    }
};

class JsonReport final : public Report {
public:
    JsonReport(std::ostream& out, const Clock& clock) : out_(out), clock_(clock) {}

    void event(const client::Event& event, const View& view, TimePoint at) override {
        print(std::visit(Fields{view}, event), at);
    }

    void who(const View& view) override {
        Json people = Json::array();
        for (const auto& person : view.people) {
            people.push_back(person_fields(view, person));
        }
        print({{"event", "who"}, {"people", std::move(people)}});
    }

    void rooms(const View& view) override {
        print({{"event", "rooms"}, {"rooms", room_list(view)}});
    }

    void stats(const client::VoiceStats& stats) override {
        Json heard = Json::array();
        for (const auto& speaker : stats.heard) {
            heard.push_back(heard_fields(speaker));
        }
        print({{"event", "stats"},
               {"packets_sent", stats.packets_sent},
               {"frames_captured", stats.frames_captured},
               {"capture_overruns", stats.capture_overruns},
               {"playout_underruns", stats.playout_underruns},
               {"frames_slow", stats.frames_slow},
               {"round_trip_ms", stats.round_trip_ms},
               {"lane", lane_name(stats.lane)},
               {"voice_delay_ms", stats.capture.delay_ms},
               {"gain_db", stats.capture.gain_db},
               {"echo_passed_by", stats.capture.load.echo_passed_by},
               {"noise_lowered_to", lowered_to(stats.capture.load)},
               {"times_lowered", stats.capture.times_lowered},
               {"heard", std::move(heard)}});
    }

    void help(std::string_view text) override { print({{"event", "help"}, {"text", text}}); }

    void mistake(const Error& error) override {
        Json out{{"event", "mistake"}};
        out.update(error_fields(error));
        print(std::move(out));
    }

    void failure(const Error& error, ExitCode code) override {
        Json out{{"event", "failed"}, {"exit_code", std::to_underlying(code)}};
        out.update(error_fields(error));
        print(std::move(out));
    }

    void ended(ExitCode code) override {
        print({{"event", "ended"}, {"exit_code", std::to_underlying(code)}});
    }

private:
    void print(Json object) { print(std::move(object), clock_.now()); }

    void print(Json object, TimePoint at) {
        object["t_ns"] = to_ns(at);
        // Flushed with each line: whoever reads us acts on it.
        out_ << object.dump(-1, ' ', false, Json::error_handler_t::replace) << '\n' << std::flush;
    }

    std::ostream& out_;
    const Clock& clock_;
};

}  // namespace

std::unique_ptr<Report> make_json_report(std::ostream& out, const Clock& clock) {
    return std::make_unique<JsonReport>(out, clock);
}

}  // namespace partyline::cli
