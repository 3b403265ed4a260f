-- Says that a stamp was the head at some moment or later, and what leads to it.
--
-- Input:
--   KEYS[1]         the log
--   KEYS[2]         its head
--   KEYS[3]         the bucket's threads with drafts
--   ARGV[1]         how long head and log live from now, in milliseconds
--   ARGV[2]         what stands for the thread in KEYS[3]
--   ARGV[3…5]       the stamp: incarnation, version, write id
--   ARGV[6]         the thread's owner, as text; "": nobody
--   ARGV[7], [8]    the moment in microseconds, and the replication id of the server that told it; "": not known, so nothing is trusted
--   ARGV[9…11]      the stamp that the teller's own read showed; "": none
--   ARGV[12], [13]  "1": the entries follow on the write id that comes next; "0": they are a whole log, if they begin with no delta
--   ARGV[14…]       the entries, six values each: version, write id, the write id that it stands on, kind, body, metadata ("": none)
-- Output:
--   the time in microseconds, and
--   "told"    done
--   "gap"     the stamp is known now, but nothing leads from the log to it; the log is deleted
--   "drafts"  the stamp is known now, but is not in the log, which has drafts, and stays
--   "old"     a newer stamp is known
--@include parts/time.lua
--@include parts/number.lua
--@include parts/end.lua
--@include parts/settle.lua
--@include parts/append.lua
local DELETED = 4294967295
local FIRST, SIZE = 14, 6
local log, head, dirty = KEYS[1], KEYS[2], KEYS[3]
local life_ms, member = ARGV[1], ARGV[2]
local stamp = { i = number(ARGV[3]), v = number(ARGV[4]), w = ARGV[5] }
local place = ARGV[4] .. ' ' .. ARGV[5]
local now = now_us()

local found = redis.call('HMGET', head, 'i', 'v', 'w', 'k', 'b', 'm', 'q', 'l')
local stored = found[2] and { i = number(found[1]), v = number(found[2]), w = found[3] or '' } or nil
local stored_place = stored and found[2] .. ' ' .. stored.w or nil
local same = stored and stored.i == stamp.i and stored.v == stamp.v and stored.w == stamp.w
local newer = not stored or stamp.i > stored.i or (stamp.i == stored.i and stamp.v > stored.v)
local fields = { 'i', ARGV[3], 'v', ARGV[4], 'w', ARGV[5], 'u', ARGV[6] }
local function set(...)
  for _, value in ipairs({ ... }) do fields[#fields + 1] = value end
end
local function clear_mark()
  if stamp.w ~= '' and found[6] == stamp.w then set('p', found[7] or '0', 'm', '') end
end

-- The usual case, by fewer commands: one entry on a stamp with which the log ends, if there is one. Such a log has no drafts.
if stored and stamp.i == stored.i and stamp.v > stored.v and found[8] == stored_place and ARGV[12] == '1' and ARGV[13] == stored.w
  and #ARGV == FIRST + SIZE - 1 and ARGV[FIRST] == ARGV[4] and ARGV[FIRST + 1] == ARGV[5] then
  set('k', ARGV[7], 'b', ARGV[8], 'l', place)
  clear_mark()
  -- First of all writes: a server that is full refuses it, and then nothing was done.
  redis.call('HSET', head, unpack(fields))
  keep(head, life_ms)
  local is_there = redis.call('XADD', log, 'NOMKSTREAM', stored_form(unpack(ARGV, FIRST)))
  if is_there then keep(log, life_ms) end
  redis.pcall('PUBLISH', log, '')
  return { now, is_there and 'told' or 'gap' }
end

local last = last_of(log)
local before = last or stored_place
local had_drafts = has_drafts(log, last, stored_place)
-- The stamp only rises, but for what the database has lost: and that, only as long as it is what the teller saw.
local fell = not same and not newer
if fell and not (number(ARGV[9]) == stored.i and ARGV[10] == found[2] and ARGV[11] == stored.w) then
  if stamp.i == stored.i and stamp.v == stored.v and not had_drafts then
    -- Of two histories with the same number, nobody can say which is lost; neither is kept. The mark stays: its commit is still under way.
    redis.call('DEL', log)
    redis.call('HDEL', head, 'i', 'v', 'w', 'u', 'k', 'b', 'l')
    settle(log, head, dirty, member, life_ms, before)
  end
  return { now, 'old' }
end

-- More of the same knowledge prolongs trust; other knowledge brings its own.
local known, by = ARGV[7], ARGV[8]
if same and (known == '' or (found[5] == by and number(found[4]) >= number(known))) then
  known, by = found[4] or '', found[5] or ''
end
set('k', known, 'b', by)
clear_mark()
-- As above, before all else.
redis.call('HSET', head, unpack(fields))

local count = (#ARGV - FIRST + 1) / SIZE
local function version_of(n) return number(ARGV[FIRST + (n - 1) * SIZE]) end
local function place_of(n)
  local at = FIRST + (n - 1) * SIZE
  return ARGV[at] .. ' ' .. ARGV[at + 1]
end
-- The entries end with the stamp, and their versions rise: a stream takes no others.
local leads = count > 0 and place_of(count) == place
for n = 2, count do leads = leads and version_of(n) > version_of(n - 1) end
local function append_from(first)
  for n = first, count do
    local at = FIRST + (n - 1) * SIZE
    append(log, ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3], ARGV[at + 4], ARGV[at + 5])
  end
end
-- The number of the first entry that is not in the log yet; nil: the log's last one is none that they follow on.
local function first_missing()
  if not last or not leads then return nil end
  local last_version, last_write_id = string.match(last, '^(%d+) (.*)$')
  if ARGV[12] == '1' and last_write_id == ARGV[13] and version_of(1) > number(last_version) then return 1 end
  for n = count, 1, -1 do
    if place_of(n) == last then return n + 1 end
  end
  return nil
end

local answer = 'told'
if stamp.v == DELETED then
  redis.call('DEL', log)
elseif leads and ARGV[12] == '0' and ARGV[FIRST + 3] ~= 'delta' and not had_drafts then
  redis.call('DEL', log)
  append_from(1)
else
  -- Where the stamp fell, what stands behind it in the log is lost, and would be taken for drafts.
  local reached = last == place or (not fell and last and contains(log, place))
  local missing = not reached and first_missing()
  if missing then
    append_from(missing)
  elseif not reached and had_drafts then
    answer = 'drafts'
  elseif not reached then
    redis.call('DEL', log)
    if stamp.v ~= 0 then answer = 'gap' end
  end
end
settle(log, head, dirty, member, life_ms, before)
return { now, answer }
