"""Scripts on lockd and on redis-server 7, byte for byte; and hostile ones.

What is compared is what the wire carries: every script of the tables below
runs on both servers and must leave the same bytes and the same keys.
"""

import hashlib
import os
import time

import pytest
from servers import Lockd, Redis
from web import wait_until
from wire import Wire

# ---- the canonical lock scripts, from their documented behaviour ------------

# Compare-and-delete, as every single-instance recipe has it.
RELEASE = """
if redis.call("get", KEYS[1]) == ARGV[1] then
  return redis.call("del", KEYS[1])
else
  return 0
end
"""

# redis-py's Lock: give back, extend (added to the rest or from now), reacquire.
PY_RELEASE = """
local owner = redis.call('get', KEYS[1])
if not owner or owner ~= ARGV[1] then return 0 end
redis.call('del', KEYS[1])
return 1
"""
PY_EXTEND = """
local owner = redis.call('get', KEYS[1])
if not owner or owner ~= ARGV[1] then return 0 end
local rest = redis.call('pttl', KEYS[1])
if not rest then rest = 0 end
if rest < 0 then return 0 end
local new = ARGV[2]
if ARGV[3] == "0" then new = ARGV[2] + rest end
redis.call('pexpire', KEYS[1], new)
return 1
"""
PY_REACQUIRE = """
local owner = redis.call('get', KEYS[1])
if not owner or owner ~= ARGV[1] then return 0 end
redis.call('pexpire', KEYS[1], ARGV[2])
return 1
"""

# redlock for node: several resources at once, all or none.
RED_ACQUIRE = """
for i, key in ipairs(KEYS) do
  if redis.call("exists", key) == 1 then return 0 end
end
for i, key in ipairs(KEYS) do
  redis.call("set", key, ARGV[1], "PX", ARGV[2])
end
return #KEYS
"""
RED_EXTEND = """
for i, key in ipairs(KEYS) do
  if redis.call("get", key) ~= ARGV[1] then return 0 end
end
for i, key in ipairs(KEYS) do
  redis.call("set", key, ARGV[1], "PX", ARGV[2])
end
return #KEYS
"""
RED_RELEASE = """
local count = 0
for i, key in ipairs(KEYS) do
  if redis.call("get", key) == ARGV[1] then
    redis.pcall("del", key)
    count = count + 1
  end
end
return count
"""

# redsync: tells a lock that ran out from one that another holds.
SYNC_RELEASE = """
local value = redis.call("GET", KEYS[1])
if value == ARGV[1] then return redis.call("DEL", KEYS[1])
elseif value == false then return -1
else return 0 end
"""
SYNC_TOUCH = """
if redis.call("GET", KEYS[1]) == ARGV[1] then
  return redis.call("PEXPIRE", KEYS[1], ARGV[2])
elseif redis.call("SET", KEYS[1], ARGV[1], "PX", ARGV[2], "NX") then
  return 1
end
return 0
"""

# bsm/redislock: the token's random part is the first ARGV[2] bytes.
BSM_OBTAIN = """
local function mine(key)
  local held = redis.call("get", key)
  return held and string.sub(held, 1, tonumber(ARGV[2])) ==
    string.sub(ARGV[1], 1, tonumber(ARGV[2]))
end
local set = {}
for _, key in ipairs(KEYS) do
  if redis.call("set", key, ARGV[1], "nx", "px", ARGV[3]) then
    set[#set + 1] = key
  elseif mine(key) then
    redis.call("set", key, ARGV[1], "px", ARGV[3])
  else
    if #set > 0 then redis.call("del", unpack(set)) end
    return nil
  end
end
return redis.status_reply("OK")
"""
BSM_REFRESH = """
for _, key in ipairs(KEYS) do
  if redis.call("get", key) ~= ARGV[1] then return nil end
end
for _, key in ipairs(KEYS) do redis.call("pexpire", key, ARGV[2]) end
return redis.status_reply("OK")
"""
BSM_RELEASE = """
for _, key in ipairs(KEYS) do
  if redis.call("get", key) ~= ARGV[1] then return nil end
end
redis.call("del", unpack(KEYS))
return redis.status_reply("OK")
"""
BSM_TTL = """
local low = -3
for _, key in ipairs(KEYS) do
  if redis.call("get", key) ~= ARGV[1] then return -3 end
  local ttl = redis.call("pttl", key)
  if low == -3 or ttl < low then low = ttl end
end
return low > 0 and 1 or low
"""

# Each: (name, script, n keys, keys and arguments). "a" holds lock:1 and
# lock:2, "b" holds lock:3, lock:4 has no deadline, lock:9 is free.
LOCKS = [
    (name, script, keys, [*keys, *args])
    for name, script, keys, args in [
        ("release", RELEASE, ["lock:1"], ["a"]),
        ("release_of_another", RELEASE, ["lock:3"], ["a"]),
        ("release_of_none", RELEASE, ["lock:9"], ["a"]),
        ("py_release", PY_RELEASE, ["lock:1"], ["a"]),
        ("py_release_of_another", PY_RELEASE, ["lock:3"], ["a"]),
        ("py_extend", PY_EXTEND, ["lock:1"], ["a", "5000", "0"]),
        ("py_extend_anew", PY_EXTEND, ["lock:1"], ["a", "5000", "1"]),
        ("py_extend_endless", PY_EXTEND, ["lock:4"], ["a", "5000", "0"]),
        ("py_extend_of_another", PY_EXTEND, ["lock:3"], ["a", "5000", "0"]),
        ("py_reacquire", PY_REACQUIRE, ["lock:1"], ["a", "70000"]),
        ("py_reacquire_of_none", PY_REACQUIRE, ["lock:9"], ["a", "70000"]),
        ("red_acquire", RED_ACQUIRE, ["lock:8", "lock:9"], ["c", "60000"]),
        ("red_acquire_held", RED_ACQUIRE, ["lock:9", "lock:1"], ["c", "60000"]),
        ("red_extend", RED_EXTEND, ["lock:1", "lock:2"], ["a", "70000"]),
        ("red_extend_half", RED_EXTEND, ["lock:1", "lock:3"], ["a", "70000"]),
        ("red_release", RED_RELEASE, ["lock:1", "lock:3", "lock:9"], ["a"]),
        ("sync_release", SYNC_RELEASE, ["lock:1"], ["a"]),
        ("sync_release_expired", SYNC_RELEASE, ["lock:9"], ["a"]),
        ("sync_release_other", SYNC_RELEASE, ["lock:3"], ["a"]),
        ("sync_touch", SYNC_TOUCH, ["lock:1"], ["a", "70000"]),
        ("sync_touch_gone", SYNC_TOUCH, ["lock:9"], ["a", "70000"]),
        ("sync_touch_other", SYNC_TOUCH, ["lock:3"], ["a", "70000"]),
        ("bsm_obtain", BSM_OBTAIN, ["lock:8", "lock:9"], ["cc-m", "2", "60000"]),
        ("bsm_obtain_mine", BSM_OBTAIN, ["lock:1"], ["a", "1", "60000"]),
        ("bsm_obtain_held", BSM_OBTAIN, ["lock:9", "lock:3"], ["c", "1", "60000"]),
        ("bsm_refresh", BSM_REFRESH, ["lock:1", "lock:2"], ["a", "70000"]),
        ("bsm_refresh_other", BSM_REFRESH, ["lock:1", "lock:3"], ["a", "70000"]),
        ("bsm_release", BSM_RELEASE, ["lock:1", "lock:2"], ["a"]),
        ("bsm_release_other", BSM_RELEASE, ["lock:3"], ["a"]),
        ("bsm_ttl", BSM_TTL, ["lock:1", "lock:2"], ["a"]),
        ("bsm_ttl_endless", BSM_TTL, ["lock:4"], ["a"]),
        ("bsm_ttl_other", BSM_TTL, ["lock:3"], ["a"]),
    ]
]

# ---- one-liners; "key" is "value", "num" is 10 ------------------------------

VALUES = r"""
return
return nil
return true
return false
return 0
return 1
return -1
return 3.99
return -3.99
return 0.5
return 1e15
return 2^53
return -2^53
return 2^62
return 2^63
return -2^63
return 1e300
return -1e300
return 1/0
return {1e300, -1/0, 9223372036854775807}
return 'text'
return ''
return 'a\0b\r\nc'
return {}
return {1}
return {1, 2, 3.7, 'x', ''}
return {1, nil, 3}
return {nil, 2}
return {true, false, 1}
return {{1, {2, {3}}}, {}}
return {[0] = 'zero', 'one'}
return {a = 1, b = 2}
return {1, 2, n = 5}
return {ok = 'fine'}
return {ok = 'two\r\nlines'}
return {ok = ''}
return {ok = 5}
return {ok = true}
return {err = 'MY words'}
return {err = 'ERR one'}
return {err = 'word'}
return {err = 'two\r\nlines'}
return {err = ''}
return {err = 5}
return {err = {}}
return {err = 'E x', ok = 'y'}
return {{ok = 'in'}, {err = 'ERR in'}, 'x'}
return {double = 3.5}
return {double = 3}
return {double = 1e300}
return {double = -0.1}
return {double = 'x'}
return {map = {a = 1}}
return {map = {}}
return {map = {a = {1, 2}}}
return {map = 'x'}
return {set = {a = true}}
return {set = {}}
return {{map = {a = 'b'}}, {set = {x = true}}}
return {verbatim_string = {format = 'txt', string = 'words'}}
return print
return function() end
return coroutine.create(function() end)
return 1, 2, 3
return KEYS
return ARGV
return #KEYS
return KEYS[1]
return KEYS[1] == nil
return {KEYS, ARGV}
return tostring(nil)
return setmetatable({1, 2}, {__index = function() return 3 end})
return setmetatable({}, {__index = {1, 2}})
return (function(...) return select('#', ...) end)(1, nil, nil)
"""

CALLS = r"""
return redis.call('get', 'key')
return redis.call('GET', 'none')
return redis.call('get', 'none') == false
return type(redis.call('get', 'none'))
return redis.call('set', 'x', 'y')
return redis.call('set', 'x', 'y').ok
return redis.call('set', 'x', 'y', 'nx')
return redis.call('set', 'key', 'y', 'nx')
return redis.call('set', 'key', 'y', 'nx') == false
return redis.call('set', 'key', 'y', 'get')
return redis.call('set', 'x', 'y', 'px', 100000)
return redis.call('set', 'x', 'y', 'px', 0)
return redis.call('set', 'x', 'y', 'px', 'z')
return redis.call('set', 'x', 'y', 'bogus')
return redis.call('set', 'x')
return redis.call('set', 'x', 1.5) and redis.call('get', 'x')
return redis.call('set', 'x', 10) and redis.call('get', 'x')
return redis.call('set', 'x', 0.1) and redis.call('get', 'x')
return redis.call('set', 'x', 1e20) and redis.call('get', 'x')
return redis.call('set', 'x', -1/0) and redis.call('get', 'x')
return redis.call('set', 'x', 2^53) and redis.call('get', 'x')
return redis.call('set', 'x', 'a\0b') and redis.call('get', 'x')
return redis.call('incr', 'num')
return redis.call('incr', 'num') + 1
return redis.call('incrby', 'num', 5)
return redis.call('incrby', 'num', 1.5)
return redis.call('incr', 'key')
return redis.call('del', 'key', 'num', 'none')
return redis.call('unlink', 'key')
return redis.call('exists', 'key', 'key', 'none')
return redis.call('expire', 'key', 100)
return redis.call('expire', 'none', 100)
return redis.call('pexpire', 'key', '100000')
return redis.call('ttl', 'key')
return redis.call('pttl', 'none')
return redis.call('persist', 'key')
return redis.call('type', 'key')
return redis.call('type', 'key').ok
return redis.call('type', 'none')
return redis.call('ping')
return redis.call('ping', 'hi')
return redis.call('echo', 'hi')
return redis.call('dbsize')
return redis.call('select', 0)
return redis.call('select', 'x')
return #redis.call('time')
return type(redis.call('time')[1])
return redis.call('scan', 0, 'match', 'nothing*')
return #redis.call('scan', 0)
return redis.call('flushall')
return {redis.call('get', 'key'), redis.call('get', 'none'), redis.call('get', 'num')}
return redis.call()
return redis.pcall()
return redis.call('nosuch')
return redis.call('nosuch', 'x', 'y')
return redis.call('')
return redis.call('get')
return redis.call('get', 'a', 'b')
return redis.call('get', nil)
return redis.call('get', {})
return redis.call('get', true)
return redis.call(print)
return redis.call('get', function() end)
return redis.call(5)
return redis.call('eval', 'return 1', 0)
return redis.call('evalsha', 'x', 0)
return redis.call('script', 'flush')
return redis.call('shutdown')
return redis.call('quit')
return redis.call('client', 'id')
return redis.call('hello', 3)
return redis.pcall('nosuch')
return redis.pcall('nosuch').err
return redis.pcall('incr', 'key')
return redis.pcall('incr', 'key').err
return redis.pcall('get', {})
return redis.pcall('get', {}).err
return redis.pcall('get')
return redis.pcall('eval', 'return 1', 0).err
return redis.pcall('set', 'x', 'y', 'bogus').err
return redis.pcall('get', 'key')
return redis.pcall('get', 'none')
return type(redis.pcall('incr', 'key'))
return redis['call']('get', 'key')
local f = redis.call; return f('get', 'key')
local r = redis.call('get', 'key') return r
return {pcall(redis.call, 'get', 'key')}
return {pcall(redis.call, 'nosuch')}
return pcall(redis.call, 'nosuch')
local ok, e = pcall(redis.call, 'nosuch') return type(e)
local ok, e = pcall(redis.call, 'nosuch') return e
local ok, e = pcall(redis.call, 'nosuch') return e.err
local ok, e = pcall(redis.call, 'incr', 'key') return e.err
local ok, e = pcall(redis.call, 'incr', 'key') error(e)
local ok, e = pcall(redis.call, 'incr', 'key') return {ok, e}
local t = {} for i = 1, 100 do t[i] = 'k' .. i end return redis.call('del', unpack(t))
local t = {'exists'} for i = 1, 40 do t[#t + 1] = 'key' end return redis.call(unpack(t))
for i = 1, 20 do redis.call('incr', 'num') end return redis.call('get', 'num')
redis.call('set', 'x', '1') redis.call('nosuch') redis.call('set', 'x', '2')
"""

REDIS = r"""
return redis.sha1hex('')
return redis.sha1hex('abc')
return redis.sha1hex('a\0b')
return redis.sha1hex(12)
return redis.sha1hex()
return redis.sha1hex('a', 'b')
return redis.error_reply('MY text')
return redis.error_reply('-MY text')
return redis.error_reply('word')
return redis.error_reply('-word')
return redis.error_reply('')
return redis.error_reply('-')
return redis.error_reply()
return redis.error_reply(5)
return redis.error_reply({})
return redis.error_reply('a b', 'c')
return redis.error_reply('two words').err
return redis.error_reply('word').err
return redis.error_reply('x\r\ny z')
return redis.status_reply('GOOD')
return redis.status_reply('two words')
return redis.status_reply('')
return redis.status_reply()
return redis.status_reply(5)
return redis.status_reply('a', 'b')
return redis.status_reply('x').ok
return redis.LOG_DEBUG
return redis.LOG_VERBOSE
return redis.LOG_NOTICE
return redis.LOG_WARNING
return redis.log(redis.LOG_DEBUG, 'quiet')
return redis.log(redis.LOG_DEBUG, 'quiet', 1, 'x', {}, nil)
return redis.log()
return redis.log('x')
return redis.log('x', 'y')
return redis.log(9, 'y')
return redis.log(-1, 'y')
return redis.replicate_commands()
return redis.setresp()
return redis.setresp(2)
return redis.setresp(3)
return redis.setresp(4)
return redis.setresp('x')
return redis.setresp(2, 3)
redis.setresp(3) return true
redis.setresp(3) return false
redis.setresp(3) return nil
redis.setresp(3) return {true, false}
redis.setresp(3) return redis.call('get', 'none')
redis.setresp(3) return redis.call('get', 'none') == nil
redis.setresp(3) return type(redis.call('get', 'none'))
redis.setresp(3) return {redis.call('get', 'none'), redis.call('get', 'key')}
redis.setresp(3) return redis.call('set', 'key', 'y', 'nx') == nil
redis.setresp(3) return redis.call('get', 'key')
redis.setresp(3) return {double = 3.5}
redis.setresp(3) return {map = {a = 1}}
redis.setresp(3) return {set = {a = true}}
redis.setresp(3) redis.setresp(2) return redis.call('get', 'none')
return redis.set_repl(redis.REPL_ALL)
return redis.REPL_NONE
return redis.REPL_ALL
return redis.breakpoint()
return redis.debug('x')
return redis.REDIS_VERSION
return redis.REDIS_VERSION_NUM
return redis.nosuch
return type(redis.call)
"""

GLOBALS = r"""
x = 1
x = nil
return x
return nosuch.field
nosuch()
function f() end
local function f() y = 1 end f()
local function f() return y end return f()
return _G.x
_G.x = 1
_G['x'] = 1
rawset(_G, 'x', 1)
return type(_G)
return print
return dofile
return loadfile
return require
return module
return newproxy
return io
return package
return debug
return string.dump
return type(load)
return type(loadstring)
return type(string.rep)
return type(table.concat)
return type(math.floor)
return type(coroutine.wrap)
return _VERSION
return type(xpcall)
string.x = 1
string.rep = nil
table.insert = nil
math.pi = 3
redis.call = nil
redis.x = 1
coroutine.wrap = nil
pcall = nil
table.insert(string, 1)
setmetatable(_G, {})
setmetatable(string, {})
setmetatable(redis, {})
setmetatable(_G, nil)
local s = 'x' s.y = 1
local s = '' return s.nosuch
return ('x'):rep(3)
return ('%d'):format(5)
return #'abc'
for k in pairs(KEYS) do return k end
KEYS[1] = 'z' return KEYS[1]
local KEYS = 5 return KEYS
local redis = 5 return redis
KEYS = 1
ARGV = nil
return _G.KEYS
return _G.ARGV[1]
return rawget(_G, 'nosuch')
return type(rawget(_G, 'redis'))
return type(string) .. type(_G) .. type(redis)
return type(next(redis))
local seen = {} for k in pairs(table) do seen[k] = true end return seen.insert and seen.concat and 'both'
local n = 0 for k, v in pairs(redis) do if k == 'call' then n = n + 1 end end return n
rawset(redis, 'x', 1)
rawset(string, 'x', 1)
return type(rawget(redis, 'call'))
return pairs(nil)
return next(nil)
return next({}, 'nosuch')
return #redis
"""

LUA = r"""
error('boom')
error('boom', 0)
error('boom', 2)
error(5)
error(true)
error({err = 'MY boom'})
error({err = 'boom'})
error({err = 'ERR boom'})
error(redis.error_reply('MY boom'))
error(redis.error_reply('boom'))
assert(false)
assert(false, 'why')
assert(nil, 'why')
assert(1 == 1, 'why') return 'held'
return {pcall(error, 'x')}
return {pcall(error, {err = 'E x'})}
return {pcall(error)}
return pcall(function() return nosuch end)
return {pcall(function() return nosuch end)}
return {pcall(function() x = 1 end)}
return {xpcall(function() error('x') end, function(e) return 'handled ' .. e end)}
return {xpcall(function() error('x', 0) end, function(e) error('again') end)}
local t = nil; return t.x
local t = nil; t.x = 1
local t = nil; t()
local t = {} return t.x.y
return 1 + 'x'
return 1 + {}
return 'a' .. {}
return 'a' .. nil
return 1 < 'x'
return {} < {}
return #5
return -{}
return '10' + 5
return 10 .. ''
return 0.1 .. ''
return 1e15 .. ''
return tostring(1e100)
return tostring(1/0)
return tostring(true)
return tonumber('0x10')
return tonumber('z', 36)
return tonumber('x') == nil
return tonumber('  5  ')
return tonumber('1e3')
return 7 % 3
return -7 % 3
return 2 ^ 10
return math.floor(-1.5)
return math.max(1, 5, 3)
return math.huge > 1
return tostring(math.pi)
math.randomseed(7) return {math.random(1000), math.random(1000)}
math.randomseed(-7) return math.random(1000)
return math.random(0)
return math.random(5, 1)
return math.random(1, 2, 3)
error()
error(nil)
for _, f in ipairs({'floor', 'ceil', 'abs', 'sqrt'}) do if math[f](4) < 2 then return f end end
return string.format('%5.2f|%d|%s|%q|%x|%c', 3.14159, 42, 'hi', 'q"\n', 255, 65)
return string.format('%d', 'x')
return string.format('%s', nil)
return string.format('%s')
return string.format('%5s|%-5s|', 'a', 'b')
return string.format('%y', 1)
return string.format('%200d', 1)
return string.format('%s', {}) ~= ''
return string.upper('abc') .. string.lower('DEF')
return string.reverse('abc')
return string.len('a\0b')
return string.sub('hello', 2, -2)
return {string.byte('abc', 1, -1)}
return string.char(72, 105)
return string.char(256)
return string.rep('ab', 3)
return string.rep('ab', -3)
return string.rep('', 5)
return {string.find('hello world', 'o w')}
return {string.find('hello', 'l')}
return {string.find('hello', 'xyz')}
return {string.find('a.b', '.', 1, true)}
return {string.find('a.b', '%.')}
return {string.find('hello', 'l', -2)}
return {string.find('', '')}
return {string.match('key=value', '(%w+)=(%w+)')}
return string.match('  trim me  ', '^%s*(.-)%s*$')
return string.match('2026-11-23', '^(%d+)-(%d+)-(%d+)$')
return string.match('x', '%')
return string.match('x', '[a')
return string.match('x', '(x')
return string.match('x', '%1')
return string.match('(a(b)c)', '%b()')
return string.match('THE (quick) fox', '%f[%a]%a+')
return string.match('abc', '()b()')
return {string.gsub('hello', 'l', 'L')}
return {string.gsub('hello', 'l', 'L', 1)}
return {string.gsub('hello', '', '-')}
return {string.gsub('hello world', '%w+', '%0 %0')}
return {string.gsub('$a $b', '%$(%w+)', {a = 'x'})}
return {string.gsub('abc', '%w', function(c) return c .. c end)}
return {string.gsub('abc', '%w', '%2')}
return {string.gsub('abc', 'b', 5)}
return {string.gsub('abc', 'b', true)}
local t = {} for w in string.gmatch('one two', '%a+') do t[#t + 1] = w end return t
local t = {} for k, v in ('a=1,b=2'):gmatch('(%w+)=(%w+)') do t[#t + 1] = k .. v end return t
return table.concat({1, 2, 'x'}, '-')
return table.concat({1, {}, 3})
return table.concat({1, 2, 3}, ',', 2, 3)
return table.concat({}, ',')
local t = {3, 1, 2} table.sort(t) return t
local t = {3, 1, 2} table.sort(t, function(a, b) return a > b end) return t
local t = {3, 'x', 2} table.sort(t) return t
local t = {'b', 'a', 'c', 'B'} table.sort(t) return t
local t = {1, 2} table.insert(t, 3) table.insert(t, 1, 0) return t
table.insert({}, 1, 2, 3)
local t = {1, 2, 3} return {table.remove(t), table.remove(t, 1), #t}
return table.remove({}) == nil
return table.maxn({1, 2, [10] = 3})
return table.getn({1, 2})
local n = 0 table.foreach({5, 6}, function(k, v) n = n + v end) return n
return {unpack({1, 2, 3}, 2)}
return select(2, 'a', 'b', 'c')
return {select(-1, 'a', 'b')}
return select(0)
return select('#')
return {next({})}
return next({10})
return rawequal('a', 'a')
return rawget({5}, 1)
return rawset({}, 1, 6)
return type(nil)
return type()
return getmetatable('') == nil
return tostring(setmetatable({}, {__tostring = function() return 'me' end}))
return getmetatable(setmetatable({}, {__metatable = 'mine'}))
setmetatable(setmetatable({}, {__metatable = 'mine'}), {})
return loadstring('return 5')()
return loadstring('return nosuch')()
return loadstring('x = 1')()
return {loadstring('syntax error here')}
return {loadstring('return KEYS[1]')()}
return load(function() return nil end) ~= nil
local n = 0 return load(function() n = n + 1 return ({'return ', '5'})[n] end)()
return {load(function() return {} end)}
return {load('return 1')}
return {pcall(load, 'return 1')}
local c = coroutine.create(function(a) local b = coroutine.yield(a + 1) return b * 2 end) return {select(2, coroutine.resume(c, 1)), select(2, coroutine.resume(c, 10)), coroutine.status(c)}
local f = coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end end) return {f(), f(), f()}
local f = coroutine.wrap(function() return redis.call('get', 'key') end) return f()
local f = coroutine.wrap(function() error('inside') end) return f()
local f = coroutine.wrap(function() return redis.call('nosuch') end) return f()
local c = coroutine.create(function() error('inside') end) return {coroutine.resume(c)}
local c = coroutine.create(function() error({err = 'E inside'}) end) return {coroutine.resume(c)}
coroutine.yield(1)
return coroutine.running() == nil
local function f(n) if n == 0 then return 0 end return 1 + f(n - 1) end return f(100)
local function f() return f() + 1 end return f()
local function f() return f() end return 5
goto x
return return
return (
if then
return 'unfinished
local a <const> = 1
x = = 2
\27Lua
--[[ only a comment ]]
-- line
return 1 -- comment

return 5;
local a, b = 1 return {a, b}
for i = 1, 3 do if i == 2 then return i end end
local t = {} for i = 10, 1, -3 do t[#t + 1] = i end return t
while true do break end return 'out'
repeat local x = 1 until x == 1 return 'done'
local s = 0 for _, v in ipairs({1, 2, nil, 4}) do s = s + v end return s
return ('a'):byte() < ('b'):byte() and 'less' or 'more'
return not nil
return 1 == 1.0
return '1' == 1
return "\65\066\n"
return [[long
string]]
return 0x1F
"""


def lines(text):
    return text.strip("\n").splitlines()


@pytest.fixture(scope="module")
def lockd():
    with Lockd() as server:
        yield server


@pytest.fixture(scope="module")
def redis():
    with Redis() as server:
        yield server


@pytest.fixture(scope="module")
def pair(lockd, redis):
    with Wire(lockd.socket) as ours, Wire(redis.socket) as theirs:
        yield ours, theirs


KEYS = ["key", "num", "x", "y", *(f"lock:{i}" for i in range(1, 10))]


def prepare(wire):
    wire.ask("FLUSHALL")
    wire.ask("SCRIPT", "FLUSH")
    wire.ask("SET", "key", "value")
    wire.ask("SET", "num", "10")


def state(wire):
    """Every key: its value and, by the ten seconds, its deadline."""
    rest = [int(wire.ask("PTTL", key)[1:-2]) for key in KEYS]
    return {
        "size": wire.ask("DBSIZE"),
        "values": [wire.ask("GET", key) for key in KEYS],
        "deadlines": [ms if ms < 0 else round(ms / 10000) for ms in rest],
    }


def both(pair, *words):
    """The same command on both servers: the same bytes and keys, or fail."""
    ours, theirs = (wire.ask(*words) for wire in pair)
    assert ours == theirs
    assert state(pair[0]) == state(pair[1])
    return ours


@pytest.mark.parametrize("script", lines(VALUES))
def test_a_value_is_replied_as_redis_does(pair, script):
    for wire in pair:
        prepare(wire)
    both(pair, "EVAL", script, 1, "k1", "a1", "")


@pytest.mark.parametrize("script", lines(VALUES + REDIS))
def test_a_value_is_replied_in_resp3_as_redis_does(pair, script):
    for wire in pair:
        prepare(wire)
        wire.ask("HELLO", "3")
    try:
        both(pair, "EVAL", script, 1, "k1", "a1", "")
    finally:
        for wire in pair:
            wire.ask("HELLO", "2")


@pytest.mark.parametrize("script", lines(CALLS))
def test_a_call_gives_what_redis_gives(pair, script):
    for wire in pair:
        prepare(wire)
    both(pair, "EVAL", script, 0)


@pytest.mark.parametrize("script", lines(REDIS))
def test_the_redis_table_does_what_redis_does(pair, script):
    for wire in pair:
        prepare(wire)
    both(pair, "EVAL", script, 0)


@pytest.mark.parametrize("script", lines(GLOBALS))
def test_globals_are_those_of_redis(pair, script):
    for wire in pair:
        prepare(wire)
    both(pair, "EVAL", script, 1, "k1", "a1")


@pytest.mark.parametrize("script", lines(LUA))
def test_the_language_does_what_it_does_in_redis(pair, script):
    for wire in pair:
        prepare(wire)
    both(pair, "EVAL", script, 1, "k1", "a1")


@pytest.mark.parametrize(
    "script, keys, words",
    [lock[1:] for lock in LOCKS],
    ids=[lock[0] for lock in LOCKS],
)
def test_a_lock_script_does_what_it_does_in_redis(pair, script, keys, words):
    for wire in pair:
        prepare(wire)
        for key, owner in (("lock:1", "a"), ("lock:2", "a"), ("lock:3", "b")):
            wire.ask("SET", key, owner, "PX", 30000)
        wire.ask("SET", "lock:4", "a")
    sha = hashlib.sha1(script.encode()).hexdigest()
    assert both(pair, "EVALSHA", sha, len(keys), *words).startswith(b"-NOSCRIPT")
    assert sha.encode() in both(pair, "SCRIPT", "LOAD", script)
    first = both(pair, "EVALSHA", sha, len(keys), *words)
    assert not first.startswith(b"-")
    both(pair, "EVALSHA", sha.upper(), len(keys), *words)


COMMANDS = [
    ["EVAL"],
    ["EVAL", "return 1"],
    ["EVAL", "return 1", "x"],
    ["EVAL", "return 1", "-1"],
    ["EVAL", "return 1", "1"],
    ["EVAL", "return 1", "2", "a"],
    ["EVAL", "return 1", "99999999999999999999"],
    ["EVAL", "return 1", "1.5", "a"],
    ["EVAL", "return 1", "", "a"],
    ["EVAL", "", "0"],
    ["EVALSHA"],
    ["EVALSHA", "x", "0"],
    ["EVALSHA", "f" * 40, "0"],
    ["EVALSHA", "f" * 41, "0"],
    ["EVALSHA", "", "0"],
    ["EVALSHA", "f" * 40, "x"],
    ["EVALSHA", "f" * 40, "-1"],
    ["EVALSHA", "f" * 40, "3", "a"],
    ["SCRIPT"],
    ["SCRIPT", "NOSUCH"],
    ["SCRIPT", "LOAD"],
    ["SCRIPT", "LOAD", "return 1"],
    ["SCRIPT", "LOAD", "return 1", "x"],
    ["SCRIPT", "LOAD", "return ("],
    ["SCRIPT", "LOAD", ""],
    ["SCRIPT", "EXISTS"],
    ["SCRIPT", "EXISTS", "x"],
    ["SCRIPT", "EXISTS", "f" * 40, "x", ""],
    ["SCRIPT", "EXISTS", "e0e1f9fabfc9d4800c877a703b823ac0578ff8db"],
    ["SCRIPT", "EXISTS", "E0E1F9FABFC9D4800C877A703B823AC0578FF8DB"],
    ["SCRIPT", "FLUSH", "ASYNC"],
    ["SCRIPT", "FLUSH", "sync"],
    ["SCRIPT", "FLUSH", "x"],
    ["SCRIPT", "FLUSH", "sync", "x"],
    ["script", "flush"],
]


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: " ".join(words))
def test_the_commands_answer_as_redis_does(pair, words):
    for wire in pair:
        prepare(wire)
        wire.ask("EVAL", "return 1", 0)
    both(pair, *words)
    for word in ("EXISTS", "E0E1F9FABFC9D4800C877A703B823AC0578FF8DB"):
        both(pair, "SCRIPT", "EXISTS", hashlib.sha1(word.encode()).hexdigest())


# ---- what is lockd's own ----------------------------------------------------

OURS = [
    ("return server.call('get', 'key')", b"$5\r\nvalue\r\n"),
    ("return redis == server and 'same'", b"$4\r\nsame\r\n"),
    ("return type(os.clock())", b"$6\r\nnumber\r\n"),
    ("return {os.execute == nil, os.exit == nil, os.time == nil}", b"*3\r\n" + 3 * b":1\r\n"),
    ("return {os.getenv == nil, os.remove == nil}", b"*2\r\n" + 2 * b":1\r\n"),
    # redis-server 7.0 dies of an error table without a text.
    ("error({})", b"-ERR unknown error script: "),
    ("error({ok = 'x'})", b"-ERR unknown error script: "),
    ("error({err = {}})", b"-ERR unknown error script: "),
    ("error({err = 5})", b"-5 script: "),
    # RESP3's big numbers are text.
    ("return {big_number = '123'}", b"$3\r\n123\r\n"),
]


@pytest.mark.parametrize("script, reply", OURS, ids=[row[0] for row in OURS])
def test_lockd_answers_in_its_own_way(lockd, script, reply):
    with Wire(lockd.socket) as wire:
        prepare(wire)
        assert wire.ask("EVAL", script, 0)[: len(reply)] == reply


def test_random_numbers_are_the_same_in_every_run(lockd):
    script = "return {math.random(1000), math.random(1000), tostring(math.random())}"
    with Wire(lockd.socket) as wire:
        first = wire.ask("EVAL", script, 0)
        wire.ask("EVAL", "math.randomseed(5) return math.random(9)", 0)
        assert wire.ask("EVAL", script, 0) == first
        assert len(set(first.split(b"\r\n"))) > 4


# ---- hostile scripts --------------------------------------------------------

A = "('a'):rep(%d)"
HOSTILE = r"""
while true do end
repeat until false
for i = 1, 1e18 do end
local function f() return f() end return f()
local function f() return f() + 1 end return f()
while true do pcall(function() while true do end end) end
pcall(function() while true do pcall(error) end end) while true do end
while true do xpcall(function() while true do end end, function() while true do end end) end
local function f() pcall(f) return f() end return f()
local function f() return pcall(f) end while true do f() end
local f f = function() return xpcall(f, f) end while true do f() end
local function go() while true do end end while true do coroutine.resume(coroutine.create(go)) end
while true do coroutine.wrap(function() for i = 1, 150 do end end)() end
local function nest() return coroutine.wrap(nest)() end return nest()
local function nest() coroutine.wrap(nest)() nest() end while true do pcall(nest) end
local t = {} while true do t[#t + 1] = coroutine.create(function() end) end
coroutine.wrap(function() while true do pcall(coroutine.wrap(function() while true do end end)) end end)()
return ('x'):rep(1e9)
return ('x'):rep(2^40)
return ('xy'):rep(2^31)
local s = 'x' while true do s = s .. s end
local s = ('x'):rep(1e6) local t = {} while true do t[#t + 1] = s .. #t end
while true do pcall(string.rep, 'x', 1e9) end
local s = ('x'):rep(5e6) while true do local r = s:upper() end
local s = ('x'):rep(5e6) while true do local r = s .. 'y' end
local s, u = ('x'):rep(5e6) .. 'a', ('x'):rep(5e6) .. 'b' while true do local r = s < u end
local s = (' '):rep(5e6) .. '5' while true do local r = s + 1 end
local s = (' '):rep(5e6) .. '5' while true do local r = tonumber(s) end
local s = ('x'):rep(5e6) while true do local r = redis.sha1hex(s) end
local s = ('x'):rep(5e6) while true do redis.call('ping', s) end
local s = ('x'):rep(5e6) while true do redis.call('exists', s) end
local t = {} for i = 1, 1e9 do t[i] = i end
local t = {} while true do t = {t} end
local t = {} for i = 1, 1e9 do t['k' .. i] = i end
local t = {} for i = 1, 400000 do t[i] = i end while true do table.insert(t, 1, 0) table.remove(t, 1) end
local t = {} for i = 1, 400000 do t[i] = i end while true do table.maxn(t) end
local t = {} for i = 1, 400000 do t[i] = (i * 7919) % 400009 end while true do table.sort(t) end
local t = {} for i = 1, 400000 do t[i] = 'x' end while true do local s = table.concat(t) end
local t = {} for i = 1, 100000 do t[i] = i end table.sort(t, function() return true end)
table.insert({}, -2^31, 1)
table.insert({1}, -1e9, 1)
table.insert({1}, 1e300, 1)
table.insert({1}, 2^32 + 1, 1)
table.insert({1}, 0/0, 1)
table.remove({1}, 0/0)
return unpack({}, -1e300, 1e300)
return unpack({}, 0/0, 1)
return {unpack({}, -8000, 0)}
return unpack({}, 1, 1e8)
return unpack({}, -2^31, 2^31 - 1)
return {unpack({}, 1, 7999)}, {unpack({}, 1, 1e6)}
return redis.call(unpack({}, 1, 1e7))
return {('x'):rep(5e6):byte(1, -1)}
return select(-1e9, 1)
return string.format('%99999999d', 1)
return string.format('%.99999999f', 1)
return string.format(('%s'):rep(1e6), 'x')
return string.find(('a'):rep(1e6), ('a*'):rep(20) .. 'b')
return string.find(('a'):rep(1e6), 'a*b')
return string.find(('a'):rep(1e5), '.-.-b')
return string.match(('a'):rep(1e6), '(.-)(.-)b')
return string.match(('a'):rep(40), ('a?'):rep(40) .. ('a'):rep(40))
return string.match(('('):rep(1e6), '%b()')
return string.match(('a'):rep(1e6), '(a*)%1b')
return string.match(('a'):rep(1e5), '[^b]*[^c]*d')
return string.gsub(('a'):rep(1e6), 'a-b', '')
return string.gsub(('a'):rep(1e6), '.', ('x'):rep(1e4))
for w in string.gmatch(('a'):rep(1e6), 'a*b') do end return redis.call('nosuch')
return string.match('x', ('('):rep(1e6))
return string.match('x', ('x?'):rep(1e6))
while true do string.match(('a'):rep(300), '^(a-)(a-)b') end
while true do string.find(('a'):rep(1e6), ('b'):rep(1e5), 1, true) end
return loadstring(('('):rep(1e6))()
return loadstring('return ' .. ('{'):rep(1e5))()
return loadstring('return ' .. ('- '):rep(1e5) .. '1')()
return loadstring('local a ' .. ('a = a .. a '):rep(1e5) .. 'while true do end')()
while true do loadstring('return 1') end
return load(function() return 'x = ' end)()
return load(function() while true do end end)()
return loadstring('Lua')()
return load(function() return 'Lua' end)()
return loadstring(string.dump(function() end))()
local t = {} t[1] = t return t
local t = {} t.map = t return t
local t = {} t.map = {[t] = 1} return t
local t = {} t.set = t return t
local t = {} t.verbatim_string = t return t
local t = {} t.err = t error(t)
local t = {} for i = 1, 100 do t = {t} end return t
local t = {} for i = 1, 25 do t = {t, t} end return t
local t = {} for i = 1, 1e6 do t[i] = 1 end return t
local s, t = ('x'):rep(1e6), {} for i = 1, 1000 do t[i] = s end return t
local s, t = {ok = ('x'):rep(1e6)}, {} for i = 1, 1000 do t[i] = s end return t
local s, t = {map = {[('x'):rep(1e6)] = 1}}, {} for i = 1, 1000 do t[i] = s end return t
error(setmetatable({}, {__index = function() while true do end end}))
error(setmetatable({}, {__tostring = function() while true do end end}))
error(coroutine.create(function() end))
error(function() end)
xpcall(error, error) error(nil)
return setmetatable({}, {__index = function(t, k) return t[k + 1] end})[1]
local t = setmetatable({}, {}) getmetatable(t).__index = t getmetatable(t).__newindex = t return t.x.y
setmetatable(_G, {__index = function() end})
getmetatable('').__index = nil
getmetatable('').__index.rep = nil
string.rep = nil
rawset(string, 'rep', nil)
rawset(_G, 'pcall', nil)
table.insert(redis, 'x')
table.sort(_G)
table.remove(string)
setfenv(1, {})
getfenv(0).x = 1
debug.getregistry()
collectgarbage('stop')
newproxy(true)
require('os')
module('x')
io.open('/etc/passwd')
os.execute('true')
dofile('/etc/passwd')
loadfile('/etc/passwd')()
"""
HARMLESS = r"""
return {('a'):rep(1e6):find('b', 1, true) == nil}
return #('x'):rep(1e6)
return {(('ab'):rep(1e5):gsub('b', 'c')) == ('ac'):rep(1e5)}
return ('  ' .. ('word '):rep(5000)):match('^%s*(.-)%s*$') ~= nil
local n = 0 for k, v in (('k=v,'):rep(20000)):gmatch('(%w+)=(%w+)') do n = n + 1 end return n
local n = 0 for w in (('x'):rep(1e5)):gmatch('[^,]+') do n = n + #w end return n
local t = {} for i = 1, 1e5 do t[i] = 1e5 - i end table.sort(t) return t[1]
local t = {} for i = 1, 1e5 do t[i] = 'x' end return #table.concat(t, ',')
for i = 1, 2e5 do local s = 'x' .. i end return 'done'
for i = 1, 300 do local s = ('x'):rep(1e5 + i) end return 'done'
local t = {} for i = 1, 1e5 do t[i] = i end return t
for i = 1, 1e4 do redis.call('set', 'z', i) end return redis.call('del', 'z')
for i = 1, 1e4 do pcall(error, 'x') end return 'done'
for i = 1, 1e4 do coroutine.wrap(function() return i end)() end return 'done'
local function f(n) return n == 0 and 0 or 1 + f(n - 1) end return f(10000)
"""
SCRIPT_MS = 2000


@pytest.fixture(scope="module")
def target():
    with Lockd("--script-time", str(SCRIPT_MS), "--script-memory", "67108864") as server:
        yield server


@pytest.fixture(scope="module")
def patient():
    """On a busy machine an honest script may take long."""
    with Lockd("--script-time", "60000") as server:
        yield server


def lives_on(server, before):
    """Another connection is served, scripts run, and nothing was changed."""
    with Wire(server.socket) as other:
        assert other.ask("PING") == b"+PONG\r\n"
        assert sound(other) == before
        assert server.running()


# Touches what a script before it may have tried to break.
SOUND = """
local t = {}
for i = 1, 100 do t[i] = string.rep('x', 10) .. i end
table.sort(t)
return {pcall(error, 'x'), #table.concat(t), tostring(redis.call('exists', KEYS[1])),
  ('%d'):format(5), math.floor(2.5), #t, select('#', unpack(t, 1, 100)), _VERSION,
  type(string.find), tonumber('7'), coroutine.wrap(function() return 3 end)()}
"""


def sound(wire):
    """On a busy machine even this may take too long now and then."""
    for _ in range(20):
        reply = wire.ask("EVAL", SOUND, 1, "key")
        if not reply.startswith(b"-ERR script ended"):
            break
    return reply


@pytest.mark.parametrize("script", lines(HOSTILE))
def test_a_hostile_script_ends_with_an_error(target, script):
    with Wire(target.socket, seconds=60) as wire:
        before = sound(wire)
        assert before.startswith(b"*")
        begin = time.monotonic()
        assert wire.ask("EVAL", script, 0).startswith(b"-")
        assert time.monotonic() - begin < SCRIPT_MS / 1000 + 20
        lives_on(target, before)


@pytest.mark.parametrize("script", lines(HARMLESS))
def test_a_large_but_honest_script_is_let_run(patient, script):
    with Wire(patient.socket, seconds=60) as wire:
        before = sound(wire)
        assert not wire.ask("EVAL", script, 0).startswith(b"-")
        lives_on(patient, before)


def resident_kib(server):
    with open(f"/proc/{server.pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


def test_memory_that_scripts_used_up_comes_back():
    grab = "local t = {} for i = 1, 1e9 do t[i] = ('x'):rep(10000) .. i end"
    options = ("--script-time", "600000", "--script-memory", "16777216")
    # What the sanitizer keeps of freed memory is not the daemon's doing.
    asan = os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=1"
    with Lockd(*options, ASAN_OPTIONS=asan) as server, Wire(
        server.socket, seconds=120
    ) as wire:
        for _ in range(3):
            reply = wire.ask("EVAL", grab, 0)
            assert reply.startswith(b"-ERR not enough memory script: ")
        before = resident_kib(server)
        for _ in range(5):
            wire.ask("EVAL", grab, 0)
        assert resident_kib(server) < before + 20000
        assert wire.ask("EVAL", "return #('x'):rep(1e6)", 0) == b":1000000\r\n"


def test_many_scripts_push_out_the_oldest_and_leave_room(patient):
    body = "local t = {} " + "t[#t + 1] = 'text' " * 20000
    with Wire(patient.socket, seconds=60) as wire:
        wire.ask("SCRIPT", "FLUSH")
        first = wire.ask("SCRIPT", "LOAD", body + "return 0").split()[1]
        for i in range(1, 100):
            assert wire.ask("EVAL", f"{body} return {i}", 0) == b":%d\r\n" % i
        assert wire.ask("SCRIPT", "EXISTS", first) == b"*1\r\n:0\r\n"
        assert wire.ask("EVAL", "return #('x'):rep(5e6)", 0) == b":5000000\r\n"


# ---- redis.log ---------------------------------------------------------------

FLOOD = "for i = 1, 20000 do redis.log(redis.LOG_WARNING, ARGV[1]) end return 1"


def test_scripts_do_not_flood_the_log():
    """Five seconds of redis.log() were 595 MB."""
    with Lockd("--durability", "none") as server:
        with Wire(server.socket, seconds=60) as wire:
            began = time.monotonic()
            for _ in range(5):
                assert wire.ask("EVAL", FLOOD, 0, "word" * 1000) == b":1\r\n"
            took = time.monotonic() - began
            lines = server.log().splitlines()
            kept = [line for line in lines if "wordword" in line]
            assert 100 <= len(kept) <= 100 * (int(took) + 2)
            assert max(map(len, lines)) < 2048
            assert "of this second no more than 100 lines are kept" in server.log()

            def told():
                wire.ask("EVAL", "redis.log(redis.LOG_NOTICE, 'x')", 0)
                return "redis.log() was too fast: left out lines=" in server.log()

            wait_until(told, 20, "the next second tells")
