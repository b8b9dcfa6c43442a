--- A source for telescope.nvim. It keeps the server's order: what Telescope would sort by is the same for all.
local Live = require('lsp_search.live')
local config = require('lsp_search.config')
local results = require('lsp_search.results')

local action_set = require('telescope.actions.set')
local action_state = require('telescope.actions.state')
local pickers = require('telescope.pickers')
local sorters = require('telescope.sorters')
local telescope = require('telescope.config').values

local M = {}

local function display(entry)
  local row = entry.value
  local label, colour = results.kind_label(row.kind, config.get().icons)
  local left = label .. ' '
  local text = left .. row.text
  local marks = { { { 0, #label }, colour } }
  for _, span in ipairs(row.spans) do
    marks[#marks + 1] = { { #left + span[1], #left + span[2] }, 'LspSearchMatch' }
  end
  local place = ('  %s:%d'):format(row.shown_path, row.lnum)
  marks[#marks + 1] = { { #text, #text + #place }, 'LspSearchPath' }
  text = text .. place
  if row.detail ~= '' then
    marks[#marks + 1] = { { #text, #text + #row.detail + 2 }, 'LspSearchDim' }
    text = text .. '  ' .. row.detail
  end
  return text, marks
end

local function entry_of(row)
  return {
    value = row,
    ordinal = row.text,
    display = display,
    filename = row.path,
    lnum = row.lnum,
    col = results.column(row) + 1,
  }
end

--- What Telescope calls with each prompt; it takes answers whenever they come.
local function finder(origin, mode, on_problem)
  local show
  local live = Live.new(origin, function(answer)
    show(answer)
  end)
  local function find(_, prompt, process_result, process_complete)
    show = function(answer)
      on_problem(answer.problem)
      for index, row in ipairs(answer.rows or {}) do
        local entry = entry_of(row)
        entry.index = index
        if process_result(entry) then
          return
        end
      end
      process_complete()
    end
    live:ask(prompt, mode)
  end
  return setmetatable({
    close = function()
      live:close()
    end,
  }, { __call = find })
end

--- @param opts { query?: string, mode?: string }
function M.open(opts)
  local origin = { buf = vim.api.nvim_get_current_buf(), win = vim.api.nvim_get_current_win() }
  local title = 'lsp-search'
  local picker
  picker = pickers.new(opts, {
    prompt_title = title,
    default_text = opts.query,
    finder = finder(origin, opts.mode, function(problem)
      picker.prompt_border:change_title(problem or title)
    end),
    sorter = sorters.empty(),
    tiebreak = function()
      return false
    end,
    previewer = telescope.qflist_previewer(opts),
    attach_mappings = function()
      action_set.select:enhance({
        pre = function()
          local entry = action_state.get_selected_entry()
          if entry then
            results.picked(entry.value, origin.buf)
          end
        end,
      })
      return true
    end,
  })
  picker:find()
end

return M
