-- Which life of the database it is: versions of seats compare within one only.
--
-- A database that was put back from a backup, a standby that took over without
-- the last commits, tickets that were made anew: all of these give versions
-- again that pages have seen already, with another meaning. Each makes another
-- era, and a page that sees one forgets what it knows and fetches all.

CREATE TABLE lives (
	only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
	life text COLLATE "C" NOT NULL
);
INSERT INTO lives (life) VALUES (substr(md5(gen_random_uuid()::text), 1, 8));

-- new_era(): what was known of seats so far means nothing from the commit on.
CREATE FUNCTION new_era() RETURNS void LANGUAGE sql AS $$
	INSERT INTO lives (life)
		VALUES (substr(md5(gen_random_uuid()::text), 1, 8))
		ON CONFLICT (only_one) DO UPDATE SET life = excluded.life
$$;

-- era_now(): the cluster, its timeline, which changes when a standby takes
-- over, and the life.
CREATE FUNCTION era_now() RETURNS text LANGUAGE sql STABLE AS $$
	SELECT system_identifier || '-' || CASE WHEN pg_is_in_recovery()
			THEN 'standby'
			ELSE ltrim(substr(pg_walfile_name(pg_current_wal_lsn()),
				1, 8), '0') END
		|| '-' || coalesce((SELECT life FROM lives), '0')
	FROM pg_control_system()
$$;

-- As 0007 has it, but for the era.
CREATE OR REPLACE FUNCTION event_state(p_event text, p_since bigint)
RETURNS TABLE (era text, version bigint, server_time text, sale text,
	opens_at text, layout_hash text, available integer, held integer,
	booked integer, blocked integer, within_60_s integer,
	within_240_s integer, seats text) LANGUAGE sql STABLE AS $$
	WITH now AS MATERIALIZED (SELECT clock_timestamp() AS at,
		pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS version),
	seen AS MATERIALIZED (SELECT t.sale_order, t.version,
		CASE t.state WHEN 'free' THEN 'a' WHEN 'booked' THEN 'b'
		WHEN 'blocked' THEN 'x'
		ELSE CASE WHEN t.reserved_until <= now.at THEN 'a' ELSE 'h' END
		END AS letter, t.state = 'reserved' AS reserved,
		t.reserved_until - now.at AS rest
		FROM tickets AS t, now WHERE t.event_id = p_event),
	counted AS (SELECT
		count(*) FILTER (WHERE letter = 'a') AS available,
		count(*) FILTER (WHERE letter = 'h') AS held,
		count(*) FILTER (WHERE letter = 'b') AS booked,
		count(*) FILTER (WHERE letter = 'x') AS blocked,
		count(*) FILTER (WHERE letter = 'h'
			AND rest <= interval '60 s') AS within_60_s,
		count(*) FILTER (WHERE letter = 'h'
			AND rest <= interval '240 s') AS within_240_s
		FROM seen),
	listed AS (SELECT coalesce('[' || string_agg('[' || s.sale_order
		|| ',"' || s.letter || '",' || s.version || ']', ','
		ORDER BY s.sale_order) || ']', '[]') AS seats
		FROM seen AS s, now
		WHERE CASE WHEN p_since IS NULL
			THEN s.letter <> 'a' OR s.version >= now.version
			ELSE s.version >= p_since
			OR s.reserved AND s.letter = 'a' END)
	SELECT era_now(),
		now.version, rfc3339(now.at), sale_state(e.id),
		rfc3339(e.sale_opens_at), e.layout_hash,
		c.available::integer, c.held::integer, c.booked::integer,
		c.blocked::integer, c.within_60_s::integer,
		c.within_240_s::integer, l.seats
	FROM events AS e, now, counted AS c, listed AS l
	WHERE e.id = p_event
$$;

-- As 0006 has it, and another era.
CREATE OR REPLACE FUNCTION event_clear(p_event text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	PERFORM set_config('holdfast.recreate', 'yes', true);
	IF NOT EXISTS (SELECT FROM tickets WHERE event_id <> p_event)
			AND NOT EXISTS (SELECT FROM orders
				WHERE event_id <> p_event) THEN
		TRUNCATE tickets, history, orders, bookings, holds, idempotency;
	ELSE
		DELETE FROM idempotency WHERE order_number IN (
			SELECT number FROM orders WHERE event_id = p_event);
		DELETE FROM holds WHERE event_id = p_event;
		DELETE FROM bookings WHERE event_id = p_event;
		DELETE FROM orders WHERE event_id = p_event;
		DELETE FROM history WHERE event_id = p_event;
		DELETE FROM tickets WHERE event_id = p_event;
	END IF;
	PERFORM new_era();
	PERFORM set_config('holdfast.recreate', '', true);
END $$;
