// What keeps the switchboard from starting: one line that says where and what to do, and exit code 1.

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <format>
#include <string>
#include <vector>

#include "harness/process.hpp"
#include "harness/scratch.hpp"
#include "harness/server.hpp"
#include "harness/tap.hpp"
#include "integration/refusal.hpp"

namespace partyline::integration {
namespace {

namespace fs = std::filesystem;
using harness::Process;
using harness::ServerOptions;
using harness::ServerProcess;

/// Root may read everything, unless it is without these powers.
const std::vector<std::string> as_anybody{"/usr/bin/setpriv",
                                          "--bounding-set=-dac_override,-dac_read_search"};

class RefusedStart : public testing::Test {
protected:
    /// A server with these cannot start, and says so in one line with these words.
    void expect_complaint(const ServerOptions& options, const std::vector<std::string>& words) {
        auto command = harness::server_command(scratch_, options);
        if (geteuid() == 0) {
            command.arguments.insert(command.arguments.begin(), as_anybody.begin(),
                                     as_anybody.end());
        }
        Process server(command);
        const harness::Ended ended{.code = server.wait(), .out = {}, .errors = server.errors()};
        EXPECT_TRUE(ended.errors.starts_with("partyline-server: ")) << ended.errors;
        EXPECT_TRUE(server.lines().empty());
        expect_refused_in_a_line(ended, words);
    }
    /// A folder in which a server has run once.
    void run_once(const std::string& data) {
        ServerProcess server(scratch_, {.data = data});
        EXPECT_EQ(server.stop(), 0);
    }
    [[nodiscard]] fs::path path(const std::string& name) const { return scratch_.path(name); }

    const harness::Scratch scratch_;
};

TEST_F(RefusedStart, AConfigErrorNamesFileLineAndKey) {
    for (const auto& [config, words] : std::vector<std::pair<std::string, std::string>>{
             {"# ours\n\nnmae = \"x\"\n", ":3: nmae: there is no such key; did you mean \"name\"?"},
             {"[limits]\nsessions = 99999999999999999999\n",
              ":2: limits.sessions: is a number of more than 64 bits"},
             {"name = \"a\"\n\nname = \"b\"\n", ":3: name: stands there a second time"},
         }) {
        expect_complaint({.config = config}, {"/partyline-server.toml" + words});
    }
}

TEST_F(RefusedStart, TheAwayRoomMustBeThere) {
    const std::string config = "name = \"x\"\naway_room = \"Lobby/Atic\"\n";
    expect_complaint({.config = config},
                     {"/partyline-server.toml:2: away_room: there is no room \"Lobby/Atic\""});
    ServerProcess(scratch_, {.config = "away_room = \"games/Red team\"\n"}).stop();
    // That it names another room now is no reason to go on without any.
    expect_complaint({.config = config}, {"/partyline-server.toml:2: away_room: "});
}

TEST_F(RefusedStart, PortsInUseAreNamed) {
    ServerProcess other(scratch_, {.data = "other", .admin = "127.0.0.1:0"});
    const auto taken = std::format("127.0.0.1:{}", other.port());
    expect_complaint({.listen = taken}, {"TCP " + taken, "in use"});
    const auto admin = std::format("127.0.0.1:{}", other.admin_port());
    expect_complaint({.admin = admin}, {admin, "in use"});
    EXPECT_EQ(other.stop(), 0);
}

TEST_F(RefusedStart, AVoicePortInUseIsNamed) {
    const harness::Descriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{.sin_family = AF_INET, .sin_port = 0, .sin_addr = {}, .sin_zero = {}};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    ASSERT_EQ(::bind(socket.get(), generic, size), 0);
    ASSERT_EQ(::getsockname(socket.get(), generic, &size), 0);
    const auto taken = std::format("127.0.0.1:{}", ntohs(address.sin_port));
    expect_complaint({.listen = taken}, {"UDP " + taken, "in use"});
}

TEST_F(RefusedStart, ADataFolderThatCannotBeIsNamed) {
    // Below a file there is no folder, not even for root.
    const auto file = scratch_.file("file", "");
    expect_complaint({.data = "file/data"}, {file, "choose another with --data"});

    fs::create_directory(path("sealed"));
    fs::permissions(path("sealed"), fs::perms::owner_read | fs::perms::owner_exec);
    expect_complaint({.data = "sealed"}, {path("sealed"), "Permission denied", "make it writable"});
    expect_complaint({.data = "sealed/data"}, {path("sealed/data"), "Permission denied"});
}

TEST_F(RefusedStart, AnIdentityThatCannotBeUsedIsNamed) {
    run_once("data");
    const auto identity = path("data/identity");
    fs::permissions(identity, fs::perms::owner_read | fs::perms::others_read);
    expect_complaint({.data = "data"}, {identity, "chmod 600"});
    fs::permissions(identity, fs::perms::none);
    expect_complaint({.data = "data"}, {identity, "Permission denied", "chown"});
    fs::permissions(identity, fs::perms::owner_read | fs::perms::owner_write);
    fs::resize_file(identity, fs::file_size(identity) - 2);
    expect_complaint({.data = "data"}, {identity, "is damaged", "from a backup"});
    fs::remove(identity);
    fs::create_directory(identity);
    expect_complaint({.data = "data"}, {identity, "is not a file"});
}

TEST_F(RefusedStart, ADamagedDatabaseIsNamed) {
    run_once("data");
    fs::resize_file(path("data/partyline.db"), 0);
    std::ignore = scratch_.file("data/partyline.db", std::string(8192, 'x'));
    expect_complaint({.data = "data"}, {path("data/partyline.db")});
}

class RefusedCertificate : public RefusedStart {
protected:
    void SetUp() override {
        run_once("one");
        run_once("two");
    }
    /// A file that names these two, in its third and fourth line.
    static ServerOptions naming(const fs::path& certificate, const fs::path& key) {
        return {.config = std::format("name = \"x\"\n\ncertificate = \"{}\"\n"
                                      "certificate_key = \"{}\"\n",
                                      certificate.string(), key.string())};
    }
    void expect_certificate_refused(const fs::path& named, const std::string& why) {
        expect_complaint(naming(named, key_),
                         {"/partyline-server.toml:3: certificate: ", named, why});
    }
    void expect_key_refused(const fs::path& named, const std::string& why) {
        expect_complaint(naming(certificate_, named),
                         {"/partyline-server.toml:4: certificate_key: ", named, why});
    }

    const fs::path certificate_ = path("one/certificate.pem");
    const fs::path key_ = path("one/certificate-key.pem");
};

TEST_F(RefusedCertificate, IsNamedWithItsLine) {
    ServerProcess(scratch_, naming(certificate_, key_)).stop();

    const auto rubbish = scratch_.file("rubbish.pem", "rubbish\n");
    const auto sealed = scratch_.file("sealed.pem", "");
    fs::permissions(sealed, fs::perms::none);
    expect_certificate_refused(path("none.pem"), "No such file or directory; is the path right?");
    expect_certificate_refused(rubbish, "holds no certificate in PEM form");
    expect_certificate_refused(sealed, "Permission denied; the user that this program runs as");
    expect_key_refused(path("none.pem"), "No such file or directory; is the path right?");
    expect_key_refused(rubbish, "holds no key in PEM form");
    expect_key_refused(sealed, "Permission denied; the user that this program runs as");
    expect_key_refused(path("two/certificate-key.pem"), "the two do not belong together");
}

}  // namespace
}  // namespace partyline::integration
