#include "client/pins.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <filesystem>
#include <format>
#include <fstream>
#include <future>
#include <optional>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "client/kept_file.hpp"

namespace partyline::client {
namespace {

std::string fingerprint_of(std::uint8_t seed) {
    return to_base64url(Bytes(32, static_cast<std::byte>(seed)));
}

class PinsTest : public testing::Test {
protected:
    PinsTest() {
        auto name = (std::filesystem::temp_directory_path() / "partyline-pins-XXXXXX").string();
        folder_ = ::mkdtemp(name.data());
        path_ = (folder_ / "deeper" / "known_servers").string();
    }
    ~PinsTest() override { std::filesystem::remove_all(folder_); }

    [[nodiscard]] ServerTrust trust() const { return {.known_servers_path = path_}; }
    /// As a talkie does.
    static Result<ServerKnown> meet(const ServerTrust& by, const std::string& server,
                                    const std::string& fingerprint) {
        auto known = check_server(by, server, fingerprint);
        if (known == ServerKnown::first_use) {
            if (auto pinned = pin_server(by, server, fingerprint); !pinned) {
                return std::unexpected(std::move(pinned).error());
            }
        }
        return known;
    }

    void write(const std::string& text) const {
        std::filesystem::create_directories(std::filesystem::path(path_).parent_path());
        std::ofstream(path_) << text;
    }
    [[nodiscard]] std::string read() const {
        std::ostringstream text;
        text << std::ifstream(path_).rdbuf();
        return text.str();
    }
    [[nodiscard]] std::size_t files() const {
        const auto parent = std::filesystem::path(path_).parent_path();
        return static_cast<std::size_t>(
            std::distance(std::filesystem::directory_iterator(parent), {}));
    }

    std::filesystem::path folder_;
    std::string path_;
};

TEST_F(PinsTest, PinsOnFirstUseAndKnowsAfter) {
    const auto print = fingerprint_of(1);
    EXPECT_EQ(meet(trust(), "host:1", print), ServerKnown::first_use);
    EXPECT_EQ(read(), "host:1 " + print + "\n");
    EXPECT_EQ(check_server(trust(), "host:1", print), ServerKnown::before);
    EXPECT_EQ(meet(trust(), "host:2", fingerprint_of(2)), ServerKnown::first_use);
    EXPECT_EQ(check_server(trust(), "host:1", print), ServerKnown::before);

    struct stat facts{};
    ASSERT_EQ(::stat(path_.c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 0777U, 0600U);
    EXPECT_EQ(files(), 1U) << "nothing is left lying about";
}

TEST_F(PinsTest, AChangedIdentityIsAHardStopThatShowsBoth) {
    write("# mine\n\nother:1 " + fingerprint_of(7) + "\nhost:1 " + fingerprint_of(1) + "\n");
    const auto before = read();
    const auto refused = check_server(trust(), "host:1", fingerprint_of(2));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::wrong_identity);
    EXPECT_EQ(refused.error().message,
              std::format("host:1 is not the server it should be. Its fingerprint is {0}, but the "
                          "one pinned in {2}, line 4, is {1}. Either somebody is in between and "
                          "pretends to be the server, or it has a new identity; nothing was sent. "
                          "Ask its owner for its fingerprint in some other way. If it is {0}, "
                          "delete line 4 of {2} and connect again; if it is not, somebody listens "
                          "in: do not go on.",
                          fingerprint_of(2), fingerprint_of(1), path_));
    EXPECT_EQ(read(), before);
}

TEST_F(PinsTest, InsistingNeverOverwritesAPin) {
    meet(trust(), "host:1", fingerprint_of(1)).value();
    const auto before = read();
    auto insisting = trust();
    insisting.fingerprint = fingerprint_of(2);
    EXPECT_EQ(check_server(insisting, "host:1", fingerprint_of(2)).error().code,
              ErrorCode::wrong_identity);
    const auto other = check_server(insisting, "host:1", fingerprint_of(1));
    EXPECT_EQ(other.error().code, ErrorCode::wrong_identity);
    EXPECT_TRUE(other.error().message.contains("If it is " + fingerprint_of(1) +
                                               ", ask for that one; if it is not, "))
        << other.error().message;
    EXPECT_EQ(read(), before);
}

TEST_F(PinsTest, InsistingPinsOnFirstUseAndWorksWithoutAFile) {
    auto insisting = trust();
    insisting.fingerprint = fingerprint_of(2);
    EXPECT_EQ(check_server(insisting, "host:1", fingerprint_of(3)).error().code,
              ErrorCode::wrong_identity);
    EXPECT_FALSE(std::filesystem::exists(path_));
    EXPECT_EQ(meet(insisting, "host:1", fingerprint_of(2)), ServerKnown::first_use);
    EXPECT_EQ(read(), "host:1 " + fingerprint_of(2) + "\n");

    insisting.known_servers_path.clear();
    EXPECT_EQ(check_server(insisting, "other:1", fingerprint_of(2)), ServerKnown::before);
    insisting.fingerprint.reset();
    EXPECT_EQ(check_server(insisting, "other:1", fingerprint_of(2)).error().code,
              ErrorCode::config);
}

TEST_F(PinsTest, KeepsWhatElseIsInTheFile) {
    const auto old = "# mine\n\n  spaced:1   " + fingerprint_of(7) + "  \nlast:2 " +
                     fingerprint_of(8);  // without a line feed
    write(old);
    EXPECT_EQ(meet(trust(), "host:1", fingerprint_of(1)), ServerKnown::first_use);
    EXPECT_EQ(read(), old + "\nhost:1 " + fingerprint_of(1) + "\n");
    EXPECT_EQ(check_server(trust(), "spaced:1", fingerprint_of(7)), ServerKnown::before);
    EXPECT_EQ(check_server(trust(), "last:2", fingerprint_of(8)), ServerKnown::before);
}

TEST_F(PinsTest, ALineThatCannotBeReadStopsAll) {
    for (const std::string bad : {"host:1", "host:1 short", "host:1 %%%", "x y z"}) {
        write("a:1 " + fingerprint_of(1) + "\n" + bad + "\n");
        const auto refused = check_server(trust(), "host:1", fingerprint_of(1));
        ASSERT_FALSE(refused) << bad;
        EXPECT_EQ(refused.error().code, ErrorCode::config);
        EXPECT_NE(refused.error().message.find("line 2"), std::string::npos);
        EXPECT_NE(refused.error().message.find(path_), std::string::npos);
    }
}

TEST_F(PinsTest, AFileThatCannotBeKeptMeansNoTrust) {
    std::filesystem::create_directories(path_);  // a folder where the file should be
    const auto refused = check_server(trust(), "host:1", fingerprint_of(1));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::config);
    EXPECT_NE(refused.error().message.find(path_), std::string::npos);
}

TEST_F(PinsTest, AFolderThatTakesNoFileIsNamed) {
    std::ofstream(folder_ / "deeper") << "no folder";
    const auto pinned = pin_server(trust(), "host:1", fingerprint_of(1));
    ASSERT_FALSE(pinned);
    EXPECT_EQ(pinned.error().code, ErrorCode::config);
    EXPECT_TRUE(pinned.error().message.contains((folder_ / "deeper").string()))
        << pinned.error().message;
}

TEST_F(PinsTest, NobodyWaitsForAnotherToCheckAServer) {
    meet(trust(), "host:1", fingerprint_of(1)).value();
    std::optional<KeptFile> held(KeptFile::open(path_, "what another talkie changes").value());
    auto checked = std::async(std::launch::async, [this] {
        return check_server(trust(), "host:1", fingerprint_of(1)) == ServerKnown::before;
    });
    const bool at_once = checked.wait_for(std::chrono::seconds(60)) == std::future_status::ready;
    held.reset();
    EXPECT_TRUE(at_once);
    EXPECT_TRUE(checked.get());
}

TEST_F(PinsTest, WhoeverAnotherTalkieHasPinnedOtherwiseMeanwhileIsRefused) {
    ASSERT_EQ(check_server(trust(), "host:1", fingerprint_of(1)), ServerKnown::first_use);
    EXPECT_FALSE(std::filesystem::exists(path_)) << "it is pinned once it has answered";
    ASSERT_TRUE(pin_server(trust(), "host:1", fingerprint_of(2)));
    const auto before = read();
    const auto refused = pin_server(trust(), "host:1", fingerprint_of(1));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::wrong_identity);
    EXPECT_FALSE(refused.error().message.contains("nothing was sent")) << refused.error().message;
    EXPECT_TRUE(pin_server(trust(), "host:1", fingerprint_of(2))) << "it is as it should be";
    EXPECT_EQ(read(), before);
}

TEST_F(PinsTest, PinsAtTheSameTimeDoNotUndoEachOther) {
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i) {
        threads.emplace_back([&, i] {
            for (int j = 0; j < 10; ++j) {
                const auto server = "host:" + std::to_string(100 * i + j);
                EXPECT_EQ(meet(trust(), server, fingerprint_of(1)), ServerKnown::first_use);
            }
        });
    }
    for (auto& thread : threads) {
        thread.join();
    }
    EXPECT_EQ(parse_pins(read())->size(), 80U);
}

TEST(Pins, ServerNames) {
    EXPECT_EQ(server_name_of("Voice.Example.ORG", 47180), "voice.example.org:47180");
    EXPECT_EQ(server_name_of("2001:DB8::1", 1), "[2001:db8::1]:1");
    EXPECT_EQ(server_name_of("[2001:db8::1]", 1), "[2001:db8::1]:1");
}

}  // namespace
}  // namespace partyline::client
