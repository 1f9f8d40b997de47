-- Version 4: of each channel it is told whether it is used, and with what it is recorded (JSON).

ALTER TABLE sessions ADD COLUMN used TEXT NOT NULL DEFAULT '[]';
ALTER TABLE sessions ADD COLUMN electrodes TEXT NOT NULL DEFAULT '[]'
