-- How recorders fare: each report, and each recorder as it stands. The sentences for people stay in the table.
CREATE OR REPLACE VIEW {database}.v_recorder_reports AS
SELECT at, recorder, state, cameras, recording, used_percent, free_bytes, at_us
FROM {database}.recorder_state FINAL;

-- Who has not spoken for a day is over, and has no row. `age_s` is by the clock of whoever asks.
CREATE OR REPLACE VIEW {database}.v_recorders AS
SELECT max(r.at) AS at, r.recorder AS recorder, argMax(r.state, r.at_us) AS state,
    greatest(toUnixTimestamp64Micro(now64(6)) - max(r.at_us), 0) / 1000000 AS age_s,
    argMax(r.cameras, r.at_us) AS cameras, argMax(r.recording, r.at_us) AS recording,
    argMax(r.used_percent, r.at_us) AS used_percent, argMax(r.free_bytes, r.at_us) AS free_bytes, max(r.at_us) AS at_us
FROM {database}.v_recorder_reports AS r
WHERE r.at_us > toUnixTimestamp64Micro(now64(6)) - 86400000000 GROUP BY recorder;
