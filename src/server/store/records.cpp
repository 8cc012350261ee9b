#include "server/store/records.hpp"

#include <map>
#include <optional>
#include <utility>

#include "server/room/built_in.hpp"
#include "server/room/names.hpp"
#include "server/store/channels.hpp"
#include "server/store/letters.hpp"
#include "server/store/limits.hpp"
#include "server/store/people.hpp"
#include "server/store/statement.hpp"

namespace partyline::store {
namespace {

using Hash = std::array<std::byte, 32>;

// --- reading -------------------------------------------------------------------------------------

void read_roles(SQLite::Database& database, room::Records& records) {
    for_rows(database, "SELECT id, name, rank, grants, built_in FROM role ORDER BY id",
             [&](Row row) {
                 auto& role = records.roles.emplace_back();
                 role.id = row.id<RoleId>();
                 role.name = row.text();
                 role.rank = row.number<std::uint16_t>();
                 role.grants = room::PermissionSet::from_bits(row.number<std::uint64_t>());
                 role.built_in = row.flag();
             });
}

void read_accounts(SQLite::Database& database, room::Records& records) {
    std::map<AccountId, std::vector<RoleId>> roles;
    for_rows(database, "SELECT account, role FROM account_role ORDER BY account, place",
             [&](Row row) {
                 const auto account = row.id<AccountId>();
                 roles[account].push_back(row.id<RoleId>());
             });
    for_rows(database,
             "SELECT id, name, password_hash, recovery_hash, owner, created_unix_ms "
             "FROM account ORDER BY id",
             [&](Row row) {
                 auto& account = records.accounts.emplace_back();
                 account.id = row.id<AccountId>();
                 account.name = row.text();
                 account.password_hash = row.text();
                 account.recovery_hash = row.text();
                 account.owner = row.flag();
                 account.created_unix_ms = row.number<std::int64_t>();
                 account.roles = std::move(roles[account.id]);
             });
    for_rows(database,
             "SELECT identity, account, label, linked_unix_ms FROM device ORDER BY identity",
             [&](Row row) {
                 auto& device = records.devices.emplace_back();
                 device.identity = row.array<room::Identity>();
                 device.account = row.id<AccountId>();
                 device.label = row.text();
                 device.linked_unix_ms = row.number<std::int64_t>();
             });
}

void read_bans(SQLite::Database& database, room::Records& records) {
    for_rows(database,
             "SELECT id, identity, account, address, prefix_bits, name, reason, author, "
             "created_unix_ms, until_unix_ms, rank FROM ban ORDER BY id",
             [&](Row row) {
                 auto& ban = records.bans.emplace_back();
                 ban.id = row.id<BanId>();
                 const bool no_identity = row.empty();
                 const auto identity = row.array<room::Identity>();
                 if (!no_identity) {
                     ban.identity = identity;
                 }
                 ban.account = row.id<AccountId>();
                 const bool no_address = row.empty();
                 const auto address = row.array<room::AddressBytes>();
                 const auto prefix_bits = row.number<std::uint8_t>();
                 if (!no_address) {
                     ban.range = {.address = address, .prefix_bits = prefix_bits};
                 }
                 ban.name = row.text();
                 ban.reason = row.text();
                 ban.by = row.text();
                 ban.created_unix_ms = row.number<std::int64_t>();
                 ban.until_unix_ms = row.number<std::int64_t>();
                 ban.rank = row.number<std::uint32_t>();
             });
}

void read_invites(SQLite::Database& database, room::Records& records) {
    for_rows(database,
             "SELECT id, token_hash, coalesce(role, 0), coalesce(channel, 0), uses_left, "
             "until_unix_ms, author, maker FROM invite ORDER BY id",
             [&](Row row) {
                 auto& invite = records.invites.emplace_back();
                 invite.id = row.id<InviteId>();
                 invite.token_hash = row.array<Hash>();
                 invite.role = row.id<RoleId>();
                 invite.channel = row.id<ChannelId>();
                 invite.uses_left = row.number<std::uint32_t>();
                 invite.until_unix_ms = row.number<std::int64_t>();
                 invite.by = row.text();
                 invite.maker = row.id<AccountId>();
                 for_rows(
                     database, "SELECT person FROM invite_use WHERE invite = ?",
                     [&](Row use) { invite.used_by.insert(person_of(use.bytes())); },
                     invite.id.value);
             });
}

void read_silences(SQLite::Database& database, room::Records& records) {
    for_rows(
        database,
        "SELECT account, identity, mute, deafen, rank, left_account, unix_ms, reason FROM silence "
        "ORDER BY account, identity",
        [&](Row row) {
            auto& silence = records.silences.emplace_back();
            silence.whose.account = row.id<AccountId>();
            silence.whose.identity = row.array<room::Identity>();
            silence.mute = row.flag();
            silence.deafen = row.flag();
            silence.rank = row.number<std::uint32_t>();
            silence.left = row.id<AccountId>();
            silence.unix_ms = row.number<std::int64_t>();
            silence.reason = row.text();
        });
}

template <class Id>
Id last_id(SQLite::Database& database, const std::string& key) {
    Id id{};
    for_rows(
        database, "SELECT value FROM meta WHERE key = ?", [&](Row row) { id = row.id<Id>(); }, key);
    return id;
}

// --- writing -------------------------------------------------------------------------------------

/// So that no id is ever given out twice.
template <class Id>
void note_id(SQLite::Database& database, const std::string& key, Id id) {
    run(database, "UPDATE meta SET value = max(value, ?) WHERE key = ?", id.value, key);
}

template <class Id>
std::optional<typename Id::number_type> or_null(Id id) {
    return id ? std::optional(id.value) : std::nullopt;
}

/// One overload for each kind of change.
class Writer {
public:
    explicit Writer(SQLite::Database& database) : database_(database) {}

    void operator()(const room::Role& role) {
        run(database_,
            "INSERT INTO role VALUES (?, ?, ?, ?, ?) ON CONFLICT(id) DO UPDATE SET "
            "name = excluded.name, rank = excluded.rank, grants = excluded.grants, "
            "built_in = excluded.built_in",
            role.id.value, role.name, role.rank, role.grants.bits(), role.built_in);
        note_id(database_, "last_role", role.id);
    }
    void operator()(const room::DropRole& drop) {
        run(database_, "DELETE FROM role WHERE id = ?", drop.id.value);
    }

    void operator()(const room::Account& account) {
        run(database_,
            "INSERT INTO account VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT(id) DO UPDATE SET "
            "name = excluded.name, folded = excluded.folded, "
            "password_hash = excluded.password_hash, recovery_hash = excluded.recovery_hash, "
            "owner = excluded.owner, created_unix_ms = excluded.created_unix_ms",
            account.id.value, account.name, room::fold_name(account.name), account.password_hash,
            account.recovery_hash, account.owner, account.created_unix_ms);
        run(database_, "DELETE FROM account_role WHERE account = ?", account.id.value);
        for (std::size_t i = 0; i < account.roles.size(); ++i) {
            run(database_, "INSERT INTO account_role VALUES (?, ?, ?)", account.id.value,
                account.roles[i].value, i);
        }
        note_id(database_, "last_account", account.id);
    }
    void operator()(const room::DropAccount& drop) {
        run(database_, "DELETE FROM account WHERE id = ?", drop.id.value);
        (*this)(room::DropSilence{room::Person::of(drop.id)});
        drop_reader(database_, drop.id);
    }

    void operator()(const room::Device& device) {
        run(database_,
            "INSERT INTO device VALUES (?, ?, ?, ?) ON CONFLICT(identity) DO UPDATE SET "
            "account = excluded.account, label = excluded.label, "
            "linked_unix_ms = excluded.linked_unix_ms",
            ByteView(device.identity), device.account.value, device.label, device.linked_unix_ms);
        hand_over_letters(database_, device.identity, device.account);
    }
    void operator()(const room::DropDevice& drop) {
        run(database_, "DELETE FROM device WHERE identity = ?", ByteView(drop.identity));
    }

    void operator()(const room::ChannelRecord& record) {
        if (!record.channel.temporary) {
            write_channel(database_, record);
            note_id(database_, "last_channel", record.channel.id);
        }
    }
    void operator()(const room::DropChannel& drop) { drop_channel(database_, drop.id); }

    void operator()(const room::Ban& ban) {
        std::optional<ByteView> identity;
        std::optional<ByteView> address;
        if (ban.identity) {
            identity = *ban.identity;
        }
        if (ban.range) {
            address = std::as_bytes(std::span(ban.range->address));
        }
        run(database_, "INSERT OR REPLACE INTO ban VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            ban.id.value, identity, ban.account.value, address,
            ban.range ? ban.range->prefix_bits : 0, ban.name, ban.reason, ban.by,
            ban.created_unix_ms, ban.until_unix_ms, ban.rank);
        note_id(database_, "last_ban", ban.id);
    }
    void operator()(const room::DropBan& drop) {
        run(database_, "DELETE FROM ban WHERE id = ?", drop.id.value);
    }

    void operator()(const room::Invite& invite) {
        run(database_, "INSERT OR REPLACE INTO invite VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            invite.id.value, ByteView(invite.token_hash), or_null(invite.role),
            or_null(invite.channel), invite.uses_left, invite.until_unix_ms, invite.by,
            invite.maker.value);
        for (const auto& person : invite.used_by) {
            note_use(invite.id, person);
        }
        note_id(database_, "last_invite", invite.id);
    }
    void operator()(const room::UseInvite& use) {
        run(database_, "UPDATE invite SET uses_left = uses_left - 1 WHERE id = ?", use.id.value);
        note_use(use.id, use.by);
    }
    void operator()(const room::DropInvite& drop) {
        run(database_, "DELETE FROM invite WHERE id = ?", drop.id.value);
    }

    void operator()(const room::Silence& silence) {
        run(database_, "INSERT OR REPLACE INTO silence VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            silence.whose.account.value, ByteView(silence.whose.identity), silence.mute,
            silence.deafen, silence.rank, silence.left.value, silence.unix_ms, silence.reason);
    }
    void operator()(const room::DropSilence& drop) {
        run(database_, "DELETE FROM silence WHERE account = ? AND identity = ?",
            drop.whose.account.value, ByteView(drop.whose.identity));
    }

    void operator()(const room::SetOwnerToken& token) {
        run(database_, "DELETE FROM secret WHERE key = 'owner_token'");
        if (token.token_hash) {
            run(database_, "INSERT INTO secret VALUES ('owner_token', ?)",
                ByteView(*token.token_hash));
        }
    }

    void operator()(const room::KnowAwayRoom& known) {
        run(database_, "INSERT OR REPLACE INTO known VALUES ('away_room', ?)", known.path);
    }

    void operator()(const room::AuditEntry& entry) {
        const bool of_recording = room::is_of_recording(entry);
        const bool of_own_account = room::is_of_own_account(entry);
        // Each is the next one of its share.
        const std::int64_t share = of_recording ? 1 : of_own_account ? 2 : 0;
        const auto recorder = key_of(entry.recorder);
        run(database_,
            "INSERT INTO audit(unix_ms, actor, action, target, reason, detail, person, share, "
            "place) VALUES (?, ?, ?, ?, ?, ?, ?, ?, "
            "1 + coalesce((SELECT max(place) FROM audit WHERE share = ?), 0))",
            entry.unix_ms, entry.actor, entry.action, entry.target, entry.reason, entry.detail,
            of_recording ? std::optional(ByteView(recorder)) : std::nullopt, share, share);
        if (of_recording) {
            drop_oldest_recordings(recorder);
        } else {
            run(database_,
                "DELETE FROM audit WHERE share = ?1 AND "
                "place <= (SELECT max(place) FROM audit WHERE share = ?1) - ?2",
                share, of_own_account ? audit_own_accounts_max : audit_entries_max);
        }
    }

private:
    /// After one more: of its own person's, or else of all. They are counted, as one person's that went leave gaps
    /// among the places.
    void drop_oldest_recordings(ByteView person) {
        const auto own = run_counting(database_,
                                      "DELETE FROM audit WHERE person = ?1 AND place <= "
                                      "(SELECT place FROM audit WHERE person = ?1 "
                                      "ORDER BY place DESC LIMIT 1 OFFSET ?2)",
                                      person, audit_recordings_of_one_max);
        run(database_, "UPDATE meta SET value = value + 1 - ? WHERE key = 'audit_recordings'", own);
        const auto all = run_counting(
            database_,
            "DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE share = 1 ORDER BY place "
            "LIMIT max(0, (SELECT value FROM meta WHERE key = 'audit_recordings') - ?))",
            audit_recordings_max);
        run(database_, "UPDATE meta SET value = value - ? WHERE key = 'audit_recordings'", all);
    }
    void note_use(InviteId invite, const room::Person& person) {
        run(database_, "INSERT OR IGNORE INTO invite_use VALUES (?, ?)", invite.value,
            ByteView(key_of(person)));
    }

    SQLite::Database& database_;
};

}  // namespace

void add_built_in_roles(SQLite::Database& database) {
    for (const auto& role : room::built_in_roles()) {
        run(database, "INSERT OR IGNORE INTO role VALUES (?, ?, ?, ?, ?)", role.id.value, role.name,
            role.rank, role.grants.bits(), role.built_in);
        note_id(database, "last_role", role.id);
    }
}

bool has_built_in_roles(SQLite::Database& database) {
    const auto count = static_cast<std::int64_t>(room::built_in_roles().size());
    return database.execAndGet("SELECT count(*) FROM role WHERE built_in = 1").getInt64() >= count;
}

std::string read_known_away_room(SQLite::Database& database) {
    std::string path;
    for_rows(database, "SELECT value FROM known WHERE key = 'away_room'",
             [&](Row row) { path = row.text(); });
    return path;
}

room::Records read_records(SQLite::Database& database) {
    room::Records records;
    read_roles(database, records);
    read_accounts(database, records);
    records.channels = read_channels(database);
    read_bans(database, records);
    read_invites(database, records);
    read_silences(database, records);
    for_rows(database, "SELECT value FROM secret WHERE key = 'owner_token'",
             [&](Row row) { records.owner_token_hash = row.array<Hash>(); });
    records.known_away_room = read_known_away_room(database);
    records.last_role = last_id<RoleId>(database, "last_role");
    records.last_account = last_id<AccountId>(database, "last_account");
    records.last_channel = last_id<ChannelId>(database, "last_channel");
    records.last_ban = last_id<BanId>(database, "last_ban");
    records.last_invite = last_id<InviteId>(database, "last_invite");
    return records;
}

void apply_changes(SQLite::Database& database, const room::Changes& changes) {
    Writer writer(database);
    for (const auto& change : changes) {
        std::visit(writer, change);
    }
}

AuditPage read_audit(SQLite::Database& database, const AuditQuery& query) {
    AuditPage page;
    std::uint64_t last = 0;
    for_rows(
        database,
        "SELECT id, unix_ms, actor, action, target, reason, detail FROM audit "
        "WHERE ?1 = 0 OR id < ?1 ORDER BY id DESC LIMIT ?2",
        [&](Row row) {
            const auto id = row.number<std::uint64_t>();
            if (page.entries.size() == query.entries_max) {
                page.next = last;
                return;
            }
            last = id;
            auto& entry = page.entries.emplace_back();
            entry.id = id;
            entry.unix_ms = row.number<std::int64_t>();
            entry.actor = row.text();
            entry.action = row.text();
            entry.target = row.text();
            entry.reason = row.text();
            entry.detail = row.text();
        },
        query.before, query.entries_max + 1);
    return page;
}

}  // namespace partyline::store
