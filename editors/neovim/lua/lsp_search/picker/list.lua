--- How rows look in the list: kind, text with its matches, what stands behind it, and at the right where it is.
local results = require('lsp_search.results')
local scratch = require('lsp_search.scratch')

local M = {}

local namespace = vim.api.nvim_create_namespace('lsp_search.list')
local KIND_WIDTH = 7
local GAP = '  '

--- The end of a path that fits, marked where it was cut.
local function path_tail(path, width)
  local length = vim.fn.strchars(path)
  while length > 1 and vim.fn.strdisplaywidth(path) > width do
    local excess = vim.fn.strdisplaywidth(path) - width
    length = math.max(length - math.max(math.floor(excess / 2), 1), 1)
    path = '…' .. vim.fn.strcharpart(path, vim.fn.strchars(path) - length + 1)
  end
  return path
end

--- As much of a text as fits; tabs were taken out before, so every character has one width.
local function fitting(text, width)
  local cut = vim.fn.strcharpart(text, 0, width)
  while cut ~= '' and vim.fn.strdisplaywidth(cut) > width do
    cut = vim.fn.strcharpart(cut, 0, vim.fn.strchars(cut) - 1)
  end
  return cut
end

--- The begin of a text that fits, marked where it was cut.
local function head(text, width)
  return vim.fn.strdisplaywidth(text) <= width and text or fitting(text, width - 1) .. '…'
end

--- What is shown of a text: its begin, or where that is too short for the first match, what is around that.
--- @return string shown, integer shift how many bytes further left its matches are
local function visible(text, spans, width)
  local first = spans[1]
  if not first or vim.fn.strdisplaywidth(text:sub(1, first[2])) <= width then
    return head(text, width), 0
  end
  local before = vim.str_utfindex(text, 'utf-32', first[1]) - math.floor(width / 4)
  local from = vim.str_byteindex(text, 'utf-32', math.max(before, 0))
  return '…' .. head(text:sub(from + 1), width - 1), from - #'…'
end

--- @return string line, table marks `{ first, last, group }` in bytes, string place
local function line_of(row, width, icons)
  local label, colour = results.kind_label(row.kind, icons)
  local icon = icons[row.kind]
  local left = icon and icon .. ' ' or label .. (' '):rep(KIND_WIDTH - #label + 1)
  local place = path_tail(('%s:%d'):format(row.shown_path, row.lnum), math.floor(width * 0.45))
  local room = math.max(width - vim.fn.strdisplaywidth(left) - vim.fn.strdisplaywidth(place) - #GAP - 1, 8)
  local text, shift = visible(row.text, row.spans, room)
  local marks = { { 0, #left, colour } }
  for _, span in ipairs(row.spans) do
    local first, last = math.max(span[1] - shift, 0), math.min(span[2] - shift, #text)
    if first < last then
      marks[#marks + 1] = { #left + first, #left + last, 'LspSearchMatch' }
    end
  end
  local line = left .. text
  local rest = room - vim.fn.strdisplaywidth(text) - #GAP
  if row.detail ~= '' and rest > 3 then
    local detail = GAP .. head(row.detail, rest)
    marks[#marks + 1] = { #line, #line + #detail, 'LspSearchDim' }
    line = line .. detail
  end
  return line, marks, place
end

--- Fills the list with rows.
function M.draw(buf, rows, width, icons)
  local lines, marks, places = {}, {}, {}
  for index, row in ipairs(rows) do
    lines[index], marks[index], places[index] = line_of(row, width, icons)
  end
  scratch.write(buf, lines)
  vim.api.nvim_buf_clear_namespace(buf, namespace, 0, -1)
  for index in ipairs(rows) do
    for _, mark in ipairs(marks[index]) do
      vim.api.nvim_buf_set_extmark(buf, namespace, index - 1, mark[1], { end_col = mark[2], hl_group = mark[3] })
    end
    vim.api.nvim_buf_set_extmark(buf, namespace, index - 1, 0, {
      virt_text = { { places[index], 'LspSearchPath' } },
      virt_text_pos = 'right_align',
      hl_mode = 'combine',
    })
  end
end

--- Fills the list with a message instead.
function M.say(buf, message, group, width)
  local lines = {}
  for _, line in ipairs(vim.split(message, '\n')) do
    while line ~= '' do
      local part = fitting(line, math.max(width - 2, 1))
      local broken = #part < #line and part:match('^(.*%s)%S*$') or part
      lines[#lines + 1] = ' ' .. vim.trim(broken)
      line = line:sub(#broken + 1)
    end
  end
  scratch.write(buf, lines)
  vim.api.nvim_buf_clear_namespace(buf, namespace, 0, -1)
  for index, line in ipairs(lines) do
    vim.api.nvim_buf_set_extmark(buf, namespace, index - 1, 0, { end_col = #line, hl_group = group })
  end
end

return M
