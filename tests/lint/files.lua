-- SPDX-License-Identifier: MIT
-- What the lint scripts share: the project's files, their lines, C without its comments and strings, and the
-- list of complaints that ends a script.

local M = {}

--- Paths below `folder` (relative to `root`) whose name ends in one of `endings`, sorted.
---@param root string
---@param folder string
---@param endings string[] e.g. {".c", ".h"}
---@return string[]
function M.list(root, folder, endings)
  local found = {}
  local pipe = assert(io.popen(string.format("cd '%s' && find '%s' -type f 2>/dev/null", root, folder)))
  for path in pipe:lines() do
    for _, ending in ipairs(endings) do
      if path:sub(-#ending) == ending then
        found[#found + 1] = path
      end
    end
  end
  pipe:close()
  table.sort(found)
  return found
end

---@param root string
---@param path string
---@return string
function M.read(root, path)
  local file = assert(io.open(root .. "/" .. path, "rb"))
  local text = file:read("a")
  file:close()
  return text
end

--- Blanks out comments and the insides of strings; every line keeps its number.
---@param text string C source
---@return string
function M.bare_c(text)
  local out, position = {}, 1
  while position <= #text do
    local two = text:sub(position, position + 1)
    local one = two:sub(1, 1)
    local last = position
    if two == "/*" then
      last = select(2, text:find("*/", position + 2, true)) or #text
    elseif two == "//" then
      last = (text:find("\n", position, true) or #text + 1) - 1
    elseif one == '"' or one == "'" then
      last = position + 1
      while last < #text and text:sub(last, last) ~= one do
        last = last + (text:sub(last, last) == "\\" and 2 or 1)
      end
    end
    local piece = text:sub(position, last)
    out[#out + 1] = last > position and piece:gsub("[^\n]", " ") or piece
    position = last + 1
  end
  return table.concat(out)
end

--- Blanks out comments and the insides of short strings of Lua source; every line keeps its number.
---@param text string
---@return string
function M.bare_lua(text)
  local blank = function(piece)
    return (piece:gsub("[^\n]", " "))
  end
  text = text:gsub("%-%-%[%[.-%]%]", blank)
  return (text:gsub("[^\n]+", function(line)
    return (line:gsub('"[^"]*"', blank):gsub("%-%-.*$", blank))
  end))
end

--- Calls `visit(line, number)` for every line.
function M.each_line(text, visit)
  local number = 0
  for line in (text .. "\n"):gmatch("(.-)\n") do
    number = number + 1
    visit(line, number)
  end
end

--- A list of complaints: `complain(path, line, text)`, then `finish(what)` prints them and ends the script.
function M.complaints()
  local list = {}
  local function complain(path, line, text)
    list[#list + 1] = string.format("%s:%d: %s", path, line, text)
  end
  local function finish(what)
    for _, text in ipairs(list) do
      io.stderr:write(text, "\n")
    end
    print(string.format("%s: %d complaint%s", what, #list, #list == 1 and "" or "s"))
    os.exit(#list == 0)
  end
  return complain, finish
end

return M
