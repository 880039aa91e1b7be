-- Takes all holds for the owner, or none.
-- KEYS: identity, last token, holds. ARGV: identity to propose, owner, ttl.
-- Gives identity, refused (1 to n; 0: none), its ms left, and for each hold
-- its token, ms left, and 1 if it was taken just now.
local service = identity(ARGV[1])
local owner, ttl = ARGV[2], ARGV[3]
local answer = { service, 0, 0 }
local free = {}

for i = 3, #KEYS do
	local token, who, left = held(KEYS[i])
	local at = 3 * (i - 2) + 1
	if not token then
		free[#free + 1] = i
	elseif who ~= owner then
		return { service, i - 2, left }
	else
		answer[at], answer[at + 1], answer[at + 2] =
			tonumber(token), left, 0
	end
end

if #free > 0 then
	-- A hybrid clock: never below the last token, and never below the
	-- time either, so that tokens grow on when all state was lost. Below
	-- 2^53 a Lua number is exact; %.0f writes all of its digits.
	local time = redis.call('TIME')
	local token = tonumber(time[1]) * 1000000 + tonumber(time[2])
	local last = tonumber(redis.call('GET', KEYS[2]) or 0)
	if token <= last then
		token = last + 1
	end
	local text = string.format('%.0f', token)
	redis.call('SET', KEYS[2], text)
	for _, i in ipairs(free) do
		local at = 3 * (i - 2) + 1
		redis.call('SET', KEYS[i], text .. ':' .. owner, 'PX', ttl)
		answer[at], answer[at + 1], answer[at + 2] =
			token, tonumber(ttl), 1
	end
end
return answer
