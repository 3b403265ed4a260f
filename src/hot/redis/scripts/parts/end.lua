-- "<version> <write id>" of an entry of a stream; nil: there is none. Ours have the write id first; in a foreign one it is empty.
local function end_of(entry)
  if not entry then return nil end
  local fields = entry[2]
  return string.match(entry[1], '^%d+') .. ' ' .. (fields and fields[1] == 'w' and fields[2] or '')
end
-- The end of a log; nil: it is empty.
local function last_of(log)
  return end_of(redis.call('XREVRANGE', log, '+', '-', 'COUNT', 1)[1])
end
