-- Who changed an event's terms, when, and from what to what: the tickets'
-- history (0005) has no place for that. The layout is made of the tickets and
-- not told of.

CREATE TABLE event_changes (
	event_id text COLLATE "C" NOT NULL,
	at timestamptz NOT NULL DEFAULT clock_timestamp(),
	actor text, -- holdfast.actor
	what text NOT NULL, -- the column
	old text,
	new text
);
CREATE INDEX event_changes_event ON event_changes (event_id, at);

CREATE FUNCTION events_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO event_changes (event_id, actor, what, old, new)
		SELECT new.id, nullif(current_setting('holdfast.actor', true), ''),
			o.key, o.value, n.value
		FROM jsonb_each_text(to_jsonb(old) - 'layout' - 'layout_hash') AS o
		JOIN jsonb_each_text(to_jsonb(new)) AS n ON n.key = o.key
		WHERE n.value IS DISTINCT FROM o.value;
	RETURN NULL;
END $$;
CREATE TRIGGER events_change AFTER UPDATE ON events FOR EACH ROW
	EXECUTE FUNCTION events_change();
