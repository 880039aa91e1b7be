-- Where an event takes place, clocks show the time of this zone (a name of the
-- IANA database, such as Europe/Berlin): people are told its times by those
-- clocks, wherever they are. NULL: nobody said. What is no zone is refused by
-- timezone() itself.
ALTER TABLE events ADD time_zone text CHECK (time_zone IS NULL OR (
	time_zone ~ '^[A-Za-z_]+(/[A-Za-z0-9_+-]+)*$'
	AND octet_length(time_zone) <= 64
	AND timezone(time_zone, timestamptz '2000-01-01 00:00:00Z') IS NOT NULL));
