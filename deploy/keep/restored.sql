-- What a restore changes in what it loaded, in the transaction that loaded it:
-- a database that goes back in time must not be taken for the one that was.
SELECT pg_catalog.set_config('search_path', 'public', false);
SET LOCAL holdfast.actor = 'holdfast-restore';

-- Nothing may be missing, however the load ended.
SELECT (SELECT count(*) FROM tickets) || '|' || (SELECT count(*) FROM history)
	|| '|' || (SELECT count(*) FROM orders) || '|'
	|| (SELECT count(*) FROM bookings) || '|' || (SELECT count(*) FROM holds)
	AS loaded \gset
SELECT set_config('holdfast.loaded', :'loaded', true),
	set_config('holdfast.expected', :'expected', true) \g /dev/null
DO $$ BEGIN
	IF current_setting('holdfast.loaded') <> current_setting('holdfast.expected') THEN
		RAISE 'the rows are not those of the manifest: % where it has %',
			current_setting('holdfast.loaded'),
			current_setting('holdfast.expected');
	END IF;
END $$;

-- Reservations whose time was over before now. Those that still run stay:
-- their buyers may be paying, and their locks may have outlived the database.
UPDATE tickets SET state = 'free', holder = NULL, reserved_until = NULL
	WHERE state = 'reserved' AND reserved_until <= clock_timestamp();
UPDATE holds SET ended_at = until, end_state = 'expired'
	WHERE ended_at IS NULL AND until <= clock_timestamp();

-- A free ticket keeps the last token that took it, and only a greater one of
-- the same lock service takes it again. A lock service that was itself put
-- back, or is another, may give smaller ones: such a ticket could not be sold
-- any more. Nobody holds an old token: no worker is there while this runs.
UPDATE tickets SET fence = NULL, lock_service = NULL
	WHERE state IN ('free', 'blocked') AND fence IS NOT NULL;

-- Who waited in line was there all the time: it was the sale that was away.
DO $$ BEGIN
	IF to_regclass('line_places') IS NOT NULL THEN
		UPDATE line_places SET seen_at = clock_timestamp(),
			turn_until = NULL, rest_until = NULL;
	END IF;
END $$;

-- Nothing is sold until somebody has looked for what was sold after the
-- backup.
UPDATE events SET closed = true WHERE NOT closed AND :'leave_open' <> 'yes';

-- Pages and caches have seen versions that this database will give to other
-- changes: they are told that all they know means nothing.
DO $$ BEGIN
	IF to_regprocedure('new_era()') IS NOT NULL THEN
		PERFORM new_era();
	END IF;
END $$;
