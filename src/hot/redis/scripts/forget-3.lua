-- Drops what cannot be read: a log and its head, if the log still ends as it did when it was found to be damaged, so that no draft is lost that
-- came later; and whichever key is of another type than ours.
--
-- Input:
--   KEYS[1]  the log
--   KEYS[2]  its head
--   KEYS[3]  the bucket's threads with drafts
--   ARGV[1]  what stands for the thread in KEYS[3]
--   ARGV[2]  how the log ended, "<version> <write id>"; "": it had no entries
-- Output:
--   1
--@include parts/end.lua
local log, head, dirty = KEYS[1], KEYS[2], KEYS[3]
local ending = redis.pcall('XREVRANGE', log, '+', '-', 'COUNT', 1)
local foreign_head = redis.pcall('HLEN', head)
local foreign_dirty = redis.pcall('ZCARD', dirty)
if type(foreign_dirty) == 'table' then redis.call('DEL', dirty) end
if type(foreign_head) == 'table' then redis.call('DEL', head) end
if ending.err or (end_of(ending[1]) or '') == ARGV[2] then
  redis.call('DEL', log, head)
  redis.call('ZREM', dirty, ARGV[1])
end
return 1
