-- Times are milliseconds since 1970. A boolean is 0 or 1.
CREATE TABLE video (
    id            TEXT PRIMARY KEY,
    ordinal       INTEGER NOT NULL,
    client        TEXT NOT NULL,
    model         TEXT NOT NULL,
    prompt        TEXT NOT NULL,
    status        TEXT NOT NULL CHECK (status IN ('queued', 'in_progress', 'completed', 'failed')),
    priority      INTEGER NOT NULL,
    wanted        TEXT NOT NULL,
    remixed_from  TEXT,
    created_at    INTEGER NOT NULL,
    started_at    INTEGER,
    completed_at  INTEGER,
    expires_at    INTEGER,
    ticket        TEXT,
    attempt       INTEGER NOT NULL DEFAULT 0,
    worker        TEXT,
    stage         TEXT,
    step          INTEGER NOT NULL DEFAULT 0,
    progress      INTEGER NOT NULL DEFAULT 0,
    seconds_left  REAL,
    error_code    TEXT,
    error_message TEXT,
    made          TEXT
);
CREATE INDEX video_by_ordinal ON video (ordinal, id);
CREATE INDEX video_by_status ON video (status, client);
CREATE INDEX video_by_expiry ON video (expires_at);
CREATE INDEX video_by_ticket ON video (ticket);

CREATE TABLE removed_video (
    id         TEXT PRIMARY KEY,
    removed_at INTEGER NOT NULL
);

-- Whose turn it is: the client that was served longest ago.
CREATE TABLE turn (
    client TEXT PRIMARY KEY,
    served INTEGER NOT NULL
);

CREATE TABLE idempotency (
    client      TEXT NOT NULL,
    name        TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    video       TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    PRIMARY KEY (client, name)
);

CREATE TABLE person (
    id         TEXT PRIMARY KEY,
    ordinal    INTEGER NOT NULL,
    name       TEXT NOT NULL,
    role       TEXT NOT NULL,
    photos     TEXT NOT NULL,
    chosen     INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER
);
CREATE INDEX person_by_ordinal ON person (ordinal, id);

CREATE TABLE token (
    hash       TEXT PRIMARY KEY,
    id         TEXT NOT NULL,
    created_at INTEGER NOT NULL
);

CREATE TABLE setting (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

-- db-scheduler's, once for videos and once for everything that must not wait behind them.
CREATE TABLE video_task (
    task_name            TEXT NOT NULL,
    task_instance        TEXT NOT NULL,
    task_data            BLOB,
    execution_time       TIMESTAMP NOT NULL,
    picked               BOOLEAN NOT NULL,
    picked_by            TEXT,
    last_success         TIMESTAMP,
    last_failure         TIMESTAMP,
    consecutive_failures INTEGER,
    last_heartbeat       TIMESTAMP,
    version              INTEGER NOT NULL,
    priority             INTEGER,
    PRIMARY KEY (task_name, task_instance)
);
CREATE INDEX video_task_by_time ON video_task (execution_time);
CREATE TABLE chore_task (
    task_name            TEXT NOT NULL,
    task_instance        TEXT NOT NULL,
    task_data            BLOB,
    execution_time       TIMESTAMP NOT NULL,
    picked               BOOLEAN NOT NULL,
    picked_by            TEXT,
    last_success         TIMESTAMP,
    last_failure         TIMESTAMP,
    consecutive_failures INTEGER,
    last_heartbeat       TIMESTAMP,
    version              INTEGER NOT NULL,
    priority             INTEGER,
    PRIMARY KEY (task_name, task_instance)
);
CREATE INDEX chore_task_by_time ON chore_task (execution_time);
