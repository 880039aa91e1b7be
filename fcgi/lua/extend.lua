-- Moves all deadlines to ttl from now, if the owner holds all of them.
-- KEYS: identity, holds. ARGV: identity to propose, owner, ttl.
-- Gives the same as acquire.lua; of a hold that nobody has, 0 ms are left.
local service = identity(ARGV[1])
local answer = { service, 0, 0 }

for i = 2, #KEYS do
	local token, who, left = held(KEYS[i])
	if not token or who ~= ARGV[2] then
		return { service, i - 1, left or 0 }
	end
	answer[#answer + 1] = tonumber(token)
	answer[#answer + 1] = tonumber(ARGV[3])
	answer[#answer + 1] = 0
end
for i = 2, #KEYS do
	redis.call('PEXPIRE', KEYS[i], ARGV[3])
end
return answer
