// What the doctor makes of what it has found on a machine. Looks at none itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "net/diagnosis.hpp"
#include "platform/machine.hpp"
#include "server/config/config.hpp"

namespace partyline::server {

/// One line of the doctor's.
struct Verdict {
    enum class Kind : std::uint8_t {
        good,
        note,     // worth knowing; it works all the same
        problem,  // would keep a switchboard from its work
    };
    Kind kind = Kind::good;
    std::string words;

    static Verdict good(std::string words) { return {Kind::good, std::move(words)}; }
    static Verdict note(std::string words) { return {Kind::note, std::move(words)}; }
    static Verdict problem(std::string words) { return {Kind::problem, std::move(words)}; }
};

/// Of the disk that `folder` is on.
Verdict judge_disk(std::uint64_t free_bytes, const std::string& folder);

/// What the system gave of relay::socket_buffer_bytes.
Verdict judge_voice_buffers(std::size_t bytes);

/// A certificate that can be used. Talkies trust the identity, so none of this keeps anybody out.
Verdict judge_certificate(const net::CertificateFacts& facts, const std::string& file,
                          std::int64_t now_unix_s);

Verdict judge_clock(std::int64_t now_unix_ms, platform::ClockSync sync);

/// How many files a server has open that is configured like this, besides the connections of talkies.
std::uint64_t own_files(const config::Config& config);

/// How many files may be open, for so many connections of talkies and the server's own.
Verdict judge_open_files(std::uint64_t files, std::uint64_t connections, std::uint64_t own);

}  // namespace partyline::server
