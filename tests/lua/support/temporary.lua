-- SPDX-License-Identifier: MIT
-- Files for specs: made in the folder for temporary files, removed by `clean`.
local M = {}

local made = {}

--- A path for a new file.
---@param ending? string
---@return string
function M.path(ending)
    local path = os.tmpname()
    made[#made + 1] = path
    if ending then
        path = path .. ending
        made[#made + 1] = path
    end
    return path
end

--- A new file that holds this text; its path.
---@param text string
---@param ending? string
---@return string
function M.file(text, ending)
    local path = M.path(ending)
    local f <close> = assert(io.open(path, "wb"))
    f:write(text)
    return path
end

--- Removes all that were made: for after_each.
function M.clean()
    for _, path in ipairs(made) do
        os.remove(path)
    end
    made = {}
end

return M
