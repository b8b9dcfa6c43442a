--- The preview: the file around a result, in its colours, with the line and what matched marked.
local scratch = require('lsp_search.scratch')
local source = require('lsp_search.source')

local M = {}

local namespace = vim.api.nvim_create_namespace('lsp_search.preview')
local LONGEST_COLOURED = 3000 -- bytes of a line; longer ones make highlighting slow
local MOST_COLOURED = 20000 -- lines

local function plain(buf, lines)
  vim.treesitter.stop(buf)
  vim.bo[buf].syntax = ''
  scratch.write(buf, lines)
  vim.api.nvim_buf_clear_namespace(buf, namespace, 0, -1)
end

local function coloured(lines)
  if #lines > MOST_COLOURED then
    return false
  end
  for _, line in ipairs(lines) do
    if #line > LONGEST_COLOURED then
      return false
    end
  end
  return true
end

local function colour(buf, path, lines)
  local filetype = coloured(lines) and vim.filetype.match({ buf = buf, filename = path })
  if not filetype then
    return
  end
  local language = vim.treesitter.language.get_lang(filetype)
  if not (language and pcall(vim.treesitter.start, buf, language)) then
    vim.bo[buf].syntax = filetype
  end
end

local function mark(buf, win, row)
  local lnum = math.min(row.lnum, vim.api.nvim_buf_line_count(buf))
  local line = vim.api.nvim_buf_get_lines(buf, lnum - 1, lnum, false)[1]
  local first, last = 0, #line
  if row.lnum == lnum then
    first = source.byte_column(line, row.range.start.character, row.encoding)
    if row.range['end'].line == row.range.start.line then
      last = source.byte_column(line, row.range['end'].character, row.encoding)
    end
  end
  vim.api.nvim_buf_clear_namespace(buf, namespace, 0, -1)
  vim.api.nvim_buf_set_extmark(buf, namespace, lnum - 1, 0, {
    end_row = lnum,
    hl_group = 'LspSearchPreviewLine',
    hl_eol = true,
    strict = false, -- the last line has none after it
    priority = 90,
  })
  vim.api.nvim_buf_set_extmark(buf, namespace, lnum - 1, first, {
    end_col = math.max(last, first),
    hl_group = 'LspSearchPreviewMatch',
    priority = 200,
  })
  vim.api.nvim_win_set_cursor(win, { lnum, first })
  vim.api.nvim_win_call(win, function()
    vim.cmd('normal! zz')
  end)
end

--- Shows a row; without one, nothing.
function M.show(view, row)
  local win, buf = view.windows.preview, view.buffers.preview
  if not win then
    return
  end
  if not row then
    plain(buf, {})
    view.shown_lines = nil
    view:title('preview', '')
    return
  end
  local lines, problem = source.lines(row.path)
  view:title('preview', { { (' %s:%d '):format(row.shown_path, row.lnum), 'LspSearchTitle' } })
  if not lines then
    plain(buf, { problem .. ': ' .. row.shown_path })
    view.shown_lines = nil
    return
  end
  if not (view.shown_path == row.path and vim.deep_equal(view.shown_lines, lines)) then
    plain(buf, lines)
    colour(buf, row.path, lines)
    view.shown_path, view.shown_lines = row.path, lines
  end
  mark(buf, win, row)
end

--- Scrolls by half a window; `key` is <C-d> or <C-u>.
function M.scroll(view, key)
  if view.windows.preview then
    vim.api.nvim_win_call(view.windows.preview, function()
      vim.cmd.normal({ vim.keycode(key), bang = true })
    end)
  end
end

return M
