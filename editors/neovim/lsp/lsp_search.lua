-- lsp-search for Neovim 0.11 and later: `vim.lsp.enable('lsp_search')`. It has no `filetypes`, so it attaches to every
-- file of a project. Your own values go over these with `vim.lsp.config('lsp_search', { … })`.
local markers = { '.lsp-search.toml', '.git', '.hg', '.svn' }

return {
  cmd = { 'lsp-search', 'serve', '--stdio' },
  -- Not plain `root_markers`: a buffer without a name would bring the current folder along.
  root_dir = function(bufnr, on_dir)
    local root = vim.api.nvim_buf_get_name(bufnr) ~= '' and vim.fs.root(bufnr, markers)
    if root then
      on_dir(root)
    end
  end,
  handlers = {
    ['lspSearch/statusChanged'] = function(_, status, ctx)
      require('lsp_search.server').heard(ctx.client_id, 'status', status)
    end,
    ['lspSearch/metrics'] = function(_, metrics, ctx)
      require('lsp_search.server').heard(ctx.client_id, 'metrics', metrics)
    end,
    ['lspSearch/alert'] = function(_, alert)
      require('lsp_search.server').alerted(alert)
    end,
    -- Neovim's own puts a line break behind each message, which then waits for a key.
    ['window/showMessage'] = function(_, message)
      require('lsp_search.server').shown(message)
    end,
  },
  on_exit = function(code, signal, id)
    require('lsp_search.recovery').exited(code, signal, id)
  end,
  -- The keys of docs/protocol.md, such as { lspSearch = { search = { limit = 300 } } }.
  settings = { lspSearch = vim.empty_dict() },
}
