--- The commands of a buffer that the server knows.
local figures = require('lsp_search.figures')
local server = require('lsp_search.server')

local M = {}

local FILTERS = { 'kind:', 'lang:', 'path:', 'in:', 'case:', 'file:' }
local CASES = { 'case:yes', 'case:no' }

--- The text of a range, or what was selected where it is just that; of several lines the first with something in it: a
--- search looks at one line at a time.
local function text_of(range)
  local first, last, kind = vim.fn.getpos("'<"), vim.fn.getpos("'>"), vim.fn.visualmode()
  local lines
  if kind ~= '' and range.line1 == first[2] and range.line2 == last[2] then
    lines = vim.fn.getregion(first, last, { type = kind })
  else
    lines = vim.api.nvim_buf_get_lines(0, range.line1 - 1, range.line2, false)
  end
  return vim.iter(lines):map(vim.trim):find(function(line)
    return line ~= ''
  end) or ''
end

--- The last word's filters, and their values where these are few.
local function complete_query(lead)
  local candidates = FILTERS
  if vim.startswith(lead, 'kind:') then
    candidates = vim
      .iter(ipairs(vim.lsp.protocol.SymbolKind))
      :map(function(_, kind)
        return 'kind:' .. kind:lower()
      end)
      :totable()
  elseif vim.startswith(lead, 'lang:') then
    local metrics = require('lsp_search').metrics()
    candidates = vim.tbl_map(function(language)
      return 'lang:' .. language
    end, vim.fn.sort(vim.tbl_keys(metrics and metrics.index.languages or {})))
  elseif vim.startswith(lead, 'case:') then
    candidates = CASES
  end
  return vim.tbl_filter(function(candidate)
    return vim.startswith(candidate, lead)
  end, candidates)
end

local function searcher(mode)
  return function(args)
    local query = args.args
    if args.range > 0 and query == '' then
      query = text_of(args)
    end
    local search = require('lsp_search')
    if args.bang then
      search.quickfix({ query = query, mode = mode })
    else
      search.search({ query = query, mode = mode })
    end
  end
end

local function reindex()
  server.notify('indexing everything anew')
  require('lsp_search').request('lspSearch/reindex', {}, function(report)
    server.notify(('%d files indexed in %.1f s'):format(report.files, report.seconds))
  end)
end

local function stats()
  require('lsp_search').request('lspSearch/stats', {}, function(metrics)
    local latency, period = figures.latency(metrics)
    local index = metrics.index
    server.notify(
      ('%s files, %s symbols, %s memory, '):format(
        figures.count(index.files),
        figures.count(index.symbols),
        figures.bytes(metrics.memory.rssBytes)
      )
        .. (latency and ('p50 %s, p95 %s (%s), %s hits, '):format(
          figures.milliseconds(latency.p50Ms),
          figures.milliseconds(latency.p95Ms),
          period,
          figures.percent(metrics.cache.hitRate)
        ) or 'nothing asked yet, ')
        .. ('%d alerts'):format(#metrics.alerts)
    )
  end)
end

local function log()
  vim.cmd.tabedit(vim.fn.fnameescape(vim.lsp.get_log_path()))
  vim.cmd.normal({ 'G', bang = true })
end

--- Values are written as in JSON; what is none is a text.
local function set(args)
  local key, value = args.args:match('^(%S+)[%s=]+(.+)$')
  if not key then
    return server.notify('write :LspSearchSet KEY VALUE, such as :LspSearchSet search.limit 300', vim.log.levels.ERROR)
  end
  local is_json, decoded = pcall(vim.json.decode, value)
  local settings = is_json and decoded
  if not is_json then
    settings = value
  end
  for _, part in ipairs(vim.iter(vim.split(key, '.', { plain = true })):rev():totable()) do
    settings = { [part] = settings }
  end
  server.configure(settings)
end

local SETTINGS = {
  'alerts.',
  'index.exclude',
  'index.include',
  'index.maxFileBytes',
  'index.respectGitignore',
  'index.semantic',
  'index.text',
  'index.workers',
  'metrics.enabled',
  'metrics.intervalMs',
  'search.cache',
  'search.learn',
  'search.limit',
  'search.model',
  'workspaceSymbol.enabled',
}

local function complete_setting(lead, line)
  if line:match('^%S+%s+%S*$') then
    return vim.tbl_filter(function(key)
      return vim.startswith(key, lead)
    end, SETTINGS)
  end
  return {}
end

local function searching(mode, desc)
  local opts = { nargs = '*', bang = true, range = true, desc = desc }
  if mode == 'auto' or mode == 'symbol' or mode == 'semantic' then
    opts.complete = complete_query
  end
  return { searcher(mode), opts }
end

local function plain(name)
  return function()
    require('lsp_search')[name]()
  end
end

local commands = {
  LspSearch = searching('auto', 'Search; with ! into the quickfix list'),
  LspSearchSymbols = searching('symbol', 'Search symbols'),
  LspSearchText = searching('text', 'Search text, or the selection'),
  LspSearchRegex = searching('regex', 'Search by a regular expression'),
  LspSearchMeaning = searching('semantic', 'Search by meaning'),
  LspSearchSimilar = { plain('similar'), { desc = 'Find code like that under the cursor' } },
  LspSearchDashboard = { plain('dashboard'), { desc = 'Live figures of the server' } },
  LspSearchStats = { stats, { desc = 'Figures of the server in one message' } },
  LspSearchReindex = { reindex, { desc = 'Index everything anew' } },
  LspSearchRestart = { plain('restart'), { desc = 'Stop the server and start it again' } },
  LspSearchLog = { log, { desc = "Open Neovim's log of language servers" } },
  LspSearchSet = { set, { nargs = '+', complete = complete_setting, desc = 'Change a setting of the server now' } },
}

function M.define(bufnr)
  for name, command in pairs(commands) do
    vim.api.nvim_buf_create_user_command(bufnr, name, command[1], command[2])
  end
end

return M
