--- A server that stops by itself is started again for all its buffers, later each time; after a few quick failures
--- it is left alone. A wanted stop stays one.
local server = require('lsp_search.server')

local M = {}

local FIRST_DELAY = 250 -- milliseconds, doubled each time
local MOST = 5
local QUICK = 60 -- seconds; who ran longer begins anew

local failures = {} -- by root: { count, at }

local function reattach(config, buffers)
  if not vim.lsp.is_enabled(server.name) then
    return
  end
  for _, bufnr in ipairs(buffers) do
    if vim.api.nvim_buf_is_loaded(bufnr) then
      vim.lsp.start(config, { bufnr = bufnr, reuse_client = config.reuse_client })
    end
  end
end

--- The client's `on_exit`. Its buffers are still known here, and no longer a moment later.
function M.exited(code, signal, id)
  local client = vim.lsp.get_client_by_id(id)
  if not client or client._is_stopping or vim.v.exiting ~= vim.NIL then
    return server.forget(id, false)
  end
  local config, buffers = client.config, vim.tbl_keys(client.attached_buffers)
  config.settings = client.settings
  local root = client.root_dir or ''
  local now = vim.uv.now() / 1000
  local known = failures[root]
  local count = known and now - known.at < QUICK and known.count + 1 or 1
  failures[root] = { count = count, at = now }
  server.forget(id, count <= MOST)
  if count > MOST then
    failures[root] = nil
    vim.schedule(function()
      server.notify(
        ('the server stopped %d times in a row (code %s, signal %s) and is left alone. '):format(count, code, signal)
          .. ':LspSearchLog says why, :checkhealth lsp_search looks for causes, :LspSearchRestart tries again',
        vim.log.levels.ERROR
      )
    end)
    return
  end
  vim.defer_fn(function()
    reattach(config, buffers)
  end, FIRST_DELAY * 2 ^ (count - 1))
end

--- Stops the servers, if any, and starts one for each loaded buffer that belongs to a project.
function M.restart()
  failures = {}
  local clients = vim.lsp.get_clients({ name = server.name })
  for _, client in ipairs(clients) do
    client:stop()
  end
  local function gone()
    return vim.iter(clients):all(function(client)
      return not vim.lsp.get_client_by_id(client.id)
    end)
  end
  if not vim.wait(3000, gone, 20) then
    for _, client in ipairs(clients) do
      client:stop(true)
    end
    vim.wait(1000, gone, 20)
  end
  vim.lsp.enable(server.name)
end

return M
