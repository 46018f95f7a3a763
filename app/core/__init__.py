"""Settings, database, errors, clock, ids and keys; knows no feature and no web."""
