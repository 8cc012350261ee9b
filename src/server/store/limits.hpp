// Every bound of this folder in one place.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace partyline::store {

/// How many writes become durable together at most, so that the first does not wait for too many.
inline constexpr std::size_t group_commit_max = 512;
/// What may wait for a slow disk. More is refused at once, in words.
inline constexpr std::size_t waiting_max = 10'000;
/// Ids are set aside this many at a time, so that none is used twice even after a crash.
inline constexpr std::uint64_t ids_reserved = 10'000;
/// So many of the newest entries of the audit log are kept, and beside them so many that say who recorded, and
/// what people did to accounts of their own: these push out none of the others.
inline constexpr std::int64_t audit_entries_max = 100'000;
inline constexpr std::int64_t audit_own_accounts_max = 20'000;
inline constexpr std::int64_t audit_recordings_max = 20'000;
/// Of these no more are one person's: whoever begins and ends all day pushes out their own.
inline constexpr std::int64_t audit_recordings_of_one_max = 1'000;
/// What a kept text counts for beside its words: a tombstone takes its place, too.
inline constexpr std::uint64_t message_weight_bytes = 100;
/// Of the unread texts of a room or conversation no more are counted: beyond it, it is "so many or
/// more".
inline constexpr std::uint32_t unread_counted_max = 1'000;
/// And so many of the newest are looked at for that, one's own and deleted ones among them.
inline constexpr std::uint32_t unread_looked_at_max = 2'000;
/// So many rooms and conversations are counted in one go, then it is the others' turn who read.
inline constexpr std::size_t counted_at_once = 8;
/// What a guest has read is forgotten when it is that old; accounts' never.
inline constexpr std::int64_t guest_markers_days_max = 90;
/// So many texts go in one transaction, however many are to go: what is said meanwhile passes in between.
inline constexpr std::size_t texts_pruned_at_once = 200;
/// And so many rows are looked at for that.
inline constexpr std::size_t rows_looked_at_once = 1'000;
/// A database up to that size is looked through before it is used: some tenths of a second. A larger one is
/// while it is used.
inline constexpr std::uintmax_t checked_at_start_bytes_max = 64 * 1024 * 1024;
/// Another program that holds the database (a backup, a curious owner) is waited for.
inline constexpr std::chrono::milliseconds busy_wait_max{2'000};

}  // namespace partyline::store
