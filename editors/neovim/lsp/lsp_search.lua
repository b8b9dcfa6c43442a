-- lsp-search for Neovim 0.11 and later: put this file's folder `lsp` on the runtime path, then
--   vim.lsp.enable('lsp_search')
-- It has no `filetypes`, so it attaches to every file of a project; `:lua vim.lsp.buf.workspace_symbol()` asks it.
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
  -- The server answers with what is indexed so far; this tells how far that is.
  handlers = {
    ['lspSearch/statusChanged'] = function(_, status)
      vim.g.lsp_search_status = status
      vim.cmd.redrawstatus()
    end,
    -- Sent for dashboards; nothing in here shows them.
    ['lspSearch/metrics'] = function() end,
    ['lspSearch/alert'] = function(_, alert)
      local levels = { info = vim.log.levels.INFO, warning = vim.log.levels.WARN, error = vim.log.levels.ERROR }
      vim.notify('lsp-search: ' .. alert.message, levels[alert.level] or vim.log.levels.INFO)
    end,
  },
  -- Keys of the section `lspSearch`, such as { search = { limit = 300 } }.
  init_options = vim.empty_dict(),
}
