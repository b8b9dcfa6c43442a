--- Highlight groups; each is a link by default, so it follows the colour scheme, light or dark.
local M = {}

local links = {
  LspSearchNormal = 'NormalFloat',
  LspSearchBorder = 'FloatBorder',
  LspSearchTitle = 'FloatTitle',
  LspSearchSelection = 'Visual',
  LspSearchMatch = 'Special',
  LspSearchDim = 'Comment',
  LspSearchPath = 'Comment',
  LspSearchPreviewLine = 'CursorLine',
  LspSearchPreviewMatch = 'Search',
  LspSearchError = 'DiagnosticError',
  LspSearchWarning = 'DiagnosticWarn',
  LspSearchFigure = 'Number',
  LspSearchHeading = 'Title',
}

function M.define()
  for name, target in pairs(links) do
    vim.api.nvim_set_hl(0, name, { link = target, default = true })
  end
end

return M
