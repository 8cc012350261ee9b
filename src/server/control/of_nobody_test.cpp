// What the messages are answered, by whom, that act on nobody: each by everybody, with the very refusal.
// targets_test.cpp has those that act on somebody.
#include <format>

#include "server/control/people_fixture.hpp"
#include "server/control/ranks_test_support.hpp"

namespace partyline::control {
namespace {

using ranks::OfNobody;

class OfNobodyTest : public PeopleTest, public testing::WithParamInterface<ranks::Who> {
protected:
    OfNobodyTest() {
        store.remembered.roles.push_back(ranks::steward());
        store.remembered.last_role = ranks::steward_role;
        const auto who = GetParam();
        if (who != ranks::Who::guest) {
            add("Actor", ranks::roles_of(who), who == ranks::Who::owner);
        }
        // Each is asked by a login of its own.
        const Rate free{.per_second = 1e6, .burst = 1e6};
        auto& limits = config.limits;
        limits.texts = limits.histories = limits.moves = limits.changes = free;
    }

    static ErrorCode expected(const OfNobody& row) {
        if (row.needs && !ranks::grants(GetParam()).has(*row.needs)) {
            return ErrorCode::not_permitted;
        }
        return GetParam() == ranks::Who::guest ? row.to_guests.value_or(row.answer) : row.answer;
    }

    net::task<> try_all() {
        int number = 0;
        for (const auto& row : ranks::of_nobody()) {
            Caller caller(loop);
            co_await enter(caller, "Actor", std::format("Actor {}", ++number));
            co_await caller.ask<wire::Joined>(wire::Join{.channel = lobby, .password = {}});
            EXPECT_EQ(co_await outcome(caller, row.body), expected(row)) << row.what;
        }
    }
};

TEST_P(OfNobodyTest, IsAnsweredAsItIsPermitted) { play(try_all()); }
INSTANTIATE_TEST_SUITE_P(By, OfNobodyTest, testing::ValuesIn(ranks::everybody),
                         [](const auto& who) { return ranks::names.at(ranks::index(who.param)); });

}  // namespace
}  // namespace partyline::control
