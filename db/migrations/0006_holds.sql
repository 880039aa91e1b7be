-- Holds: several seats of one event, taken together by an identity, and
-- booked, extended or given back together. Each function below is one call:
-- one statement, one transaction.
--
-- A hold is live while it was not ended, its time is not over and each of its
-- tickets is still reserved under its token: the rows decide, as everywhere.
--
-- Who needs several locks takes them in this order, so that nobody waits in a
-- circle: advisory lock, row of holds, rows of tickets in the order of their
-- ids by bytes. Arrays of tickets are in that order, too, and tokens beside
-- them.

CREATE TABLE holds (
	id text COLLATE "C" PRIMARY KEY,
	event_id text COLLATE "C" NOT NULL,
	holder text COLLATE "C" NOT NULL,
	ticket_ids text[] COLLATE "C" NOT NULL,
	fences bigint[] NOT NULL,
	lock_service text COLLATE "C" NOT NULL,
	total_minor bigint NOT NULL,
	currency currency_code NOT NULL,
	created_at timestamptz NOT NULL,
	until timestamptz NOT NULL,
	limit_at timestamptz NOT NULL,
	extensions integer NOT NULL DEFAULT 0, -- spent
	ended_at timestamptz,
	end_state text COLLATE "C"
		CHECK (end_state IN ('released', 'expired', 'booked')),
	order_number text COLLATE "C",
	CHECK (cardinality(ticket_ids) = cardinality(fences)),
	CHECK ((ended_at IS NULL) = (end_state IS NULL)),
	CHECK ((order_number IS NOT NULL) = (end_state IS NOT DISTINCT FROM 'booked'))
);
CREATE INDEX holds_live ON holds (holder) WHERE ended_at IS NULL;

-- What a key has done already, for a day.
CREATE TABLE idempotency (
	holder text COLLATE "C",
	key text COLLATE "C" CHECK (octet_length(key) BETWEEN 1 AND 255),
	fingerprint text COLLATE "C" NOT NULL,
	order_number text COLLATE "C" NOT NULL,
	created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	PRIMARY KEY (holder, key)
);
CREATE INDEX idempotency_created_at ON idempotency USING brin (created_at);

-- ---- what several of them ask ---------------------------------------------

-- sale_state(event text) -> 'open' | 'closed' | 'not_yet' | NULL: no event
CREATE FUNCTION sale_state(p_event text) RETURNS text LANGUAGE sql AS $$
	SELECT CASE WHEN closed THEN 'closed'
		WHEN sale_opens_at > clock_timestamp() THEN 'not_yet'
		ELSE 'open' END
	FROM events WHERE id = p_event
$$;

CREATE FUNCTION rfc3339(at timestamptz) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');

-- From now, rounded up; negative when it is past.
CREATE FUNCTION ms_until(at timestamptz) RETURNS bigint LANGUAGE sql AS $$
	SELECT ceil(extract(epoch FROM at - clock_timestamp()) * 1000)::bigint
$$;

-- How many of h's tickets are still reserved under its tokens. Locks them.
CREATE FUNCTION hold_lock_tickets(h holds) RETURNS bigint LANGUAGE sql AS $$
	SELECT count(*) FILTER (WHERE kept) FROM (
		SELECT t.state = 'reserved' AND t.holder = h.holder
			AND t.fence = w.fence
			AND t.lock_service = h.lock_service AS kept
		FROM unnest(h.ticket_ids, h.fences) AS w (id, fence)
		JOIN tickets AS t ON t.id = w.id
		ORDER BY t.id FOR NO KEY UPDATE OF t) AS locked
$$;

-- The outcome for a hold that can be neither booked, extended nor released;
-- NULL: it can be. h: its row, locked; all NULL when there is none.
CREATE FUNCTION hold_refusal(h holds, p_holder text) RETURNS text
LANGUAGE plpgsql AS $$
BEGIN
	RETURN CASE WHEN h.id IS NULL THEN 'unknown'
		WHEN h.holder <> p_holder THEN 'not_yours'
		ELSE h.end_state END;
END $$;

CREATE FUNCTION hold_end(p_hold text, p_state text, p_order text)
RETURNS void LANGUAGE sql AS $$
	UPDATE holds SET ended_at = CASE p_state WHEN 'expired'
			THEN least(until, clock_timestamp())
			ELSE clock_timestamp() END,
		end_state = p_state, order_number = p_order
	WHERE id = p_hold
$$;

-- ---- event_terms ----------------------------------------------------------
--
-- event_terms(event text): one row, or none when there is no such event
--   sale text            as sale_state()
--   hold_seconds int     NULL: the worker's
--   extend_seconds int   NULL: as hold_seconds
--   extensions int, hold_limit_seconds int, seats_per_client int
--   opens_at text, opens_in_ms bigint     NULL: it is open unless closed
--   currency text, layout_hash text
CREATE FUNCTION event_terms(p_event text)
RETURNS TABLE (sale text, hold_seconds integer, extend_seconds integer,
	extensions integer, hold_limit_seconds integer,
	seats_per_client integer, opens_at text, opens_in_ms bigint,
	currency text, layout_hash text) LANGUAGE sql AS $$
	SELECT sale_state(e.id), e.hold_seconds, e.extend_seconds, e.extensions,
		e.hold_limit_seconds, e.seats_per_client,
		rfc3339(e.sale_opens_at), ms_until(e.sale_opens_at),
		e.currency, e.layout_hash
	FROM events AS e WHERE e.id = p_event
$$;

-- ---- hold_take ------------------------------------------------------------

-- hold_take(hold text, event text, holder text, ticket_ids text[],
--           fences bigint[], service text, ms bigint): one row
--   outcome text
--     ok       the hold was made, all seats or none
--     again    holder has this very hold, live: hold_id tells which; neither
--              its time nor anything else changed
--     refused  a seat is not to be had: ask seats_seen(). Also one that
--              holder has in another hold.
--     limit    it would be more than seats_limit, with what holder holds and
--              has booked already
--     closed, not_yet, unknown    the sale; there is no such event
--   hold_id text, left_ms bigint    ok, again
--   seats_limit int, seats_used int    all but unknown
-- May commit without waiting for the disk.
CREATE FUNCTION hold_take(p_hold text, p_event text, p_holder text,
	p_tickets text[], p_fences bigint[], p_service text, p_ms bigint)
RETURNS TABLE (outcome text, hold_id text, left_ms bigint,
	seats_limit integer, seats_used integer) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
	e events;
	h holds;
	taken bigint;
	now_at timestamptz;
	total bigint;
BEGIN
	SELECT * FROM events WHERE id = p_event INTO e;
	IF e.id IS NULL THEN
		outcome := 'unknown';
		RETURN NEXT;
		RETURN;
	END IF;
	PERFORM set_config('synchronous_commit', 'off', true);
	-- Two calls of one holder would each count without the other.
	PERFORM pg_advisory_xact_lock(
		hashtextextended(p_event || ' ' || p_holder, 6005));
	now_at := clock_timestamp();
	seats_limit := e.seats_per_client;

	-- The rows of holds come before those of tickets.
	PERFORM FROM holds WHERE holder = p_holder AND event_id = p_event
		AND ended_at IS NULL
		AND (until <= now_at OR ticket_ids && p_tickets)
		ORDER BY id FOR UPDATE;
	UPDATE holds SET ended_at = until, end_state = 'expired'
		WHERE holder = p_holder AND event_id = p_event
		AND ended_at IS NULL AND until <= now_at;
	SELECT coalesce(sum(cardinality(ticket_ids)), 0) FROM holds
		WHERE holder = p_holder AND event_id = p_event
		AND ended_at IS NULL AND NOT ticket_ids && p_tickets
		INTO seats_used;
	seats_used := seats_used + (SELECT count(*) FROM bookings
		WHERE holder = p_holder AND event_id = p_event
		AND cancelled_at IS NULL);

	SELECT * FROM holds WHERE holder = p_holder AND event_id = p_event
		AND ended_at IS NULL AND ticket_ids = p_tickets
		AND fences = p_fences AND lock_service = p_service INTO h;
	IF h.id IS NOT NULL
			AND hold_lock_tickets(h) = cardinality(p_tickets) THEN
		outcome := 'again';
		hold_id := h.id;
		left_ms := ms_until(h.until);
		RETURN NEXT;
		RETURN;
	END IF;

	outcome := sale_state(p_event);
	IF outcome <> 'open' THEN
		RETURN NEXT;
		RETURN;
	END IF;
	IF seats_used + cardinality(p_tickets) > seats_limit THEN
		outcome := 'limit';
		RETURN NEXT;
		RETURN;
	END IF;

	-- A token that is not greater than the row's is of a lock that belongs
	-- to an earlier hold: fcgi/store.h has the rule.
	SELECT count(*) FILTER (WHERE takeable),
		sum(price_minor) FILTER (WHERE takeable)
		FROM (SELECT t.price_minor, t.event_id = p_event
			AND t.state IN ('free', 'reserved')
			AND CASE WHEN t.lock_service = p_service
				THEN t.fence < w.fence
				ELSE t.state = 'free'
				OR t.reserved_until <= clock_timestamp()
				END AS takeable
			FROM unnest(p_tickets, p_fences) AS w (id, fence)
			JOIN tickets AS t ON t.id = w.id
			ORDER BY t.id FOR NO KEY UPDATE OF t) AS locked
		INTO taken, total;
	IF taken < cardinality(p_tickets) THEN
		outcome := 'refused';
		RETURN NEXT;
		RETURN;
	END IF;

	now_at := clock_timestamp();
	h := (p_hold, p_event, p_holder, p_tickets, p_fences, p_service, total,
		e.currency, now_at,
		now_at + least(p_ms * interval '1 ms',
			e.hold_limit_seconds * interval '1 s'),
		now_at + e.hold_limit_seconds * interval '1 s',
		0, NULL, NULL, NULL);
	UPDATE tickets AS t SET state = 'reserved', holder = p_holder,
		fence = w.fence, lock_service = p_service,
		reserved_until = h.until
		FROM unnest(p_tickets, p_fences) AS w (id, fence)
		WHERE t.id = w.id;
	-- Of an earlier hold whose lock had run out before its time.
	UPDATE holds SET ended_at = now_at, end_state = 'expired'
		WHERE holder = p_holder AND event_id = p_event
		AND ended_at IS NULL AND ticket_ids && p_tickets;
	INSERT INTO holds SELECT h.*;
	outcome := 'ok';
	hold_id := p_hold;
	left_ms := ms_until(h.until);
	RETURN NEXT;
END $$;

-- ---- hold_extend ----------------------------------------------------------

-- hold_extend(hold text, holder text, ms bigint, fences bigint[],
--             service text): one row
--   outcome text
--     ok         left_ms is new; ms longer than limit_at allows is cut
--     none_left  all extensions are spent
--     limit      it ends at limit_at already
--     expired, released, booked    it has ended so; expired also when its
--                time is over, or these are not its tokens
--     unknown, not_yours
--   left_ms bigint, extensions_left int    ok, none_left, limit
-- A refusal changes no time. May commit without waiting for the disk.
CREATE FUNCTION hold_extend(p_hold text, p_holder text, p_ms bigint,
	p_fences bigint[], p_service text)
RETURNS TABLE (outcome text, left_ms bigint, extensions_left integer)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
	h holds;
	ends_at timestamptz;
BEGIN
	PERFORM set_config('synchronous_commit', 'off', true);
	SELECT * FROM holds WHERE id = p_hold FOR UPDATE INTO h;
	outcome := hold_refusal(h, p_holder);
	IF outcome IS NULL AND (h.until <= clock_timestamp()
			OR h.fences <> p_fences OR h.lock_service <> p_service
			OR hold_lock_tickets(h) < cardinality(h.ticket_ids)) THEN
		outcome := 'expired';
	END IF;
	IF outcome IS NOT NULL THEN
		RETURN NEXT;
		RETURN;
	END IF;
	ends_at := least(clock_timestamp() + p_ms * interval '1 ms', h.limit_at);
	extensions_left := (SELECT extensions FROM events
		WHERE id = h.event_id) - h.extensions;
	outcome := CASE WHEN extensions_left <= 0 THEN 'none_left'
		WHEN h.until >= h.limit_at THEN 'limit'
		ELSE 'ok' END;
	IF outcome = 'ok' AND ends_at > h.until THEN
		UPDATE tickets SET reserved_until = ends_at
			WHERE id = ANY (h.ticket_ids);
		UPDATE holds SET until = ends_at, extensions = extensions + 1
			WHERE id = h.id;
		h.until := ends_at;
		extensions_left := extensions_left - 1;
	END IF;
	extensions_left := greatest(extensions_left, 0);
	left_ms := ms_until(h.until);
	RETURN NEXT;
END $$;

-- ---- hold_release ---------------------------------------------------------

-- hold_release(hold text, holder text): one row
--   outcome text
--     ok         its tickets that were still under its tokens are free
--     released   they were given back before: the call was repeated
--     expired, booked, unknown, not_yours
-- May commit without waiting for the disk.
CREATE FUNCTION hold_release(p_hold text, p_holder text)
RETURNS TABLE (outcome text) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
	h holds;
	kept bigint;
BEGIN
	PERFORM set_config('synchronous_commit', 'off', true);
	SELECT * FROM holds WHERE id = p_hold FOR UPDATE INTO h;
	outcome := hold_refusal(h, p_holder);
	IF outcome IS NULL THEN
		kept := hold_lock_tickets(h);
		UPDATE tickets AS t SET state = 'free', holder = NULL,
			reserved_until = NULL
			FROM unnest(h.ticket_ids, h.fences) AS w (id, fence)
			WHERE t.id = w.id AND t.state = 'reserved'
			AND t.holder = h.holder AND t.fence = w.fence
			AND t.lock_service = h.lock_service;
		outcome := CASE WHEN kept = 0 OR h.until <= clock_timestamp()
			THEN 'expired' ELSE 'ok' END;
		PERFORM hold_end(h.id, CASE outcome WHEN 'ok' THEN 'released'
			ELSE outcome END, NULL);
	END IF;
	RETURN NEXT;
END $$;

-- ---- hold_book ------------------------------------------------------------

-- hold_book(hold text, holder text, key text, fingerprint text): one row
--   outcome text
--     ok           all of it is booked, and on the disk
--     replayed     this key has booked it before, or the hold was booked
--     key_reused   the key was used with another fingerprint
--     in_progress  a call with this key is at work right now
--     expired      a ticket is no longer reserved under its token
--     released, unknown, not_yours
--   order_number text    ok, replayed
-- The lock is asked before: as with a plain book, a row past its time that
-- nobody else has taken is booked if the lock is still there. Only ok and
-- replayed are remembered under the key, for a day.
CREATE FUNCTION hold_book(p_hold text, p_holder text, p_key text,
	p_fingerprint text)
RETURNS TABLE (outcome text, order_number text) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
	h holds;
	known idempotency;
	made text;
BEGIN
	IF NOT pg_try_advisory_xact_lock(
			hashtextextended(p_holder || ' ' || p_key, 6006)) THEN
		outcome := 'in_progress';
		RETURN NEXT;
		RETURN;
	END IF;
	SELECT * FROM idempotency WHERE holder = p_holder AND key = p_key
		AND created_at > clock_timestamp() - interval '1 day' INTO known;
	IF known.key IS NOT NULL THEN
		outcome := 'key_reused';
		IF known.fingerprint = p_fingerprint THEN
			outcome := 'replayed';
			order_number := known.order_number;
		END IF;
		RETURN NEXT;
		RETURN;
	END IF;
	SELECT * FROM holds WHERE id = p_hold FOR UPDATE INTO h;
	outcome := hold_refusal(h, p_holder);
	IF outcome = 'booked' THEN
		outcome := 'replayed';
		made := h.order_number;
	ELSIF outcome IS NULL THEN
		outcome := 'expired';
		IF hold_lock_tickets(h) = cardinality(h.ticket_ids) THEN
			outcome := 'ok';
			made := order_number_new();
			PERFORM set_config('holdfast.order', made, true);
			UPDATE tickets SET state = 'booked',
				reserved_until = NULL,
				booked_at = clock_timestamp()
				WHERE id = ANY (h.ticket_ids);
			UPDATE orders SET hold_id = h.id WHERE number = made;
		END IF;
		PERFORM hold_end(h.id, CASE outcome WHEN 'ok' THEN 'booked'
			ELSE outcome END, made);
	END IF;
	IF made IS NOT NULL THEN
		INSERT INTO idempotency AS i
			VALUES (p_holder, p_key, p_fingerprint, made)
			ON CONFLICT (holder, key) DO UPDATE
			SET fingerprint = excluded.fingerprint,
			order_number = excluded.order_number,
			created_at = excluded.created_at;
		order_number := made;
	END IF;
	RETURN NEXT;
END $$;

-- ---- hold_show, holds_of --------------------------------------------------

-- hold_show(hold text, holder text): one row a ticket, in sale_order; one row
-- with NULLs after the outcome for unknown and not_yours
--   outcome text     ok (live), expired, released, booked, unknown, not_yours
--   hold_id, event_id text
--   left_ms bigint, until text, limit_at text
--   extensions_left int
--   step_seconds int    of an extension; NULL: the worker's hold
--   total_minor bigint, currency, lock_service, order_number text
--   ticket_id text, ordinal int, section, seat_row text, seat_number int,
--   price_minor bigint, fence bigint
-- holds_of(holder text): the same rows of each live hold, the oldest first
CREATE TYPE hold_row AS (outcome text, hold_id text, event_id text,
	left_ms bigint, until text, limit_at text, extensions_left integer,
	step_seconds integer, total_minor bigint, currency text,
	lock_service text, order_number text, ticket_id text, ordinal integer,
	section text, seat_row text, seat_number integer, price_minor bigint,
	fence bigint);

CREATE FUNCTION hold_rows(p_holds text[]) RETURNS SETOF hold_row
LANGUAGE sql AS $$
	SELECT coalesce(h.end_state, CASE WHEN h.until > clock_timestamp()
			AND bool_and(t.state = 'reserved'
				AND t.holder = h.holder AND t.fence = w.fence
				AND t.lock_service = h.lock_service)
				OVER (PARTITION BY h.id)
			THEN 'ok' ELSE 'expired' END),
		h.id, h.event_id, ms_until(h.until), rfc3339(h.until),
		rfc3339(h.limit_at), greatest(e.extensions - h.extensions, 0),
		coalesce(e.extend_seconds, e.hold_seconds), h.total_minor,
		h.currency::text, h.lock_service, h.order_number, t.id,
		t.sale_order, t.section, t.seat_row, t.seat_number,
		t.price_minor, w.fence
	FROM holds AS h
	JOIN events AS e ON e.id = h.event_id
	CROSS JOIN LATERAL unnest(h.ticket_ids, h.fences) AS w (id, fence)
	JOIN tickets AS t ON t.id = w.id
	WHERE h.id = ANY (p_holds)
	ORDER BY h.created_at, h.id, t.sale_order
$$;

CREATE FUNCTION hold_show(p_hold text, p_holder text)
RETURNS SETOF hold_row LANGUAGE plpgsql AS $$
DECLARE
	h holds;
BEGIN
	SELECT * FROM holds WHERE id = p_hold INTO h;
	IF h.id IS NULL OR h.holder <> p_holder THEN
		RETURN QUERY SELECT (jsonb_populate_record(NULL::hold_row,
			jsonb_build_object('outcome',
				hold_refusal(h, p_holder)))).*;
	ELSE
		RETURN QUERY SELECT * FROM hold_rows(ARRAY[p_hold]);
	END IF;
END $$;

CREATE FUNCTION holds_of(p_holder text) RETURNS SETOF hold_row
LANGUAGE sql AS $$
	SELECT * FROM hold_rows(ARRAY(SELECT id FROM holds
		WHERE holder = p_holder AND ended_at IS NULL
		AND until > clock_timestamp()))
	WHERE outcome = 'ok'
$$;

-- ---- order_show, orders_of ------------------------------------------------

-- order_show(number text, holder text): one row a ticket, in sale_order; none
-- when there is no such order of holder's
--   number, event_id, title, venue, starts_at, created_at, cancelled_at text
--   total_minor bigint, currency text
--   ticket_id text, ordinal int, section, seat_row text, seat_number int,
--   price_minor bigint, cancelled boolean
-- orders_of(holder text): the same rows of all, the latest order first
CREATE TYPE order_row AS (number text, event_id text, title text, venue text,
	starts_at text, created_at text, cancelled_at text, total_minor bigint,
	currency text, ticket_id text, ordinal integer, section text,
	seat_row text, seat_number integer, price_minor bigint,
	cancelled boolean);

CREATE FUNCTION order_rows(p_orders text[]) RETURNS SETOF order_row
LANGUAGE sql AS $$
	SELECT o.number, o.event_id, e.title, e.venue, rfc3339(e.starts_at),
		rfc3339(o.created_at), rfc3339(o.cancelled_at), o.total_minor,
		o.currency::text, t.id, t.sale_order, t.section, t.seat_row,
		t.seat_number, b.price_minor, b.cancelled_at IS NOT NULL
	FROM orders AS o
	JOIN events AS e ON e.id = o.event_id
	JOIN bookings AS b ON b.order_number = o.number
	JOIN tickets AS t ON t.id = b.ticket_id
	WHERE o.number = ANY (p_orders)
	ORDER BY o.created_at DESC, o.number, t.sale_order
$$;

CREATE FUNCTION order_show(p_number text, p_holder text)
RETURNS SETOF order_row LANGUAGE sql AS $$
	SELECT * FROM order_rows(ARRAY(SELECT number FROM orders
		WHERE number = p_number AND holder = p_holder))
$$;

CREATE FUNCTION orders_of(p_holder text) RETURNS SETOF order_row
LANGUAGE sql AS $$
	SELECT * FROM order_rows(ARRAY(SELECT number FROM orders
		WHERE holder = p_holder))
$$;

-- ---- tidy -----------------------------------------------------------------

-- tidy(): forgets keys that are older than a day; how many. For whoever has
-- time, now and then.
CREATE FUNCTION tidy() RETURNS bigint LANGUAGE sql AS $$
	WITH gone AS (DELETE FROM idempotency
		WHERE created_at <= clock_timestamp() - interval '1 day'
		RETURNING 1)
	SELECT count(*) FROM gone
$$;

-- ---- making tickets anew --------------------------------------------------

-- event_clear(event text): takes away an event's tickets and all that was
-- ever sold of them, for holdfast-init. Call it with tickets locked.
CREATE FUNCTION event_clear(p_event text) RETURNS void LANGUAGE plpgsql AS $$
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
	PERFORM set_config('holdfast.recreate', '', true);
END $$;
