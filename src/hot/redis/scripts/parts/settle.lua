-- What every script ends with that changes a log or a stamp.
-- The stamp that a head holds, as an end: "<version> <write id>"; nil: none.
local function stamp_of(head)
  local stamp = redis.call('HMGET', head, 'v', 'w')
  return stamp[1] and stamp[1] .. ' ' .. (stamp[2] or '') or nil
end
-- Whether a log contains an end.
local function contains(log, place)
  local id = string.match(place, '^%d+') .. '-0'
  return end_of(redis.call('XRANGE', log, id, id)[1]) == place
end
-- Whether a log has entries that the stamp does not cover.
local function has_drafts(log, last, stamp)
  return last ~= nil and last ~= stamp and redis.call('XLEN', log) > 1
end
-- Lets a key live for at least so long from now. Processes may differ in how long: the longest one counts.
local function keep(key, life_ms)
  if redis.call('PTTL', key) < tonumber(life_ms) then redis.call('PEXPIRE', key, life_ms) end
end
-- With drafts the log is permanent and its thread stands in `dirty`; without, neither. The head's `l` is what a reader must hold to be
-- current: the log's end, if the stamp is in the log; the stamp itself, if there is no log. `before` is where the log ended before the script.
local function settle(log, head, dirty, member, life_ms, before)
  local last, stamp = last_of(log), stamp_of(head)
  if has_drafts(log, last, stamp) then
    redis.call('PERSIST', log)
    redis.call('ZADD', dirty, 'NX', text(math.floor(now_us() / 1000)), member)
  else
    if last then keep(log, life_ms) end
    redis.call('ZREM', dirty, member)
  end
  if stamp then
    local reached = not last or last == stamp or contains(log, stamp)
    redis.call('HSET', head, 'l', reached and (last or stamp) or '')
    keep(head, life_ms)
  end
  -- A hint, which may be forbidden to this user: it must not fail what was done.
  if (last or stamp) ~= before then redis.pcall('PUBLISH', log, '') end
end
