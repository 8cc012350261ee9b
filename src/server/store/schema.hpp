// The tables, version by version.
#pragma once

#include <array>

#include "server/store/database.hpp"

namespace partyline::store {

inline constexpr std::array schema{
    Migration{R"sql(
        CREATE TABLE meta(
            key TEXT PRIMARY KEY,
            value INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        INSERT INTO meta VALUES ('last_message', 0);

        -- Where messages are. The name is folded: a room is the same in another spelling.
        CREATE TABLE channel(
            id INTEGER PRIMARY KEY,
            parent INTEGER NOT NULL,
            name TEXT NOT NULL,
            UNIQUE(parent, name)
        ) STRICT;

        CREATE TABLE message(
            id INTEGER PRIMARY KEY,
            channel INTEGER NOT NULL,
            author BLOB NOT NULL,
            author_name TEXT NOT NULL,
            text TEXT NOT NULL,
            nonce INTEGER,
            unix_ms INTEGER NOT NULL,
            edited_unix_ms INTEGER NOT NULL,
            deleted INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX message_of_channel ON message(channel, id);
        CREATE UNIQUE INDEX message_of_nonce ON message(author, nonce) WHERE nonce IS NOT NULL;
    )sql"},
    Migration{R"sql(
        -- Rooms can be made, renamed and moved while the server runs. So the file's rooms are places:
        -- which room stands there, and what the file last said of it.
        CREATE TABLE place(
            id INTEGER PRIMARY KEY,
            parent INTEGER NOT NULL,   -- another place, or 0
            name TEXT NOT NULL,        -- folded
            channel INTEGER NOT NULL,  -- 0: none stands there
            listed INTEGER NOT NULL,   -- in the file, at the last start
            said_name TEXT NOT NULL,
            said_topic TEXT NOT NULL,
            said_sort INTEGER NOT NULL,
            said_keep INTEGER NOT NULL,
            said_keep_days INTEGER NOT NULL,
            said_keep_bytes INTEGER NOT NULL,
            UNIQUE(parent, name)
        ) STRICT;
        INSERT INTO place SELECT id, parent, name, id, 0, '', '', 0, 1, 0, 0 FROM channel;
        INSERT INTO meta SELECT 'last_channel', coalesce(max(id), 0) FROM channel;
        INSERT INTO meta VALUES
            ('last_role', 0), ('last_account', 0), ('last_ban', 0), ('last_invite', 0);
        DROP TABLE channel;

        CREATE TABLE channel(
            id INTEGER PRIMARY KEY,
            parent INTEGER REFERENCES channel(id),
            name TEXT NOT NULL,
            folded TEXT NOT NULL,
            topic TEXT NOT NULL,
            sort INTEGER NOT NULL,
            icon TEXT NOT NULL,
            bitrate_bps_max INTEGER NOT NULL,
            seats_max INTEGER NOT NULL,
            slow_mode_s INTEGER NOT NULL,
            password_hash TEXT NOT NULL,
            keep INTEGER NOT NULL,
            keep_days INTEGER NOT NULL,
            keep_bytes INTEGER NOT NULL,
            away INTEGER NOT NULL      -- the file has it no more; it waits for its return
        ) STRICT;
        CREATE UNIQUE INDEX channel_of_name
            ON channel(coalesce(parent, 0), folded) WHERE away = 0;

        CREATE TABLE role(
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL,
            rank INTEGER NOT NULL,
            grants INTEGER NOT NULL,
            built_in INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE override(
            channel INTEGER NOT NULL REFERENCES channel(id) ON DELETE CASCADE,
            role INTEGER NOT NULL REFERENCES role(id) ON DELETE CASCADE,
            allow INTEGER NOT NULL,
            deny INTEGER NOT NULL,
            PRIMARY KEY(channel, role)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE account(
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL,
            folded TEXT NOT NULL UNIQUE,
            password_hash TEXT NOT NULL,
            recovery_hash TEXT NOT NULL,
            owner INTEGER NOT NULL,
            created_unix_ms INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE account_role(
            account INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
            role INTEGER NOT NULL REFERENCES role(id) ON DELETE CASCADE,
            place INTEGER NOT NULL,
            PRIMARY KEY(account, role)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE device(
            identity BLOB PRIMARY KEY,
            account INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
            label TEXT NOT NULL,
            linked_unix_ms INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX device_of_account ON device(account);

        CREATE TABLE ban(
            id INTEGER PRIMARY KEY,
            identity BLOB,
            account INTEGER NOT NULL,  -- it may be gone: the ban stays
            address BLOB,
            prefix_bits INTEGER NOT NULL,
            name TEXT NOT NULL,
            reason TEXT NOT NULL,
            author TEXT NOT NULL,
            created_unix_ms INTEGER NOT NULL,
            until_unix_ms INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE invite(
            id INTEGER PRIMARY KEY,
            token_hash BLOB NOT NULL,
            role INTEGER REFERENCES role(id) ON DELETE SET NULL,
            channel INTEGER REFERENCES channel(id) ON DELETE SET NULL,
            uses_left INTEGER NOT NULL,
            until_unix_ms INTEGER NOT NULL,
            author TEXT NOT NULL
        ) STRICT;

        CREATE TABLE secret(
            key TEXT PRIMARY KEY,
            value BLOB NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE audit(
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            unix_ms INTEGER NOT NULL,
            actor TEXT NOT NULL,
            action TEXT NOT NULL,
            target TEXT NOT NULL,
            reason TEXT NOT NULL,
            detail TEXT NOT NULL
        ) STRICT;
    )sql"},
    Migration{R"sql(
        -- Two people, each an account (8 bytes, big-endian) or a guest's identity (32).
        CREATE TABLE conversation(
            id INTEGER PRIMARY KEY,
            first BLOB NOT NULL,        -- who began it
            second BLOB NOT NULL,
            first_name TEXT NOT NULL,   -- as last heard of
            second_name TEXT NOT NULL,
            first_read INTEGER NOT NULL,
            second_read INTEGER NOT NULL,
            last INTEGER NOT NULL       -- the newest message
        ) STRICT;
        CREATE UNIQUE INDEX conversation_of_pair
            ON conversation(min(first, second), max(first, second));
        CREATE INDEX conversation_of_first ON conversation(first, last);
        CREATE INDEX conversation_of_second ON conversation(second, last);

        -- A direct message is in a conversation and in no room (channel 0).
        ALTER TABLE message ADD COLUMN conversation INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE message ADD COLUMN by_first INTEGER NOT NULL DEFAULT 0;
        CREATE INDEX message_of_conversation ON message(conversation, id) WHERE conversation <> 0;

        CREATE TABLE mention(
            person BLOB NOT NULL,
            channel INTEGER NOT NULL,
            message INTEGER NOT NULL REFERENCES message(id) ON DELETE CASCADE,
            PRIMARY KEY(person, channel, message)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX mention_of_message ON mention(message);

        -- How far somebody has read a room; in channel 0, from where on they are counted for them in
        -- rooms without a marker of their own.
        CREATE TABLE read_marker(
            person BLOB NOT NULL,
            channel INTEGER NOT NULL,
            message INTEGER NOT NULL,
            unix_ms INTEGER NOT NULL,
            PRIMARY KEY(person, channel)
        ) STRICT, WITHOUT ROWID;
    )sql"},
    Migration{R"sql(
        -- An invite is good for as long as its maker may give what it gives. Of the old ones only the
        -- name is known; -1 is whoever sits at the machine, 0 a guest.
        ALTER TABLE invite ADD COLUMN maker INTEGER NOT NULL DEFAULT 0;
        UPDATE invite SET maker = coalesce((SELECT id FROM account WHERE name = author),
            CASE author WHEN '(at the machine)' THEN -1 ELSE 0 END);
        CREATE TABLE invite_use(
            invite INTEGER NOT NULL REFERENCES invite(id) ON DELETE CASCADE,
            person BLOB NOT NULL,
            PRIMARY KEY(invite, person)
        ) STRICT, WITHOUT ROWID;

        -- A text is its author's account's, or of a guest (0) that of whoever the device is.
        ALTER TABLE message ADD COLUMN account INTEGER NOT NULL DEFAULT 0;
        UPDATE message SET account =
            coalesce((SELECT account FROM device WHERE identity = author), 0);
    )sql"},
    Migration{R"sql(
        -- Who is muted or deafened: an account (its identity is zeros), or a guest's identity
        -- (account 0).
        CREATE TABLE silence(
            account INTEGER NOT NULL,
            identity BLOB NOT NULL,
            mute INTEGER NOT NULL,
            deafen INTEGER NOT NULL,
            rank INTEGER NOT NULL,          -- of whoever did it
            left_account INTEGER NOT NULL,  -- which this device has left, or 0
            unix_ms INTEGER NOT NULL,
            PRIMARY KEY(account, identity)
        ) STRICT, WITHOUT ROWID;

        -- Of whoever placed it; of those before nobody knows, and a moderator has that of Moderator.
        ALTER TABLE ban ADD COLUMN rank INTEGER NOT NULL DEFAULT 500;
    )sql"},
    Migration{R"sql(
        -- To write to people directly takes a permission (its number is 21). Until now everybody could.
        UPDATE role SET grants = grants | (1 << 21) WHERE built_in = 1;
    )sql"},
    Migration{R"sql(
        -- Who has an account may record (permission 22): that is new, so nobody can have taken it from them.
        UPDATE role SET grants = grants | (1 << 22) WHERE id IN (2, 3, 4);
    )sql"},
    Migration{R"sql(
        -- What the configuration has named that was there then.
        CREATE TABLE known(
            key TEXT PRIMARY KEY,
            value TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;

        -- What somebody who is muted was told. Of those of before nobody knows.
        ALTER TABLE silence ADD COLUMN reason TEXT NOT NULL DEFAULT '';
    )sql"},
    Migration{R"sql(
        -- Lines that say who recorded (share 1) push none of the others (0) out of the audit log: each is the
        -- next one of its share.
        ALTER TABLE audit ADD COLUMN share INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE audit ADD COLUMN place INTEGER NOT NULL DEFAULT 0;
        UPDATE audit SET share = 1 WHERE action IN ('recording_begun', 'recording_ended');
        UPDATE audit SET place = numbered.number
            FROM (SELECT id, row_number() OVER (PARTITION BY share ORDER BY id) AS number
                  FROM audit) AS numbered
            WHERE audit.id = numbered.id;
        CREATE INDEX audit_by_share ON audit(share, place);
    )sql"},
    Migration{R"sql(
        -- Of the lines that say who recorded each person has a share; whose those of before are nobody knows.
        -- And how many of these lines there are.
        ALTER TABLE audit ADD COLUMN person BLOB;
        CREATE INDEX audit_of_person ON audit(person, place) WHERE person IS NOT NULL;
        INSERT INTO meta SELECT 'audit_recordings', count(*) FROM audit WHERE share = 1;
    )sql"},
};

}  // namespace partyline::store
