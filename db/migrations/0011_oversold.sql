-- Tickets that were sold twice, as their history tells: there must be none.
--
-- Sold twice is a booking whose ticket was booked already, without a
-- cancellation between the two. The trigger of 0005 calls it a cancellation,
-- too, when a booking replaces another's; but then the very next row is the
-- other booking, where a ticket that really came back is free in between.

CREATE TABLE oversold (
	ticket_id text COLLATE "C",
	seq integer, -- of the booking that was one too many
	found_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	settled_at timestamptz, -- set by whoever has seen to it
	PRIMARY KEY (ticket_id, seq)
);

-- How far was looked. One row, that of whoever looks next.
CREATE TABLE oversold_watch (
	one boolean PRIMARY KEY DEFAULT true CHECK (one),
	era text COLLATE "C", -- whose numbers these are (0010): another begins anew
	since bigint NOT NULL DEFAULT 0, -- older versions are all looked at
	next bigint, -- since of the round to come; NULL: none is under way
	at_version bigint, -- the last ticket that this round has looked at
	at_id text COLLATE "C",
	began_at timestamptz, -- of this round
	looked_at timestamptz,
	whole_at timestamptz -- when the last whole round began
);
INSERT INTO oversold_watch DEFAULT VALUES;

-- oversold_look(every_ms bigint, at_most bigint): one row
--   tickets bigint   sold twice, and not settled
--   whole_ms bigint  all that was over by then was looked at; 0: never yet
--
-- Looks, unless somebody does or did in the last every_ms, through the history
-- of up to at_most tickets that changed since the last round; a round has as
-- many looks as that takes. Every transaction before next was over when the
-- round began, so what a late one changes has a version of next or more
-- (tickets.version, 0004), and the next round finds it.
CREATE FUNCTION oversold_look(p_every_ms bigint, p_at_most bigint)
RETURNS TABLE (tickets bigint, whole_ms bigint) LANGUAGE plpgsql AS $$
DECLARE
	w oversold_watch;
	here text := era_now();
	last record;
BEGIN
	SELECT * INTO w FROM oversold_watch AS o WHERE o.looked_at IS NULL
		OR o.looked_at <= clock_timestamp()
			- p_every_ms * interval '1 ms'
		FOR UPDATE SKIP LOCKED;
	IF FOUND THEN
		IF w.era IS DISTINCT FROM here THEN
			w.era := here;
			w.since := 0;
			w.next := NULL;
		END IF;
		IF w.next IS NULL THEN
			w.next := pg_snapshot_xmin(pg_current_snapshot())
				::text::bigint;
			w.began_at := clock_timestamp();
			w.at_version := w.since;
			w.at_id := '';
		END IF;
		WITH piece AS MATERIALIZED (
			SELECT t.version, t.id FROM tickets AS t
			WHERE (t.version, t.id) > (w.at_version, w.at_id)
			ORDER BY t.version, t.id LIMIT p_at_most),
		sold AS (SELECT h.ticket_id, h.seq, h.op,
			lag(h.op) OVER by_seq AS last_op,
			lag(h.seq) OVER by_seq AS last_seq
			FROM piece AS p JOIN history AS h ON h.ticket_id = p.id
			WHERE h.op IN ('book', 'cancel')
			WINDOW by_seq AS (PARTITION BY h.ticket_id
				ORDER BY h.seq)),
		found AS (INSERT INTO oversold (ticket_id, seq)
			SELECT s.ticket_id, s.seq FROM sold AS s
			WHERE s.op = 'book' AND (s.last_op = 'book'
				OR s.last_seq = s.seq - 1)
			ON CONFLICT DO NOTHING)
		SELECT p.version, p.id, count(*) OVER () AS n INTO last
			FROM piece AS p
			ORDER BY p.version DESC, p.id DESC LIMIT 1;
		IF coalesce(last.n, 0) < p_at_most THEN
			w.since := w.next;
			w.next := NULL;
			w.whole_at := w.began_at;
		ELSE
			w.at_version := last.version;
			w.at_id := last.id;
		END IF;
		UPDATE oversold_watch AS o SET era = w.era,
			since = w.since, next = w.next,
			at_version = w.at_version, at_id = w.at_id,
			began_at = w.began_at, whole_at = w.whole_at,
			looked_at = clock_timestamp();
	END IF;
	-- Tickets that were made anew since are not those that were sold.
	RETURN QUERY SELECT (SELECT count(DISTINCT o.ticket_id)
			FROM oversold AS o JOIN history AS h
			ON h.ticket_id = o.ticket_id AND h.seq = o.seq
			WHERE o.settled_at IS NULL AND h.op = 'book'),
		(SELECT coalesce((extract(epoch FROM o.whole_at) * 1000)::bigint,
			0) FROM oversold_watch AS o);
END $$;
