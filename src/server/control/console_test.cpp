// The admin socket: what may be asked over it, and that it disturbs nobody.
#include "platform/scratch_folder.hpp"
#include "server/control/people_fixture.hpp"

namespace partyline::control {
namespace {

/// A program at the other end of the socket.
class Terminal {
public:
    Terminal(net::Loop& loop, const std::filesystem::path& path)
        : stream_(net::LocalStream::connect(loop, path).value()) {}

    /// The next message; nothing once the connection has ended.
    net::task<std::optional<wire::ServerMessage>> next() {
        Bytes buffer(4096);
        for (;;) {
            const auto message = frames_.next().value();
            if (message) {
                co_return wire::decode_server(*message).value();
            }
            const auto got = co_await stream_.read_some(buffer);
            if (!got) {
                co_return std::nullopt;
            }
            frames_.feed(ByteView(buffer).first(*got));
        }
    }

    net::task<> send(wire::ClientBody body, std::uint64_t id) {
        Bytes frame;
        EXPECT_TRUE(wire::append_frame(
            frame, wire::encode(wire::ClientMessage{.request_id = id, .body = std::move(body)})));
        EXPECT_TRUE(co_await stream_.write(frame));
    }

    /// Skips the tree of rooms.
    net::task<> start() {
        while (auto message = co_await next()) {
            if (std::holds_alternative<wire::SnapshotEnd>(message->body)) {
                co_return;
            }
        }
        ADD_FAILURE() << "no end of the rooms";
    }

    template <class Answer>
    net::task<Answer> ask(wire::ClientBody body) {
        co_await send(std::move(body), ++requests_);
        const auto message = co_await next();
        if (!message) {
            throw std::runtime_error("the connection has ended");
        }
        EXPECT_EQ(message->reply_to, requests_);
        if (const auto* refusal = std::get_if<wire::Refusal>(&message->body);
            refusal != nullptr && !std::same_as<Answer, wire::Refusal>) {
            throw std::runtime_error(refusal->error.message);
        }
        co_return std::get<Answer>(message->body);
    }

    net::LocalStream& stream() { return stream_; }

private:
    net::LocalStream stream_;
    wire::FrameReader frames_;
    std::uint64_t requests_ = 0;
};

class ConsoleTest : public PeopleTest {
protected:
    ConsoleTest() { admin_socket = folder.path() / "s"; }
    platform::ScratchFolder folder;
};

TEST_F(ConsoleTest, IsShownAllRooms) {
    const auto scenario = [&]() -> net::task<> {
        Terminal terminal(loop, admin_socket);
        const auto page = co_await terminal.next();
        const auto& channels = std::get<wire::ChannelPage>(page.value().body).channels;
        EXPECT_EQ(channels.size(), config.channels.size());
        const auto end = co_await terminal.next();
        EXPECT_TRUE(std::holds_alternative<wire::SnapshotEnd>(end.value().body));
    };
    play(scenario());
}

TEST_F(ConsoleTest, GivesAndTakesRolesAsTheOwnerMay) {
    const auto scenario = [&]() -> net::task<> {
        Terminal terminal(loop, admin_socket);
        co_await terminal.start();
        co_await terminal.ask<wire::Ok>(
            wire::GrantRole{.account = "Mem", .role = room::admin_role});
        co_await terminal.ask<wire::Ok>(
            wire::RevokeRole{.account = "Adam", .role = room::admin_role});
        const auto page = co_await terminal.ask<wire::Accounts>(wire::ListAccounts{});
        const auto roles_of = [&](std::string_view name) {
            return std::ranges::find(page.accounts, name, &wire::AccountEntry::name)->roles;
        };
        EXPECT_EQ(roles_of("Mem"), std::vector{room::admin_role});
        EXPECT_TRUE(roles_of("Adam").empty());
        EXPECT_FALSE(page.more);
    };
    play(scenario());
}

TEST_F(ConsoleTest, IsInNobodysWay) {
    const auto scenario = [&]() -> net::task<> {
        Caller mem(loop);
        co_await enter(mem, "Mem", "Mem");
        Terminal terminal(loop, admin_socket);
        co_await terminal.start();
        EXPECT_EQ(server->model().sessions().size(), 1U);
        EXPECT_EQ(server->admission().connections(), 1U);
    };
    play(scenario());
}

TEST_F(ConsoleTest, DeletesAnAccountWhosePeopleGoOnAsGuests) {
    const auto scenario = [&]() -> net::task<> {
        Caller mem(loop);
        co_await enter(mem, "Mem", "Mem");
        Terminal terminal(loop, admin_socket);
        co_await terminal.start();
        co_await terminal.ask<wire::Ok>(wire::DeleteAccount{.name = "mem"});
        co_await refused(mem, wire::ListDevices{}, ErrorCode::unknown_account);
        const auto refusal =
            co_await terminal.ask<wire::Refusal>(wire::DeleteAccount{.name = "mem"});
        EXPECT_EQ(refusal.error.code, ErrorCode::unknown_account);
    };
    play(scenario());
}

TEST_F(ConsoleTest, LeavesTheOwnersAccount) {
    const auto scenario = [&]() -> net::task<> {
        Terminal terminal(loop, admin_socket);
        co_await terminal.start();
        const auto refusal =
            co_await terminal.ask<wire::Refusal>(wire::DeleteAccount{.name = "Ada"});
        EXPECT_EQ(refusal.error.code, ErrorCode::not_permitted);
        const auto nobody = co_await terminal.ask<wire::Refusal>(wire::DeleteAccount{});
        EXPECT_EQ(nobody.error.code, ErrorCode::unknown_account);
    };
    play(scenario());
}

/// More pages than anybody else may look up at once.
TEST_F(ConsoleTest, HoldsOffNobodyWhoKeepsOrderThere) {
    clock = &manual_clock;
    const auto scenario = [&]() -> net::task<> {
        Terminal terminal(loop, admin_socket);
        co_await terminal.start();
        constexpr int many = 60;
        for (int i = 0; i < many; ++i) {
            co_await terminal.ask<wire::Bans>(
                wire::AddBan{.identity = Bytes(32, static_cast<std::byte>(i + 1))});
        }
        for (int i = 0; i < many; ++i) {
            co_await terminal.ask<wire::Bans>(wire::ListBans{});
            co_await terminal.ask<wire::Audit>(wire::GetAudit{});
        }
        const auto page = co_await terminal.ask<wire::Bans>(wire::ListBans{});
        EXPECT_EQ(page.bans.size(), wire::moderation_page_entries_max);
        EXPECT_TRUE(page.more);
        EXPECT_EQ(page.bans.front().by, "(at the machine)");
        for (int i = 1; i <= many; ++i) {
            co_await terminal.ask<wire::Ok>(
                wire::LiftBan{.ban = BanId{static_cast<std::uint64_t>(i)}, .reason = "enough"});
        }
        EXPECT_TRUE((co_await terminal.ask<wire::Bans>(wire::ListBans{})).bans.empty());
        const auto entry = std::get<room::AuditEntry>(store.applied.back().back());
        EXPECT_EQ(entry.action, "unban");
        EXPECT_EQ(entry.actor, "(at the machine)");
    };
    play(scenario());
}

TEST_F(ConsoleTest, ExplainsWhatAnAccountMay) {
    const auto scenario = [&]() -> net::task<> {
        Terminal terminal(loop, admin_socket);
        co_await terminal.start();
        const auto kick = static_cast<std::uint8_t>(room::Permission::kick);
        EXPECT_TRUE((co_await terminal.ask<wire::Explanation>(
                         wire::Explain{.account = "Mo", .permission = kick}))
                        .holds);
        EXPECT_FALSE((co_await terminal.ask<wire::Explanation>(
                          wire::Explain{.account = "Mem", .permission = kick}))
                         .holds);
        EXPECT_TRUE(
            (co_await terminal.ask<wire::Explanation>(wire::Explain{.permission = kick})).holds);
    };
    play(scenario());
}

TEST_F(ConsoleTest, TakesNothingThatNeedsASession) {
    const auto scenario = [&]() -> net::task<> {
        Terminal terminal(loop, admin_socket);
        co_await terminal.start();
        const auto joining = co_await terminal.ask<wire::Refusal>(wire::Join{.channel = lobby});
        EXPECT_EQ(joining.error.code, ErrorCode::unsupported);
        EXPECT_FALSE(joining.closing);
        for (wire::ClientBody body :
             {wire::ClientBody(wire::Resume{
                  .session = SessionId{1}, .token = Bytes(32), .signature = Bytes(64)}),
              wire::ClientBody(wire::Login{.identity = Bytes(32),
                                           .x25519 = Bytes(32),
                                           .versions = {1},
                                           .signature = Bytes(64),
                                           .device = {.signature = Bytes(64)},
                                           .name = "Mallory"})}) {
            const auto refusal = co_await terminal.ask<wire::Refusal>(std::move(body));
            EXPECT_EQ(refusal.error.code, ErrorCode::unsupported);
        }
        const auto becoming = co_await terminal.ask<wire::Refusal>(
            wire::BecomeOwner{.token = "7Q2KX-0M9RD-EV4WT-1H8NA"});
        EXPECT_EQ(becoming.error.code, ErrorCode::unsupported);
    };
    play(scenario());
}

TEST_F(ConsoleTest, EndsWithWhatIsNoRequest) {
    const auto scenario = [&]() -> net::task<> {
        Terminal terminal(loop, admin_socket);
        co_await terminal.start();
        co_await terminal.send(wire::GetRoles{}, 0);
        const auto last = co_await terminal.next();
        EXPECT_TRUE(std::get<wire::Refusal>(last.value().body).closing);
        EXPECT_FALSE(co_await terminal.next());

        Terminal garbage(loop, admin_socket);
        co_await garbage.start();
        EXPECT_TRUE(co_await garbage.stream().write(Bytes(100, std::byte{0xFF})));
        const auto words = co_await garbage.next();
        EXPECT_EQ(std::get<wire::Refusal>(words.value().body).error.code, ErrorCode::too_large);
        EXPECT_FALSE(co_await garbage.next());
    };
    play(scenario());
}

TEST_F(ConsoleTest, MayHangUpBeforeTheAnswer) {
    const auto scenario = [&]() -> net::task<> {
        {
            Terminal hasty(loop, admin_socket);
            co_await hasty.start();
            co_await hasty.send(
                wire::ChangePassword{.current = {}, .password = "battery staple", .name = "Mem"},
                1);
        }
        // Whoever asked is gone by the time that the password is hashed; it is changed all the same.
        Terminal terminal(loop, admin_socket);
        co_await terminal.start();
        const auto& directory = server->model().directory();
        while (directory.account_named("Mem")->password_hash.empty()) {
            co_await terminal.ask<wire::Accounts>(wire::ListAccounts{});
        }
    };
    play(scenario());
}

TEST_F(ConsoleTest, IsAskedAsOftenAsOneLikes) {
    const auto scenario = [&]() -> net::task<> {
        Terminal terminal(loop, admin_socket);
        co_await terminal.start();
        for (double i = 0; i < 2 * config.limits.messages.burst; ++i) {
            co_await terminal.ask<wire::Accounts>(wire::ListAccounts{});
        }
    };
    play(scenario());
}

}  // namespace
}  // namespace partyline::control
