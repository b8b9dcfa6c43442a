-- nvim --clean --headless -l neovim.lua: a real editor against the real server; fails by assert.
local repository, workspace = vim.env.LSP_SEARCH_REPOSITORY, vim.env.LSP_SEARCH_WORKSPACE
vim.opt.runtimepath:prepend(repository .. '/editors/neovim')
vim.lsp.config('lsp_search', { cmd = { vim.env.LSP_SEARCH_PYTHON, '-m', 'lsp_search', 'serve', '--stdio' } })
vim.lsp.enable('lsp_search')
vim.cmd.edit(workspace .. '/shop.py')
vim.cmd('filetype detect')

local function client()
  return vim.lsp.get_clients({ name = 'lsp_search' })[1]
end
assert(vim.wait(20000, function() return client() and client().initialized end, 20), 'did not attach')
local lsp = client()
local buffer = vim.api.nvim_get_current_buf()

local function ask(method, params)
  local answer = assert(lsp:request_sync(method, params, 20000, buffer))
  assert(not answer.err, vim.inspect(answer.err))
  return answer.result
end

local function names(query)
  local found = {}
  for _, symbol in ipairs(ask('workspace/symbol', { query = query })) do
    found[#found + 1] = symbol.name
  end
  return table.concat(found, ' ')
end

ask('lspSearch/sync', {})
assert(names('shoppingc') == 'ShoppingCart', names('shoppingc'))
assert(names('sc kind:class') == 'ShoppingCart', names('sc kind:class'))

-- Unsaved text wins, in Neovim's own incremental edits.
vim.api.nvim_buf_set_lines(buffer, 0, 0, false, { '# 🙂', 'def unsaved_offer(): pass' })
ask('lspSearch/sync', {})
assert(names('unsavedoffer') == 'unsaved_offer', names('unsavedoffer'))

-- A file written by another program.
local other = assert(io.open(workspace .. '/other.lua', 'w'))
other:write('function from_outside() end\n')
other:close()
ask('lspSearch/sync', {})
assert(names('fromoutside') == 'from_outside', names('fromoutside'))

-- What the user sees: the answers as a quickfix list, at the right places.
local listed
vim.lsp.buf.workspace_symbol('checkout', { on_list = function(list) listed = list.items end })
assert(vim.wait(5000, function() return listed end, 10), 'no list')
assert(#listed == 1 and listed[1].lnum == 7 and listed[1].col == 5, vim.inspect(listed))
assert(vim.wait(5000, function() return (vim.g.lsp_search_status or {}).state == 'ready' end, 10), 'never ready')

lsp:stop()
assert(vim.wait(5000, function() return lsp:is_stopped() end, 10), 'did not stop')
