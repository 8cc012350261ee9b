// Every bound of the control lane. What a server's owner, or a test, may set is in Limits; the rest
// is fixed.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "base/clock.hpp"
#include "server/control/token_bucket.hpp"

namespace partyline::control {

struct Limits {
    // Who may come in.
    std::size_t sessions = 1000;
    std::size_t connections = 2000;
    // An IPv6 network of 64 bits counts as one address. Of seats, those that are kept count, too.
    std::size_t connections_per_address = 256;
    std::size_t unauthenticated = 256;
    // How long one of these keeps its place for sure, from connecting, and once more from when TLS stands.
    Duration door_time = std::chrono::seconds(1);
    // How fast: a handshake costs more than anything else that a stranger can ask for. One address
    // has room for everybody behind it to come back at once after a restart.
    Rate arrivals{.per_second = 400, .burst = 4000};
    Rate arrivals_per_address{.per_second = 20, .burst = 1000};
    // From one IPv4 network of 24 bits, or one IPv6 network of 48, while no more is left of all arrivals
    // than what is kept for networks that have brought nobody lately.
    Rate arrivals_kept_per_network{.per_second = 0.1, .burst = 4};
    // Of those that are not let in, how many are told why: the others are hung up on.
    std::size_t told_at_once = 16;
    Rate told{.per_second = 10, .burst = 20};

    // How long anything may take.
    Duration handshake = std::chrono::seconds(5);  // from connecting until TLS stands
    Duration login = std::chrono::seconds(5);      // from then until Login was accepted
    Duration silence = std::chrono::seconds(45);   // since the last message of a connection
    Duration closing = std::chrono::seconds(1);    // for the last words to be read
    Duration closing_dismissed = std::chrono::milliseconds(50);  // by whoever was sent away

    // What waits for whoever has lost its connection. A resume of 0 keeps no seat.
    Duration resume = std::chrono::seconds(60);
    std::size_t seats_away = 1000;  // at a time; beyond it the one that has waited longest goes
    std::size_t shares_away = 256;  // for each: the newest of so many speakers
    std::size_t replay_bytes = 256 * 1024;    // to one; beyond it, it gets a snapshot instead
    std::size_t log_bytes = 4 * 1024 * 1024;  // of events that were told, for all together
    std::size_t log_events = 16'384;

    // What may wait for a slow reader. Voice has its own bound and is dropped, never the reader.
    std::size_t outbox_bytes = 1024 * 1024;
    std::size_t voice_bytes = 32 * 1024;
    Duration voice_age = std::chrono::milliseconds(200);

    // How much one person may do, by however many sessions.
    Rate texts{.per_second = 5, .burst = 20};      // said, edited, deleted
    Rate histories{.per_second = 5, .burst = 20};  // pages
    Rate moves{.per_second = 5, .burst = 20};      // joins, leaves, renewed devices
    Rate changes{.per_second = 5, .burst = 50};    // of roles and of the tree of rooms
    Rate temporary_rooms{.per_second = 0.1, .burst = 5};
    Rate recordings{.per_second = 0.1, .burst = 5};  // begun
    // How much of it comes from all people behind one IPv4 address, or one IPv6 network of 48 bits: so
    // much for each connection that an address may have, and never less than one person.
    Rate texts_behind_address{.per_second = 0.2, .burst = 2};
    Rate moves_behind_address{.per_second = 0.2, .burst = 2};
    // How much one session may ask for. A message costs 1, and 1 more for each 4 KiB.
    Rate messages{.per_second = 50, .burst = 200};
    Rate refusals{.per_second = 10, .burst = 500};  // beyond this a session is ended
    Rate rotations{.per_second = 1, .burst = 5};    // of each stream
    Rate share_messages{.per_second = 20, .burst = 100};
    Rate member_keys{.per_second = 1000, .burst = 5000};
    // Sets named, and people in them; and who comes into others' sets, or goes out of them, by one's moves:
    // who owes for that names nobody, and comes into no set, until it is made up for.
    Rate whispers{.per_second = 100, .burst = 2000};
    // Sets of whisperers of which the relay learns at once, in each tick_interval. However many change,
    // and however often: of the others it learns with the next tick.
    std::size_t whispers_at_once = 256;
    Rate tunnelled{.per_second = 250, .burst = 250};
    // Guesses of an account's password: from one address, and by anybody from anywhere; and all tries
    // of passwords, codes and tokens from one address.
    Rate password_attempts{.per_second = 0.1, .burst = 10};
    Rate password_attempts_per_account{.per_second = 0.5, .burst = 100};
    Rate password_attempts_per_address{.per_second = 0.5, .burst = 20};
    Rate room_password_attempts_per_address{.per_second = 1, .burst = 50};
    // Accounts claimed from one IPv4 address, or one IPv6 network of 48 bits: a whole party may in a minute, and
    // a stranger at one of them takes months to use up room::accounts_max.
    Rate claims_per_address{.per_second = 0.005, .burst = 50};
    Duration key_request_interval = std::chrono::seconds(1);  // for each speaker and stream

    // How often others are told.
    Duration presence_interval = std::chrono::milliseconds(50);
    Duration presence_interval_crowded = std::chrono::milliseconds(250);
    Duration speaking_interval = std::chrono::milliseconds(100);
};

/// One address may hold this part of the places for those not logged in: nobody shuts the door for
/// all others by just standing in it.
inline constexpr std::size_t unauthenticated_share = 4;
/// This part of them is for sites, as site_address() has them, that hold none yet: however fast a crowd
/// comes, there is room for one more.
inline constexpr std::size_t first_comers_share = 8;
/// This part of the arrivals at once is kept for networks that have brought nobody lately: however fast
/// a crowd comes from a few of them, it does not use up what others come by.
inline constexpr std::size_t quiet_networks_share = 8;
/// Networks of which it is remembered that they have brought somebody by what is kept. Beyond it nobody
/// else does, until enough of them are quiet again; how often that is looked at.
inline constexpr std::size_t networks_remembered_max = 4096;
inline constexpr Duration networks_forgotten_interval = std::chrono::seconds(1);
/// Addresses without a connection whose arrivals are still counted. Beyond it strangers wait until
/// somebody's count has run out.
inline constexpr std::size_t addresses_remembered_max = 16'384;

/// A talkie says something every 4 s. The line of one that has said nothing for longer is taken for broken.
inline constexpr Duration quiet_line = std::chrono::seconds(5);

/// Seats beyond Limits::sessions, for those who may administer, ban or kick: whoever fills the server
/// keeps out nobody who could do something about it.
inline constexpr std::size_t order_seats = 8;
/// All addresses of one IPv6 network of 48 bits, which is easily had, may have together as many
/// connections, and seats, as so many addresses.
inline constexpr std::size_t site_addresses = 2;

inline constexpr Duration tick_interval = std::chrono::milliseconds(25);
inline constexpr Duration room_losses_interval = std::chrono::seconds(1);
inline constexpr Duration prune_interval = std::chrono::hours(1);
/// What nobody finds any more can wait: it goes with one of these prunings.
inline constexpr Duration sweep_interval = std::chrono::hours(24);
/// What has been read is stored that often, or when so many markers wait: nobody waits for it.
inline constexpr Duration read_marks_interval = std::chrono::seconds(1);
inline constexpr std::size_t read_marks_waiting_max = 256;
/// Administrative commands that wait for the one before them.
inline constexpr std::size_t durable_waiting_max = 256;
/// Of moderators, who wait only for a change of who people are.
inline constexpr std::size_t durable_at_once_max = 256;
inline constexpr std::uint32_t durable_retry_ms = 1000;
/// Changes that hold though the store has not taken them, and how often it is asked again.
inline constexpr std::size_t durable_owed_max = 4096;
/// Of one moderator, and kept free for whoever sits at the machine.
inline constexpr std::size_t durable_owed_of_one_max = 512;
inline constexpr std::size_t durable_owed_reserve = 512;
static_assert(durable_owed_of_one_max + durable_owed_reserve < durable_owed_max);
/// Lines of the audit log about what people do of their own accord that wait for the disk, and of one person.
inline constexpr std::size_t durable_notes_max = 1024;
inline constexpr std::size_t durable_notes_of_one_max = 32;
inline constexpr Duration durable_payment_interval = std::chrono::seconds(10);
/// Hashes of passwords that are made at once, each of which takes 64 MiB, and those that wait.
inline constexpr std::size_t hashes_at_once_max = 2;
inline constexpr std::size_t hashes_waiting_max = 64;
inline constexpr std::uint32_t hashing_retry_ms = 1000;
/// Accounts, and addresses, whose tries are counted.
inline constexpr std::size_t attempts_remembered_max = 16'384;
/// Who has lately done something that is counted by person.
inline constexpr std::size_t people_remembered_max = 16'384;
inline constexpr std::uint32_t people_remembered_retry_ms = 10'000;
/// Addresses from which much of that has lately come.
inline constexpr std::size_t busy_addresses_max = 16'384;
/// Whose last text in which room with slow mode is remembered.
inline constexpr std::size_t slow_mode_remembered_max = 65'536;
inline constexpr std::size_t crowded_sessions = 100;
/// What is sent in crowded rooms, and in others.
inline constexpr std::uint32_t long_frame_ms = 20;
inline constexpr std::uint32_t short_frame_ms = 10;

inline constexpr std::size_t message_bytes_per_cost = 4096;
inline constexpr std::size_t read_buffer_bytes = 16 * 1024;  // one for all connections
inline constexpr std::size_t tunnel_down_batch = 256;
inline constexpr std::size_t key_requests_remembered_max = 1024;

}  // namespace partyline::control
