-- Version 1 of the archive. Times are Unix seconds, levels µV, rates samples per second; columns
-- marked JSON hold UTF-8 text. Patients are known by a pseudonym alone.

CREATE TABLE patients (
    id TEXT PRIMARY KEY NOT NULL
        CHECK (length(id) BETWEEN 1 AND 32 AND id GLOB '[A-Za-z0-9]*'
               AND id NOT GLOB '*[^A-Za-z0-9_-]*'),
    created REAL NOT NULL
);

-- A patient's own list of exercises; the newest row counts, older ones are kept.
CREATE TABLE programmes (
    number INTEGER PRIMARY KEY,
    patient TEXT NOT NULL REFERENCES patients (id) ON DELETE CASCADE,
    since REAL NOT NULL,
    items TEXT NOT NULL  -- JSON
);
CREATE INDEX programmes_of_patient ON programmes (patient);

CREATE TABLE sessions (
    id TEXT PRIMARY KEY NOT NULL CHECK (id <> ''),
    patient TEXT REFERENCES patients (id) ON DELETE CASCADE,
    started REAL NOT NULL,
    ended REAL,
    state TEXT NOT NULL CHECK (state IN ('running', 'complete', 'interrupted', 'recovered')),
    board TEXT NOT NULL,
    sample_rate_hz REAL NOT NULL,
    channel_names TEXT NOT NULL,  -- JSON
    software TEXT NOT NULL,
    n_samples INTEGER NOT NULL,  -- lost ones counted
    lost_samples INTEGER NOT NULL
);
CREATE INDEX sessions_of_patient ON sessions (patient, started);

CREATE TABLE calibrations (
    number INTEGER PRIMARY KEY,
    session TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    channel INTEGER NOT NULL,
    muscle TEXT NOT NULL,
    rest_uv REAL,
    mvc_uv REAL,
    fraction REAL NOT NULL,  -- of full effort that was asked for
    trials TEXT NOT NULL,  -- JSON
    electrode TEXT,
    gain REAL,
    board TEXT NOT NULL,
    sample_rate_hz REAL NOT NULL,
    measured REAL NOT NULL
);
CREATE INDEX calibrations_of_session ON calibrations (session);

CREATE TABLE exercises (
    session TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,  -- within the session
    protocol TEXT NOT NULL,  -- JSON
    dose TEXT NOT NULL,  -- JSON
    channels TEXT NOT NULL,  -- JSON
    started REAL NOT NULL,
    ended REAL,
    PRIMARY KEY (session, number)
);

CREATE TABLE repetitions (
    number INTEGER PRIMARY KEY,
    session TEXT NOT NULL,
    exercise INTEGER NOT NULL,
    score TEXT NOT NULL,  -- JSON
    FOREIGN KEY (session, exercise) REFERENCES exercises (session, number) ON DELETE CASCADE
);
CREATE INDEX repetitions_of_exercise ON repetitions (session, exercise);

CREATE TABLE events (
    number INTEGER PRIMARY KEY,
    session TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    sample INTEGER NOT NULL,
    t_unix REAL NOT NULL,
    channel INTEGER,
    data TEXT NOT NULL  -- JSON
);
CREATE INDEX events_of_session ON events (session)
