-- What all scripts begin with. KEYS[1] is the service's identity; the keys of
-- the holds come last, each with the value "<token>:<owner>" and a deadline.
-- Redis and lockd run this alike: Lua 5.1, and only plain keys with strings.

-- The identity of this state: whoever first finds none stores one.
local function identity(proposed)
	local stored = redis.call('GET', KEYS[1])
	if stored then
		return stored
	end
	redis.call('SET', KEYS[1], proposed)
	return proposed
end

-- Token (as text), owner, and milliseconds left; nil when nobody holds it.
local function held(key)
	local value = redis.call('GET', key)
	local colon = value and string.find(value, ':', 1, true)
	if not colon then
		return nil
	end
	local left = redis.call('PTTL', key)
	return string.sub(value, 1, colon - 1), string.sub(value, colon + 1),
		left > 0 and left or 0
end
