--- One short text for the statusline: progress while indexing, else how fast answers are, and a mark for alerts.
local figures = require('lsp_search.figures')
local server = require('lsp_search.server')

local M = {}

--- `indexing 45%` while that is going on, else nil.
function M.progress(status)
  if status.state == 'ready' or status.state == 'degraded' then
    return nil
  end
  if (status.total or 0) > 0 then
    return ('%s %d%%'):format(status.state, math.floor(status.done / status.total * 100))
  end
  return status.state
end

--- The text for the current buffer (that of the window whose statusline is drawn); empty without a server.
function M.text()
  local client = server.client(0)
  if not client then
    return ''
  end
  local status, metrics = server.status(client), server.metrics(client)
  local parts = { M.progress(status) or status.state }
  if parts[1] == 'ready' and metrics then
    local latency = figures.latency(metrics)
    parts = { latency and 'p95 ' .. figures.milliseconds(latency.p95Ms) or 'ready' }
    if latency then
      parts[2] = figures.percent(metrics.cache.hitRate) .. ' hits'
    end
  end
  local alerts = metrics and #metrics.alerts or 0
  if alerts > 0 then
    parts[#parts + 1] = '!' .. alerts
  end
  return ('search: ' .. table.concat(parts, ' · '))
end

return M
