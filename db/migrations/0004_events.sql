-- Events, and the seats that their tickets are for.
--
-- The published four calls mean the event 'default', which always exists.
-- No foreign key but this one from tickets: each would lock its event's row
-- in every sale, and all sales would meet there.

CREATE TABLE events (
	id text COLLATE "C" PRIMARY KEY CHECK (id ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
	title text NOT NULL CHECK (octet_length(title) BETWEEN 1 AND 200),
	venue text NOT NULL DEFAULT '' CHECK (octet_length(venue) <= 200),
	starts_at timestamptz,
	sale_opens_at timestamptz, -- NULL: open
	closed boolean NOT NULL DEFAULT false,
	currency currency_code NOT NULL,
	seats_per_client integer NOT NULL DEFAULT 10
		CHECK (seats_per_client BETWEEN 1 AND 1000),
	hold_seconds integer CHECK (hold_seconds > 0), -- NULL: the worker's
	extensions integer NOT NULL DEFAULT 10 CHECK (extensions >= 0),
	extend_seconds integer CHECK (extend_seconds > 0), -- NULL: a hold's length
	-- A hold ends this long after it began, extended or not.
	hold_limit_seconds integer NOT NULL DEFAULT 1800
		CHECK (hold_limit_seconds > 0),
	-- What a page draws, as JSON, and the first 16 hex digits of its SHA-256.
	layout text,
	layout_hash text COLLATE "C",
	created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	CHECK ((layout IS NULL) = (layout_hash IS NULL))
);

INSERT INTO events (id, title, currency) VALUES ('default', 'Tickets', 'EUR');

ALTER TABLE tickets
	-- What never changes during a sale. sale_order is the seat's ordinal:
	-- states and frames name it by that.
	ADD event_id text COLLATE "C" NOT NULL DEFAULT 'default'
		REFERENCES events,
	ADD category text,
	ADD x real, -- in seat widths
	ADD y real,
	ADD pos integer, -- in its row: neighbours differ by 1, an aisle is a gap
	ADD quality integer, -- 0 is best; NULL: not known
	ADD accessible boolean NOT NULL DEFAULT false,

	-- What a sale changes: never to be named by an index.
	--
	-- Greater with each change, and not less than the id of the transaction
	-- that made it. A reader whose snapshot has all transactions before V
	-- misses no change but those with versions of V and more.
	ADD version bigint NOT NULL DEFAULT 0,
	ADD history_seq integer NOT NULL DEFAULT 0, -- its last row of history
	ADD history_hash bytea,
	ADD order_number text COLLATE "C",

	DROP CONSTRAINT tickets_sale_order_key,
	DROP CONSTRAINT tickets_section_seat_row_seat_number_key,
	DROP CONSTRAINT a_state_is_whole,
	ADD UNIQUE (event_id, sale_order),
	ADD UNIQUE (event_id, section, seat_row, seat_number);

-- A free row has 100 to 130 bytes by now, a reserved or booked one up to 260
-- (the client's id, the lock service's name, the history's hash): some 11 rows
-- begin in a page of 8192 bytes, so that there is room for two versions of
-- each, as 0002 says. 0005 moves existing rows to such pages.
ALTER TABLE tickets SET (fillfactor = 15);
