"""cjson, bit, shebangs and the rest of scripts, as redis-server 7 has them.

And cjson within the bounds of a script: it allocates beside Lua.
"""

import os
import re
from pathlib import Path

import pytest
from servers import Lockd, Redis
from wire import Wire


# A sanitizer gives freed memory back late: here it is measured.
FRUGAL = {"ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") +
          ":quarantine_size_mb=0:thread_local_quarantine_size_kb=0"
          ":allocator_release_to_os_interval_ms=0"}


@pytest.fixture(scope="module")
def both():
    with Lockd(**FRUGAL) as lockd, Redis() as real:
        yield lockd, real


SAME = r"""
return cjson.encode({1,2,3})
return cjson.encode({a=1})
return cjson.encode({})
return cjson.encode({a={b={c={}}}})
return cjson.encode("x\n\"\\/\127\1é")
return {cjson.encode(1.5), cjson.encode(1e100), cjson.encode(0.1), cjson.encode(2^53)}
return cjson.encode(12345678901234567890)
return {cjson.encode(cjson.null), cjson.encode(true), cjson.encode(nil)}
return cjson.encode({1,nil,3})
return cjson.encode({[1]=1,[100]=2})
return cjson.encode({[1]=1,[5]=2})
return cjson.encode({[1.5]=1})
return cjson.encode({[true]=1})
return cjson.encode(function() end)
return cjson.encode({a={print}})
return cjson.encode()
return cjson.encode(1,2)
return cjson.encode(0/0)
return cjson.encode(1/0)
local t={} t.t=t return cjson.encode(t)
return cjson.decode("[1,2,3]")
return cjson.decode('{"a":[1,{"b":null}]}').a[2].b == cjson.null
return cjson.decode('{"a":"x\\u0041\\n"}').a
return tostring(cjson.decode('1e3'))
return tostring(cjson.decode('null'))
return cjson.decode('nul')
return cjson.decode('')
return cjson.decode('[1,2')
return cjson.decode('{"a" 1}')
return cjson.decode('[1] x')
return cjson.decode('0x10')
return tostring(cjson.decode('NaN'))
return cjson.decode(1)
return cjson.decode({})
return cjson.decode()
return cjson.decode(string.rep("[",1001)..string.rep("]",1001))
return #cjson.decode(string.rep("[",1000)..string.rep("]",1000))
return {pcall(cjson.decode,"x")}
return {pcall(cjson.encode,{print})}
return type(cjson)..type(cjson.encode)..type(cjson.null)
return cjson.null
cjson.x = 1
return cjson.nosuch
return {bit.band(255,15),bit.bor(1,2),bit.bxor(3,5),bit.bnot(0),bit.lshift(1,4)}
return {bit.rshift(256,4),bit.arshift(-256,4),bit.tobit(2^32+5),bit.tohex(255)}
return {bit.tohex(255,-4),bit.rol(0x12345678,8),bit.ror(0x12345678,8),bit.bswap(0x12345678)}
return {bit.tohex(1,-2147483648),bit.tohex(1,2147483648),bit.tohex(1,2^31*3),bit.tohex(1,0)}
return {bit.tohex(1,2147483647),bit.tohex(-1,-2147483647),bit.tohex(1,2^32),bit.tohex(171,-9)}
return {bit.tohex(1,1.5),bit.tohex("171","2"),bit.tohex(-1,8),bit.tohex(-1)}
return bit.band()
return bit.band("x")
return bit.band("3",1)
bit.x = 1
return type(bit)
return redis.acl_check_cmd("get","x")
return redis.acl_check_cmd("nosuch")
return redis.acl_check_cmd()
return redis.acl_check_cmd({})
return redis.REDIS_VERSION
return redis.REDIS_VERSION_NUM
return {redis.breakpoint(), redis.replicate_commands()}
return redis.set_repl(redis.REPL_ALL)
redis.setresp(3) return redis.call('get','nosuch') == nil
redis.setresp(3) return {double=1.5}
redis.setresp(3) return {map={a=1}}
redis.setresp(3) return {set={a=true}}
redis.setresp(3) return {big_number='12345678901234567890'}
redis.setresp(3) return {verbatim_string={format='txt',string='x'}}
redis.setresp(3) return {true,false,1.9}
redis.setresp(3) redis.call('hset','h','f','v') return redis.call('hgetall','h')
redis.call('hset','h','f','v') return redis.call('hgetall','h')
redis.setresp(3) return redis.call('hgetall','h').map.f
redis.setresp(4)
redis.log(redis.LOG_WARNING, 'a', 'b') return 1
redis.log(9, 'a')
redis.log('a')
""".strip().splitlines()

# What stands before "return 1" or more on the next line.
HEADS = ["#!lua", "#!lua flags=no-writes", "#!lua flags=no-writes,allow-stale",
         "#!lua flags=x", "#!foo", "#!lua name=x", "#!lua flags=allow-oom,no-cluster",
         "#!lua  flags=no-writes", "#!lua flags=", "#!", "#!lua\tflags=x"]


@pytest.mark.parametrize("protocol", [2, 3])
@pytest.mark.parametrize("command", ["EVAL", "EVAL_RO"])
def test_each_gives_the_same_as_in_redis(both, command, protocol):
    answers = []
    for server in both:
        with Wire(server.socket) as wire:
            wire.ask("HELLO", protocol)
            wire.ask("FLUSHALL")
            answers.append([wire.ask(command, script, 0) for script in SAME])
    for script, ours, theirs in zip(SAME, *answers):
        # One of big_number is lockd's as a string: see docs/lockd-scripts.md.
        if "big_number" not in script:
            assert ours == theirs, script


@pytest.mark.parametrize("body", ["return 1", "return redis.call('set','a',1)",
                                  "return redis.call('publish','a',1)",
                                  "return redis.call('get','nosuch')", "error('x')"])
@pytest.mark.parametrize("command", ["EVAL", "EVAL_RO"])
def test_a_first_line_says_what_a_script_may(both, command, body):
    texts = [f"{head}\n{body}" for head in HEADS] + ["#!lua", body]
    answers = []
    for server in both:
        with Wire(server.socket) as wire:
            answers.append([wire.ask(command, text, 0) for text in texts])
    for text, ours, theirs in zip(texts, *answers):
        assert ours == theirs, text


def test_the_read_only_forms_take_kept_scripts(both):
    answers = []
    for server in both:
        with Wire(server.socket) as wire:
            sha = wire.ask("SCRIPT", "LOAD", "return redis.call('set',KEYS[1],1)")[5:45]
            answers.append([wire.ask("EVALSHA_RO", sha, 1, "k"), wire.ask("GET", "k"),
                            wire.ask("EVALSHA", sha, 1, "k"), wire.ask("GET", "k"),
                            wire.ask("EVALSHA_RO", "x", 0), wire.ask("EVAL_RO", "x"),
                            wire.ask("EVALSHA_RO")])
    assert answers[0] == answers[1]


# ---- bounds ------------------------------------------------------------------


def memory_mib(server):
    status = Path(f"/proc/{server.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024


TOO_LARGE = [
    # Shared by all: 2^40 strings to be written.
    "local t = {'x'} for i=1,40 do t = {t,t} end return cjson.encode(t)",
    "local s = string.rep('x',900000) local t = {} for i=1,1000 do t[i]=s end "
    "return #cjson.encode(t)",
    "return #cjson.encode(string.rep('\\0',900000))",
    "return #cjson.decode('['..string.rep('[],',300000)..'1]')",
    "return #cjson.decode('['..string.rep('\"x\",',200000)..'1]')",
]


@pytest.fixture(scope="module")
def small():
    with Lockd("--script-memory", str(8 * 1024 * 1024), **FRUGAL) as server:
        yield server


@pytest.mark.parametrize("script", TOO_LARGE)
def test_cjson_keeps_to_the_bounds_of_a_script(small, script):
    with Wire(small.socket) as wire:
        wire.ask("EVAL", script, 0)
        before = memory_mib(small)
        for _ in range(20):
            answer = wire.ask("EVAL", script, 0)
            assert re.match(rb"-ERR .*(too large to be encoded|not enough memory)", answer)
        assert memory_mib(small) < before + 12
        assert wire.ask("EVAL", "return cjson.encode({1})", 0) == b"$3\r\n[1]\r\n"


def test_cjson_works_up_to_its_bounds_and_gives_memory_back(small):
    fits = "return #cjson.encode(string.rep('x',900000))"
    with Wire(small.socket) as wire:
        for _ in range(30):
            assert wire.ask("EVAL", fits, 0) == b":900002\r\n"
            wire.ask("EVAL", "return cjson.encode({string.rep('x',900000), print})", 0)
            assert wire.ask("EVAL", "return #cjson.decode('['..string.rep('1,',20000)"
                            "..'1]')", 0) == b":20001\r\n"
        assert memory_mib(small) < 80


def test_cjsons_buffer_does_not_stay_large(both):
    with Wire(both[0].socket) as wire:
        wire.ask("EVAL", "return cjson.encode(string.rep('x',60000))", 0)
        before = memory_mib(both[0])
        script = ("local s = string.rep('x',7000000) local a = cjson.encode(s) "
                  "local b = s .. '1' return #a")
        assert wire.ask("EVAL", script, 0) == b":7000002\r\n"
        assert memory_mib(both[0]) < before + 4


def test_cjson_counts_as_work():
    with Lockd("--script-instructions", "1000000") as server:
        with Wire(server.socket) as wire:
            answer = wire.ask("EVAL", "local s = string.rep('x',100000) "
                              "while true do cjson.encode(s) end", 0)
            assert b"it ran for too long" in answer


def test_options_of_cjson_are_nobodys(both):
    """In Redis they would last beyond the script; and be its only bounds."""
    with Wire(both[0].socket) as wire:
        for name in ("encode_max_depth", "decode_max_depth", "encode_keep_buffer",
                     "encode_sparse_array", "new"):
            assert wire.ask("EVAL", f"return cjson.{name} == nil", 0) == b":1\r\n"
