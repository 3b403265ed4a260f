-- Has a thread with drafts count as one whose first draft is yet to come: whoever made them is alive, and keeps them back.
--
-- Input:
--   KEYS[1]  the bucket's threads with drafts
--   ARGV[1]  what stands for the thread in KEYS[1]
--   ARGV[2]  for how long from now, in milliseconds
-- Output:
--   the time in microseconds
--@include parts/time.lua
--@include parts/number.lua
local now = now_us()
redis.call('ZADD', KEYS[1], 'XX', 'GT', text(math.floor(now / 1000) + ARGV[2]), ARGV[1])
return now
