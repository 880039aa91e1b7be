-- A fourth state: kept back by the box office, as for the house or a broken
-- seat. A value that was just added cannot be used before it is committed, so
-- this is a migration of its own.
ALTER TYPE ticket_state ADD VALUE 'blocked';
