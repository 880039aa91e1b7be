-- What the box office changed, for pages that are open: no worker is told of a
-- change that holdfast-admin makes, so the workers look here, a few times a
-- second. Only the box office writes here; no sale does, and none waits.

CREATE TABLE office_changes (
	made_by xid8 NOT NULL DEFAULT pg_current_xact_id(),
	event_id text COLLATE "C" NOT NULL,
	terms boolean NOT NULL, -- of the event; else its tickets
	at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- office_told(event text, terms boolean): for the transaction that changes it;
-- what is older than a day is forgotten
CREATE FUNCTION office_told(p_event text, p_terms boolean) RETURNS void
LANGUAGE sql AS $$
	DELETE FROM office_changes
		WHERE at < clock_timestamp() - interval '1 day';
	INSERT INTO office_changes (event_id, terms) VALUES (p_event, p_terms)
$$;

-- office_look(seen text): what was committed after seen, which an earlier look
-- gave; NULL: nothing but where to begin. One row an event, one of NULLs after
-- the first column when nothing was.
--   seen text          for the next look
--   event_id text
--   version bigint     its tickets' new versions are at least that
--   terms boolean, sale text, opens_at text
CREATE FUNCTION office_look(p_seen text)
RETURNS TABLE (seen text, event_id text, version bigint, terms boolean,
	sale text, opens_at text) LANGUAGE sql STABLE AS $$
	SELECT pg_current_snapshot()::text, c.event_id, c.version, c.terms,
		sale_state(c.event_id), (SELECT rfc3339(sale_opens_at)
			FROM events WHERE id = c.event_id)
	FROM (SELECT) AS one LEFT JOIN (
		SELECT o.event_id, min(o.made_by::text::bigint) AS version,
			bool_or(o.terms) AS terms
		FROM office_changes AS o
		WHERE NOT pg_visible_in_snapshot(o.made_by,
			p_seen::pg_snapshot)
		GROUP BY o.event_id) AS c ON true
$$;

-- As 0009 has it, and told.
CREATE OR REPLACE FUNCTION events_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO event_changes (event_id, actor, what, old, new)
		SELECT new.id, nullif(current_setting('holdfast.actor', true), ''),
			o.key, o.value, n.value
		FROM jsonb_each_text(to_jsonb(old) - 'layout' - 'layout_hash') AS o
		JOIN jsonb_each_text(to_jsonb(new)) AS n ON n.key = o.key
		WHERE n.value IS DISTINCT FROM o.value;
	PERFORM office_told(new.id, true);
	RETURN NULL;
END $$;
