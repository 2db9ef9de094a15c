-- Plates as sensors read them.

ALTER TABLE {database}.sensor_vehicle
    ADD COLUMN IF NOT EXISTS plate LowCardinality(String) AFTER lane;
