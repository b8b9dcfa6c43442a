--- The running servers: which one answers for a buffer, what each said last, its settings.
local M = {}

M.name = 'lsp_search'

local heard = {} -- what each client's server said last: id → { status = …, metrics = … }
local missing_told = false
local comes_back = false -- whether a server has stopped that will be started again
local levels = { info = vim.log.levels.INFO, warning = vim.log.levels.WARN, error = vim.log.levels.ERROR }

function M.notify(message, level)
  vim.notify('lsp-search: ' .. message, level or vim.log.levels.INFO)
end

--- Neovim still lists for a moment a client whose server has stopped.
local function running(filter)
  return vim.tbl_filter(function(client)
    return not client:is_stopped()
  end, vim.lsp.get_clients(vim.tbl_extend('error', { name = M.name }, filter)))
end

--- The client for a buffer: its own, else one whose folder the buffer or the current folder is in, else the only one.
function M.client(bufnr)
  bufnr = bufnr ~= 0 and bufnr or vim.api.nvim_get_current_buf()
  local own = vim.api.nvim_buf_is_valid(bufnr) and running({ bufnr = bufnr })[1]
  if own then
    return own
  end
  local all = running({})
  local places = { vim.api.nvim_buf_is_valid(bufnr) and vim.api.nvim_buf_get_name(bufnr) or '', vim.fn.getcwd() }
  for _, place in ipairs(places) do
    for _, client in ipairs(all) do
      if client.root_dir and place ~= '' and vim.fs.relpath(client.root_dir, place) then
        return client
      end
    end
  end
  return #all == 1 and all[1] or nil
end

--- Why there is no client, and what to do about it.
function M.absence()
  local command = M.missing_command()
  if command then
    return ('`%s` was not found. Install it (`pipx install lsp-search`) or say where it is: '):format(command)
      .. "vim.lsp.config('lsp_search', { cmd = { '/path/to/lsp-search', 'serve', '--stdio' } })"
  end
  if not vim.lsp.is_enabled(M.name) then
    return "the server is not enabled: vim.lsp.enable('lsp_search')"
  end
  if comes_back then
    return 'the server has stopped and is being started again'
  end
  return 'no server is running here: open a file of a project (a folder with .git or .lsp-search.toml), '
    .. 'or see :checkhealth lsp_search'
end

--- The configured command, where it cannot be run.
function M.missing_command()
  local config = vim.lsp.config[M.name]
  local cmd = config and config.cmd
  if type(cmd) == 'table' and vim.fn.executable(cmd[1]) == 0 then
    return cmd[1]
  end
end

--- Neovim starts servers by FileType, which files of no known type never cause, and passes silently over a missing command.
function M.opened(bufnr)
  if not vim.lsp.is_enabled(M.name) or not vim.api.nvim_buf_is_valid(bufnr) or vim.bo[bufnr].buftype ~= '' then
    return
  end
  if M.missing_command() then
    if not missing_told then
      missing_told = true
      M.notify(M.absence(), vim.log.levels.WARN)
    end
  elseif vim.bo[bufnr].filetype == '' and #vim.lsp.get_clients({ name = M.name, bufnr = bufnr }) == 0 then
    vim.api.nvim_exec_autocmds('FileType', { group = 'nvim.lsp.enable', buffer = bufnr, modeline = false })
  end
end

--- Passes on as `User LspSearchUpdate` that `what` (`status` or `metrics`) of a server is another now.
local function announce(id, what)
  vim.api.nvim_exec_autocmds('User', {
    pattern = 'LspSearchUpdate',
    modeline = false,
    data = { client_id = id, what = what },
  })
  if #vim.api.nvim_list_uis() > 0 then -- drawing windows where there is no screen crashes Neovim 0.11
    vim.cmd.redrawstatus({ bang = true })
  end
end

--- Keeps what a server said.
function M.heard(id, what, value)
  comes_back = false
  heard[id] = heard[id] or {}
  heard[id][what] = value
  announce(id, what)
end

--- Forgets a server that has stopped; `returns`: it will be started again.
function M.forget(id, returns)
  comes_back = returns
  heard[id] = nil
  vim.schedule(function()
    announce(id, 'status')
  end)
end

function M.alerted(alert)
  M.notify(vim.trim(alert.message .. ' ' .. (alert.advice or '')), levels[alert.level])
end

--- Shows a message of the server; its types are 1 (error), 2 (warning) and others.
function M.shown(message)
  local level = ({ vim.log.levels.ERROR, vim.log.levels.WARN })[message.type]
  M.notify((message.message:gsub('^lsp%-search: ', '')), level)
end

--- `{ state, done, total, … }` as the server of a client said last; `starting` before it did.
function M.status(client)
  return (heard[client.id] or {}).status or { state = 'starting', done = 0, total = 0 }
end

--- The figures of a client's server (docs/metrics.md), or nil before the first.
function M.metrics(client)
  return (heard[client.id] or {}).metrics
end

--- Changes settings of running servers, and of those to come, at once.
--- @param settings table keys of the section `lspSearch`, nested: { search = { limit = 300 } }
function M.configure(settings)
  vim.lsp.config(M.name, { settings = { lspSearch = settings } })
  for _, client in ipairs(vim.lsp.get_clients({ name = M.name })) do
    client.settings = vim.tbl_deep_extend('force', client.settings, { lspSearch = settings })
    client:notify('workspace/didChangeConfiguration', { settings = client.settings })
  end
end

return M
