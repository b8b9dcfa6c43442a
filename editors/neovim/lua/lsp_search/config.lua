--- What the user chose in `vim.g.lsp_search`, over the defaults.
local M = {}

M.defaults = {
  -- 'builtin', 'telescope', 'fzf-lua', 'snacks', or 'auto': the first of the three that is installed, else 'builtin'.
  picker = 'builtin',
  -- Results in a picker.
  limit = 100,
  -- Milliseconds of rest after a keystroke before the server is asked.
  debounce = 40,
  -- A preview beside the list, where the screen is wide enough.
  preview = true,
  -- What stands before a result, by kind: { Class = '󰠱', Text = '󰦨' }. Words by default.
  icons = {},
  -- Keys of the builtin picker and what they do (|lsp_search-keys|); `false` takes one away.
  keys = {
    ['<CR>'] = 'open',
    ['<C-x>'] = 'split',
    ['<C-v>'] = 'vsplit',
    ['<C-t>'] = 'tab',
    ['<C-q>'] = 'quickfix',
    ['<C-y>'] = 'copy_path',
    ['<C-n>'] = 'next',
    ['<C-p>'] = 'previous',
    ['<Down>'] = 'down',
    ['<Up>'] = 'up',
    ['<C-Down>'] = 'newer_query',
    ['<C-Up>'] = 'older_query',
    ['<Tab>'] = 'next_mode',
    ['<S-Tab>'] = 'previous_mode',
    ['<C-d>'] = 'preview_down',
    ['<C-u>'] = 'preview_up',
    ['<LeftMouse>'] = 'click',
    ['<2-LeftMouse>'] = 'open',
    ['<Esc>'] = 'close',
    ['<C-c>'] = 'close',
  },
}

--- The user's table over the defaults. Read at each use, so a change holds at once.
function M.get()
  local chosen = vim.g.lsp_search
  return vim.tbl_deep_extend('force', M.defaults, type(chosen) == 'table' and chosen or {})
end

--- What is wrong with the user's table, one message each.
function M.problems()
  local chosen = vim.g.lsp_search
  if chosen == nil then
    return {}
  end
  if type(chosen) ~= 'table' then
    return { ('vim.g.lsp_search is a %s; it must be a table'):format(type(chosen)) }
  end
  local found = {}
  for key, value in vim.spairs(chosen) do
    local default = M.defaults[key]
    if default == nil then
      local known = table.concat(vim.fn.sort(vim.tbl_keys(M.defaults)), ', ')
      found[#found + 1] = ('vim.g.lsp_search.%s is not known; known are %s'):format(key, known)
    elseif type(value) ~= type(default) then
      found[#found + 1] = ('vim.g.lsp_search.%s is a %s; it must be a %s'):format(key, type(value), type(default))
    end
  end
  return found
end

return M
