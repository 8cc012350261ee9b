"""The house rules as data. Changing FOLDERS needs a decision record in docs/adr/."""

# Folder (under src/ or tests/) -> what its files may include besides themselves: a folder, or one file.
# ARCHITECTURE.md draws the same as a picture. The client and the server side never meet.
FOLDERS = {
    # Both sides
    "base": [],
    # platform keeps the identity's file.
    "platform": ["base", "crypto"],
    "wire": ["base"],
    "crypto": ["base"],
    "net": ["base", "platform"],
    # The client side
    "dsp": ["base"],
    "audio": ["base", "platform", "dsp"],
    "plugin": ["base", "platform"],
    "client": ["base", "platform", "wire", "crypto", "net", "dsp", "audio", "plugin"],
    "cli": ["base", "platform", "client/talkie.hpp", "client/chain_trial.hpp"],
    "app": ["base", "platform", "client/talkie.hpp"],
    # The server side
    "server/room": ["base"],
    "server/store": ["base", "server/room"],
    "server/relay": ["base", "wire", "crypto", "net"],
    "server/control": ["base", "wire", "crypto", "net", "server/room", "server/store",
                       "server/relay/relay.hpp"],
    "server/admin": ["base", "net", "server/room", "server/control"],
    # The configuration file, and what stands in it.
    "server/config": ["base", "wire", "net", "server/room", "server/control"],
    # main.cpp and its neighbours wire everything; nothing includes them.
    "server": ["base", "platform", "wire", "crypto", "net", "server/room", "server/store", "server/relay",
               "server/control", "server/admin", "server/config"],
}

# Files beside the code that only tests use. They may include "platform" and "sim" too.
TEST_FILES = r"(_test|test_support|_fixture|allocation_watch)\.[ch]pp$|/fake_\w+\.[ch]pp$"

# They do the thinking, and know no socket, no thread and no clock of the machine.
PURE = ["base", "wire", "crypto", "dsp", "server/room"]
IMPURE_HEADERS = (
    r"(thread|mutex|shared_mutex|condition_variable|future|semaphore|latch|barrier|stop_token"
    r"|fstream|filesystem|sys/socket\.h|netinet/.*|arpa/.*|netdb\.h|poll\.h|sys/epoll\.h|unistd\.h|pthread\.h"
    r"|boost/asio.*|boost/beast.*)")

# A third-party header -> the folders that may include it. "tests" is everything in tests/ and TEST_FILES.
OWNERS = [
    (r"google/protobuf/.*|partyline/v\d+/.*\.pb\.h", ["wire"]),
    (r"openssl/.*", ["crypto", "net"]),
    (r"sodium(/.*|\.h)", ["crypto"]),
    (r"utf8proc\.h", ["server/room"]),
    (r"(sqlite3\.h|SQLiteCpp/.*)", ["server/store"]),
    (r"boost/asio.*", ["net", "server/admin", "tests", "bench"]),
    (r"boost/beast.*", ["server/admin", "tests", "bench"]),
    (r"boost/.*", ["net", "server", "server/relay", "server/control", "server/admin", "tests", "bench"]),
    (r"(opus|models)/.*", ["dsp"]),
    # The evaluation of the voice chain runs what others make of the same libraries.
    (r"speex/.*|modules/audio_processing/.*", ["dsp", "tests"]),
    (r"miniaudio\.h|sndfile\.hh?", ["audio"]),
    (r"spdlog/.*", ["base"]),
    (r"toml\+\+/.*", ["server/config"]),
    (r"CLI/.*", ["cli", "server", "tests", "bench"]),
    (r"nlohmann/.*", ["cli", "server/admin", "tests", "bench"]),
    (r"(gtest|gmock)/.*", ["tests"]),
    (r"benchmark/.*", ["bench"]),
    # What has a slash in its name and belongs to the system.
    (r"(sys|linux|netinet|net|arpa|asm|bits)/.*", None),
]

FUNCTION_LINES_MAX = 70
FILE_LINES_MAX = 800
BLOB_BYTES_MAX = 512 * 1024

# (rule, pattern, folders, what to do). Searched in C++ with comments and strings blanked out.
BANNED_CODE = [
    ("endl", r"\bstd::endl\b", ("src", "tests", "bench"), "write '\\n'; flush where it matters"),
    ("using-namespace", r"\busing\s+namespace\s+std\s*;", ("src", "tests", "bench"), "name what you use"),
    ("volatile", r"\bvolatile\b", ("src", "tests", "bench"), "use std::atomic between threads"),
    ("sleep", r"\b(sleep_for|sleep_until|usleep|nanosleep)\b", ("src", "tests"),
     "wait for the event itself, or take a Clock"),
    ("rand", r"\bs?rand\s*\(", ("src", "tests", "bench"), "take a Random as a parameter"),
    ("unsafe-c", r"\b(sprintf|vsprintf|strcpy|strcat|gets)\s*\(", ("src", "tests", "bench"),
     "use std::format, std::string or std::span"),
    # Seen with 14.2 at every optimization: the loop awaits although the left side has decided.
    ("await-in-while", r"\bwhile\s*\([^;{}]*(?:&&|\|\|)[^;{}]*\bco_await\b", ("src", "tests", "bench"),
     "GCC awaits the right side always: await in the loop's body"),
]
# The same, but only in src/, and not where they are turned into parameters.
CLOCK_OWNERS = ["base", "platform", "net", "audio"]
BANNED_BUT_FOR_OWNERS = [
    ("clock", r"\b(steady_clock|system_clock|high_resolution_clock)::now\b", "take a Clock as a parameter"),
    ("random", r"\bstd::random_device\b", "take a Random as a parameter"),
]
# Searched in every text file, comments included.
BANNED_TEXT = [
    ("leftover", r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b", "do it now, or open an issue and name it"),
    ("machine-path", r"(?<![\w.~}])/(work|Users)/\w", "no paths of one machine"),
]

# Limits that no test names today: (the limits.hpp, why, names). Tests for them are welcome; new ones are not.
UNTESTED_LIMITS = [
    ("src/client/limits.hpp", "real time that passes while a disk does not answer: a test would have to sleep it",
     "recording_end_max"),
]
