-- The tickets: what is sold, and to whom.
--
--          reserve              book
--   free ----------> reserved ---------> booked
--     ^                 |  ^
--     |     release     |  | reserve, by a greater token or after
--     +-----------------+  +-- reserved_until: nobody has to clean up
--
-- fence and lock_service stay when a ticket becomes free again: within one
-- lock service a token that is not greater than the last never takes it.

CREATE TYPE ticket_state AS ENUM ('free', 'reserved', 'booked');

-- ISO 4217. A domain, as it is checked when the value is set and not each
-- time that another column of the row changes.
CREATE DOMAIN currency_code AS text COLLATE "C" CHECK (VALUE ~ '^[A-Z]{3}$');

CREATE TABLE tickets (
	-- What never changes during a sale. Ids order by bytes, as the workers'
	-- baskets do: all lock rows in one order.
	id text COLLATE "C" PRIMARY KEY
		CHECK (octet_length(id) BETWEEN 1 AND 128),
	sale_order integer NOT NULL UNIQUE,
	section text NOT NULL,
	seat_row text NOT NULL,
	seat_number integer NOT NULL,
	price_minor bigint NOT NULL CHECK (price_minor >= 0),
	currency currency_code NOT NULL,
	UNIQUE (section, seat_row, seat_number),

	-- What a sale changes. No index may ever name one of these: an update
	-- could then not be heap-only, and would write to every index.
	state ticket_state NOT NULL DEFAULT 'free',
	holder text COLLATE "C" CHECK (octet_length(holder) BETWEEN 1 AND 128),
	fence bigint CHECK (fence > 0),
	lock_service text COLLATE "C"
		CHECK (octet_length(lock_service) BETWEEN 1 AND 64),
	reserved_until timestamptz,
	booked_at timestamptz,

	CONSTRAINT a_token_belongs_to_a_lock_service
		CHECK ((fence IS NULL) = (lock_service IS NULL)),
	CONSTRAINT a_state_is_whole CHECK (CASE state
		WHEN 'free' THEN
			num_nonnulls(holder, reserved_until, booked_at) = 0
		WHEN 'reserved' THEN
			num_nulls(holder, fence, reserved_until) = 0
			AND booked_at IS NULL
		WHEN 'booked' THEN
			num_nulls(holder, fence, booked_at) = 0
			AND reserved_until IS NULL
		END)
);
