"""Statements on a PostgreSQL, by libpq itself: a psql for each would spend most
of a test's time in being loaded.

    rows("postgresql://…", "SELECT id, state FROM tickets")

https://www.postgresql.org/docs/current/libpq.html
"""

import ctypes
from ctypes import c_char_p, c_int, c_void_p

CONNECTION_OK = 0
FAILED = (5, 7)  # PGRES_BAD_RESPONSE, PGRES_FATAL_ERROR

_libpq = ctypes.CDLL("libpq.so.5")
for _name, _gives, *_takes in (
    ("PQconnectdb", c_void_p, c_char_p),
    ("PQstatus", c_int, c_void_p),
    ("PQerrorMessage", c_char_p, c_void_p),
    ("PQfinish", None, c_void_p),
    ("PQsetNoticeProcessor", c_void_p, c_void_p, c_void_p, c_void_p),
    ("PQsendQuery", c_int, c_void_p, c_char_p),
    ("PQgetResult", c_void_p, c_void_p),
    ("PQresultStatus", c_int, c_void_p),
    ("PQntuples", c_int, c_void_p),
    ("PQnfields", c_int, c_void_p),
    ("PQgetvalue", c_char_p, c_void_p, c_int, c_int),
    ("PQclear", None, c_void_p),
):
    getattr(_libpq, _name).restype = _gives
    getattr(_libpq, _name).argtypes = _takes

_silent = ctypes.CFUNCTYPE(None, c_void_p, c_char_p)(lambda _, notice: None)


class Refused(AssertionError):
    """No connection, or a statement that failed; says what libpq says."""


def rows(conninfo, text):
    """Runs statements on a connection of their own, as one query (all in one
    transaction unless they say otherwise): every row that they give, as lists
    of strings, "" for NULL."""
    connection = _libpq.PQconnectdb(conninfo.encode())
    try:
        if _libpq.PQstatus(connection) != CONNECTION_OK:
            raise Refused(_error(connection))
        _libpq.PQsetNoticeProcessor(connection, _silent, None)
        if not _libpq.PQsendQuery(connection, text.encode()):
            raise Refused(_error(connection))
        return _all_rows(connection)
    finally:
        _libpq.PQfinish(connection)


def _error(connection):
    return _libpq.PQerrorMessage(connection).decode()


def _all_rows(connection):
    found = []
    while result := _libpq.PQgetResult(connection):
        try:
            if _libpq.PQresultStatus(result) in FAILED:
                raise Refused(_error(connection))
            found += _rows_of(result)
        finally:
            _libpq.PQclear(result)
    return found


def _rows_of(result):
    columns = range(_libpq.PQnfields(result))
    return [[_libpq.PQgetvalue(result, row, column).decode() for column in columns]
            for row in range(_libpq.PQntuples(result))]
