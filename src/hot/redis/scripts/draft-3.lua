-- Appends a version that the database does not have yet.
--
-- Input:
--   KEYS[1]     the log
--   KEYS[2]     its head
--   KEYS[3]     the bucket's threads with drafts
--   ARGV[1]     how long a log without drafts lives, in milliseconds
--   ARGV[2]     what stands for the thread in KEYS[3]
--   ARGV[3…8]   the entry: its version, write id, the write id that it stands on, kind, body, metadata ("": none)
-- Output:
--   the time in microseconds, and
--   "ok"        it is there, now or already
--   "conflict"  what it stands on is in the log, but is not its end
--   "unknown"   what it stands on is not in the log
--@include parts/time.lua
--@include parts/number.lua
--@include parts/end.lua
--@include parts/settle.lua
--@include parts/append.lua
local log, head = KEYS[1], KEYS[2]
local version, write_id, after = ARGV[3], ARGV[4], ARGV[5]
local now = now_us()
local place = version .. ' ' .. write_id
local last = last_of(log)
if not last then return { now, 'unknown' } end
if last == place or contains(log, place) then return { now, 'ok' } end
local base = end_of(redis.call('XREVRANGE', log, '(' .. version .. '-0', '-', 'COUNT', 1)[1])
if not base or string.match(base, ' (.*)$') ~= after then return { now, 'unknown' } end
if base ~= last then return { now, 'conflict' } end
append(log, version, write_id, after, ARGV[6], ARGV[7], ARGV[8])
settle(log, head, KEYS[3], ARGV[2], ARGV[1], last)
return { now, 'ok' }
