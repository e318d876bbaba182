-- SPDX-License-Identifier: MIT
-- Habits that no compiler sees:
--   lua5.4 tests/lint/names.lua ROOT
-- 1. In C a duration carries its unit: `timeout_us`, never a bare `timeout` (style, habit 8). Enumerators,
--    strings and Lua-facing words are not durations; only declarations of a variable, member or parameter
--    count.
-- 2. No `typedef ... name_t`: POSIX keeps that ending.
-- 3. A function of a Lua file is defined once: the second definition silently replaces the first.
-- 4. A file does not outgrow its room: 600 lines of C, 300 of Lua in the library and in the runbooks.
-- 5. No marks of unfinished work.

local root = assert(arg[1], "usage: names.lua ROOT")
package.path = root .. "/tests/lint/?.lua;" .. package.path
local files = require "files"
local complain, finish = files.complaints()

local durations = { "timeout", "delay", "interval", "deadline", "elapsed", "duration", "linger", "rtt",
  "ttl_left" }
local c_types = { "int", "unsigned", "long", "double", "float", "size_t", "uint16_t", "uint32_t", "uint64_t",
  "int64_t" }

local function check_durations(path, line, number)
  for _, type in ipairs(c_types) do
    for _, name in ipairs(durations) do
      if line:match("%f[%w_]" .. type .. "%s+" .. name .. "%f[^%w_]") then
        complain(path, number, string.format("`%s %s` has no unit in its name (_us, _ms, _s)", type, name))
      end
    end
  end
end

local function check_size(path, text, limit)
  local lines = select(2, text:gsub("\n", "\n"))
  if lines > limit then
    io.stderr:write(string.format("%s: warning: %d lines; look whether it is two things (%d)\n", path, lines,
      limit))
  end
end

-- Written in two parts, so that this file does not complain about itself.
local marks = { "TO" .. "DO", "FIX" .. "ME", "X" .. "XX", "[Nn]ot " .. "implemented", "place" .. "holder" }

local function check_marks(path, line, number)
  for _, mark in ipairs(marks) do
    if line:match("%f[%w]" .. mark .. "%f[^%w]") then
      complain(path, number, "mark of unfinished work: " .. mark)
    end
  end
end

for _, folder in ipairs { "core", "lua" } do
  for _, path in ipairs(files.list(root, folder, { ".c", ".h", ".def" })) do
    local text = files.read(root, path)
    check_size(path, text, 600)
    files.each_line(files.bare_c(text), function(line, number)
      check_durations(path, line, number)
      if line:match("^%s*typedef%s") and line:match("[%w_]_t%s*;") then
        complain(path, number, "typedef with the ending _t, which POSIX keeps for itself")
      end
    end)
  end
end

--- Complains about functions that are defined twice at the outer level: `function M.f`, `local function f`,
--- `M.f = function`.
local function check_redefined(path, text)
  local first_line = {}
  files.each_line(files.bare_lua(text), function(line, number)
    local name = line:match("^function%s+([%w_.:]+)") or line:match("^local%s+function%s+([%w_]+)")
      or line:match("^([%w_.]+)%s*=%s*function%f[^%w_]")
    if name then
      name = name:gsub(":", ".")
      if first_line[name] then
        complain(path, number, string.format("%s is defined a second time (first on line %d)", name,
          first_line[name]))
      end
      first_line[name] = first_line[name] or number
    end
  end)
end

for _, folder in ipairs { "lua", "runbooks", "examples", "tests" } do
  for _, path in ipairs(files.list(root, folder, { ".lua" })) do
    local text = files.read(root, path)
    check_redefined(path, text)
    if path:match("^lua/dnsprobe/") or path:match("^runbooks/steps/") then
      check_size(path, text, 300)
    end
  end
end

for _, folder in ipairs { "core", "lua", "runbooks", "tests", "examples", ".github" } do
  for _, path in ipairs(files.list(root, folder,
    { ".c", ".h", ".def", ".lua", ".py", ".sh", ".txt", ".cmake", ".md" })) do
    files.each_line(files.read(root, path), function(line, number)
      check_marks(path, line, number)
    end)
  end
end
finish("names")
