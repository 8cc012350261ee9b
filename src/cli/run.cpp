#include "cli/run.hpp"

#include <cstdlib>
#include <iostream>
#include <memory>
#include <utility>

#include "base/log.hpp"
#include "cli/end_in_time.hpp"
#include "cli/inbox.hpp"
#include "cli/input.hpp"
#include "cli/limits.hpp"
#include "cli/report.hpp"
#include "cli/session.hpp"
#include "client/talkie.hpp"

namespace partyline::cli {
namespace {

void loop(Session& session, const std::shared_ptr<Inbox>& inbox, const Clock& clock) {
    bool reading = false;
    int signals_seen = 0;
    while (!session.exit_code()) {
        const auto now = clock.now();
        const auto item = inbox->take(next_look(session.deadline(), now));
        if (item) {
            session.take(*item, clock.now());
        }
        for (; signals_seen < signals_caught(); ++signals_seen) {
            session.interrupt(clock.now());
        }
        if (inbox->overflowed() || !std::cout) {
            session.output_lost(clock.now());
        }
        session.tick(clock.now());
        if (session.wants_input() && !std::exchange(reading, true)) {
            start_reading_input(inbox);
        }
    }
}

/// The threads that hang are left as they are. Nobody else uses the report: whoever would, waits for them.
void end_now(Report& report, ExitCode code) {
    log::error("A disk, or whoever looks up names, does not answer: ended without it.");
    report.ended(code);
    std::_Exit(std::to_underlying(code));
}

}  // namespace

ExitCode run(const Options& options) {
    if (options.verbose) {
        log::set_level(log::Level::debug);
    }
    const SystemClock clock;
    const auto report =
        options.json ? make_json_report(std::cout, clock) : make_text_report(std::cout, std::cerr);
    // Shared with the talkie's callback and the thread that reads input, which may outlive us.
    const auto inbox = std::make_shared<Inbox>();
    catch_signals();
    auto talkie =
        client::Talkie::start(options.talkie, [inbox, &clock](const client::Event& event) {
            inbox->put(TalkieEvent{.event = event, .at = clock.now()});
        });
    if (!talkie) {
        report->failure(talkie.error(), ExitCode::local);
        report->ended(ExitCode::local);
        return ExitCode::local;
    }
    Session session(options, *report, clock.now());
    session.attach(**talkie);
    loop(session, inbox, clock);
    {
        const EndInTime end(program_end_max,
                            [&report, code = session.cut_short()] { end_now(*report, code); });
        talkie->reset();  // closes what was recorded
    }
    report->ended(*session.exit_code());
    return *session.exit_code();
}

}  // namespace partyline::cli
