-- The server's clock in microseconds. Numbers of this size are exact in Lua, but tostring() would round them: see text().
local function now_us()
  local time = redis.call('TIME')
  return time[1] * 1000000 + time[2]
end
