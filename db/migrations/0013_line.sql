-- The waiting line of an event: for seats that are in other people's baskets,
-- and for those who come before the sale opens.
--
-- A place is a row of line_places, one a holder and event. Who is in line says now
-- and then that he is there (line_seen). When seats are free that suit him, and
-- not promised to anybody before him, he gets a turn: until it ends he alone,
-- and others with turns of their own, may take what he waits for, as many as he
-- waits for. Everybody else is refused what suits anybody who is before him.
-- So:
--   - Seats go to the first whom they suit. A party that is too large for what
--     is free is passed, and keeps its place.
--   - Who shows no sign of life is asleep: he gets no turn and stops nobody,
--     and has his place again when he wakes. After a longer while it is gone.
--   - A turn that is not used costs the others as long as it lasts. Who let it
--     pass rests before he gets another; the third one was his last.
--   - Who takes seats by his turn leaves the line in the same transaction.
--
-- Nothing has to run for that: line_look(), which counts what is free and gives
-- turns, is part of line_seen(), so whoever waits moves the line. Where nobody
-- waits, there is nothing to find but an empty index.
--
-- Locks, before those of 0006_holds.sql: who may join (6011), who looks (6010),
-- rows of line_places.

-- How many may wait at once.
ALTER TABLE events ADD line_limit integer NOT NULL DEFAULT 5000
	CHECK (line_limit BETWEEN 0 AND 100000);

CREATE TABLE line_places (
	event_id text COLLATE "C",
	holder text COLLATE "C",
	-- Less is nearer the head. Who joins before the sale opens draws his
	-- place, below 0, which nobody is told before: so the line is shuffled
	-- then. Who comes later stands behind.
	place bigint NOT NULL,
	-- What he waits for.
	seats integer NOT NULL CHECK (seats >= 1),
	section text, -- NULL: any
	max_price bigint, -- of each seat; NULL: any
	joined_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	-- What changes: never to be named by an index.
	seen_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	turn_until timestamptz,
	turn_section text, -- where his turn is good; NULL: where it suits him
	rest_until timestamptz,
	misses integer NOT NULL DEFAULT 0,
	promised_at timestamptz, -- when he was told that it would be his turn
	PRIMARY KEY (event_id, holder)
) WITH (fillfactor = 50);
CREATE INDEX line_place ON line_places (event_id, place);
CREATE SEQUENCE line_numbers;

-- What there is of one section at one price.
CREATE TYPE line_class AS (section text, price_minor bigint, free integer,
	held integer, booked integer,
	due integer[]); -- held ones that end within line_steps()

-- What line_look() saw last. A copy, for those who would look too soon.
CREATE TABLE line_looks (
	event_id text COLLATE "C" PRIMARY KEY,
	next_at timestamptz NOT NULL, -- not before
	classes line_class[] NOT NULL,
	-- Of the last minutes, the longer ago the less: how long, how many seats
	-- came back, how many were booked.
	counted_at timestamptz NOT NULL,
	seconds double precision NOT NULL,
	returned double precision NOT NULL,
	sold double precision NOT NULL
) WITH (fillfactor = 50);

-- ---- how long things last -------------------------------------------------

CREATE FUNCTION line_asleep() RETURNS interval LANGUAGE sql IMMUTABLE
RETURN interval '45 s';
-- Twice as long as who is far back asks again: without a sign of life for so
-- long, somebody else gets the next turn.
CREATE FUNCTION line_awake() RETURNS interval LANGUAGE sql IMMUTABLE
RETURN interval '25 s';
CREATE FUNCTION line_gone() RETURNS interval LANGUAGE sql IMMUTABLE
RETURN interval '10 min';
CREATE FUNCTION line_turn() RETURNS interval LANGUAGE sql IMMUTABLE
RETURN interval '20 s';
CREATE FUNCTION line_rest() RETURNS interval LANGUAGE sql IMMUTABLE
RETURN interval '30 s';
CREATE FUNCTION line_look_every() RETURNS interval LANGUAGE sql IMMUTABLE
RETURN interval '500 ms';
-- Seconds by which line_class.due tells what ends.
CREATE FUNCTION line_steps() RETURNS integer[] LANGUAGE sql IMMUTABLE
RETURN ARRAY[30, 60, 120, 300, 600, 1200, 1800];

-- ---- who is meant ---------------------------------------------------------

-- He counts: he has a turn, or would take one.
CREATE FUNCTION line_is_live(l line_places) RETURNS boolean LANGUAGE sql AS $$
	SELECT coalesce(l.turn_until > clock_timestamp(), false)
		OR l.seen_at > clock_timestamp() - line_asleep()
		AND coalesce(l.rest_until <= clock_timestamp(), true)
$$;

CREATE FUNCTION line_suits(l line_places, p_section text, p_price bigint)
RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
	SELECT coalesce(l.section = p_section, true)
		AND coalesce(p_price <= l.max_price, true)
$$;

-- line_exists(event text): is anybody waiting? What every sale asks.
CREATE FUNCTION line_exists(p_event text) RETURNS boolean LANGUAGE sql AS $$
	SELECT EXISTS (SELECT FROM line_places AS l
		WHERE l.event_id = p_event AND line_is_live(l))
$$;

-- ---- giving turns ---------------------------------------------------------

CREATE FUNCTION line_classes(p_event text) RETURNS line_class[]
LANGUAGE sql AS $$
	WITH now AS MATERIALIZED (SELECT clock_timestamp() AS at),
	seen AS (SELECT t.section, t.price_minor, t.sale_order,
		t.state = 'free' OR t.state = 'reserved'
			AND t.reserved_until <= now.at AS free,
		t.state = 'reserved' AND t.reserved_until > now.at AS held,
		t.state = 'booked' AS booked,
		extract(epoch FROM t.reserved_until - now.at) AS rest
		FROM tickets AS t, now
		WHERE t.event_id = p_event AND t.state <> 'blocked'),
	counted AS (SELECT section, price_minor, min(sale_order) AS first,
		count(*) FILTER (WHERE free) AS free,
		count(*) FILTER (WHERE held) AS held,
		count(*) FILTER (WHERE booked) AS booked,
		ARRAY[count(*) FILTER (WHERE held AND rest <= 30),
			count(*) FILTER (WHERE held AND rest <= 60),
			count(*) FILTER (WHERE held AND rest <= 120),
			count(*) FILTER (WHERE held AND rest <= 300),
			count(*) FILTER (WHERE held AND rest <= 600),
			count(*) FILTER (WHERE held AND rest <= 1200),
			count(*) FILTER (WHERE held AND rest <= 1800)] AS due
		FROM seen GROUP BY section, price_minor)
	SELECT coalesce(array_agg(ROW(section, price_minor, free, held, booked,
		due)::line_class ORDER BY price_minor, first), '{}')
	FROM counted
$$;

-- A section with room for l; NULL: there is none. p_floor: somebody before him
-- may take nothing dearer, and must find his seats when l has taken some.
CREATE FUNCTION line_room(p_classes line_class[], l line_places, p_floor bigint)
RETURNS text LANGUAGE sql IMMUTABLE AS $$
	SELECT c.section FROM unnest(p_classes) AS c
	WHERE line_suits(l, c.section, c.price_minor)
	GROUP BY c.section
	HAVING sum(c.free) >= l.seats
		AND coalesce(l.max_price <= p_floor, p_floor IS NULL)
		OR coalesce(sum(c.free) FILTER (
			WHERE c.price_minor <= p_floor), 0) >= l.seats
	ORDER BY sum(c.free) DESC, c.section LIMIT 1
$$;

-- What is left when l has had his seats there, the cheapest: which of them he
-- takes is not known yet, and nobody may count on a cheaper one.
CREATE FUNCTION line_left(p_classes line_class[], l line_places, p_section text)
RETURNS line_class[] LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
	needed integer := l.seats;
	n integer;
BEGIN
	FOR i IN 1 .. cardinality(p_classes) LOOP
		EXIT WHEN needed = 0;
		IF p_classes[i].section = p_section
				AND line_suits(l, p_section,
					p_classes[i].price_minor) THEN
			n := least(needed, p_classes[i].free);
			needed := needed - n;
			p_classes[i].free := p_classes[i].free - n;
		END IF;
	END LOOP;
	RETURN p_classes;
END $$;

-- Goes along the line until nothing is left. p_turns: those that have turns
-- already; read before p_classes was, so that who has taken his seats meanwhile
-- is counted twice rather than not at all.
CREATE FUNCTION line_give(p_event text, p_turns line_places[], p_classes line_class[])
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	l line_places;
	room text;
	picky boolean := false; -- somebody before does not take everything
	lowest bigint; -- the least that anybody with a turn may pay at most
BEGIN
	FOREACH l IN ARRAY p_turns LOOP
		p_classes := line_left(p_classes, l, coalesce(l.turn_section,
			l.section, line_room(p_classes, l, NULL)));
		picky := picky OR num_nonnulls(l.section, l.max_price) > 0;
		lowest := least(lowest, l.max_price);
	END LOOP;
	FOR l IN SELECT * FROM line_places AS w
			WHERE w.event_id = p_event AND line_is_live(w)
			AND w.seen_at > clock_timestamp() - line_awake()
			AND w.turn_until IS NULL AND w.seats <= (
				SELECT max(free) FROM (SELECT sum(c.free) AS free
					FROM unnest(p_classes) AS c
					GROUP BY c.section) AS sections)
			ORDER BY w.place, w.holder LOOP
		EXIT WHEN NOT EXISTS (SELECT FROM unnest(p_classes)
			WHERE free > 0);
		room := line_room(p_classes, l, lowest);
		IF room IS NOT NULL THEN
			UPDATE line_places SET turn_until = clock_timestamp()
				+ line_turn(),
				turn_section = CASE WHEN picky
					AND l.section IS NULL THEN room END
				WHERE event_id = p_event AND holder = l.holder;
			p_classes := line_left(p_classes, l, room);
			lowest := least(lowest, l.max_price);
		END IF;
		picky := picky OR num_nonnulls(l.section, l.max_price) > 0;
	END LOOP;
END $$;

-- Turns that were not used, and places that nobody has come back to.
CREATE FUNCTION line_sweep(p_event text) RETURNS void LANGUAGE sql AS $$
	DELETE FROM line_places WHERE event_id = p_event
		AND (seen_at <= clock_timestamp() - line_gone()
		OR misses >= 2 AND turn_until <= clock_timestamp());
	UPDATE line_places SET turn_until = NULL, turn_section = NULL,
		misses = misses + 1,
		rest_until = clock_timestamp() + line_rest()
		WHERE event_id = p_event AND turn_until <= clock_timestamp();
$$;

-- What the history says that came back, and was sold, since it was asked last.
CREATE FUNCTION line_count(seen line_looks) RETURNS line_looks
LANGUAGE plpgsql AS $$
DECLARE
	now_at timestamptz := clock_timestamp();
	since timestamptz := coalesce(seen.counted_at,
		now_at - interval '5 min');
	span double precision := extract(epoch FROM now_at - since);
	kept double precision := exp(-span / 300);
	got record;
BEGIN
	IF seen.counted_at > now_at - interval '5 s' THEN
		RETURN seen;
	END IF;
	SELECT count(*) FILTER (WHERE op IN ('release', 'expire', 'cancel'))
			AS returned,
		count(*) FILTER (WHERE op = 'book') AS sold
		FROM history WHERE event_id = seen.event_id
		AND at > since AND at <= now_at INTO got;
	seen.counted_at := now_at;
	seen.seconds := coalesce(seen.seconds, 0) * kept + span;
	seen.returned := coalesce(seen.returned, 0) * kept + got.returned;
	seen.sold := coalesce(seen.sold, 0) * kept + got.sold;
	RETURN seen;
END $$;

-- line_look(event text): what there is, and turns for those whom it suits. No
-- more often than line_look_every(), and never more than a twentieth of the
-- time, however many ask.
CREATE FUNCTION line_look(p_event text) RETURNS line_looks
LANGUAGE plpgsql AS $$
DECLARE
	seen line_looks;
	turns line_places[];
	began timestamptz;
BEGIN
	SELECT * FROM line_looks WHERE event_id = p_event INTO seen;
	IF seen.next_at > clock_timestamp() THEN
		RETURN seen;
	END IF;
	IF seen.event_id IS NULL THEN
		PERFORM pg_advisory_xact_lock(hashtextextended(p_event, 6010));
	ELSIF NOT pg_try_advisory_xact_lock(
			hashtextextended(p_event, 6010)) THEN
		RETURN seen;
	END IF;
	SELECT * FROM line_looks WHERE event_id = p_event INTO seen;
	began := clock_timestamp();
	IF seen.next_at > began THEN
		RETURN seen;
	END IF;
	seen.event_id := p_event;
	PERFORM line_sweep(p_event);
	turns := ARRAY(SELECT l FROM line_places AS l WHERE l.event_id = p_event
		AND l.turn_until > clock_timestamp() ORDER BY l.place);
	seen.classes := line_classes(p_event);
	seen := line_count(seen);
	IF sale_state(p_event) = 'open' THEN
		PERFORM line_give(p_event, turns, seen.classes);
	END IF;
	seen.next_at := clock_timestamp() + greatest(line_look_every(),
		(clock_timestamp() - began) * 20);
	INSERT INTO line_looks SELECT seen.* ON CONFLICT (event_id) DO UPDATE
		SET (next_at, classes, counted_at, seconds, returned, sold)
		= ROW (excluded.next_at, excluded.classes, excluded.counted_at,
			excluded.seconds, excluded.returned, excluded.sold);
	RETURN seen;
END $$;

-- ---- when it will be ------------------------------------------------------

-- In how many seconds as many seats will have come back as l and those before
-- him need, together p_needed; NULL: it cannot be known. Held seats come back at
-- their deadlines, as large a part of them as did in the last minutes; when
-- those are not enough, as many a second as did.
CREATE FUNCTION line_estimate(seen line_looks, l line_places, p_needed bigint)
RETURNS double precision LANGUAGE plpgsql AS $$
DECLARE
	steps integer[] := line_steps();
	share double precision := seen.returned
		/ nullif(seen.returned + seen.sold, 0);
	had double precision;
	will double precision;
	free bigint;
	held bigint;
	due bigint[];
	held_all bigint;
	by_rate double precision;
	before integer := 0;
BEGIN
	SELECT coalesce(sum(c.free), 0), coalesce(sum(c.held), 0),
		ARRAY(SELECT sum(d.n) FROM unnest(seen.classes) AS k,
			unnest(k.due) WITH ORDINALITY AS d (n, nr)
			WHERE line_suits(l, k.section, k.price_minor)
			GROUP BY d.nr ORDER BY d.nr)
		FROM unnest(seen.classes) AS c
		WHERE line_suits(l, c.section, c.price_minor)
		INTO free, held, due;
	IF free >= p_needed THEN
		RETURN 0;
	END IF;
	IF share IS NULL OR seen.returned + seen.sold < 5 THEN
		RETURN NULL;
	END IF;
	SELECT sum(c.held) FROM unnest(seen.classes) AS c INTO held_all;
	by_rate := (p_needed - free) / nullif(seen.returned / seen.seconds
		* held / nullif(held_all, 0), 0);
	had := free;
	FOR i IN 1 .. coalesce(cardinality(due), 0) LOOP
		will := free + share * due[i];
		IF will >= p_needed THEN
			RETURN least(by_rate, before + (steps[i] - before)
				* (p_needed - had) / (will - had));
		END IF;
		had := will;
		before := steps[i];
	END LOOP;
	RETURN CASE WHEN by_rate <= 7200 THEN by_rate END;
END $$;

-- What he is told now, after he was told p_promised: that goes on as the clock
-- does, unless the estimate is far from it. So it does not jump up and down
-- with each seat that comes back.
CREATE FUNCTION line_promise(p_promised timestamptz,
	p_estimate double precision) RETURNS timestamptz LANGUAGE sql AS $$
	WITH told AS MATERIALIZED (SELECT clock_timestamp() AS now,
		greatest(extract(epoch FROM p_promised - clock_timestamp()), 0)
			AS rest)
	SELECT CASE
		WHEN p_estimate IS NULL THEN CASE WHEN rest > 0
			THEN p_promised END
		WHEN p_promised IS NOT NULL AND p_estimate
			BETWEEN rest * 0.5 - 15 AND rest * 1.6 + 15
			THEN p_promised
		ELSE now + p_estimate * interval '1 s' END
	FROM told
$$;

-- ---- line_seen ------------------------------------------------------------

-- line_seen(event text, holder text): one row; holder is there, if he is in
-- line, and what can be given is given
--   outcome text     ok; unknown: there is no such event
--   state text       none    he is not in line: position is where he would be
--                    early   the sale is not open: nobody has a position yet
--                    waiting
--                    turn    he may take his seats, until turn_left_ms
--   position int     from 1; NULL: early
--   length int       how many wait
--   eta_s int        NULL: it cannot be known
--   seats int, section text, max_price bigint    what he waits for
--   turn_section text    NULL: where it suits him
--   turn_left_ms bigint
--   sale, opens_at text, opens_in_ms bigint
--   poll_ms bigint   when he should ask again
--   sections text    JSON: [{"section","available","held","booked"},...]
-- May commit without waiting for the disk.
CREATE FUNCTION line_seen(p_event text, p_holder text)
RETURNS TABLE (outcome text, state text, "position" integer, length integer,
	eta_s integer, seats integer, section text, max_price bigint,
	turn_section text, turn_left_ms bigint, sale text, opens_at text,
	opens_in_ms bigint, poll_ms bigint, sections text) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
	e events;
	mine line_places;
	seen line_looks;
	ahead bigint;
	needed bigint;
	told timestamptz;
BEGIN
	outcome := 'unknown';
	SELECT * FROM events WHERE id = p_event INTO e;
	IF e.id IS NULL THEN
		RETURN NEXT;
		RETURN;
	END IF;
	outcome := 'ok';
	PERFORM set_config('synchronous_commit', 'off', true);
	seen := line_look(p_event); -- before a row is locked
	UPDATE line_places SET seen_at = clock_timestamp()
		WHERE event_id = p_event AND holder = p_holder
		AND seen_at < clock_timestamp() - interval '5 s';
	SELECT * FROM line_places WHERE event_id = p_event AND holder = p_holder
		INTO mine;
	SELECT count(*), count(*) FILTER (WHERE l.place < mine.place),
		coalesce(sum(l.seats) FILTER (WHERE l.place < mine.place
			AND coalesce(l.section = mine.section, true)), 0)
		FROM line_places AS l WHERE l.event_id = p_event
		AND (line_is_live(l) OR l.holder = p_holder)
		INTO length, ahead, needed;

	sale := sale_state(p_event);
	opens_at := rfc3339(e.sale_opens_at);
	opens_in_ms := CASE sale WHEN 'not_yet'
		THEN ms_until(e.sale_opens_at) END;
	seats := mine.seats;
	section := mine.section;
	max_price := mine.max_price;
	state := CASE WHEN mine.holder IS NULL THEN 'none'
		WHEN sale = 'not_yet' THEN 'early'
		WHEN mine.turn_until > clock_timestamp() THEN 'turn'
		ELSE 'waiting' END;
	IF state = 'none' AND sale <> 'not_yet' THEN
		position := length + 1;
	ELSIF state IN ('waiting', 'turn') THEN
		position := ahead + 1;
	END IF;
	IF state = 'turn' THEN
		turn_section := mine.turn_section;
		turn_left_ms := ms_until(mine.turn_until);
		eta_s := 0;
	ELSIF state = 'waiting' AND sale = 'open' THEN
		told := line_promise(mine.promised_at,
			line_estimate(seen, mine, needed + mine.seats));
		IF told IS DISTINCT FROM mine.promised_at THEN
			UPDATE line_places SET promised_at = told
				WHERE event_id = p_event AND holder = p_holder;
		END IF;
		-- In steps of five seconds.
		eta_s := CASE WHEN told IS NOT NULL THEN 5 * ceil(greatest(
			extract(epoch FROM told - clock_timestamp()), 0) / 5)
			END;
	END IF;
	poll_ms := CASE WHEN state = 'turn' THEN 1000
		WHEN state = 'none' THEN 5000
		WHEN sale = 'not_yet' THEN
			least(12000, opens_in_ms + 1500 * random())
		WHEN ahead < 10 THEN 1500
		WHEN ahead < 100 THEN 4000
		ELSE 12000 END;
	sections := (SELECT coalesce(jsonb_agg(jsonb_build_object(
			'section', c.section, 'available', c.free,
			'held', c.held, 'booked', c.booked) ORDER BY c.nr), '[]')
		FROM (SELECT k.section, sum(k.free) AS free, sum(k.held) AS held,
			sum(k.booked) AS booked, min(nr) AS nr
			FROM unnest(seen.classes) WITH ORDINALITY AS k (section,
				price_minor, free, held, booked, due, nr)
			GROUP BY k.section) AS c)::text;
	RETURN NEXT;
END $$;

-- ---- line_join, line_leave ------------------------------------------------

-- A place drawn by lot: 48 random bits, below 0.
CREATE FUNCTION line_lot() RETURNS bigint LANGUAGE sql AS $$
	SELECT -1 - ('x' || right(gen_random_uuid()::text, 12))::bit(48)::bigint
$$;

-- Of an event that p_holder holds and has booked.
CREATE FUNCTION line_seats_used(p_event text, p_holder text) RETURNS bigint
LANGUAGE sql AS $$
	SELECT (SELECT coalesce(sum(cardinality(ticket_ids)), 0) FROM holds
			WHERE holder = p_holder AND event_id = p_event
			AND ended_at IS NULL AND until > clock_timestamp())
		+ (SELECT count(*) FROM bookings
			WHERE holder = p_holder AND event_id = p_event
			AND cancelled_at IS NULL)
$$;

-- line_join(event text, holder text, seats int, section text, max_price
--           bigint): one row
--   outcome text
--     joined   he is the last now, or drew his place if the sale is not open
--     again    he has a place, and keeps it; he waits for this from now on
--     full     as many wait as may; in_line says how many
--     limit    it would be more than seats_limit, with what he holds and has
--     never    the event has no such seats, free or not
--     closed, unknown    the sale; there is no such event
--   in_line int, seats_limit int, seats_used int    where they are of use
CREATE FUNCTION line_join(p_event text, p_holder text, p_seats integer,
	p_section text, p_max_price bigint)
RETURNS TABLE (outcome text, in_line integer, seats_limit integer,
	seats_used integer) LANGUAGE plpgsql AS $$
DECLARE
	e events;
	mine line_places;
	seen line_looks;
	sale text := sale_state(p_event);
BEGIN
	SELECT * FROM events WHERE id = p_event INTO e;
	outcome := CASE WHEN e.id IS NULL THEN 'unknown'
		WHEN sale = 'closed' THEN 'closed' END;
	IF outcome IS NOT NULL THEN
		RETURN NEXT;
		RETURN;
	END IF;
	-- So that nobody joins between the count and the new row, and places
	-- are given in the order in which they can be seen.
	PERFORM pg_advisory_xact_lock(hashtextextended(p_event, 6011));
	seen := line_look(p_event);
	SELECT * FROM line_places WHERE event_id = p_event AND holder = p_holder
		INTO mine;
	SELECT count(*) FROM line_places WHERE event_id = p_event INTO in_line;
	seats_limit := e.seats_per_client;
	seats_used := line_seats_used(p_event, p_holder);
	mine.seats := p_seats;
	mine.section := p_section;
	mine.max_price := p_max_price;
	outcome := CASE
		WHEN seats_used + p_seats > seats_limit THEN 'limit'
		WHEN NOT EXISTS (SELECT FROM unnest(seen.classes) AS c
			WHERE line_suits(mine, c.section, c.price_minor)
			GROUP BY c.section
			HAVING sum(c.free + c.held + c.booked) >= p_seats)
			THEN 'never'
		WHEN mine.holder IS NOT NULL THEN 'again'
		WHEN in_line >= e.line_limit THEN 'full'
		ELSE 'joined' END;
	IF outcome = 'again' THEN
		-- A turn that was given for something else is over.
		UPDATE line_places SET seats = p_seats, section = p_section,
			max_price = p_max_price, seen_at = clock_timestamp(),
			turn_until = NULL, turn_section = NULL,
			promised_at = NULL
			WHERE event_id = p_event AND holder = p_holder
			AND (line_places.seats, line_places.section, line_places.max_price)
			IS DISTINCT FROM (p_seats, p_section, p_max_price);
	ELSIF outcome = 'joined' THEN
		INSERT INTO line_places (event_id, holder, place, seats, section,
			max_price) VALUES (p_event, p_holder, CASE sale
			WHEN 'not_yet' THEN line_lot()
			ELSE nextval('line_numbers') END,
			p_seats, p_section, p_max_price);
	END IF;
	RETURN NEXT;
END $$;

-- line_leave(event text, holder text): whether he was in line
CREATE FUNCTION line_leave(p_event text, p_holder text) RETURNS boolean
LANGUAGE sql AS $$
	WITH left_it AS (DELETE FROM line_places
		WHERE event_id = p_event AND holder = p_holder RETURNING 1)
	SELECT EXISTS (SELECT FROM left_it)
$$;

-- ---- taking seats ---------------------------------------------------------

-- line_check(event text, holder text, ticket_ids text[], seats bigint,
--            section text, max_price bigint): one row, for who is about to ask
-- for these tickets; or, where ticket_ids is NULL, for any seats like that
-- (section, max_price NULL: any)
--   outcome text     free   nobody comes before him
--                    turn   he is in line, and it is his turn: line_hold_take()
--                    line   somebody waits for them who comes before him
--   in_line int      how many wait: of line
CREATE FUNCTION line_check(p_event text, p_holder text, p_tickets text[],
	p_seats bigint, p_section text, p_max_price bigint)
RETURNS TABLE (outcome text, in_line integer) LANGUAGE plpgsql AS $$
DECLARE
	mine line_places;
	wished boolean := false; -- it is what he waits for
BEGIN
	outcome := 'free';
	IF EXISTS (SELECT FROM holds AS h WHERE h.holder = p_holder
			AND h.event_id = p_event AND h.ended_at IS NULL
			AND h.until > clock_timestamp()
			AND h.ticket_ids = p_tickets) THEN
		RETURN NEXT; -- the same again
		RETURN;
	END IF;
	SELECT * FROM line_places WHERE event_id = p_event AND holder = p_holder
		INTO mine;
	IF mine.holder IS NOT NULL AND p_seats <= mine.seats THEN
		mine.section := coalesce(mine.turn_section, mine.section);
		wished := CASE WHEN p_tickets IS NULL
			THEN line_suits(mine, coalesce(p_section, ''),
				coalesce(p_max_price, 9223372036854775807))
			ELSE NOT EXISTS (SELECT FROM tickets AS t
				WHERE t.id = ANY (p_tickets) AND NOT line_suits(
					mine, t.section, t.price_minor)) END;
	END IF;
	IF wished AND mine.turn_until > clock_timestamp() THEN
		outcome := 'turn';
		RETURN NEXT;
		RETURN;
	END IF;
	IF EXISTS (SELECT FROM line_places AS l WHERE l.event_id = p_event
			AND l.holder <> p_holder
			AND (mine.place IS NULL OR l.place < mine.place
				OR l.turn_until > clock_timestamp())
			AND line_is_live(l)
			AND CASE WHEN p_tickets IS NULL
				THEN coalesce(l.section = p_section, true)
				ELSE EXISTS (SELECT FROM tickets AS t
					WHERE t.id = ANY (p_tickets)
					AND t.event_id = p_event
					AND line_suits(l, t.section,
						t.price_minor)) END) THEN
		outcome := 'line';
		in_line := (SELECT count(*) FROM line_places AS l
			WHERE l.event_id = p_event AND line_is_live(l));
	ELSIF wished THEN
		outcome := 'turn';
	END IF;
	RETURN NEXT;
END $$;

-- line_hold_take(...): hold_take() for who is in line and whose turn it is; he
-- leaves the line with it. One outcome more
--   line     it is not his turn, or no longer
CREATE FUNCTION line_hold_take(p_hold text, p_event text, p_holder text,
	p_tickets text[], p_fences bigint[], p_service text, p_ms bigint)
RETURNS TABLE (outcome text, hold_id text, left_ms bigint,
	seats_limit integer, seats_used integer) LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
	PERFORM FROM line_places WHERE event_id = p_event AND holder = p_holder
		FOR UPDATE;
	outcome := (SELECT c.outcome FROM line_check(p_event, p_holder,
		p_tickets, cardinality(p_tickets), NULL, NULL) AS c);
	IF outcome <> 'turn' THEN
		outcome := 'line';
		RETURN NEXT;
		RETURN;
	END IF;
	SELECT * FROM hold_take(p_hold, p_event, p_holder, p_tickets, p_fences,
			p_service, p_ms)
		INTO outcome, hold_id, left_ms, seats_limit, seats_used;
	IF outcome = 'ok' THEN
		DELETE FROM line_places WHERE event_id = p_event
			AND holder = p_holder;
	END IF;
	RETURN NEXT;
END $$;

-- line_yield(event text, holder text): his turn is over, and it is not his
-- fault: what was free when he got it is not any more.
CREATE FUNCTION line_yield(p_event text, p_holder text) RETURNS void
LANGUAGE sql AS $$
	UPDATE line_places SET turn_until = NULL, turn_section = NULL
		WHERE event_id = p_event AND holder = p_holder
$$;

-- line_tidy(): takes away the places that nobody has come back to, in all
-- events; how many. For whoever has time, now and then: where all are gone,
-- nobody is left who would.
CREATE FUNCTION line_tidy() RETURNS bigint LANGUAGE sql AS $$
	WITH old AS (SELECT event_id, holder FROM line_places
		WHERE seen_at <= clock_timestamp() - line_gone()
		FOR UPDATE SKIP LOCKED), -- others may be at it
	gone AS (DELETE FROM line_places AS l USING old
		WHERE l.event_id = old.event_id AND l.holder = old.holder
		RETURNING 1)
	SELECT count(*) FROM gone
$$;

-- ---- making tickets anew --------------------------------------------------

-- As 0010 has it; who waits, waits for what there is no more.
CREATE OR REPLACE FUNCTION event_clear(p_event text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
	PERFORM set_config('holdfast.recreate', 'yes', true);
	DELETE FROM line_places WHERE event_id = p_event;
	DELETE FROM line_looks WHERE event_id = p_event;
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
