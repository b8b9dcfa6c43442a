-- :Telescope lsp_search
return require('telescope').register_extension({
  exports = {
    lsp_search = function(opts)
      require('lsp_search.sources.telescope').open(opts)
    end,
  },
})
