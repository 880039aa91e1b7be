-- For prometheus-redis-exporter -script: what lockd alone counts, INFO locks,
-- as redis_script_values{key="locks_held"} and so on. On a Redis: nothing.
local out = {}
for name, value in string.gmatch(redis.call('INFO', 'locks'), '([%w_]+):(%d+)\r') do
	out[#out + 1] = name
	out[#out + 1] = value
end
return out
