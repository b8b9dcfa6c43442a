--- What users call: `require('lsp_search').search()` and the rest of |lsp_search-lua|.
local config = require('lsp_search.config')
local server = require('lsp_search.server')

local M = {}

local sources = { snacks = 'snacks', telescope = 'telescope', ['fzf-lua'] = 'fzf_lua' }
local MODES = { auto = true, symbol = true, text = true, regex = true, semantic = true, hybrid = true }

--- Whether a picker plugin is installed.
function M.has_picker(name)
  return (pcall(require, name == 'snacks' and 'snacks.picker' or name))
end

local function chosen_picker(name)
  if name == 'auto' then
    for _, found in ipairs({ 'snacks', 'telescope', 'fzf-lua' }) do
      if M.has_picker(found) then
        return found
      end
    end
    return 'builtin'
  end
  if name ~= 'builtin' and not sources[name] then
    server.notify(
      ('there is no picker %q; known are auto, builtin, fzf-lua, snacks, telescope'):format(name),
      vim.log.levels.WARN
    )
    return 'builtin'
  end
  if sources[name] and not M.has_picker(name) then
    server.notify(('%s is not installed; this is the builtin picker'):format(name), vim.log.levels.WARN)
    return 'builtin'
  end
  return name
end

--- Opens a picker.
--- @param opts? { query?: string, mode?: string, picker?: string }
function M.search(opts)
  opts = opts or {}
  if opts.mode and not MODES[opts.mode] then
    return server.notify(('there is no mode %q'):format(opts.mode), vim.log.levels.ERROR)
  end
  local picker = chosen_picker(opts.picker or config.get().picker)
  if picker == 'builtin' then
    return require('lsp_search.picker').open(opts)
  end
  return require('lsp_search.sources.' .. sources[picker]).open(opts)
end

--- Searches without a picker; the results become the quickfix list.
--- @param opts { query: string, mode?: string }
function M.quickfix(opts)
  M.request(
    'lspSearch/search',
    { query = opts.query, mode = opts.mode, limit = config.get().limit },
    function(answer, client)
      M.show_quickfix(answer, opts.query, client)
    end
  )
end

function M.show_quickfix(answer, title, client)
  local results = require('lsp_search.results')
  if #answer.items == 0 then
    return server.notify('nothing found' .. (answer.indexing and ' yet: files are still being indexed' or ''))
  end
  results.to_quickfix(results.rows(answer, title, client), title)
end

--- Code like that under the cursor, as the quickfix list.
function M.similar()
  local client = server.client(0)
  local params = client and vim.lsp.util.make_position_params(0, client.offset_encoding)
  M.request(
    'lspSearch/similar',
    params and { uri = params.textDocument.uri, position = params.position },
    function(answer)
      M.show_quickfix(answer, 'similar to ' .. vim.fn.expand('%:t') .. ':' .. vim.fn.line('.'), client)
    end
  )
end

--- Asks the server of the current buffer; what goes wrong is said.
function M.request(method, params, on_result)
  local client = server.client(0)
  if not client then
    return server.notify(server.absence(), vim.log.levels.WARN)
  end
  client:request(method, params, function(err, result)
    if err then
      server.notify(err.message, vim.log.levels.ERROR)
    else
      on_result(result, client)
    end
  end)
end

--- Changes settings of the server (keys of docs/protocol.md) now: configure({ search = { limit = 300 } }).
M.configure = server.configure

--- Text for the statusline.
function M.statusline()
  return require('lsp_search.statusline').text()
end

--- `{ state, done, total, … }` of the current buffer's server, or nil without one.
function M.status()
  local client = server.client(0)
  return client and server.status(client)
end

--- Figures of the current buffer's server (docs/metrics.md), or nil.
function M.metrics()
  local client = server.client(0)
  return client and server.metrics(client)
end

--- Opens the window of live figures.
function M.dashboard()
  return require('lsp_search.dashboard').open()
end

--- Stops the servers and starts them again.
function M.restart()
  require('lsp_search.recovery').restart()
end

return M
