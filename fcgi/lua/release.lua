-- Lets go of each hold that the owner has under the given token.
-- KEYS: identity, holds. ARGV: identity to propose, owner, then for each hold
-- its token, or '*' for any, or '0' to leave it alone.
-- Gives identity, 0, and how many were let go.
local service = identity(ARGV[1])
local released = 0

for i = 2, #KEYS do
	local token, who = held(KEYS[i])
	local wanted = ARGV[i + 1]
	if token and who == ARGV[2] and (wanted == '*' or wanted == token) then
		redis.call('DEL', KEYS[i])
		released = released + 1
	end
end
return { service, 0, released }
