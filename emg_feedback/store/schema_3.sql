-- Version 3: how a patient's page looks (JSON) is the patient's; of an exercise it is told how many
-- repetitions were skipped.

ALTER TABLE patients ADD COLUMN look TEXT NOT NULL DEFAULT '{}';
ALTER TABLE exercises ADD COLUMN skipped INTEGER NOT NULL DEFAULT 0
