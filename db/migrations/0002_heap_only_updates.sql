-- Room in each page for the new versions that a sale makes of its rows, so
-- that they stay heap-only: no index is touched, and the next reader of the
-- page takes the dead versions away. It can only do that when no other
-- session looks at the page, so there is room for the two versions that a
-- plain sale makes of each row, even if nothing is taken away meanwhile: a
-- free row has some 110 bytes, a reserved or booked one 200 (the client's id
-- and the lock service's name), and 14 rows begin in a page of 8192 bytes.
--
-- Vacuum then has little to do; it comes early and goes easy, and never cuts
-- the file, which would need a lock that stops the sale. The columns that
-- statistics matter for do not change.
ALTER TABLE tickets SET (
	fillfactor = 20,
	autovacuum_vacuum_threshold = 1000,
	autovacuum_vacuum_scale_factor = 0.05,
	autovacuum_analyze_threshold = 1000,
	autovacuum_analyze_scale_factor = 1,
	vacuum_truncate = false
);
