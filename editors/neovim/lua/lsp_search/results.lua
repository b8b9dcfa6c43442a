--- Answers of the server as rows that any picker can show: texts without control characters, spans in bytes, places
--- relative to the project. The order is the server's.
local source = require('lsp_search.source')

local M = {}

local abbreviations = {
  Function = 'func',
  Constructor = 'constr',
  Interface = 'iface',
  Variable = 'var',
  Constant = 'const',
  Property = 'prop',
  Namespace = 'nspace',
  EnumMember = 'member',
  TypeParameter = 'tparam',
}

local colours = {
  Function = 'Function',
  Method = 'Function',
  Constructor = 'Function',
  Constant = 'Constant',
  EnumMember = 'Constant',
  Variable = 'Identifier',
  Field = 'Identifier',
  Property = 'Identifier',
  File = 'Directory',
  Text = 'Comment',
}

--- Half-open spans of code points as spans of bytes; what lies beyond the text is cut off.
function M.byte_spans(text, spans)
  local found = {}
  for _, span in ipairs(spans or {}) do
    local first = vim.str_byteindex(text, 'utf-32', span[1], false)
    local last = vim.str_byteindex(text, 'utf-32', span[2], false)
    if last > first then
      found[#found + 1] = { first, last }
    end
  end
  return found
end

--- A text as one line; every byte keeps its place.
local function printable(text)
  return (text:gsub('%c', ' '))
end

--- A line of text without its indentation, and its spans there.
local function unindented(text, spans)
  local from = #text:match('^%s*')
  local moved = vim.tbl_map(function(span)
    return { math.max(span[1] - from, 0), math.max(span[2] - from, 0) }
  end, spans)
  return printable(text:sub(from + 1)), moved
end

local function kind_name(kind)
  return type(kind) == 'number' and vim.lsp.protocol.SymbolKind[kind] or 'Text'
end

--- The word or icon of a kind, and its highlight group.
function M.kind_label(kind, icons)
  return icons[kind] or abbreviations[kind] or kind:lower(), colours[kind] or 'Type'
end

--- One result as a row:
---   text, spans  what is shown first, and the bytes in it that match (half-open, from 0)
---   kind         the name of its SymbolKind, or `Text`
---   detail       what stands dimly behind: a container, for answers by meaning the line that fits best
---   path, shown_path, lnum, col   where it is; `lnum` from 1, `col` in bytes from 0, or nil until the line is read
---   id, rank, query               for `lspSearch/picked`
local function row(item, rank, query, client)
  local range = item.location.range
  local path = vim.uri_to_fname(item.location.uri)
  local is_line = type(item.kind) ~= 'number' and type(item.snippet) == 'string'
  local made = {
    id = item.id,
    rank = rank,
    query = query,
    kind = kind_name(item.kind),
    path = path,
    shown_path = client.root_dir and vim.fs.relpath(client.root_dir, path) or vim.fn.fnamemodify(path, ':~'),
    lnum = range.start.line + 1,
    range = range,
    encoding = client.offset_encoding,
    detail = '',
  }
  if is_line then
    made.text, made.spans = unindented(item.snippet, M.byte_spans(item.snippet, item.matches))
    return made
  end
  made.text, made.spans = printable(item.name), M.byte_spans(item.name, item.matches)
  local details = {}
  if type(item.containerName) == 'string' and item.containerName ~= '' then
    details[1] = printable(item.containerName)
  end
  if vim.list_contains(item.sources or {}, 'semantic') and type(item.snippet) == 'string' then
    details[#details + 1] = vim.trim(printable(item.snippet))
  end
  made.detail = table.concat(details, '  ')
  return made
end

--- @param answer table the result of `lspSearch/search`
function M.rows(answer, query, client)
  local rows = {}
  for rank, item in ipairs(answer.items) do
    rows[rank] = row(item, rank - 1, query, client)
  end
  return rows
end

--- The byte column (from 0) of a row: as the server says it in UTF-8, else counted in the line.
function M.column(made)
  local character = made.range.start.character
  if made.encoding == 'utf-8' then
    return character
  end
  local line = (source.lines(made.path) or {})[made.lnum]
  return line and source.byte_column(line, character, made.encoding) or 0
end

--- Rows as the quickfix list, in their order.
function M.to_quickfix(rows, title)
  local entries = vim.tbl_map(function(made)
    return { filename = made.path, lnum = made.lnum, col = M.column(made) + 1, text = made.text }
  end, rows)
  vim.fn.setqflist({}, ' ', { title = 'lsp-search: ' .. title, items = entries })
  vim.cmd('botright copen')
end

--- Opens a row's place; `how` is `open`, `split`, `vsplit` or `tab`. Says what is wrong, and returns whether it opened.
function M.open(made, how)
  local server = require('lsp_search.server')
  local bufnr = vim.fn.bufadd(made.path)
  if not vim.api.nvim_buf_is_loaded(bufnr) and not vim.uv.fs_stat(made.path) then
    server.notify(made.shown_path .. ' is gone', vim.log.levels.WARN)
    return false
  end
  vim.cmd("normal! m'")
  if how ~= 'open' then
    vim.cmd(({ split = 'split', vsplit = 'vsplit', tab = 'tab split' })[how])
  end
  vim.bo[bufnr].buflisted = true
  local opened, problem = pcall(vim.cmd.buffer, bufnr)
  if not opened then
    server.notify((problem:gsub('^.-(E%d+)', '%1')), vim.log.levels.WARN)
    return false
  end
  local last = vim.api.nvim_buf_line_count(bufnr)
  local lnum = math.min(made.lnum, last)
  local line = vim.api.nvim_buf_get_lines(bufnr, lnum - 1, lnum, false)[1]
  local col = made.lnum <= last and source.byte_column(line, made.range.start.character, made.encoding) or 0
  vim.api.nvim_win_set_cursor(0, { lnum, col })
  vim.cmd('normal! zvzz')
  return true
end

--- Tells the server that a row was opened, so that it learns.
function M.picked(made, bufnr)
  local client = require('lsp_search.server').client(bufnr)
  if client then
    client:notify('lspSearch/picked', { query = made.query, id = made.id, rank = made.rank })
  end
end

return M
