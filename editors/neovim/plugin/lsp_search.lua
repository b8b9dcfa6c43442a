-- What is there before a server is: highlight groups, <Plug> mappings, and what has to happen as buffers attach.
if vim.g.loaded_lsp_search then
  return
end
vim.g.loaded_lsp_search = true

require('lsp_search.highlights').define()

local group = vim.api.nvim_create_augroup('lsp_search', {})
vim.api.nvim_create_autocmd('ColorScheme', {
  group = group,
  callback = function()
    require('lsp_search.highlights').define()
  end,
})
vim.api.nvim_create_autocmd('LspAttach', {
  group = group,
  callback = function(args)
    local client = vim.lsp.get_client_by_id(args.data.client_id)
    if client and client.name == 'lsp_search' then
      require('lsp_search.commands').define(args.buf)
    end
  end,
})
vim.api.nvim_create_autocmd({ 'BufReadPost', 'BufNewFile' }, {
  group = group,
  callback = function(args)
    vim.schedule(function()
      require('lsp_search.server').opened(args.buf)
    end)
  end,
})

for name, mode in pairs({ Search = 'auto', Symbols = 'symbol', Text = 'text', Regex = 'regex', Meaning = 'semantic' }) do
  vim.keymap.set('n', '<Plug>(LspSearch' .. name .. ')', function()
    require('lsp_search').search({ mode = mode })
  end, { desc = 'lsp-search: ' .. mode })
end
vim.keymap.set('n', '<Plug>(LspSearchWord)', function()
  require('lsp_search').search({ query = vim.fn.expand('<cword>') })
end, { desc = 'lsp-search: the word under the cursor' })
vim.keymap.set('x', '<Plug>(LspSearchText)', ':LspSearchText<CR>', { desc = 'lsp-search: the selected text' })
vim.keymap.set('n', '<Plug>(LspSearchSimilar)', '<Cmd>LspSearchSimilar<CR>', { desc = 'lsp-search: code like this' })
vim.keymap.set('n', '<Plug>(LspSearchDashboard)', '<Cmd>LspSearchDashboard<CR>', { desc = 'lsp-search: live figures' })
