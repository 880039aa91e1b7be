-- Best available: the worker picks (fcgi/seat_pick.h), between a lock on the
-- section and the commit of hold_take(). So who asks for the best of the same
-- section at the same moment picks after that, from what is left, instead of
-- picking the same seats and being refused.

-- best_sections(event text, count bigint, max_price bigint, accessible bool):
-- one row for each section that has as many free seats at that price, and an
-- accessible one if that is asked for; what has the best of them comes first
--   section text
CREATE FUNCTION best_sections(p_event text, p_count bigint, p_max_price bigint,
	p_accessible boolean)
RETURNS TABLE (section text) LANGUAGE sql AS $$
	SELECT t.section FROM tickets AS t
	WHERE t.event_id = p_event AND t.price_minor <= p_max_price
	AND (t.state = 'free' OR t.state = 'reserved'
		AND t.reserved_until <= clock_timestamp())
	GROUP BY t.section
	HAVING count(*) >= p_count AND (bool_or(t.accessible) OR NOT p_accessible)
	ORDER BY min(coalesce(t.quality, t.sale_order)), t.section
$$;

-- best_lock(event text, section text, wait_ms bigint): true, and the section
-- is the caller's until its transaction ends; false: it was not to be had in
-- time. What is free is read by a later statement, which sees what the lock
-- was waited for.
CREATE FUNCTION best_lock(p_event text, p_section text, p_wait_ms bigint)
RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
	PERFORM set_config('lock_timeout', p_wait_ms::text, true);
	PERFORM pg_advisory_xact_lock(
		hashtextextended(p_event || ' ' || p_section, 6008));
	PERFORM set_config('lock_timeout', '0', true);
	RETURN true;
EXCEPTION WHEN lock_not_available THEN
	RETURN false;
END $$;

-- best_seats(event text, section text): one row for each free seat, by row and
-- by place
--   ticket_id text
--   row_nr int       the same for all of a row
--   pos int          neighbours differ by one
--   middle int       the first place of the row and its last, added
--   quality int      smaller is better
--   price_minor bigint, accessible boolean
CREATE FUNCTION best_seats(p_event text, p_section text)
RETURNS TABLE (ticket_id text, row_nr integer, pos integer, middle integer,
	quality integer, price_minor bigint, accessible boolean)
LANGUAGE sql AS $$
	SELECT s.id, s.row_nr::integer, s.place, s.middle, s.good,
		s.price_minor, s.accessible
	FROM (SELECT t.id, t.state, t.reserved_until, t.price_minor,
			t.accessible, coalesce(t.pos, t.seat_number) AS place,
			coalesce(t.quality, t.sale_order) AS good,
			dense_rank() OVER (ORDER BY t.seat_row) AS row_nr,
			min(coalesce(t.pos, t.seat_number)) OVER in_row
			+ max(coalesce(t.pos, t.seat_number)) OVER in_row
			AS middle
		FROM tickets AS t
		WHERE t.event_id = p_event AND t.section = p_section
		WINDOW in_row AS (PARTITION BY t.seat_row)) AS s
	WHERE s.state = 'free' OR s.state = 'reserved'
		AND s.reserved_until <= clock_timestamp()
	ORDER BY s.row_nr, s.place
$$;
