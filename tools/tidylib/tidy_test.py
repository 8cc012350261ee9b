"""Table tests for tidy: python3 -m unittest tidylib.tidy_test, in tools/."""

import unittest

from . import cpp, rules


def said(findings):
    return [finding.rule for finding in findings]


class Includes(unittest.TestCase):
    CASES = [
        # file, include, is it allowed
        ("src/wire/frame.cpp", '"base/bytes.hpp"', True),
        ("src/wire/frame.cpp", '"wire/frame.hpp"', True),
        ("src/wire/frame.cpp", '"frame.hpp"', False),
        ("src/wire/frame.cpp", '"../wire/frame.hpp"', False),
        ("src/wire/frame.cpp", '"crypto/keys.hpp"', False),
        ("src/wire/control.cpp", '"partyline/v1/control.pb.h"', True),
        ("src/client/talkie.cpp", '"partyline/v1/control.pb.h"', False),
        ("src/client/talkie.cpp", '"server/room/room.hpp"', False),
        ("src/client/talkie.cpp", '"audio/source.hpp"', True),
        ("src/server/relay/relay.cpp", '"server/control/session.hpp"', False),
        ("src/server/control/session.cpp", '"server/relay/relay.hpp"', True),
        ("src/server/control/session.cpp", '"server/relay/listeners.hpp"', False),
        ("src/server/main.cpp", '"server/relay/relay.hpp"', True),
        ("src/server/main.cpp", '"client/talkie.hpp"', False),
        ("src/server/relay/relay.cpp", '"server/config.hpp"', False),
        ("src/cli/main.cpp", '"client/talkie.hpp"', True),
        ("src/cli/main.cpp", '"client/pipeline.hpp"', False),
        ("src/dsp/mixer.cpp", "<thread>", False),
        ("src/dsp/mixer_test.cpp", "<thread>", True),
        ("src/dsp/mixer.cpp", "<algorithm>", True),
        ("src/dsp/opus.cpp", "<opus/opus.h>", True),
        ("src/audio/file.cpp", "<opus/opus.h>", False),
        ("src/crypto/hop.cpp", "<sodium.h>", True),
        ("src/net/tls.cpp", "<boost/asio/awaitable.hpp>", True),
        ("src/client/talkie.cpp", "<boost/asio.hpp>", False),
        ("src/net/udp.cpp", "<sys/socket.h>", True),
        ("src/net/udp.cpp", "<somebody/new.hpp>", False),
        ("src/crypto/sframe_test.cpp", "<nlohmann/json.hpp>", True),
        ("src/attic/old.cpp", '"base/bytes.hpp"', False),
        ("tests/integration/call_test.cpp", '"server/room/room.hpp"', True),
        ("src/client/talkie_test.cpp", '"sim/network.hpp"', True),
    ]

    def test_table(self):
        for path, header, allowed in self.CASES:
            found = said(rules.includes(path, f"#include {header}\n"))
            self.assertEqual([] if allowed else ["include"], found, f"{path} includes {header}")

    def test_excused(self):
        text = "// tidy: allow include the one place that reads files\n#include <fstream>\n"
        self.assertEqual([], said(rules.includes("src/base/log.cpp", text)))


class Functions(unittest.TestCase):
    CASES = [
        # source, [(name, first line, lines)]
        ("int f() {\n  return 1;\n}\n", [("f", 1, 3)]),
        ("namespace a {\nint f() { return 1; }\n}\n", [("f", 2, 1)]),
        ("class A {\n public:\n  A(int x) : x_{x}, y_(1) {\n    go();\n  }\n int x_{0};\n};\n", [("A", 3, 3)]),
        ("A::A(int x)\n    : B(x), y_{x} {}\n", [("A::A", 1, 2)]),
        ("struct P {\n  int a{1};\n  int f(int v = {}) const {\n  }\n};\n", [("f", 3, 2)]),
        ("auto f() -> int {\n  if (x) {\n  } else {\n  }\n}\n", [("f", 1, 5)]),
        ("template <class T>\nvoid g(T t) {\n}\n", [("g", 1, 3)]),
        ("constexpr int table[] = {f(1), 2};\nint f() {\n}\n", [("f", 2, 2)]),
        ("const char* s = \"{ ( \"; // {\n/* { */\nvoid f() {\n}\n", [("f", 3, 2)]),
        ("#define X {\nvoid f() {\n}\n", [("f", 2, 2)]),
        ("bool A::operator==(const A& o) const {\n}\n", [("A::operator==", 1, 2)]),
        ("TEST(Ring, Wraps) {\n}\n", [("Ring.Wraps", 1, 2)]),
        ("enum class E { a, b };\nvoid f() {\n}\n", [("f", 2, 2)]),
        ("void f() {\n  run([&] {\n  });\n}\nvoid g() {\n}\n", [("f", 1, 4), ("g", 5, 2)]),
        ("auto s = R\"(\n}}}{\n)\";\nvoid f() {\n}\n", [("f", 4, 2)]),
        ("int n = 1'000;\nvoid f() {\n  char c = '{';\n}\n", [("f", 2, 3)]),
        ("static void f()\n{\n}\n", [("f", 1, 3)]),
    ]

    def test_table(self):
        for source, expected in self.CASES:
            found = [(f.name, f.line, f.lines) for f in cpp.functions(source)]
            self.assertEqual(expected, found, source)


class Lengths(unittest.TestCase):
    LONG = "void f() {\n" + "  g();\n" * 79 + "}\n"

    def test_ratchet(self):
        for entry, expected in [
            ("", ["function-length"]),
            ("src/a.cpp f 81", []),
            ("src/a.cpp f 80", ["function-length", "allow-list"][:1]),
            ("src/a.cpp f 90", ["allow-list"]),
            ("src/a.cpp f 81\nsrc/b.cpp g 99", ["allow-list"]),
        ]:
            allow = rules.AllowList(entry, "list")
            found = said(rules.lengths("src/a.cpp", self.LONG, allow)) + said(allow.stale())
            self.assertEqual(expected, found, entry)

    def test_file(self):
        allow = rules.AllowList("", "list")
        self.assertEqual([], said(rules.lengths("run.sh", "x\n" * 800, allow)))
        self.assertEqual(["file-length"], said(rules.lengths("run.sh", "x\n" * 801, allow)))
        self.assertEqual([], said(rules.lengths("README.md", "x\n" * 801, allow)))


class Limits(unittest.TestCase):
    PATH = "src/net/limits.hpp"
    HEADER = """namespace partyline::net {
// inline constexpr int in_a_comment = 1;
inline constexpr std::size_t bytes_max = 8;
inline constexpr std::chrono::milliseconds rest{5};
constexpr int twice(int number) { return 2 * number; }
struct Limits {
    Rate texts{.per_second = 5, .burst = 20};  // said; or edited
    std::size_t sessions =
        1000;
};
}
"""

    def findings(self, test, text, exceptions=()):
        tests = [rules.LimitNames(test, text)]
        found = rules.untested_limits(rules.limits_in(self.PATH, self.HEADER), tests, exceptions, "list")
        return [(finding.path, finding.line) for finding in found]

    def test_what_is_a_limit(self):
        found = [(limit.line, limit.name, limit.is_field) for limit in rules.limits_in(self.PATH, self.HEADER)]
        self.assertEqual([(3, "bytes_max", False), (4, "rest", False), (7, "texts", True), (8, "sessions", True)], found)

    def test_who_names_it(self):
        all_lines = [3, 4, 7, 8]
        for test, text, named in [
            ("src/net/udp_test.cpp", "send(bytes_max + 1); wait(net::rest);", [3, 4]),
            ("src/net/udp_test.cpp", "limits.texts = {}; open({.sessions = 2});", [7, 8]),
            ("src/net/udp_test.cpp", "// bytes_max\nsay(\"rest\");", []),
            ("src/net/udp_test.cpp", "texts = sessions;", []),
            ("src/client/talkie_test.cpp", "bytes_max = other::rest;", []),
            ("src/client/talkie_test.cpp", "net::bytes_max; config.limits.texts.burst; it.sessions;", [3, 7]),
            ("tests/vectors/page_test.cpp", "using namespace net; bytes_max;", [3]),
            ("tests/sim/net_test.cpp", "namespace partyline::net { int a = bytes_max; }", [3]),
        ]:
            expected = [(self.PATH, line) for line in all_lines if line not in named]
            self.assertEqual(expected, self.findings(test, text), text)

    def test_exceptions_become_fewer(self):
        for names, expected in [
            ("texts sessions", []),
            ("texts", [(self.PATH, 8)]),
            ("texts sessions rest", [("list", 1)]),
            ("texts sessions gone_max", [("list", 1)]),
        ]:
            exceptions = [(self.PATH, "why", names)]
            self.assertEqual(expected, self.findings("src/net/a_test.cpp", "bytes_max; rest;", exceptions), names)


class Words(unittest.TestCase):
    CASES = [
        ("src/a/a.cpp", "out << std::endl;\n", ["endl"]),
        ("src/a/a.cpp", "// std::endl flushes\n", []),
        ("src/a/a.cpp", 'say("std::endl");\n', []),
        ("src/a/a.cpp", "// TO" "DO later\n", ["leftover"]),
        ("docs/a.md", "FIX" "ME\n", ["leftover"]),
        ("src/net/a.cpp", "std::this_thread::sleep_for(1s);\n", ["sleep"]),
        ("src/net/a.cpp", "sleep_for(1s);  // tidy: allow sleep the device has no event\n", []),
        ("src/net/a.cpp", "sleep_for(1s);  // tidy: allow sleep\n", ["sleep"]),
        ("src/a/a.cpp", "x = rand();\n", ["rand"]),
        ("src/a/a.cpp", "x = operand();\n", []),
        ("src/a/a.cpp", "snprintf(a, b, c);\n", []),
        ("src/net/a.cpp", "while (a && co_await b()) {\n", ["await-in-while"]),
        ("src/net/a.cpp", "while (co_await b()) {\n", []),
        ("src/net/a.cpp", "x = a && co_await b();\n", []),
        ("src/client/a.cpp", "auto t = std::chrono::steady_clock::now();\n", ["clock"]),
        ("src/client/a_test.cpp", "auto t = std::chrono::steady_clock::now();\n", []),
        ("src/base/clock.cpp", "auto t = std::chrono::steady_clock::now();\n", []),
        ("docs/a.md", "see /wo" "rk/x\n", ["machine-path"]),
        ("docs/a.md", "see docs/work/x\n", []),
    ]

    def test_table(self):
        for path, text, expected in self.CASES:
            self.assertEqual(expected, said(rules.banned(path, text)), text)


class Text(unittest.TestCase):
    def test_whitespace(self):
        for text, expected in [
            ("a\n", []), ("", []), ("a", ["newline"]), ("a \nb\n", ["whitespace"]), ("a\tb\n", ["whitespace"]),
        ]:
            self.assertEqual(expected, said(rules.whitespace("a.txt", text)), repr(text))

    def test_build_lists(self):
        read = {"src/a/CMakeLists.txt": "SOURCES one.cpp"}.get
        self.assertEqual([], said(rules.build_lists("src/a/one.cpp", read)))
        self.assertEqual(["not-built"], said(rules.build_lists("src/a/two.cpp", read)))
        self.assertEqual(["not-built"], said(rules.build_lists("src/b/one.cpp", read)))

    def test_dead_paths(self):
        files = {"src/wire/frame.hpp", "docs/protocol.md", "docs", "run", "src/wire"}
        for text, expected in [
            ("`src/wire/frame.hpp`", []),
            ("`src/wire/frame.hpp:12`", []),
            ("`wire/frame`", []),
            ("`src/wire`", []),
            ("`src/wire/gone.hpp`", ["dead-path"]),
            ("`wire/gone`", ["dead-path"]),
            ("`build/dev/bin/x`", []),
            ("`10/20`", []),
            ("`src/NAME/x y`", []),
            ("[x](protocol.md#limits)", []),
            ("[x](gone.md)", ["dead-path"]),
            ("[x](../run)", []),
            ("[x](https://example.org/a)", []),
            ("```\n`src/gone`\n```", []),
        ]:
            found = rules.dead_paths("docs/a.md", text + "\n", files.__contains__, {"src", "docs", "run"})
            self.assertEqual(expected, said(found), text)

    def test_blob(self):
        self.assertEqual([], said(rules.blob("a", 512 * 1024)))
        self.assertEqual(["blob"], said(rules.blob("a", 512 * 1024 + 1)))


if __name__ == "__main__":
    unittest.main()
