-- Lists the threads of a bucket with drafts, oldest first.
--
-- Input:
--   KEYS[1]  the bucket's threads with drafts
--   ARGV[1]  how old their first draft must be, in milliseconds
--   ARGV[2]  at most so many
-- Output:
--   an array: what stands for a thread, the time of its first draft in milliseconds, and so on
--@include parts/time.lua
--@include parts/number.lua
local latest = math.floor(now_us() / 1000) - ARGV[1]
return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', text(latest), 'WITHSCORES', 'LIMIT', 0, ARGV[2])
