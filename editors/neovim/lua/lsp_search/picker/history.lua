--- The queries that led somewhere, of this Neovim; the newest last.
local M = {}

local MOST = 100
local queries = {}

function M.add(query)
  if query == '' then
    return
  end
  queries = vim.tbl_filter(function(known)
    return known ~= query
  end, queries)
  queries[#queries + 1] = query
  if #queries > MOST then
    table.remove(queries, 1)
  end
end

--- The query `back` steps before the present one, or nil.
function M.at(back)
  return queries[#queries + 1 - back]
end

return M
