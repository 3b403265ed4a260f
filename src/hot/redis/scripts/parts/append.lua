-- An entry as XADD takes it: its write id, which comes first, where end_of() looks for it, and `j`, what a read shows of it, as JSON. That is put
-- together once, here, and not at each read; what has no body (a clear) shows null.
local function stored_form(version, write_id, after, kind, body, metadata)
  return version .. '-0', 'w', write_id, 'j', '{"v":' .. version
    .. ',"w":' .. cjson.encode(write_id) .. ',"a":' .. cjson.encode(after) .. ',"k":' .. cjson.encode(kind) .. ',"n":' .. #body
    .. (metadata ~= '' and ',"m":' .. cjson.encode(metadata) or '')
    .. ',"b":' .. (body == '' and 'null' or body) .. '}'
end
local function append(log, ...)
  redis.call('XADD', log, stored_form(...))
end
