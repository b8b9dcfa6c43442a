--- What keys of the picker can do: the names in `keys` of |lsp_search-config|.
local history = require('lsp_search.picker.history')
local preview = require('lsp_search.picker.preview')
local results = require('lsp_search.results')

local M = {}

function M.open(picker)
  picker:accept('open')
end

function M.split(picker)
  picker:accept('split')
end

function M.vsplit(picker)
  picker:accept('vsplit')
end

function M.tab(picker)
  picker:accept('tab')
end

function M.quickfix(picker)
  if #picker.rows > 0 then
    history.add(picker:query())
    local rows, title = picker.rows, picker:query()
    picker.was_insert = false
    picker:close()
    results.to_quickfix(rows, title)
  end
end

function M.copy_path(picker)
  local row = picker:selected()
  if row then
    vim.fn.setreg(vim.o.clipboard:find('unnamedplus') and '+' or '"', row.path)
    picker.view:title('prompt', { { ' copied ' .. row.shown_path .. ' ', 'LspSearchTitle' } })
    picker.shown_title = nil
  end
end

function M.next(picker)
  picker:move(1)
end

function M.previous(picker)
  picker:move(-1)
end

--- Up and down go through the history while the prompt is empty or holds a recalled query, else through the list.
function M.up(picker)
  if picker:query() == '' or picker:query() == history.at(picker.back) then
    picker:recall(1)
  else
    picker:move(-1)
  end
end

function M.down(picker)
  if picker.back > 0 and picker:query() == history.at(picker.back) then
    picker:recall(-1)
  else
    picker:move(1)
  end
end

function M.older_query(picker)
  picker:recall(1)
end

function M.newer_query(picker)
  picker:recall(-1)
end

function M.next_mode(picker)
  picker:change_mode(1)
end

function M.previous_mode(picker)
  picker:change_mode(-1)
end

function M.preview_down(picker)
  preview.scroll(picker.view, '<C-d>')
end

function M.preview_up(picker)
  preview.scroll(picker.view, '<C-u>')
end

--- In the list a click selects; outside it goes where it goes. The cursor stays in the prompt.
function M.click(picker)
  local at, windows = vim.fn.getmousepos(), picker.view.windows
  if at.winid == windows.list then
    if at.line <= #picker.rows then
      picker:choose(at.line)
    end
  elseif at.winid ~= windows.preview then
    vim.api.nvim_feedkeys(vim.keycode('<LeftMouse>'), 'n', false)
  end
end

function M.close(picker)
  picker:close()
end

return M
