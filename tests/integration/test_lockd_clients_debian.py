"""Debian's PHP, Ruby and Perl clients, unmodified, on lockd and redis-server 7.

Laravel's locks and limiters on both clients that it knows; the lock of
phpredis's session handler; redis-rb with redlock-rb's scripts in words of
our own; Redis.pm. The scenarios are in tests/clients.
"""

import pytest
from client_script import CLIENTS, assert_all_ok

RUNS = {
    "laravel on phpredis": ["php", "php/main.php", "laravel.php", "phpredis"],
    "laravel on predis": ["php", "php/main.php", "laravel.php", "predis"],
    "phpredis": ["php", "php/main.php", "phpredis.php", "phpredis"],
    "redis-rb": ["ruby", "ruby/main.rb"],
    "Redis.pm": ["perl", "perl/main.pl"],
}


@pytest.mark.parametrize("run", RUNS)
def test_a_client_of_debians_works_unmodified(empty, run):
    program, script, *words = RUNS[run]
    # Debian's own, whatever else is in PATH: another would not see them.
    assert_all_ok(f"/usr/bin/{program}", CLIENTS / script, *words, empty.socket)
