--- A window with the server's figures, live: what docs/metrics.md explains, as the server sends it.
local figures = require('lsp_search.figures')
local scratch = require('lsp_search.scratch')
local server = require('lsp_search.server')
local statusline = require('lsp_search.statusline')

local M = {}

local namespace = vim.api.nvim_create_namespace('lsp_search.dashboard')
local WIDTH = 78
local LABEL = 15
local MODES = { 'symbol', 'text', 'regex', 'semantic', 'hybrid' }
local KINDS = { 'exact', 'predicted', 'disk', 'refined', 'miss' }

local opened -- the one window: { win, buf, client_id, group, minutes }

local function pad(text, width)
  return text .. (' '):rep(width - vim.fn.strdisplaywidth(text))
end

--- Lines with a label before the first of each part.
local Page = {}
Page.__index = Page

function Page:add(label, text, group)
  local line = ' ' .. pad(label, LABEL) .. text
  self.lines[#self.lines + 1] = (line:gsub('%c', ' '))
  self.groups[#self.lines] = group
end

function Page:gap()
  self.lines[#self.lines + 1] = ''
end

local function latencies(page, metrics, minutes)
  local function row(label, latency)
    local cells = { figures.milliseconds(latency.p50Ms), figures.milliseconds(latency.p95Ms) }
    cells[3], cells[4] = figures.milliseconds(latency.p99Ms), figures.count(latency.count)
    page:add(
      label,
      table.concat(vim.tbl_map(function(cell)
        return pad(cell, 11)
      end, cells))
    )
  end
  page:add('Latency', pad('p50', 11) .. pad('p95', 11) .. pad('p99', 11) .. 'queries', 'LspSearchHeading')
  local latency, period = figures.latency(metrics)
  if not latency then
    page:add('', 'nothing asked yet')
    return
  end
  row('  ' .. period, latency)
  for _, mode in ipairs(MODES) do
    local of_mode = metrics.latency['search.' .. mode]
    if of_mode then
      row('  ' .. mode, of_mode)
    end
  end
  if #minutes > 0 then
    page:add('  last hour', figures.spark(minutes) .. '  p95 by minute')
  end
end

local function cache(page, metrics)
  local kinds = vim.tbl_map(function(kind)
    return ('%s %s'):format(kind, figures.count(metrics.cache.kinds[kind] or 0))
  end, KINDS)
  page:add('Cache', figures.percent(metrics.cache.hitRate) .. ' hits   ' .. table.concat(kinds, '  '))
end

local function index(page, metrics)
  local held = metrics.index
  page:add(
    'Index',
    ('%s files   %s symbols   %s on disk'):format(
      figures.count(held.files),
      figures.count(held.symbols),
      figures.bytes(held.storeBytes)
    )
  )
  local languages = vim.tbl_keys(held.languages)
  table.sort(languages, function(a, b)
    return held.languages[a] > held.languages[b] or (held.languages[a] == held.languages[b] and a < b)
  end)
  local shown = vim.tbl_map(function(language)
    return language .. ' ' .. figures.count(held.languages[language])
  end, vim.list_slice(languages, 1, 3))
  if #languages > 3 then
    shown[4] = ('%d more'):format(#languages - 3)
  end
  page:add('', table.concat(shown, '  '))
end

local function costs(page, metrics)
  local memory, queue, watcher = metrics.memory, metrics.queue, metrics.watcher
  page:add('Memory', ('%s of %s'):format(figures.bytes(memory.rssBytes), figures.bytes(memory.limitBytes)))
  page:add(
    'Queue',
    ('%d waiting   %s done   %d failed   %s files a minute'):format(
      queue.depth,
      figures.count(queue.done),
      queue.failed,
      figures.count(metrics.rates.filesPerMinute)
    )
  )
  page:add(
    'Watcher',
    ('%s   %s folders   %s events   %d overflows'):format(
      watcher.mode,
      figures.count(watcher.watched),
      figures.count(watcher.events),
      watcher.overflows
    )
  )
end

local function alerts(page, metrics)
  page:add('Alerts', #metrics.alerts == 0 and 'none' or '', 'LspSearchHeading')
  for _, alert in ipairs(metrics.alerts) do
    page:add('  ' .. alert.level, alert.message, alert.level == 'error' and 'LspSearchError' or 'LspSearchWarning')
    if alert.advice and alert.advice ~= '' then
      page:add('', '→ ' .. alert.advice, 'LspSearchDim')
    end
  end
end

--- The page as lines, and highlight groups by line.
function M.page(client, minutes)
  local page = setmetatable({ lines = {}, groups = {} }, Page)
  local status, metrics = server.status(client), server.metrics(client)
  local name = client.root_dir and vim.fs.basename(client.root_dir) or client.name
  page:add(name, statusline.progress(status) or status.state, 'LspSearchHeading')
  if not metrics then
    page:add('', 'waiting for the first figures')
    return page
  end
  for _, part in ipairs({ latencies, cache, index, costs, alerts }) do
    if part ~= index and part ~= costs then
      page:gap()
    end
    part(page, metrics, minutes)
  end
  return page
end

local function place(lines)
  local height = math.max(math.min(lines, vim.o.lines - vim.o.cmdheight - 3), 1)
  local width = math.max(math.min(WIDTH, vim.o.columns - 4), 20)
  return {
    relative = 'editor',
    row = math.max(math.floor((vim.o.lines - height) / 2) - 1, 0),
    col = math.floor((vim.o.columns - width) / 2),
    width = width,
    height = height,
  }
end

local function draw()
  local client = vim.lsp.get_client_by_id(opened.client_id)
  if not client or client:is_stopped() then
    client = server.client(opened.origin)
  end
  local page = client and M.page(client, opened.minutes) or { lines = { ' ' .. server.absence() }, groups = {} }
  opened.client_id = client and client.id or opened.client_id
  scratch.write(opened.buf, page.lines)
  vim.api.nvim_buf_clear_namespace(opened.buf, namespace, 0, -1)
  for number, line in ipairs(page.lines) do
    local function mark(first, last, group)
      vim.api.nvim_buf_set_extmark(opened.buf, namespace, number - 1, first, { end_col = last, hl_group = group })
    end
    if page.groups[number] then
      mark(0, #line, page.groups[number])
    else
      mark(0, math.min(LABEL + 1, #line), 'LspSearchDim')
      for first, last in line:gmatch('()%d[%d.,]*()') do
        mark(first - 1, last - 1, 'LspSearchFigure')
      end
    end
  end
  vim.api.nvim_win_set_config(opened.win, place(vim.api.nvim_win_text_height(opened.win, {}).all))
end

local function close()
  if opened then
    local known = opened
    opened = nil
    vim.api.nvim_del_augroup_by_id(known.group)
    if vim.api.nvim_win_is_valid(known.win) then
      vim.api.nvim_win_close(known.win, true)
    end
  end
end

--- What the server does not send by itself: the figures of this moment, and the last hour.
local function ask(client)
  client:request('lspSearch/stats', {}, function(_, metrics)
    if metrics then
      server.heard(client.id, 'metrics', metrics)
    end
  end)
  client:request('lspSearch/history', { minutes = 60 }, function(_, history)
    if history and opened then
      opened.minutes = vim.tbl_map(function(minute)
        return minute.p95Ms
      end, history.rows)
      draw()
    end
  end)
end

--- Opens the window, or goes to it.
function M.open()
  if opened then
    return vim.api.nvim_set_current_win(opened.win)
  end
  local origin = vim.api.nvim_get_current_buf()
  local client = server.client(origin)
  if not client then
    return server.notify(server.absence(), vim.log.levels.WARN)
  end
  local buf = scratch.new('lsp_search_dashboard')
  vim.bo[buf].bufhidden = 'wipe'
  local border = vim.o.winborder == '' and 'rounded' or vim.o.winborder
  local config = vim.tbl_extend('error', place(1), { style = 'minimal', border = border })
  if border ~= 'none' and border ~= 'shadow' then
    config.title, config.title_pos = { { ' lsp-search ', 'LspSearchTitle' } }, 'center'
  end
  local win = vim.api.nvim_open_win(buf, true, config)
  vim.wo[win].winhighlight = 'NormalFloat:LspSearchNormal,FloatBorder:LspSearchBorder,FloatTitle:LspSearchTitle'
  vim.wo[win].winfixbuf = true
  vim.wo[win].wrap = true
  vim.wo[win].linebreak = true
  vim.wo[win].breakindent = true
  vim.wo[win].breakindentopt = 'shift:' .. (LABEL + 1)
  local group = vim.api.nvim_create_augroup('lsp_search.dashboard', {})
  opened = { win = win, buf = buf, origin = origin, client_id = client.id, group = group, minutes = {} }
  vim.api.nvim_create_autocmd('User', {
    group = group,
    pattern = 'LspSearchUpdate',
    callback = function()
      draw()
    end,
  })
  vim.api.nvim_create_autocmd('VimResized', { group = group, callback = draw })
  vim.api.nvim_create_autocmd('WinClosed', { group = group, pattern = tostring(win), callback = close })
  vim.api.nvim_create_autocmd('BufWipeout', { group = group, buffer = buf, callback = vim.schedule_wrap(close) })
  for _, key in ipairs({ 'q', '<Esc>' }) do
    vim.keymap.set('n', key, close, { buffer = buf, nowait = true, desc = 'lsp-search: close' })
  end
  draw()
  ask(client)
end

return M
