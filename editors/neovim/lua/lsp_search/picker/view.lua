--- The windows of the picker: a prompt above a list, a preview beside them where there is room.
local scratch = require('lsp_search.scratch')

local View = {}
View.__index = View

local namespace = vim.api.nvim_create_namespace('lsp_search.title')
local WIDE = 100 -- columns from which on there is a preview
local WIDEST = 180

local function border()
  local chosen = vim.o.winborder
  return chosen == '' and 'rounded' or chosen
end

--- How many cells a border adds to both directions.
local function thickness(style)
  if style == 'none' then
    return 0
  end
  return style == 'shadow' and 1 or 2
end

--- Places of the windows on the screen; `preview` is nil where the screen is too narrow for it.
function View.layout(wants_preview)
  local frame = thickness(border())
  local columns, lines = vim.o.columns, vim.o.lines - vim.o.cmdheight
  local wide = wants_preview and columns >= WIDE
  local width = math.max(math.min(math.floor(columns * (wide and 0.92 or 0.96)), WIDEST), 10)
  local height = math.max(math.min(math.floor(lines * 0.8), lines - 2), 2 + 2 * frame)
  local top, left = math.max(math.floor((lines - height) / 2) - 1, 0), math.floor((columns - width) / 2)
  local list_width = wide and math.floor(width * 0.5) or width
  local function place(row, col, outer_width, outer_height)
    return {
      relative = 'editor',
      row = row,
      col = col,
      width = math.max(outer_width - frame, 1),
      height = math.max(outer_height - frame, 1),
      border = border(),
      style = 'minimal',
      zindex = 60,
    }
  end
  local prompt_height = 1 + frame
  return {
    prompt = place(top, left, list_width, prompt_height),
    list = place(top + prompt_height, left, list_width, height - prompt_height),
    preview = wide and place(top, left + list_width, width - list_width, height) or nil,
  }
end

function View.open(wants_preview)
  local view = setmetatable({ wants_preview = wants_preview, buffers = {}, windows = {} }, View)
  view:resize()
  vim.bo[view.buffers.prompt].modifiable = true
  return view
end

local options = {
  list = { cursorline = true, wrap = false, scrolloff = 0 },
  prompt = { wrap = false, sidescrolloff = 0 },
  preview = { number = true, wrap = false, cursorline = false, foldenable = false },
}

function View:open_window(name, place)
  local win = vim.api.nvim_open_win(self.buffers[name], name == 'prompt', place)
  vim.wo[win].winhighlight = 'NormalFloat:LspSearchNormal,FloatBorder:LspSearchBorder,FloatTitle:LspSearchTitle,'
    .. 'CursorLine:LspSearchSelection'
  for option, value in pairs(options[name]) do
    vim.api.nvim_set_option_value(option, value, { win = win, scope = 'local' })
  end
  self.windows[name] = win
end

--- Puts all windows where the screen has room for them now.
function View:resize()
  local places = View.layout(self.wants_preview)
  for _, name in ipairs({ 'list', 'preview', 'prompt' }) do
    local win, place = self.windows[name], places[name]
    if not place then
      if win then
        self.windows[name] = nil -- first: the picker closes with a window of its own
        vim.api.nvim_win_close(win, true)
      end
    elseif win then
      vim.api.nvim_win_set_config(win, place)
    else
      self.buffers[name] = self.buffers[name] or scratch.new('lsp_search_' .. name)
      self:open_window(name, place)
    end
  end
end

--- Sets a window's title; where no border has room for it, the prompt's stands at the right, as far as the query leaves
--- room.
function View:title(name, chunks)
  local win = self.windows[name]
  if win and thickness(border()) == 2 then
    vim.api.nvim_win_set_config(win, { title = chunks, title_pos = name == 'preview' and 'center' or 'left' })
  elseif name == 'prompt' then
    local mark = { id = 1, virt_text = chunks, virt_text_pos = 'eol_right_align' }
    vim.api.nvim_buf_set_extmark(self.buffers.prompt, namespace, 0, 0, mark)
  end
end

function View:width(name)
  return vim.api.nvim_win_get_width(self.windows[name])
end

function View:owns(win)
  return vim.tbl_contains(self.windows, win)
end

function View:close()
  for _, win in pairs(self.windows) do
    if vim.api.nvim_win_is_valid(win) then
      vim.api.nvim_win_close(win, true)
    end
  end
  for _, buf in pairs(self.buffers) do
    if vim.api.nvim_buf_is_valid(buf) then
      vim.api.nvim_buf_delete(buf, { force = true })
    end
  end
end

return View
