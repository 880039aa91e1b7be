-- What pages, publishers and the box office see of an event.
--
-- A state is one letter: a available (also: reserved once, and its time is
-- past), h held, b booked, x blocked.

CREATE FUNCTION seat_letter(t tickets) RETURNS text LANGUAGE sql AS $$
	SELECT CASE t.state WHEN 'free' THEN 'a' WHEN 'booked' THEN 'b'
		WHEN 'blocked' THEN 'x'
		WHEN 'reserved' THEN CASE WHEN t.reserved_until
			<= clock_timestamp() THEN 'a' ELSE 'h' END END
$$;

-- event_list(): one row an event, what begins first comes first
--   id, title, venue, starts_at, opens_at, sale, currency, layout_hash text
CREATE FUNCTION event_list()
RETURNS TABLE (id text, title text, venue text, starts_at text, opens_at text,
	sale text, currency text, layout_hash text) LANGUAGE sql AS $$
	SELECT e.id, e.title, e.venue, rfc3339(e.starts_at),
		rfc3339(e.sale_opens_at), sale_state(e.id), e.currency::text,
		e.layout_hash
	FROM events AS e
	WHERE EXISTS (SELECT FROM tickets WHERE event_id = e.id)
	ORDER BY e.starts_at NULLS LAST, e.id
$$;

-- event_state(event text, since bigint): one row, or none when there is no
-- such event
--   era text         another one: all versions known so far mean nothing
--   version bigint   to be the next call's since
--   server_time, sale, opens_at, layout_hash text
--   available, held, booked, blocked int
--   within_60_s, within_240_s int    held ones that end by then, at the latest
--   seats text       JSON: [[ordinal,"letter",version],...] by ordinal
--
-- seats, without since: all that are not available, and all that changed in
-- or after the version; with it: all that changed in or after since, and those
-- whose time is past. A seat that is missing from a state without since is
-- available, with a version less than the state's.
--
-- All transactions before version are over, and seen: a change that is not
-- seen here has a version of at least that (tickets.version, 0004).
CREATE FUNCTION event_state(p_event text, p_since bigint)
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
	SELECT (SELECT system_identifier::text FROM pg_control_system()),
		now.version, rfc3339(now.at), sale_state(e.id),
		rfc3339(e.sale_opens_at), e.layout_hash,
		c.available::integer, c.held::integer, c.booked::integer,
		c.blocked::integer, c.within_60_s::integer,
		c.within_240_s::integer, l.seats
	FROM events AS e, now, counted AS c, listed AS l
	WHERE e.id = p_event
$$;

-- seats_now(ticket_ids text[]): one row a ticket that there is
--   ticket_id, event_id text, ordinal int, letter text, version bigint
CREATE FUNCTION seats_now(p_tickets text[])
RETURNS TABLE (ticket_id text, event_id text, ordinal integer, letter text,
	version bigint) LANGUAGE sql AS $$
	SELECT t.id, t.event_id, t.sale_order, seat_letter(t), t.version
	FROM unnest(p_tickets) AS w (id) JOIN tickets AS t ON t.id = w.id
$$;

-- seats_seen(event text, ticket_ids text[], holder text): one row for each of
-- ticket_ids
--   nr int           its place in ticket_ids, from 1
--   ticket_id text
--   state text       available, held, booked, blocked; unknown: not of event
--   mine boolean     held or booked by holder
--   left_ms bigint   held: until it may come back
--   ordinal int, section, seat_row text, seat_number int    NULL: unknown
CREATE FUNCTION seats_seen(p_event text, p_tickets text[], p_holder text)
RETURNS TABLE (nr integer, ticket_id text, state text, mine boolean,
	left_ms bigint, ordinal integer, section text, seat_row text,
	seat_number integer) LANGUAGE sql AS $$
	SELECT w.nr::integer, w.id, CASE seat_letter(t)
			WHEN 'a' THEN 'available' WHEN 'h' THEN 'held'
			WHEN 'b' THEN 'booked' WHEN 'x' THEN 'blocked'
			ELSE 'unknown' END,
		coalesce(t.holder = p_holder AND seat_letter(t) <> 'a', false),
		CASE seat_letter(t) WHEN 'h' THEN ms_until(t.reserved_until) END,
		t.sale_order, t.section, t.seat_row, t.seat_number
	FROM unnest(p_tickets) WITH ORDINALITY AS w (id, nr)
	LEFT JOIN tickets AS t ON t.id = w.id AND t.event_id = p_event
	ORDER BY w.nr
$$;

-- ---- the expirer ----------------------------------------------------------

-- reservations(): what is reserved now, whoever's it is, also past its time
--   ticket_id text, fence bigint, lock_service text
--   left_ms bigint   negative: past
CREATE FUNCTION reservations()
RETURNS TABLE (ticket_id text, fence bigint, lock_service text,
	left_ms bigint) LANGUAGE sql AS $$
	SELECT t.id, t.fence, t.lock_service, ms_until(t.reserved_until)
	FROM tickets AS t WHERE t.state = 'reserved'
$$;

-- ticket_free_lapsed(ticket_ids text[], fences bigint[], service text): frees
-- those that are still reserved under their token and past their time, and
-- ends their holds; one row for each that was freed
--   ticket_id, event_id text, ordinal int, version bigint
-- May commit without waiting for the disk.
CREATE FUNCTION ticket_free_lapsed(p_tickets text[], p_fences bigint[],
	p_service text)
RETURNS TABLE (ticket_id text, event_id text, ordinal integer, version bigint)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
	lapsed text[];
	holders text[];
BEGIN
	PERFORM set_config('synchronous_commit', 'off', true);
	SELECT array_agg(id), array_agg(DISTINCT holder) FROM (
		SELECT t.id, t.holder, t.state = 'reserved'
			AND t.fence = w.fence AND t.lock_service = p_service
			AND t.reserved_until <= clock_timestamp() AS over
		FROM unnest(p_tickets, p_fences) AS w (id, fence)
		JOIN tickets AS t ON t.id = w.id
		ORDER BY t.id FOR NO KEY UPDATE OF t) AS locked
		WHERE over INTO lapsed, holders;
	IF lapsed IS NULL THEN
		RETURN;
	END IF;
	RETURN QUERY UPDATE tickets AS t SET state = 'free', holder = NULL,
		reserved_until = NULL WHERE t.id = ANY (lapsed)
		RETURNING t.id, t.event_id, t.sale_order, t.version;
	-- Tickets are locked, so no hold may be waited for; whose call has it
	-- now ends it itself.
	UPDATE holds SET ended_at = until, end_state = 'expired'
		WHERE id IN (SELECT id FROM holds WHERE holder = ANY (holders)
			AND ended_at IS NULL AND until <= clock_timestamp()
			AND ticket_ids && lapsed
			FOR UPDATE SKIP LOCKED);
END $$;

-- ---- the box office -------------------------------------------------------

-- event_board(event text, from_ms bigint, step_ms bigint): from the history,
-- one row for each step in which something happened
--   at_ms bigint     when the step began, since 1970
--   held, sold, returned int
--     tickets reserved; booked; released, expired or cancelled
CREATE FUNCTION event_board(p_event text, p_from_ms bigint, p_step_ms bigint)
RETURNS TABLE (at_ms bigint, held integer, sold integer, returned integer)
LANGUAGE sql STABLE AS $$
	SELECT p_from_ms + (microseconds(h.at) / 1000 - p_from_ms) / p_step_ms
			* p_step_ms AS step,
		(count(*) FILTER (WHERE op = 'reserve'))::integer,
		(count(*) FILTER (WHERE op = 'book'))::integer,
		(count(*) FILTER (WHERE op IN ('release', 'expire', 'cancel')))
			::integer
	FROM history AS h
	WHERE h.event_id = p_event
	AND h.at >= to_timestamp(p_from_ms / 1000.0)
	GROUP BY step ORDER BY step
$$;
