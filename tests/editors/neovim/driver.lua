-- What tests ask of Neovim, as the global T: windows by what is in them, and what goes over the wire.
T = {}

local function window(filetype)
  for _, win in ipairs(vim.api.nvim_list_wins()) do
    if vim.bo[vim.api.nvim_win_get_buf(win)].filetype == filetype then
      return win
    end
  end
end

function T.window(name)
  return window('lsp_search_' .. name)
end

--- The lines of the picker's `prompt`, `list` or `preview`, or of the `dashboard`; nil where it is not there.
function T.lines(name)
  local win = T.window(name)
  return win and vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf(win), 0, -1, false)
end

function T.text(name)
  return table.concat(T.lines(name) or {}, '\n')
end

function T.title(name)
  local win = T.window(name)
  return win
    and table.concat(vim.tbl_map(function(chunk)
      return chunk[1]
    end, vim.api.nvim_win_get_config(win).title or {}))
end

--- The texts that a highlight group marks, in order: `{ line, text }`.
function T.marked(name, group)
  local buf, found = vim.api.nvim_win_get_buf(T.window(name)), {}
  for _, mark in ipairs(vim.api.nvim_buf_get_extmarks(buf, -1, 0, -1, { details = true })) do
    local details = mark[4]
    if details.hl_group == group then
      local line = vim.api.nvim_buf_get_lines(buf, mark[2], mark[2] + 1, false)[1]
      found[#found + 1] = { mark[2] + 1, line:sub(mark[3] + 1, details.end_col) }
    end
  end
  return found
end

--- What stands at the right of each line of a window.
function T.right(name)
  local buf, found = vim.api.nvim_win_get_buf(T.window(name)), {}
  for _, mark in ipairs(vim.api.nvim_buf_get_extmarks(buf, -1, 0, -1, { details = true })) do
    if mark[4].virt_text then
      found[#found + 1] = mark[4].virt_text[1][1]
    end
  end
  return found
end

function T.client()
  return vim.lsp.get_clients({ name = 'lsp_search' })[1]
end

function T.request(method, params)
  local answer, problem = T.client():request_sync(method, params, 30000, vim.api.nvim_get_current_buf())
  assert(answer, problem)
  assert(not answer.err, vim.inspect(answer.err))
  return answer.result
end

--- Keeps what goes to the server from now on: T.sent(method) is the list of its params.
function T.listen()
  local sent, rpc = {}, T.client().rpc
  for _, way in ipairs({ 'request', 'notify' }) do
    local original = rpc[way]
    rpc[way] = function(method, params, ...)
      sent[#sent + 1] = { method, params }
      return original(method, params, ...)
    end
  end
  function T.sent(method)
    local found = {}
    for _, message in ipairs(sent) do
      if message[1] == method then
        found[#found + 1] = message[2]
      end
    end
    return found
  end
end

--- Where a line of a window begins on the screen: { row, column }, both from 0.
function T.cell(name, line)
  local place = vim.fn.screenpos(T.window(name), line, 1)
  return { place.row - 1, place.col - 1 }
end

--- The row of the screen on which a window begins, as far as the window is wide.
function T.screen(name)
  local win, row = T.window(name), {}
  local at = vim.api.nvim_win_get_position(win)
  for column = 1, vim.api.nvim_win_get_width(win) do
    row[column] = vim.fn.screenstring(at[1] + 1, at[2] + column)
  end
  return table.concat(row)
end

--- Where the cursor is: { path, line, column }, both from 1.
function T.place()
  local at = vim.api.nvim_win_get_cursor(0)
  return { vim.api.nvim_buf_get_name(0), at[1], at[2] + 1 }
end
