--- The questions of one search box: asked after a rest, one under way at a time, late answers dropped.
local config = require('lsp_search.config')
local results = require('lsp_search.results')
local server = require('lsp_search.server')

local Live = {}
Live.__index = Live

local SERVER_CANCELLED = -32802

--- @param origin { buf: integer, win: integer } where the user was
--- @param on_answer fun(answer: table) `{ query, client_id?, rows, mode, … }` of the server, or
--- `{ query, client_id?, problem, position? }`
function Live.new(origin, on_answer)
  return setmetatable({ origin = origin, on_answer = on_answer, timer = vim.uv.new_timer() }, Live)
end

local function context(origin, client)
  if not vim.api.nvim_win_is_valid(origin.win) or vim.api.nvim_win_get_buf(origin.win) ~= origin.buf then
    return nil
  end
  if vim.bo[origin.buf].buftype ~= '' or vim.api.nvim_buf_get_name(origin.buf) == '' then
    return nil
  end
  local params = vim.lsp.util.make_position_params(origin.win, client.offset_encoding)
  return { uri = params.textDocument.uri, position = params.position }
end

--- Asks after a rest of `wait` milliseconds (that of the settings where it is left out).
function Live:ask(query, mode, wait)
  if self.closed then
    return
  end
  self.due = true
  self.timer:start(
    wait or config.get().debounce,
    0,
    vim.schedule_wrap(function()
      self:send(query, mode)
    end)
  )
end

function Live:send(query, mode)
  if self.closed then
    return
  end
  self:cancel()
  self.due = false
  local client = server.client(self.origin.buf)
  if not client then
    return self.on_answer({ query = query, problem = server.absence() })
  end
  local asked = {}
  local sent, id = client:request('lspSearch/search', {
    query = query,
    mode = mode,
    limit = config.get().limit,
    context = context(self.origin, client),
  }, function(err, answer)
    if self.asked ~= asked then
      return
    end
    self.asked = nil
    if not err then
      answer.query, answer.client_id, answer.rows = query, client.id, results.rows(answer, query, client)
      self.on_answer(answer)
    elseif err.code == SERVER_CANCELLED then
      self:ask(query, mode)
    else
      local data = type(err.data) == 'table' and err.data or {}
      self.on_answer({ query = query, client_id = client.id, problem = err.message, position = data.position })
    end
  end)
  if not sent then
    return self.on_answer({ query = query, problem = 'the server has just stopped' })
  end
  asked.client, asked.id = client, id
  self.asked = asked
end

--- Whether the answer to what was asked last has not come yet.
function Live:waits()
  return self.due or self.asked ~= nil
end

--- Whether the server died with what was asked last; Neovim says nothing of such requests.
function Live:lost()
  return self.asked ~= nil and self.asked.client:is_stopped()
end

--- Gives up what is under way, at the server too.
function Live:cancel()
  local asked = self.asked
  self.asked = nil
  if asked and not asked.client:is_stopped() and asked.client.requests[asked.id] then
    asked.client:cancel_request(asked.id)
  end
end

function Live:close()
  if self.closed then
    return
  end
  self.closed = true
  self:cancel()
  self.timer:stop()
  self.timer:close()
end

return Live
