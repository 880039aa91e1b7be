-- When the last backup of this sale was made: one row, or none before the
-- first. holdfast-backup writes it once the file is in its place; no sale does.
-- A backup has the row of the one before it, so a sale that was put back says
-- that its backups are old until there is a new one: right so.

CREATE TABLE backups (
	only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
	made_at timestamptz NOT NULL, -- the moment that it has
	bytes bigint NOT NULL,
	host text NOT NULL -- where its file is
);
