-- Times are milliseconds since 1970. A boolean is 0 or 1.
CREATE TABLE video (
    id            TEXT PRIMARY KEY,
    ordinal       BIGINT NOT NULL,
    client        TEXT NOT NULL,
    model         TEXT NOT NULL,
    prompt        TEXT NOT NULL,
    status        TEXT NOT NULL CHECK (status IN ('queued', 'in_progress', 'completed', 'failed')),
    priority      BIGINT NOT NULL,
    wanted        TEXT NOT NULL,
    remixed_from  TEXT,
    created_at    BIGINT NOT NULL,
    started_at    BIGINT,
    completed_at  BIGINT,
    expires_at    BIGINT,
    ticket        TEXT,
    attempt       BIGINT NOT NULL DEFAULT 0,
    worker        TEXT,
    stage         TEXT,
    step          BIGINT NOT NULL DEFAULT 0,
    progress      BIGINT NOT NULL DEFAULT 0,
    seconds_left  DOUBLE PRECISION,
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
    removed_at BIGINT NOT NULL
);

-- Whose turn it is: the client that was served longest ago.
CREATE TABLE turn (
    client TEXT PRIMARY KEY,
    served BIGINT NOT NULL
);

CREATE TABLE idempotency (
    client      TEXT NOT NULL,
    name        TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    video       TEXT NOT NULL,
    created_at  BIGINT NOT NULL,
    PRIMARY KEY (client, name)
);

CREATE TABLE person (
    id         TEXT PRIMARY KEY,
    ordinal    BIGINT NOT NULL,
    name       TEXT NOT NULL,
    role       TEXT NOT NULL,
    photos     TEXT NOT NULL,
    chosen     BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT
);
CREATE INDEX person_by_ordinal ON person (ordinal, id);

CREATE TABLE token (
    hash       TEXT PRIMARY KEY,
    id         TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE setting (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

-- db-scheduler's, once for videos and once for everything that must not wait behind them.
CREATE TABLE video_task (
    task_name            TEXT NOT NULL,
    task_instance        TEXT NOT NULL,
    task_data            BYTEA,
    execution_time       TIMESTAMP WITH TIME ZONE NOT NULL,
    picked               BOOLEAN NOT NULL,
    picked_by            TEXT,
    last_success         TIMESTAMP WITH TIME ZONE,
    last_failure         TIMESTAMP WITH TIME ZONE,
    consecutive_failures INT,
    last_heartbeat       TIMESTAMP WITH TIME ZONE,
    version              BIGINT NOT NULL,
    priority             BIGINT,
    PRIMARY KEY (task_name, task_instance)
);
CREATE INDEX video_task_by_time ON video_task (execution_time);
CREATE TABLE chore_task (
    task_name            TEXT NOT NULL,
    task_instance        TEXT NOT NULL,
    task_data            BYTEA,
    execution_time       TIMESTAMP WITH TIME ZONE NOT NULL,
    picked               BOOLEAN NOT NULL,
    picked_by            TEXT,
    last_success         TIMESTAMP WITH TIME ZONE,
    last_failure         TIMESTAMP WITH TIME ZONE,
    consecutive_failures INT,
    last_heartbeat       TIMESTAMP WITH TIME ZONE,
    version              BIGINT NOT NULL,
    priority             BIGINT,
    PRIMARY KEY (task_name, task_instance)
);
CREATE INDEX chore_task_by_time ON chore_task (execution_time);
