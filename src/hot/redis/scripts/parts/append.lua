-- Appends an entry: `m` only where a draft has metadata. The write id comes first, where end_of() looks for it.
local function append(log, version, write_id, after, kind, body, metadata)
  local fields = { 'w', write_id, 'a', after, 'k', kind, 'b', body }
  if metadata ~= '' then
    fields[9] = 'm'
    fields[10] = metadata
  end
  redis.call('XADD', log, version .. '-0', unpack(fields))
end
