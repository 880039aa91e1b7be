-- What happened to each ticket, and what was sold: written by a trigger, in
-- the very transaction that changes the ticket, so that neither can be
-- without the other.
--
-- Each row of history is chained to the one before it of the same ticket:
-- hash = SHA-256 of the earlier row's hash (nothing, for the first) and of
-- history_text() of the row. The ticket keeps the last one. Whoever changes, adds or
-- takes away a row breaks the chain; holdfast-admin verify names the row.
--
--   op       who and until when the row tells of
--   reserve  who has it now
--   extend   who has it still, and the new deadline
--   release  who gave it back
--   expire   who had it, until his time or his lock ran out
--   book     who bought it, and the order
--   cancel   who had bought it, and that order
--   block    nobody
--   unblock  nobody

CREATE TABLE history (
	ticket_id text COLLATE "C",
	seq integer, -- 1 for a ticket's first
	event_id text COLLATE "C" NOT NULL,
	at timestamptz NOT NULL,
	op text COLLATE "C" NOT NULL,
	holder text COLLATE "C",
	fence bigint,
	lock_service text COLLATE "C",
	until timestamptz,
	order_number text COLLATE "C",
	actor text, -- who did it, if it was not the holder: holdfast.actor
	prev_hash bytea,
	hash bytea NOT NULL,
	PRIMARY KEY (ticket_id, seq)
);
-- Rows come in the order of time, so the least of indexes finds an hour.
CREATE INDEX history_at ON history USING brin (at)
	WITH (autosummarize = on, pages_per_range = 32);

CREATE TABLE orders (
	number text COLLATE "C" PRIMARY KEY,
	event_id text COLLATE "C" NOT NULL,
	holder text COLLATE "C" NOT NULL,
	total_minor bigint NOT NULL, -- as paid, whatever was cancelled since
	currency currency_code NOT NULL,
	created_at timestamptz NOT NULL,
	cancelled_at timestamptz, -- when the last of its tickets was
	hold_id text COLLATE "C"
);
CREATE INDEX orders_holder ON orders (holder, created_at);

CREATE TABLE bookings (
	order_number text COLLATE "C" NOT NULL,
	ticket_id text COLLATE "C" NOT NULL,
	event_id text COLLATE "C" NOT NULL,
	holder text COLLATE "C" NOT NULL,
	price_minor bigint NOT NULL,
	currency currency_code NOT NULL,
	booked_at timestamptz NOT NULL,
	cancelled_at timestamptz
);
CREATE UNIQUE INDEX one_live_booking_a_ticket ON bookings (ticket_id)
	WHERE cancelled_at IS NULL;
CREATE INDEX bookings_order ON bookings (order_number);
CREATE INDEX bookings_holder ON bookings (holder)
	WHERE cancelled_at IS NULL;

-- ---- the chain ------------------------------------------------------------

CREATE FUNCTION microseconds(at timestamptz) RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE
RETURN (extract(epoch FROM at) * 1000000)::bigint;

-- The values with commas between them; those that may have any character with
-- their length in bytes and a colon before them; of NULL, nothing remains. No
-- value is ever empty, so two different rows never give the same text. Inline,
-- as it is in every sale: a call of its own would cost more than the hash.
CREATE FUNCTION history_text(ticket_id text, seq integer, event_id text,
	at timestamptz, op text, holder text, fence bigint, lock_service text,
	until timestamptz, order_number text, actor text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN concat(octet_length(ticket_id), ':', ticket_id, ',', seq, ',', event_id,
	',', microseconds(at), ',', op, ',', octet_length(holder), ':', holder,
	',', fence, ',', octet_length(lock_service), ':', lock_service, ',',
	microseconds(until), ',', order_number, ',', octet_length(actor), ':',
	actor);

CREATE FUNCTION history_hash(prev_hash bytea, content text) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE
RETURN sha256(coalesce(prev_hash, ''::bytea) || convert_to(content, 'UTF8'));

-- Only holdfast-init, which makes tickets anew, may take history away: it
-- says so by a setting of its transaction.
CREATE FUNCTION history_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF current_setting('holdfast.recreate', true) = 'yes' THEN
		RETURN NULL;
	END IF;
	RAISE 'history is only ever added to' USING ERRCODE = '42501';
END $$;
CREATE TRIGGER history_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON history
	EXECUTE FUNCTION history_is_kept();

-- ---- orders ---------------------------------------------------------------

-- 60 random bits in Crockford's base 32, which has no I, L, O and U: 9 bytes
-- (of a UUID those that are random throughout) are 12 digits in base 64, and
-- every second of its digits means the same here.
CREATE FUNCTION order_number_new() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	random bytea := uuid_send(gen_random_uuid());
	digits text := translate(
		encode(substr(random, 1, 6) || substr(random, 10, 3), 'base64'),
		'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/',
		'0123456789ABCDEFGHJKMNPQRSTVWXYZ0123456789ABCDEFGHJKMNPQRSTVWXYZ');
BEGIN
	RETURN concat('HF-', substr(digits, 1, 4), '-', substr(digits, 5, 4),
		'-', substr(digits, 9, 4));
END $$;

-- ---- what a change is -----------------------------------------------------

-- What ends for the one who had the ticket; NULL: nothing does. same: he has
-- it afterwards, too, under the same token if it is reserved. past: his time
-- was over. Who is followed by another before that had lost his lock.
CREATE FUNCTION history_leaving(old ticket_state, new ticket_state,
	same boolean, past boolean) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE old
	WHEN 'reserved' THEN CASE
		WHEN same AND new IN ('reserved', 'booked') THEN NULL
		WHEN past OR new = 'reserved' THEN 'expire'
		ELSE 'release' END
	WHEN 'booked' THEN CASE
		WHEN NOT (same AND new = 'booked') THEN 'cancel' END
	WHEN 'blocked' THEN CASE
		WHEN new <> 'blocked' THEN 'unblock' END
	END;

-- What begins, or goes on. leaving: what history_leaving() gave.
CREATE FUNCTION history_entering(old ticket_state, new ticket_state,
	leaving text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE new
	WHEN 'reserved' THEN CASE WHEN old = 'reserved' AND leaving IS NULL
		THEN 'extend' ELSE 'reserve' END
	WHEN 'booked' THEN CASE WHEN old <> 'booked' OR leaving IS NOT NULL
		THEN 'book' END
	WHEN 'blocked' THEN CASE WHEN old <> 'blocked' THEN 'block' END
	END;

-- ---- what was sold before there was a history -----------------------------

-- Each booking becomes an order of its own: what was bought together, nobody
-- knows any more.
UPDATE tickets SET order_number = order_number_new() WHERE state = 'booked';
INSERT INTO orders SELECT order_number, event_id, holder, price_minor,
	currency, booked_at FROM tickets WHERE state = 'booked';
INSERT INTO bookings SELECT order_number, id, event_id, holder, price_minor,
	currency, booked_at FROM tickets WHERE state = 'booked';
INSERT INTO history SELECT id, 1, event_id, at, op, holder, fence,
	lock_service, reserved_until, order_number, 'migration', NULL,
	history_hash(NULL, history_text(id, 1, event_id, at, op, holder, fence,
		lock_service, reserved_until, order_number, 'migration'))
	FROM tickets, (SELECT clock_timestamp()) AS now (at),
	LATERAL (SELECT CASE state WHEN 'booked' THEN 'book'
		ELSE 'reserve' END) AS what (op)
	WHERE state <> 'free';
UPDATE tickets AS t SET history_seq = h.seq, history_hash = h.hash
	FROM history AS h WHERE h.ticket_id = t.id;

-- Whoever books without a history does not get through.
ALTER TABLE tickets ADD CONSTRAINT a_state_is_whole CHECK (CASE state
	WHEN 'reserved' THEN
		num_nulls(holder, fence, reserved_until) = 0
		AND num_nonnulls(booked_at, order_number) = 0
	WHEN 'booked' THEN
		num_nulls(holder, fence, booked_at, order_number) = 0
		AND reserved_until IS NULL
	ELSE num_nonnulls(holder, reserved_until, booked_at, order_number) = 0
	END);

-- Into pages with the room that 0004 asks for.
CLUSTER tickets USING tickets_event_id_sale_order_key;
ALTER TABLE tickets SET WITHOUT CLUSTER;

-- ---- the trigger ----------------------------------------------------------

-- Before the update, so that all of it is one version of the row. Its lock is
-- ours by then, and old is what it replaces. One function with all in it: it
-- is in every sale, and calls cost more than what they do.
--
-- All tickets that one transaction books for one holder are one order. Its
-- number is the setting holdfast.order, made by the first of them.
CREATE FUNCTION tickets_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
	now_at timestamptz := clock_timestamp();
	who text := nullif(current_setting('holdfast.actor', true), '');
	number text;
	leaving text := history_leaving(old.state, new.state,
		new.holder = old.holder AND (new.state = 'booked'
			OR new.fence = old.fence
			AND new.lock_service = old.lock_service),
		old.reserved_until <= now_at);
	entering text := history_entering(old.state, new.state, leaving);
BEGIN
	-- Not as the trigger's condition: that is parsed again in each statement.
	IF (old.state, old.holder, old.fence, old.lock_service,
			old.reserved_until) IS NOT DISTINCT FROM (new.state,
			new.holder, new.fence, new.lock_service,
			new.reserved_until) THEN
		RETURN new;
	END IF;
	new.history_seq := old.history_seq;
	new.history_hash := old.history_hash;
	new.version := greatest(old.version + 1,
		pg_current_xact_id()::text::bigint);

	IF leaving IS NOT NULL THEN
		new.history_seq := old.history_seq + 1;
		new.history_hash := history_hash(old.history_hash, history_text(
			old.id, new.history_seq, old.event_id, now_at, leaving,
			old.holder, old.fence, old.lock_service,
			old.reserved_until, old.order_number, who));
		INSERT INTO history VALUES (old.id, new.history_seq,
			old.event_id, now_at, leaving, old.holder, old.fence,
			old.lock_service, old.reserved_until, old.order_number,
			who, old.history_hash, new.history_hash);
	END IF;

	IF leaving = 'cancel' THEN
		UPDATE bookings SET cancelled_at = now_at
			WHERE ticket_id = old.id AND cancelled_at IS NULL;
		UPDATE orders AS o SET cancelled_at = now_at
			WHERE o.number = old.order_number
			AND NOT EXISTS (SELECT FROM bookings AS b
				WHERE b.order_number = old.order_number
				AND b.cancelled_at IS NULL);
	END IF;
	IF new.state <> 'booked' THEN
		new.order_number := NULL;
	ELSIF entering = 'book' THEN
		number := nullif(current_setting('holdfast.order', true), '');
		IF number IS NOT NULL THEN
			INSERT INTO orders AS o VALUES (number, new.event_id,
				new.holder, new.price_minor, new.currency,
				new.booked_at)
				ON CONFLICT ON CONSTRAINT orders_pkey DO UPDATE
				SET total_minor = o.total_minor
					+ excluded.total_minor
				WHERE o.holder = excluded.holder
				AND o.event_id = excluded.event_id
				AND o.currency = excluded.currency
				AND o.cancelled_at IS NULL
				RETURNING o.number INTO number;
		END IF;
		IF number IS NULL THEN
			number := order_number_new();
			PERFORM set_config('holdfast.order', number, true);
			INSERT INTO orders VALUES (number, new.event_id,
				new.holder, new.price_minor, new.currency,
				new.booked_at);
		END IF;
		INSERT INTO bookings VALUES (number, new.id, new.event_id,
			new.holder, new.price_minor, new.currency,
			new.booked_at);
		new.order_number := number;
	END IF;

	IF entering IS NOT NULL THEN
		INSERT INTO history VALUES (new.id, new.history_seq + 1,
			new.event_id, now_at, entering, new.holder, new.fence,
			new.lock_service, new.reserved_until, new.order_number,
			who, new.history_hash, history_hash(new.history_hash,
			history_text(new.id, new.history_seq + 1, new.event_id,
				now_at, entering, new.holder, new.fence,
				new.lock_service, new.reserved_until,
				new.order_number, who)))
			RETURNING seq, hash
			INTO new.history_seq, new.history_hash;
	END IF;
	RETURN new;
END $$;

CREATE TRIGGER tickets_change BEFORE UPDATE ON tickets FOR EACH ROW
	EXECUTE FUNCTION tickets_change();
