#include "integration/sound_server.hpp"

#include <signal.h>
#include <stdlib.h>

#include <filesystem>
#include <format>

#include "harness/failure.hpp"

namespace partyline::integration {
namespace {

using harness::Failure;
using harness::Process;

constexpr const char* pulseaudio = "/usr/bin/pulseaudio";
constexpr const char* pactl = "/usr/bin/pactl";

/// norewinds: without it the first sound comes up to 1.8 s late.
constexpr const char* script = R"(
load-module module-native-protocol-unix auth-anonymous=1 socket={0}/native
load-module module-null-sink sink_name=spk norewinds=1 rate=48000 channels=2 sink_properties=device.description=Speakers
load-module module-null-sink sink_name=micfeed norewinds=1 rate=48000 channels=1
load-module module-remap-source master=micfeed.monitor source_name=mic source_properties=device.description=Microphone
load-module module-remap-source master=spk.monitor source_name=echo source_properties=device.description=Echo
set-default-sink spk
set-default-source mic
)";

}  // namespace

SoundServer::SoundServer(const harness::Scratch& scratch) : scratch_(scratch) {
    if (!std::filesystem::exists(pulseaudio)) {
        throw Failure("pulseaudio is not installed; `./run test` installs it");
    }
    const auto folder = scratch.path("");
    ::setenv("PULSE_SERVER", std::format("unix:{}native", folder).c_str(), 1);
    ::setenv("PULSE_COOKIE", scratch.path("cookie").c_str(), 1);
    start();
}

SoundServer::~SoundServer() {
    ::unsetenv("PULSE_SERVER");
    ::unsetenv("PULSE_COOKIE");
}

void SoundServer::start() {
    const auto folder = scratch_.path("");
    const auto commands =
        scratch_.file("sound.pa", std::vformat(script, std::make_format_args(folder)));
    // Of memory that it shares with its clients PulseAudio 17 dies now and then when a sink is unloaded that they
    // play to: "Assertion 'pa_atomic_load(&b->pool->stat.n_imported) > 0' failed".
    server_.emplace(Process::Command{
        .arguments = {pulseaudio, "-n", "-F", commands, "--daemonize=no", "--disallow-exit=yes",
                      "--exit-idle-time=-1", "--disable-shm=yes", "--realtime=no",
                      "--high-priority=no", "--use-pid-file=no"},
        .environment = {"XDG_RUNTIME_DIR=" + folder, "HOME=" + folder,
                        "DBUS_SESSION_BUS_ADDRESS=unix:path=/nonexistent"}});
    const auto deadline = SystemClock().now() + harness::patience;
    // pactl itself waits for nothing: ask until there is somebody to answer.
    while (Process({.arguments = {pactl, "get-default-source"}}).wait() != 0) {
        if (SystemClock().now() > deadline) {
            throw Failure("pulseaudio does not answer; it said:\n" + server_->errors());
        }
    }
}

void SoundServer::kill() {
    server_->signal(SIGKILL);
    server_->wait();
    server_.reset();
}

std::string SoundServer::report() const {
    return server_ ? std::format("{}; it said:\n{}", server_->describe(), server_->errors())
                   : "pulseaudio was killed";
}

std::string SoundServer::control(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), pactl);
    Process process({.arguments = std::move(arguments)});
    if (process.wait() != 0) {
        throw Failure("pactl failed: " + process.errors());
    }
    const auto lines = process.lines();
    return lines.empty() ? "" : lines.front();
}

}  // namespace partyline::integration
