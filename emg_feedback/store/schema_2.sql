-- Version 2: an exercise as it was done has its dose in it.

CREATE TABLE exercises_as_done (
    session TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,  -- within the session
    protocol TEXT NOT NULL,  -- JSON
    channels TEXT NOT NULL,  -- JSON
    started REAL NOT NULL,
    ended REAL,
    PRIMARY KEY (session, number)
);
INSERT INTO exercises_as_done
    SELECT session, number, protocol, channels, started, ended FROM exercises;
DROP TABLE exercises;
ALTER TABLE exercises_as_done RENAME TO exercises
