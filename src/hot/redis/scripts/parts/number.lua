-- A field as a number; what is missing, or is no number, counts as 0.
local function number(field)
  return tonumber(field) or 0
end
-- A number as text, digit for digit.
local function text(value)
  return string.format('%.0f', value)
end
