-- Shows what there is of a thread; to whoever holds the newest already, only that it is still the newest.
--
-- Input:
--   KEYS[1]  the log
--   KEYS[2]  its head
--   ARGV[1]  what the caller holds, "<version> <write id>"; "-": nothing
--   ARGV[2]  the replication id of this server, as the caller knows it
--   ARGV[3]  how old the knowledge may be that this is the newest, in microseconds
-- Output:
--   an integer: the time in microseconds; what the caller holds is the newest
--   or an array: the time; the head's i, v, w, u, k, b, p, each null where it is missing; 1 if the entries begin with the log's first one,
--   else 0; the log's last entry, "<version> <write id>", null if there is none; and, one by one, the entries past what the caller holds, or
--   all of them, as JSON texts: v, w, a, k as they were given, n the bytes of the body, m the metadata, if there is any, as a string, b the
--   body itself
--@include parts/time.lua
local now = now_us()
local head = redis.call('HMGET', KEYS[2], 'l', 'k', 'b', 'p')
if head[1] == ARGV[1] and head[3] == ARGV[2] then
  local known = tonumber(head[2])
  if known and now < known + ARGV[3] and known >= (tonumber(head[4]) or 0) then return now end
end
--@include parts/end.lua
local log = KEYS[1]
local version = string.match(ARGV[1], '^%d+')
local entries, first = nil, 1
if version then
  entries = redis.call('XRANGE', log, version .. '-0', '+')
  if end_of(entries[1]) == ARGV[1] then first = 2 end
end
if first == 1 then entries = redis.call('XRANGE', log, '-', '+') end
local stamp = redis.call('HMGET', KEYS[2], 'i', 'v', 'w', 'u')
local reply = {
  now, stamp[1], stamp[2], stamp[3], stamp[4], head[2], head[3], head[4],
  first == 1 and 1 or 0, end_of(entries[#entries]) or false
}
-- Each as it is stored: joining them here would take several times as long as finding them.
for place = first, #entries do
  local id, fields = entries[place][1], entries[place][2]
  local begin = '{"v":' .. (string.match(id, '^(%d+)%-0$') or '') .. ','
  local text = fields[3] == 'j' and fields[4] or ''
  -- What is not ours, or not in its place, is shown as nothing.
  reply[#reply + 1] = string.sub(text, 1, #begin) == begin and text or 'null'
end
return reply
