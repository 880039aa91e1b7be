# Ruby's redis-rb on one server: ruby main.rb SOCKET
#
# Beside its own commands, the scripts of redlock-rb in words of our own.
require "digest"
require "redis"

SOCKET = ARGV.fetch(0)

def same(wanted, got)
  raise "wanted #{wanted.inspect}, got #{got.inspect}" unless wanted == got
end

def refused(pattern)
  yield
rescue Redis::BaseError => error
  raise "refused, but with #{error.message}" unless error.message.match?(pattern)
else
  raise "not refused with #{pattern}"
end

def wait_until(what)
  4000.times do
    return if yield
    sleep 0.005
  end
  raise "never: #{what}"
end

def connect(**options)
  Redis.new(path: SOCKET, **options)
end

# Taken when free or already ours; on request only when it is ours.
TAKE = <<~LUA.freeze
  local free = redis.call('exists', KEYS[1]) == 0
  if (free and ARGV[3] == 'yes') or redis.call('get', KEYS[1]) == ARGV[1] then
    return redis.call('set', KEYS[1], ARGV[1], 'px', ARGV[2])
  end
LUA
GIVE = <<~LUA.freeze
  if redis.call('get', KEYS[1]) == ARGV[1] then
    return redis.call('del', KEYS[1])
  end
  return 0
LUA
LEFT = <<~LUA.freeze
  return { redis.call('get', KEYS[1]), redis.call('pttl', KEYS[1]) }
LUA

SCENARIOS = {
  "a lock is taken once and given back by its owner" => lambda do |redis|
    same true, redis.set("seat", "a", nx: true, px: 60_000)
    same false, redis.set("seat", "b", nx: true, px: 60_000)
    same 0, redis.eval(GIVE, keys: ["seat"], argv: ["b"])
    same 1, redis.eval(GIVE, keys: ["seat"], argv: ["a"])
    same nil, redis.get("seat")
  end,

  "redlock-rb's scripts" => lambda do |redis|
    take, give, left = [TAKE, GIVE, LEFT].map { |text| redis.script(:load, text) }
    same Digest::SHA1.hexdigest(TAKE), take
    same "OK", redis.evalsha(take, keys: ["seat"], argv: ["a", 30_000, "yes"])
    same nil, redis.evalsha(take, keys: ["seat"], argv: ["b", 30_000, "yes"])
    same "OK", redis.evalsha(take, keys: ["seat"], argv: ["a", 60_000, "no"])
    owner, ms = redis.evalsha(left, keys: ["seat"])
    same ["a", true], [owner, ms.between?(50_000, 60_000)]
    same 1, redis.evalsha(give, keys: ["seat"], argv: ["a"])
    same [nil, -2], redis.evalsha(left, keys: ["seat"])
    same nil, redis.evalsha(take, keys: ["seat"], argv: ["a", 30_000, "no"])
    redis.script(:flush)
    refused(/^NOSCRIPT/) { redis.evalsha(take, keys: ["seat"], argv: ["a", 1, "yes"]) }
  end,

  "a transaction is whole, or undone by a watched key" => lambda do |redis|
    same ["OK", 2], redis.multi { |multi| multi.set("a", 1); multi.incr("a") }
    undone = redis.watch("a") do
      connect.set("a", 9)
      redis.multi { |multi| multi.set("a", 3) }
    end
    same nil, undone
    same ["9", "OK"], redis.pipelined { |pipe| pipe.get("a"); pipe.set("b", "x") }
  end,

  "messages arrive" => lambda do |redis|
    heard = []
    ears = Thread.new do
      connect.subscribe("released") do |on|
        on.message do |channel, text|
          heard << [channel, text]
          Thread.exit if text == "end"
        end
      end
    end
    wait_until("it listens") { redis.publish("released", "seat") == 1 }
    redis.publish("released", "end")
    raise "it still listens" unless ears.join(20)
    same [%w[released seat], %w[released end]], heard
  end,

  "names, hashes, scans" => lambda do |_|
    redis = connect(id: "till-4", db: 0)
    same "till-4", redis.client(:getname)
    same 2, redis.hset("h", "a" => 1, "b" => 2)
    same({ "a" => "1", "b" => "2" }, redis.hgetall("h"))
    redis.mapped_mset((1..50).to_h { |i| ["k#{i}", i] })
    same 50, redis.scan_each(match: "k*").to_a.uniq.size
    same "master", redis.info("replication")["role"]
    refused(/^WRONGTYPE/) { redis.get("h") }
  end,

  "it comes back after its connection was closed" => lambda do |redis|
    redis.set("seat", "a")
    id = connect.client(:list).find { |c| c["cmd"] == "set" }["id"]
    same 1, connect.client(:kill, "ID", id)
    same "a", redis.get("seat")
  end,
}.freeze

failed = 0
SCENARIOS.each do |name, scenario|
  redis = connect
  redis.flushall
  scenario.call(redis)
  puts "ok - #{name}"
rescue StandardError => error
  failed += 1
  puts "not ok - #{name}", error.full_message(highlight: false)
end
exit 1 if failed.positive? || SCENARIOS.empty?
