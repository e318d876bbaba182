-- SPDX-License-Identifier: MIT
-- What is written about the tree is true of it:
--   lua5.4 tests/lint/guide.lua ROOT
-- 1. A path that README.md, or a page of .github/, names is there. A word in capitals within it stands for a
--    name: with one in its place, there is at least one such file.
-- 2. The tables of rooms in CONTRIBUTING.md say what the lines dp_room, dp_lua_room and dp_bind_room say.
-- 3. The version of CMakeLists.txt is the newest of .package/changelog, and .github/CHANGELOG.md has it or
--    says that it will be.

local root = assert(arg[1], "usage: guide.lua ROOT")
package.path = root .. "/tests/lint/?.lua;" .. package.path
local files = require "files"
local complain, finish = files.complaints()

local GUIDE, CHANGELOG = ".github/CONTRIBUTING.md", ".github/CHANGELOG.md"
local PAGES = { "README.md", GUIDE, CHANGELOG, ".github/SECURITY.md" }
local TOPS = { "core", "lua", "runbooks", "tests", "examples", ".ci", ".github", ".package" }

-- ---- 1. paths ----

local there, top = {}, {} -- paths of files and folders; names at the top whose paths are looked at
for _, folder in ipairs(TOPS) do
  top[folder] = true
end
local pipe = assert(io.popen(string.format("cd '%s' && find %s", root, table.concat(TOPS, " "))))
for path in pipe:lines() do
  there[path] = true
end
pipe:close()

--- Whether there is a path, words in capitals standing for any name.
local function exists(path)
  if there[path] then
    return true
  end
  local pattern = "^" .. path:gsub("[%-%.%+]", "%%%0"):gsub("%u%u+", "[^/]+") .. "$"
  for known in pairs(there) do
    if path:find("%u%u") and known:match(pattern) then
      return true
    end
  end
  return false
end

local function check_paths(page)
  files.each_line(files.read(root, page), function(line, number)
    for before, path in (" " .. line):gmatch("([^%w_%.%-/])([%w_%.%-]+/[%w_%.%-/]*)") do
      path = path:gsub("[/%.]+$", "")
      if before ~= "~" and top[path:match("^[^/]+")] and not exists(path) then
        complain(page, number, path .. " is not there")
      end
    end
  end)
end

for _, page in ipairs(PAGES) do
  check_paths(page)
end

-- ---- 2. rooms ----

-- kind: the folder that the head of the table names
local KINDS = {
  { folder = "core/", file = "CMakeLists.txt", call = "dp_room", prefix = "dp_" },
  { folder = "lua/bind/", file = "lua/CMakeLists.txt", call = "dp_bind_room", prefix = "" },
  { folder = "lua/dnsprobe/", file = "lua/CMakeLists.txt", call = "dp_lua_room", prefix = "" },
}

--- The rooms as the build has them: { "NAME: USES ..." } in their order.
local function rooms_of(kind)
  local out = {}
  for arguments in files.read(root, kind.file):gmatch("\n" .. kind.call .. "%(([^)]*)%)") do
    local words = {}
    for word in arguments:gmatch("%S+") do
      if #words == 0 then
        words[1] = word .. ":"
      elseif word:sub(1, #kind.prefix) == kind.prefix then
        words[#words + 1] = word:sub(#kind.prefix + 1)
      end
    end
    out[#out + 1] = table.concat(words, " ")
  end
  return out
end

--- The same from the table of the guide whose head names the folder, and its first line.
local function told_of(kind)
  local out, first, inside = {}, 1, false
  files.each_line(files.read(root, GUIDE), function(line, number)
    if line:find("| room of `" .. kind.folder .. "` |", 1, true) then
      inside, first = true, number
    elseif not line:match("^|") then
      inside = false
    elseif inside and not line:match("^|%-") then
      local name, uses = line:match("^| `(%w+)` | ?([%w ]-) ?|")
      out[#out + 1] = name and (name .. ": " .. uses):gsub(" $", "") or line
    end
  end)
  return out, first
end

for _, kind in ipairs(KINDS) do
  local known = rooms_of(kind)
  local told, first = told_of(kind)
  for i = 1, math.max(#known, #told) do
    if known[i] ~= told[i] then
      complain(GUIDE, first, ("rooms of %s: the build has `%s`, the table `%s`"):format(kind.folder,
        known[i] or "", told[i] or ""))
    end
  end
end

-- ---- 3. version ----

local version = files.read(root, "CMakeLists.txt"):match("project%(dnsprobe VERSION ([%d.]+)")
local packaged = files.read(root, ".package/changelog"):match("^dnsprobe %(([%d.]+)%)")
local history = files.read(root, CHANGELOG)
if packaged ~= version then
  complain(".package/changelog", 1, ("its newest version is %s, that of CMakeLists.txt %s"):format(packaged,
    version))
end
if not history:find("\n## [" .. version .. "]", 1, true)
  and not history:find("Will be " .. version .. ",", 1, true) then
  complain(CHANGELOG, 1, "has nothing about " .. version)
end
finish("guide")
