-- Deletes a log, drafts and all, if it ends with this write. Of a log that is gone already, what is left of it. With a log goes the trust in its
-- stamp: entries behind it may be committed, and readers may have answered them.
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
  local is_given_up = redis.call('DEL', KEYS[1]) == 1
  -- Empty: never known. A stamp without the field would be damaged.
  if is_given_up and redis.call('HEXISTS', KEYS[2], 'v') == 1 then redis.call('HSET', KEYS[2], 'k', '', 'b', '') end
  settle(KEYS[1], KEYS[2], KEYS[3], ARGV[2], ARGV[1], last or stamp_of(KEYS[2]))
end
return now_us()
