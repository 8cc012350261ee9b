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
};

}  // namespace partyline::store
