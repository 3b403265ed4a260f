-- Marks that a commit may be under way: nobody takes the head for known until it is told, or the deadline has passed.
--
-- Input:
--   KEYS[1]  the head
--   ARGV[1]  how long the head lives from now, in milliseconds
--   ARGV[2]  the write id of the commit
--   ARGV[3]  the deadline in microseconds; "": ARGV[4] from now
--   ARGV[4]  microseconds
-- Output:
--   the time in microseconds
--@include parts/time.lua
--@include parts/number.lua
--@include parts/end.lua
--@include parts/settle.lua
local now = now_us()
local head = redis.call('HMGET', KEYS[1], 'p', 'm', 'q')
local deadline, writer, others = number(head[1]), head[2] or '', number(head[3])
local until_us = tonumber(ARGV[3]) or now + ARGV[4]
-- Of two writers, one cannot know the other's outcome: clearing the newer mark leads back to the older deadline.
if writer ~= ARGV[2] then others = deadline end
redis.call('HSET', KEYS[1], 'p', text(math.max(deadline, until_us)), 'm', ARGV[2], 'q', text(others))
keep(KEYS[1], ARGV[1])
return now
