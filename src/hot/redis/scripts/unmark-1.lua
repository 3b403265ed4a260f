-- Takes back the mark of a commit that was refused, if it is the newest one: what is left is the deadline of the others.
--
-- Input:
--   KEYS[1]  the head
--   ARGV[1]  the write id of the commit
-- Output:
--   the time in microseconds
--@include parts/time.lua
local head = redis.call('HMGET', KEYS[1], 'm', 'q')
if head[1] == ARGV[1] and ARGV[1] ~= '' then redis.call('HSET', KEYS[1], 'p', head[2] or '0', 'm', '') end
return now_us()
