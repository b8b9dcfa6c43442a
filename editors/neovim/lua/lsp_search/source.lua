--- The text of a file as the user has it: of its buffer where it is open (unsaved changes too), else of the disk.
local M = {}

M.MOST_BYTES = 2 * 1024 * 1024

--- @return string[]? lines, string? problem
function M.lines(path)
  local bufnr = vim.fn.bufnr(vim.fn.escape(path, '*?[{'))
  if bufnr ~= -1 and vim.api.nvim_buf_is_loaded(bufnr) and vim.api.nvim_buf_get_name(bufnr) == path then
    return vim.api.nvim_buf_get_lines(bufnr, 0, -1, false)
  end
  local stat = vim.uv.fs_stat(path)
  if not stat then
    return nil, 'This file is gone'
  end
  if stat.size > M.MOST_BYTES then
    return nil, ('%.1f MB: too large to show here'):format(stat.size / 1e6)
  end
  local file, problem = io.open(path, 'rb')
  if not file then
    return nil, problem
  end
  local text = file:read('*a')
  file:close()
  local lines = vim.split(text, '\n', { plain = true })
  if lines[#lines] == '' and #lines > 1 then
    lines[#lines] = nil
  end
  for index, line in ipairs(lines) do
    lines[index] = line:gsub('\r$', '')
  end
  return lines
end

--- The byte column (from 0) of an LSP position in a line of text.
function M.byte_column(line, character, encoding)
  return vim.str_byteindex(line, encoding, math.min(character, vim.str_utfindex(line, encoding)), false)
end

return M
