-- Room in each page for the new versions that a sale makes of its rows, so
-- that they stay heap-only: no index is touched, and the next reader of the
-- page takes the dead versions away. Vacuum then has little to do; it comes
-- early and goes easy, and never cuts the file, which would need a lock that
-- stops the sale. The columns that statistics matter for do not change.
ALTER TABLE tickets SET (
	fillfactor = 50,
	autovacuum_vacuum_threshold = 1000,
	autovacuum_vacuum_scale_factor = 0.05,
	autovacuum_analyze_threshold = 1000,
	autovacuum_analyze_scale_factor = 1,
	vacuum_truncate = false
);
