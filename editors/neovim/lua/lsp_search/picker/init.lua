--- The picker on Neovim's own windows: asks as one types, shows what the server answers in the server's order.
local Live = require('lsp_search.live')
local View = require('lsp_search.picker.view')
local actions = require('lsp_search.picker.actions')
local config = require('lsp_search.config')
local history = require('lsp_search.picker.history')
local list = require('lsp_search.picker.list')
local preview = require('lsp_search.picker.preview')
local results = require('lsp_search.results')
local server = require('lsp_search.server')
local statusline = require('lsp_search.statusline')

local Picker = {}
Picker.__index = Picker

local namespace = vim.api.nvim_create_namespace('lsp_search.picker')
local MODES = { 'auto', 'symbol', 'text', 'regex', 'semantic' }
local GROWING_REST = 500 -- milliseconds between questions to an index that grows
local PREVIEW_REST = 30 -- milliseconds, so that a held key moves freely

--- @param opts { query?: string, mode?: string }
function Picker.open(opts)
  local self = setmetatable({
    origin = { buf = vim.api.nvim_get_current_buf(), win = vim.api.nvim_get_current_win() },
    was_insert = vim.fn.mode():sub(1, 1) == 'i',
    settings = config.get(),
    mode = opts.mode or 'auto',
    rows = {},
    answer = nil,
    back = 0,
  }, Picker)
  self.view = View.open(self.settings.preview)
  self.live = Live.new(self.origin, function(answer)
    self:answered(answer)
  end)
  self.preview_timer = vim.uv.new_timer()
  self:map_keys()
  self:listen()
  self:set_query(opts.query or '')
  self:draw_title()
  vim.cmd('startinsert!')
  self:ask(0)
  return self
end

function Picker:map_keys()
  local buf = self.view.buffers.prompt
  for key, action in pairs(self.settings.keys) do
    if action and not actions[action] then
      server.notify(('vim.g.lsp_search.keys: %s: there is no action %q'):format(key, action), vim.log.levels.WARN)
    elseif action then
      vim.keymap.set({ 'i', 'n' }, key, function()
        actions[action](self)
      end, { buffer = buf, nowait = true, desc = 'lsp-search: ' .. action:gsub('_', ' ') })
    end
  end
  -- Completion of plugins has nothing to say here.
  vim.b[buf].completion = false
end

function Picker:listen()
  self.group = vim.api.nvim_create_augroup('lsp_search.picker', {})
  local prompt = self.view.buffers.prompt
  local function on(event, opts)
    vim.api.nvim_create_autocmd(event, vim.tbl_extend('error', { group = self.group }, opts))
  end
  on({ 'TextChangedI', 'TextChanged' }, {
    buffer = prompt,
    callback = function()
      self:typed()
    end,
  })
  on('WinEnter', {
    callback = function()
      local win = vim.api.nvim_get_current_win()
      if not self.view:owns(win) then
        self:close(true)
      elseif win ~= self.view.windows.prompt then
        vim.api.nvim_set_current_win(self.view.windows.prompt) -- the only one with keys
      end
    end,
  })
  on('WinClosed', {
    callback = function(args)
      local win = tonumber(args.match)
      if self.view:owns(win) then
        self:close(win == self.view.windows.prompt)
      end
    end,
  })
  on('VimResized', {
    callback = function()
      self.view:resize()
      self:draw()
    end,
  })
  on('User', {
    pattern = 'LspSearchUpdate',
    callback = function(args)
      if args.data.what == 'status' then
        self:index_moved()
      end
    end,
  })
end

function Picker:query()
  return table.concat(vim.api.nvim_buf_get_lines(self.view.buffers.prompt, 0, -1, false), ' ')
end

function Picker:set_query(query)
  query = query:gsub('[\r\n]+', ' ')
  vim.api.nvim_buf_set_lines(self.view.buffers.prompt, 0, -1, false, { query })
  vim.api.nvim_win_set_cursor(self.view.windows.prompt, { 1, #query })
end

function Picker:typed()
  if vim.api.nvim_buf_line_count(self.view.buffers.prompt) > 1 then
    self:set_query(self:query()) -- several lines were pasted
  end
  if self:query() ~= self.asked_query then
    self.accepts = nil
    self:ask()
  end
end

function Picker:ask(wait)
  self.asked_query = self:query()
  self.live:ask(self.asked_query, self.mode, wait)
end

--- What another server or an older state of the index answered is asked again, of one that is still growing not at
--- each step. What is lost with its server is asked at once.
function Picker:index_moved()
  local client, answer = server.client(self.origin.buf), self.answer or {}
  if self.live:lost() then
    self:ask(0)
  elseif client and not self.live:waits() then
    local status = server.status(client)
    local ready = status.state == 'ready'
    if answer.client_id ~= client.id then
      self:ask(0)
    elseif answer.generation and ((status.generation or 0) > answer.generation or (ready and answer.indexing)) then
      self:ask(ready and 0 or GROWING_REST)
    end
  end
  self:draw_title()
end

function Picker:answered(answer)
  local same = self.answer and self.answer.query == answer.query
  local selected = same and self:selected()
  self.answer, self.rows = answer, answer.rows or {}
  self:draw()
  self:select(1)
  for index, row in ipairs(selected and self.rows or {}) do
    if row.id == selected.id then
      self:select(index)
    end
  end
  local how = self.accepts
  if how and not self.live:waits() then
    self.accepts = nil
    self:accept(how)
  end
end

function Picker:draw()
  local buf, width = self.view.buffers.list, self.view:width('list')
  local at = vim.api.nvim_win_get_cursor(self.view.windows.list)[1]
  vim.wo[self.view.windows.list].cursorline = #self.rows > 0
  if #self.rows > 0 then
    list.draw(buf, self.rows, width, self.settings.icons)
  elseif self.answer then
    local problem = self.answer.problem
    list.say(buf, problem or self:nothing(), problem and 'LspSearchError' or 'LspSearchDim', width)
  end
  self:draw_title()
  self:mark_problem()
  self:select(math.min(at, math.max(#self.rows, 1)))
end

function Picker:nothing()
  if self.answer.query == '' then
    return 'Type a name, "text", /expression/ or a question'
  end
  return self.answer.indexing and 'Nothing found yet: files are still being indexed' or 'Nothing found'
end

--- The character of the query that the server could not read.
function Picker:mark_problem()
  local buf, position = self.view.buffers.prompt, self.answer and self.answer.position
  vim.api.nvim_buf_clear_namespace(buf, namespace, 0, -1)
  local query = self:query()
  if not position or query ~= self.answer.query then
    return
  end
  local first = vim.str_byteindex(query, 'utf-32', position, false)
  local last = vim.str_byteindex(query, 'utf-32', position + 1, false)
  if last > first then
    vim.api.nvim_buf_set_extmark(buf, namespace, 0, first, { end_col = last, hl_group = 'LspSearchError' })
  end
end

--- Mode, count and what is still going on, in the prompt's title.
function Picker:title()
  local answer, mode = self.answer or {}, self.mode
  if answer.mode and answer.mode ~= mode then
    mode = mode .. ' → ' .. answer.mode
  end
  local parts = { mode }
  if answer.rows then
    parts[2] = ('%d%s'):format(#answer.rows, answer.isIncomplete and '+' or '')
  end
  local client = server.client(self.origin.buf)
  local progress = client and statusline.progress(server.status(client))
  parts[#parts + 1] = progress or (answer.indexing and 'indexing') or nil
  return ' ' .. table.concat(parts, ' · ') .. ' '
end

function Picker:draw_title()
  local text = self:title()
  if text ~= self.shown_title then
    self.shown_title = text
    self.view:title('prompt', { { text, 'LspSearchTitle' } })
  end
end

function Picker:selected()
  return self.rows[vim.api.nvim_win_get_cursor(self.view.windows.list)[1]]
end

function Picker:select(index)
  vim.api.nvim_win_set_cursor(self.view.windows.list, { index, 0 })
  self.preview_timer:start(
    PREVIEW_REST,
    0,
    vim.schedule_wrap(function()
      if not self.closed then
        preview.show(self.view, self:selected())
      end
    end)
  )
end

--- Selects as its user says, who then no longer waits for what is still to come.
function Picker:choose(index)
  self.accepts = nil
  self:select(index)
end

function Picker:move(step)
  if #self.rows > 0 then
    local at = vim.api.nvim_win_get_cursor(self.view.windows.list)[1]
    self:choose((at - 1 + step) % #self.rows + 1)
  end
end

--- Closes all; `elsewhere` when the user has gone to another window already.
function Picker:close(elsewhere)
  if self.closed then
    return
  end
  self.closed = true
  self.live:close()
  self.preview_timer:stop()
  self.preview_timer:close()
  vim.api.nvim_del_augroup_by_id(self.group)
  vim.cmd.stopinsert()
  if not elsewhere and vim.api.nvim_win_is_valid(self.origin.win) then
    vim.api.nvim_set_current_win(self.origin.win)
  end
  self.view:close()
  if self.was_insert and not elsewhere then
    vim.cmd.startinsert()
  end
end

--- Opens the selected row. Who types fast means what was typed, so an answer that is still to come is waited for.
function Picker:accept(how)
  self:typed() -- TextChangedI comes only after all keys that wait
  if self.live:waits() then
    self.accepts = how
    return
  end
  local row = self:selected()
  if not row then
    return
  end
  history.add(self:query())
  self.was_insert = false
  self:close()
  -- Leaving insert mode moves the cursor once the loop is reached; only then is it put in its place.
  vim.schedule(function()
    if results.open(row, how) then
      results.picked(row, self.origin.buf)
    end
  end)
end

function Picker:change_mode(step)
  local at = vim.fn.index(MODES, self.mode)
  self.mode = MODES[(at + step) % #MODES + 1]
  self:draw_title()
  self:ask(0)
end

--- Puts an earlier (1) or later (-1) query into the prompt.
function Picker:recall(step)
  local back = math.max(self.back + step, 0)
  local query = back == 0 and '' or history.at(back)
  if query then
    self.back = back
    self:set_query(query)
    self:ask(0)
  end
end

return Picker
