--- :checkhealth lsp_search
local config = require('lsp_search.config')
local figures = require('lsp_search.figures')
local server = require('lsp_search.server')

local M = {}

local PROTOCOL = 1

local function check_neovim()
  vim.health.start('lsp-search: Neovim')
  if vim.fn.has('nvim-0.11') == 1 then
    vim.health.ok('Neovim ' .. tostring(vim.version()))
  else
    vim.health.error('Neovim ' .. tostring(vim.version()) .. ' is too old', { 'Install Neovim 0.11 or later' })
  end
  for _, problem in ipairs(config.problems()) do
    vim.health.warn(problem, { 'See :help lsp_search-config' })
  end
  local found = vim.tbl_filter(require('lsp_search').has_picker, { 'snacks', 'telescope', 'fzf-lua' })
  vim.health.info(
    'picker: ' .. config.get().picker .. '; installed besides: ' .. (found[1] and table.concat(found, ', ') or 'none')
  )
end

--- Runs the server's own command with other arguments; nil where the command is a function.
local function run(...)
  local cmd = vim.lsp.config[server.name].cmd
  if type(cmd) ~= 'table' then
    return nil
  end
  local program = vim.iter(cmd):enumerate():find(function(_, word)
    return word == 'serve' or word == '--stdio'
  end) or #cmd + 1
  local words = vim.list_extend(vim.list_slice(cmd, 1, program - 1), { ... })
  return vim.system(words, { text = true, timeout = 60000 }):wait()
end

--- @return boolean whether the command runs
local function check_command()
  vim.health.start('lsp-search: server')
  if not vim.lsp.config[server.name] then
    vim.health.error('there is no configuration', { 'Put the plugin on the runtime path, with its folder `lsp`' })
    return false
  end
  if server.missing_command() then
    vim.health.error(server.absence())
    return false
  end
  local version = run('--version')
  if version and version.code ~= 0 then
    vim.health.error('`lsp-search --version` failed: ' .. vim.trim(version.stderr))
    return false
  end
  vim.health.ok(version and vim.trim(version.stdout) or 'the command is a function')
  if vim.lsp.is_enabled(server.name) then
    vim.health.ok('enabled')
  else
    vim.health.warn('not enabled', { "vim.lsp.enable('lsp_search')" })
  end
  return true
end

local function check_client(client)
  local version = vim.tbl_get(client.server_capabilities, 'experimental', 'lspSearch', 'version')
  local buffers = vim.tbl_count(client.attached_buffers)
  vim.health.ok(('client %d: %s, %d buffers'):format(client.id, client.root_dir or 'no folder', buffers))
  if version == PROTOCOL then
    vim.health.ok('protocol version ' .. version)
  else
    vim.health.warn(('protocol version %s; this plugin knows %d'):format(version or 'unknown', PROTOCOL), {
      'Install plugin and server of the same release',
    })
  end
  local status = server.status(client)
  local report = status.state == 'degraded' and vim.health.warn or vim.health.ok
  report(vim.trim('state: ' .. status.state .. ' ' .. (status.message or '')))
  local answer = client:request_sync('lspSearch/stats', {}, 5000)
  local metrics = answer and answer.result
  if not metrics then
    vim.health.warn('the server did not answer within five seconds', { ':LspSearchLog', ':LspSearchRestart' })
    return
  end
  local latency, period = figures.latency(metrics)
  vim.health.info(
    ('%s files, %s symbols, %s on disk, %s memory'):format(
      figures.count(metrics.index.files),
      figures.count(metrics.index.symbols),
      figures.bytes(metrics.index.storeBytes),
      figures.bytes(metrics.memory.rssBytes)
    )
  )
  if latency then
    vim.health.info(
      ('p95 %s (%s), %s hits'):format(
        figures.milliseconds(latency.p95Ms),
        period,
        figures.percent(metrics.cache.hitRate)
      )
    )
  end
  for _, alert in ipairs(metrics.alerts) do
    vim.health.warn(alert.message, { alert.advice })
  end
end

local function check_clients(clients)
  vim.health.start('lsp-search: clients')
  if #clients == 0 then
    vim.health.warn('no server is running', { 'Open a file of a project (a folder with .git or .lsp-search.toml)' })
  end
  for _, client in ipairs(clients) do
    check_client(client)
  end
end

local function check_doctor(root)
  vim.health.start('lsp-search: doctor (' .. root .. ')')
  local done = run('doctor', '--json', root)
  local decoded, report = pcall(vim.json.decode, done and done.stdout or '')
  if not decoded then
    vim.health.warn('`lsp-search doctor` gave no report' .. (done and ': ' .. vim.trim(done.stderr) or ''))
    return
  end
  for _, check in ipairs(report.checks) do
    local say = ({ ok = vim.health.ok, warning = vim.health.warn, fault = vim.health.error })[check.state]
    local advice = check.state ~= 'ok' and check.advice ~= '' and { check.advice } or nil
    say(check.name .. ': ' .. check.message, advice)
  end
end

function M.check()
  check_neovim()
  if check_command() then
    local clients = vim.lsp.get_clients({ name = server.name })
    check_clients(clients)
    check_doctor(clients[1] and clients[1].root_dir or vim.fn.getcwd())
  end
end

return M
