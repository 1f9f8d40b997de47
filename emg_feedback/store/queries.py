"""Questions to the archive that are more than a line of SQL."""

NEWEST = """
WHERE number IN (
    SELECT number FROM (
        SELECT number, row_number() OVER (
            PARTITION BY muscle ORDER BY mvc_uv IS NULL, measured DESC, number DESC
        ) AS place
        FROM calibrations
        WHERE session IN (SELECT id FROM sessions WHERE patient = ? AND state != 'running')
    ) WHERE place = 1
) ORDER BY measured DESC, number DESC
"""
# A void repetition counts, but not its figures.
OUTCOMES = """
WITH results AS (
    SELECT session, exercise, json_extract(score, '$.result') AS result,
           json_extract(score, '$.time_in_band') AS in_band,
           json_extract(score, '$.asymmetry') AS uneven
    FROM repetitions WHERE {which}
)
SELECT exercises.session, json_extract(protocol, '$.name') AS protocol,
       json_extract(protocol, '$.title') AS title, json_extract(protocol, '$.mode') AS mode,
       count(results.session) AS repetitions,
       coalesce(json_extract(protocol, '$.sets'), 1)
           * coalesce(json_extract(protocol, '$.repetitions'), 0) AS planned,
       coalesce(sum(result = 'good'), 0) AS good, coalesce(sum(result = 'void'), 0) AS void,
       skipped,
       avg(CASE WHEN result IS NOT 'void' THEN in_band END) AS time_in_band,
       avg(CASE WHEN result IS NOT 'void' THEN uneven END) AS asymmetry
FROM (SELECT * FROM exercises WHERE {which}) AS exercises
LEFT JOIN results ON results.session = exercises.session AND results.exercise = exercises.number
GROUP BY exercises.session, number ORDER BY number
"""

# The newest of each exercise of which a repetition was done, as it was begun.
LAST_DONE = """
SELECT protocol, started, state FROM (
    SELECT protocol, sessions.started AS started, state, row_number() OVER (
        PARTITION BY json_extract(protocol, '$.name') ORDER BY sessions.started DESC, number DESC
    ) AS place
    FROM exercises JOIN sessions ON sessions.id = session
    WHERE patient = ? AND EXISTS (
        SELECT 1 FROM repetitions
        WHERE repetitions.session = exercises.session AND exercise = exercises.number
    )
) WHERE place = 1
"""

# A reference that was taken from an earlier session has no trial.
DEEDS = """
SELECT id,
       EXISTS (SELECT 1 FROM calibrations
               WHERE session = sessions.id AND rest_uv IS NOT NULL) AS rest,
       EXISTS (SELECT 1 FROM calibrations, json_each(trials)
               WHERE session = sessions.id AND json_extract(value, '$.ok')) AS maximum,
       (SELECT count(*) FROM events
        WHERE session = sessions.id AND kind IN ('phase', 'mark') AND instr(data, '"pain"')
        AND json_valid(data)
        AND 'pain' IN (json_extract(data, '$.paused_for'), json_extract(data, '$.reason'))) AS pain,
       (SELECT json_extract(data, '$.evaluation') FROM events
        WHERE session = sessions.id AND kind = 'mark' AND instr(data, '"evaluation"')
        AND json_valid(data) AND json_type(data, '$.evaluation') = 'object'
        ORDER BY number DESC LIMIT 1) AS evaluation
FROM sessions WHERE patient = ?
"""

# Of those that are over, one in which a channel is not called as a board calls it.
LAST_NAMED = """
WHERE patient = ? AND state != 'running'
AND CASE WHEN json_valid(channel_names) THEN
    EXISTS (SELECT 1 FROM json_each(channel_names) WHERE value NOT GLOB 'CH[0-9]*')
END
ORDER BY started DESC, id DESC LIMIT 1
"""
