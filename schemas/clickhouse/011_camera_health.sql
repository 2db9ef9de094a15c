-- What a camera says of itself: frames whose people were carried on, and whether its night settings are in force.

ALTER TABLE {database}.camera_health
    ADD COLUMN IF NOT EXISTS carried Float64 CODEC(Gorilla, ZSTD(1)) AFTER people,
    ADD COLUMN IF NOT EXISTS night Bool AFTER carried,
    ADD COLUMN IF NOT EXISTS saturated Bool AFTER night;
