-- Does the owner hold all of them? Changes no hold.
-- KEYS: identity, holds. ARGV: identity to propose, owner.
-- Gives the same as acquire.lua; of a hold that nobody has, 0 ms are left.
local service = identity(ARGV[1])
local answer = { service, 0, 0 }

for i = 2, #KEYS do
	local token, who, left = held(KEYS[i])
	if not token or who ~= ARGV[2] then
		return { service, i - 1, left or 0 }
	end
	answer[#answer + 1] = tonumber(token)
	answer[#answer + 1] = left
	answer[#answer + 1] = 0
end
return answer
