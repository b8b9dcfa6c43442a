--- Buffers that belong to no file and show what `write` gives them; they are not for the user to edit.
local M = {}

function M.new(filetype)
  local buf = vim.api.nvim_create_buf(false, true)
  vim.bo[buf].filetype = filetype
  vim.bo[buf].modifiable = false
  return buf
end

function M.write(buf, lines)
  vim.bo[buf].modifiable = true
  vim.api.nvim_buf_set_lines(buf, 0, -1, false, lines)
  vim.bo[buf].modifiable = false
end

return M
