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
local deadline, writer, passed = number(head[1]), head[2] or '', number(head[3])
local until_us = tonumber(ARGV[3]) or now + ARGV[4]
if writer == ARGV[2] then
  -- The same mark again.
elseif deadline > now then
  -- Of two marks that stand, one cannot know the other's outcome: only the deadline ends them.
  writer = ''
else
  -- One that has passed unanswered binds what was learnt before it, and no more: clearing the new one leads back to it.
  passed = math.max(passed, deadline)
  writer = ARGV[2]
end
redis.call('HSET', KEYS[1], 'p', text(math.max(deadline, until_us)), 'm', writer, 'q', text(passed))
keep(KEYS[1], ARGV[1])
return now
