# tests/lockd
