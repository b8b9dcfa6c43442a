--- A source for fzf-lua. fzf shows lines as they come, so the order is the server's.
local Live = require('lsp_search.live')
local config = require('lsp_search.config')
local fzf = require('fzf-lua')
local results = require('lsp_search.results')
local server = require('lsp_search.server')

local M = {}

local function coloured(row)
  local parts, at = {}, 0
  for _, span in ipairs(row.spans) do
    parts[#parts + 1] = row.text:sub(at + 1, span[1])
    parts[#parts + 1] = fzf.utils.ansi_from_hl('LspSearchMatch', row.text:sub(span[1] + 1, span[2]))
    at = span[2]
  end
  return table.concat(parts) .. row.text:sub(at + 1)
end

--- `path:line:column: kind text detail`: the begin is what fzf-lua's own preview and actions read.
local function line_of(row, root)
  local path = root and vim.fs.relpath(root, row.path) or row.path
  local label = results.kind_label(row.kind, config.get().icons)
  local place = ('%s:%d:%d: %s '):format(path, row.lnum, results.column(row) + 1, label)
  local detail = row.detail ~= '' and '  ' .. row.detail or ''
  return place .. row.text .. detail, place .. coloured(row) .. detail
end

--- @param opts { query?: string, mode?: string }
function M.open(opts)
  local origin = { buf = vim.api.nvim_get_current_buf(), win = vim.api.nvim_get_current_win() }
  local client = server.client(origin.buf)
  if not client then
    return server.notify(server.absence(), vim.log.levels.WARN)
  end
  local rows = {} -- by the line that fzf gives back
  local emit = function() end
  local live = Live.new(origin, function(answer)
    if answer.problem then
      emit(answer.problem)
    end
    rows = {}
    for _, row in ipairs(answer.rows or {}) do
      local plain, shown = line_of(row, client.root_dir)
      rows[plain] = row
      emit(shown)
    end
    emit(nil)
  end)
  local function picked(action)
    return function(selected, context)
      selected = vim.tbl_filter(function(line)
        return rows[line] ~= nil
      end, selected)
      if #selected > 0 then
        results.picked(rows[selected[1]], origin.buf)
        action(selected, context)
      end
    end
  end
  fzf.fzf_live(function(args)
    return function(write)
      emit(nil) -- what was asked before gets no answer any more
      emit = write
      live:ask(args[1] or '', opts.mode)
    end
  end, {
    prompt = 'lsp-search> ',
    query = opts.query,
    cwd = client.root_dir,
    previewer = 'builtin',
    fzf_opts = { ['--ansi'] = true, ['--no-sort'] = true },
    winopts = {
      on_close = function()
        live:close()
      end,
    },
    actions = {
      enter = picked(fzf.actions.file_edit_or_qf),
      ['ctrl-s'] = picked(fzf.actions.file_split),
      ['ctrl-v'] = picked(fzf.actions.file_vsplit),
      ['ctrl-t'] = picked(fzf.actions.file_tabedit),
    },
  })
end

return M
