-- Deletes a log, drafts and all, if it ends with this write. Of a log that is gone already, what is left of it.
--
-- Input:
--   KEYS[1]  the log
--   KEYS[2]  its head
--   KEYS[3]  the bucket's threads with drafts
--   ARGV[1]  how long a head lives, in milliseconds
--   ARGV[2]  what stands for the thread in KEYS[3]
--   ARGV[3]  the write id
-- Output:
--   the time in microseconds
--@include parts/time.lua
--@include parts/number.lua
--@include parts/end.lua
--@include parts/settle.lua
local last = last_of(KEYS[1])
if not last or string.match(last, ' (.*)$') == ARGV[3] then
  redis.call('DEL', KEYS[1])
  settle(KEYS[1], KEYS[2], KEYS[3], ARGV[2], ARGV[1], last or stamp_of(KEYS[2]))
end
return now_us()
