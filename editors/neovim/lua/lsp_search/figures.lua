--- Figures as people read them.
local M = {}

--- 12345 → 12,345
function M.count(number)
  local text = ('%d'):format(number)
  repeat
    local replaced
    text, replaced = text:gsub('^(-?%d+)(%d%d%d)', '%1,%2')
  until replaced == 0
  return text
end

function M.milliseconds(number)
  return number and (number < 10 and '%.1f ms' or '%.0f ms'):format(number) or '–'
end

function M.percent(share)
  return share and ('%.0f%%'):format(share * 100) or '–'
end

function M.bytes(number)
  for _, unit in ipairs({ { 1e9, 'GB' }, { 1e6, 'MB' }, { 1e3, 'kB' } }) do
    if number >= unit[1] then
      return ('%.1f %s'):format(number / unit[1], unit[2])
    end
  end
  return ('%d bytes'):format(number)
end

--- Latency of all searches: of the last minute, or since the start where nothing was asked lately.
--- @return table? latency, string period
function M.latency(metrics)
  local recent = vim.tbl_get(metrics, 'recent', 'latency', 'search')
  if recent then
    return recent, 'last minute'
  end
  return vim.tbl_get(metrics, 'latency', 'search'), 'since start'
end

local BLOCKS = { '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█' }

--- Numbers as a row of blocks, the highest at full height.
function M.spark(numbers)
  local most = math.max(0, unpack(numbers))
  local parts = vim.tbl_map(function(number)
    return BLOCKS[most > 0 and math.max(math.ceil(number / most * #BLOCKS), 1) or 1]
  end, numbers)
  return table.concat(parts)
end

return M
