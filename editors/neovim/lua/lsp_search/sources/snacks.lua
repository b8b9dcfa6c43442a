--- A source for snacks.picker. In live mode it keeps the order in which results come.
local Live = require('lsp_search.live')
local config = require('lsp_search.config')
local results = require('lsp_search.results')
local server = require('lsp_search.server')
local snacks = require('snacks')

local M = {}

local function format(item)
  local row = item.row
  local label, colour = results.kind_label(row.kind, config.get().icons)
  local parts, at = { { label .. ' ', colour } }, 0
  for _, span in ipairs(row.spans) do
    parts[#parts + 1] = { row.text:sub(at + 1, span[1]) }
    parts[#parts + 1] = { row.text:sub(span[1] + 1, span[2]), 'LspSearchMatch' }
    at = span[2]
  end
  parts[#parts + 1] = { row.text:sub(at + 1) }
  parts[#parts + 1] = { ('  %s:%d'):format(row.shown_path, row.lnum), 'LspSearchPath' }
  parts[#parts + 1] = { '  ' .. row.detail, 'LspSearchDim' }
  return parts
end

--- Asks and waits, in the coroutine that snacks runs finders in.
local function finder(origin, mode)
  return function(_, ctx)
    return function(add)
      local answer
      local live = Live.new(origin, function(given)
        answer = given
        ctx.async:resume()
      end)
      ctx.async:on('abort', function()
        live:close()
      end)
      ctx.async:schedule(function()
        live:ask(ctx.filter.search, mode)
      end)
      while not answer do
        ctx.async:suspend()
      end
      live:close()
      if answer.problem then
        ctx.async:schedule(function()
          server.notify(answer.problem, vim.log.levels.WARN)
        end)
      end
      for _, row in ipairs(answer.rows or {}) do
        add({ text = row.text, file = row.path, pos = { row.lnum, results.column(row) }, row = row })
      end
    end
  end
end

--- @param opts { query?: string, mode?: string }
function M.open(opts)
  local origin = { buf = vim.api.nvim_get_current_buf(), win = vim.api.nvim_get_current_win() }
  snacks.picker.pick({
    source = 'lsp_search',
    title = 'lsp-search',
    live = true,
    supports_live = true,
    search = opts.query,
    finder = finder(origin, opts.mode),
    format = format,
    sort = { fields = { 'idx' } },
    confirm = function(picker, item, action)
      if item then
        results.picked(item.row, origin.buf)
      end
      require('snacks.picker.actions').jump(picker, item, action)
    end,
  })
end

return M
