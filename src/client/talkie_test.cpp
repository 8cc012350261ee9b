// What a person asks of a talkie that has no connection yet.
#include "client/talkie.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "client/limits.hpp"

namespace partyline::client {
namespace {

/// Lets everybody knock and never answers.
class ClosedDoor {
public:
    ClosedDoor() {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        EXPECT_EQ(::bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
        EXPECT_EQ(::listen(socket_, 5), 0);
        socklen_t length = sizeof address;
        EXPECT_EQ(::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &length), 0);
        port_ = ntohs(address.sin_port);
    }
    ~ClosedDoor() { ::close(socket_); }
    ClosedDoor(const ClosedDoor&) = delete;
    ClosedDoor& operator=(const ClosedDoor&) = delete;

    [[nodiscard]] std::uint16_t port() const { return port_; }

private:
    const int socket_ = ::socket(AF_INET, SOCK_STREAM, 0);
    std::uint16_t port_ = 0;
};

/// What a talkie has told, from its thread to ours.
class Heard {
public:
    void operator()(const Event& event) {
        const std::lock_guard lock(mutex_);
        if (const auto* refused = std::get_if<Refused>(&event)) {
            refused_.push_back(*refused);
        }
        ended_ = ended_ || std::holds_alternative<Disconnected>(event);
        told_.notify_all();
    }
    /// As soon as there are so many.
    std::vector<Refused> refused(std::size_t count) {
        std::unique_lock lock(mutex_);
        EXPECT_TRUE(told_.wait_for(lock, std::chrono::seconds(60),
                                   [&] { return refused_.size() >= count; }));
        return refused_;
    }
    bool ended() {
        std::unique_lock lock(mutex_);
        return told_.wait_for(lock, std::chrono::seconds(60), [&] { return ended_; });
    }

private:
    std::mutex mutex_;
    std::condition_variable told_;
    std::vector<Refused> refused_;
    bool ended_ = false;
};

class WithoutAConnection : public testing::Test {
protected:
    const ClosedDoor door_;
    Heard heard_;
    const std::unique_ptr<Talkie> talkie_ =
        Talkie::start({.host = "127.0.0.1",
                       .port = door_.port(),
                       .name = "ada",
                       .trust = {.fingerprint = std::string(43, 'A')}},
                      std::ref(heard_))
            .value();
};

TEST_F(WithoutAConnection, SoMuchWaitsAndTheRestIsRefusedInWords) {
    for (std::size_t i = 0; i < early_commands_max; ++i) {
        talkie_->say("early");
    }
    talkie_->say("too much");
    const auto first = heard_.refused(1);
    ASSERT_EQ(first.size(), 1U);
    EXPECT_EQ(first.front().command, "say");
    EXPECT_EQ(first.front().error.code, ErrorCode::rate_limited);
    EXPECT_EQ(first.front().error.message, "Too much waits for the connection already.");

    talkie_->disconnect();
    EXPECT_TRUE(heard_.ended());
    const auto all = heard_.refused(1 + early_commands_max);
    ASSERT_EQ(all.size(), 1 + early_commands_max) << "nothing is lost without a word";
    EXPECT_EQ(all.back().error.message, "Not sent: early");
}

TEST_F(WithoutAConnection, WhoeverWantsToRecordIsToldWhyNot) {
    talkie_->record({.folder = "/nonexistent/folder"});
    const auto refused = heard_.refused(1);
    EXPECT_EQ(refused.front().command, "record");
    EXPECT_EQ(refused.front().error.code, ErrorCode::closed);
    EXPECT_TRUE(refused.front().error.message.contains("no connection"))
        << refused.front().error.message;
}

}  // namespace
}  // namespace partyline::client
