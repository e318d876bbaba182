-- SPDX-License-Identifier: MIT
-- Who may use whom: reads every #include and require of the project and compares them with the rooms.
--   lua5.4 tests/lint/rooms.lua ROOT
-- The rooms of core/ and what they rest on are the dp_room() lines of CMakeLists.txt, the same lines that
-- link them. Above them: lua/bind and lua/main.c are the only C that sees lua.h; lua/dnsprobe uses the
-- bindings; runbooks use lua/dnsprobe; nothing points back. Core does not print, does not exit, and keeps
-- some libraries in one file. The rooms of lua/dnsprobe and lua/bind are the dp_lua_room() and dp_bind_room()
-- lines of lua/CMakeLists.txt; between the files of one room, and so of all, there is no circle. tests/lua is
-- named after the rooms of lua/dnsprobe.

local root = assert(arg[1], "usage: rooms.lua ROOT")
package.path = root .. "/tests/lint/?.lua;" .. package.path
local files = require "files"
local complain, finish = files.complaints()

-- ---- the rooms, from the CMakeLists.txt ----

-- room → list of the rooms that it names; what does not begin with `prefix` among them is a library of the
-- system.
local function read_rooms(file, call, prefix)
  local rests_on, known = {}, {}
  for arguments in files.read(root, file):gmatch("\n" .. call .. "%(([^)]*)%)") do
    local room, list = nil, {}
    for word in arguments:gmatch("%S+") do
      if not room then
        room = word
      elseif word:sub(1, #prefix) == prefix then
        list[#list + 1] = word:sub(#prefix + 1)
      end
    end
    rests_on[room], known[room] = list, true
    for _, below in ipairs(list) do
      if not known[below] then
        complain(file, 1, ("room %s uses room %s, which has to stand above it"):format(room, below))
      end
    end
  end
  return rests_on
end

local rests_on = read_rooms("CMakeLists.txt", "dp_room", "dp_")
local lua_rooms = read_rooms("lua/CMakeLists.txt", "dp_lua_room", "")
local bind_rooms = read_rooms("lua/CMakeLists.txt", "dp_bind_room", "")

--- The rooms that `room` may include from: itself and, transitively, what it rests on.
local function reach(room, seen)
  seen = seen or {}
  if not seen[room] then
    seen[room] = true
    for _, below in ipairs(rests_on[room] or {}) do
      reach(below, seen)
    end
  end
  return seen
end

-- Is `below` one of the rooms that `room` names, or `room` itself?
local function names_room(rooms, room, below)
  for _, one in ipairs(rooms[room] or {}) do
    if one == below then
      return true
    end
  end
  return room == below
end

-- ---- C ----

-- A library header belongs to the rooms (or files) named here.
local owners = {
  { header = "^lua", places = { "^lua/" } },
  { header = "^lauxlib", places = { "^lua/" } },
  { header = "^uv%.h", places = { "^core/net/", "^core/exchange/", "^core/trace/", "^core/host/",
    "^core/lab/", "^lua/" } },
  { header = "^ares", places = { "^core/host/stub_ares%.c$" } },
  { header = "^zlib%.h", places = { "^lua/bind/" } },
  { header = "cJSON%.h", places = { "^core/json/", "^lua/bind/" } },
  { header = "^openssl/", places = { "^core/net/", "^core/base/", "^lua/bind/" } },
}

local function check_library(path, number, header)
  for _, owner in ipairs(owners) do
    if header:match(owner.header) then
      for _, place in ipairs(owner.places) do
        if path:match(place) then
          return
        end
      end
      complain(path, number, "<" .. header .. "> does not belong here")
    end
  end
end

local function check_bind_room(path, number, header)
  local room, target = path:match("^lua/bind/([^/]+)/"), header:match("^([^/]+)/")
  if room and bind_rooms[target] and not names_room(bind_rooms, room, target) then
    complain(path, number, string.format('"%s": room %s of lua/bind may not use room %s', header, room,
      target))
  end
end

local function check_room(path, number, header)
  local room, target = path:match("^core/([^/]+)/"), header:match("^([^/]+)/")
  if not target or not rests_on[target] then
    return
  end
  if room and not reach(room)[target] then
    complain(path, number, string.format('"%s": room %s may not use room %s', header, room, target))
  end
end

-- base and wire know no socket; core returns errors as values and leaves printing and ending to lua/.
local forbidden_in_core = { "printf", "puts", "putchar", "vprintf", "perror", "exit", "_exit", "system" }

local function check_calls(path, text)
  files.each_line(files.bare_c(text), function(line, number)
    for _, name in ipairs(forbidden_in_core) do
      if line:match("%f[%w_]" .. name .. "%s*%(") then
        complain(path, number, name .. "() in core: return a value instead")
      end
    end
    if line:match("%f[%w_]stdout%f[^%w_]") or line:match("%f[%w_]stderr%f[^%w_]") then
      complain(path, number, "core does not write to stdout or stderr")
    end
  end)
end

local function check_c(path)
  local text = files.read(root, path)
  files.each_line(text, function(line, number)
    local library = line:match("^%s*#%s*include%s*<([^>]+)>")
    if library then
      check_library(path, number, library)
      if path:match("^core/base/") or path:match("^core/wire/") or path:match("^core/stats/") then
        if library:match("^sys/socket") or library:match("^netinet") then
          complain(path, number, "<" .. library .. ">: this room knows no socket")
        end
      end
    end
    local own = line:match('^%s*#%s*include%s*"([^"]+)"')
    if own then
      check_room(path, number, own)
      check_bind_room(path, number, own)
      if path:match("^core/") and not own:match("^[%w_]+/[%w_]+%.[%w]+$") then
        complain(path, number, '"' .. own .. '": include paths start at core/ (room/file.h)')
      end
    end
  end)
  if path:match("^core/") then
    check_calls(path, text)
  end
end

-- ---- Lua ----

-- What may be required from where; the first line whose folder fits is the one that counts.
local may_require = {
  { folder = "^lua/dnsprobe/", modules = { "^dnsprobe$", "^dnsprobe%.", "^argparse$" } },
  { folder = "^lua/meta/", modules = {} },
  { folder = "^lua/", modules = { "^dnsprobe$", "^dnsprobe%.", "^argparse$" } },
  { folder = "^runbooks/lab/", modules = {} },
  { folder = "^runbooks/", modules = { "^dnsprobe$", "^dnsprobe%." } },
  { folder = "^examples/", modules = { "^dnsprobe$", "^dnsprobe%.", "^%./" } },
}

local requires = {} -- module of the library → list of { module, path, number }

local function is_file(module)
  return requires[module] ~= nil
end

-- A require within lua/dnsprobe: from a room to itself and to those it names.
local function check_lua_room(path, number, module)
  local own = path:match("^lua/(dnsprobe/.+)%.lua$")
  if not own or not is_file(module) then
    return
  end
  own = own:gsub("/", ".")
  local from, to = own:match("^dnsprobe%.([^.]+)%."), module:match("^dnsprobe%.([^.]+)%.")
  if not from or not to then
    return -- init.lua
  elseif not names_room(lua_rooms, from, to) then
    complain(path, number, ("%s: room %s may not use room %s"):format(module, from, to))
  end
  table.insert(requires[own], { module = module, path = path, number = number })
end

local function check_lua(path)
  local rule
  for _, candidate in ipairs(may_require) do
    if path:match(candidate.folder) then
      rule = candidate
      break
    end
  end
  files.each_line(files.read(root, path), function(line, number)
    if line:match("^%s*%-%-") then
      return
    end
    for module in line:gmatch("%f[%w_]require%s*%(?%s*[\"']([^\"']+)[\"']") do
      local allowed = false
      for _, pattern in ipairs(rule.modules) do
        allowed = allowed or module:match(pattern) ~= nil
      end
      if not allowed then
        complain(path, number, 'require "' .. module .. '" does not belong here')
      end
      check_lua_room(path, number, module)
    end
  end)
end

-- Every file of the library lies in a room that is known.
local function check_place(path)
  local room = path:match("^lua/dnsprobe/([^/]+)/")
  if room and not lua_rooms[room] and path:match("%.lua$") then
    complain(path, 1, "there is no room " .. room .. "; they are the dp_lua_room lines of lua/CMakeLists.txt")
  elseif not room and path ~= "lua/dnsprobe/init.lua" then
    complain(path, 1, "a loose file: it belongs in a room")
  end
end

-- Specs lie in a folder that is named after the room they are about; those of the C modules in bind/, those
-- of runbooks/steps in steps/.
local function check_spec_place(path)
  local folder = path:match("^tests/lua/([^/]+)/[^/]+$")
  if not (folder and (lua_rooms[folder] or folder == "bind" or folder == "steps")) then
    complain(path, 1, "specs lie in tests/lua/ROOM/, ROOM of lua/dnsprobe, or in bind/ or steps/")
  end
end

-- Circles of files: every require that leads back to where it stands.
local function check_circles()
  local state = {} -- module → "open" while what it requires is followed, "done"
  local function follow(module)
    state[module] = "open"
    for _, one in ipairs(requires[module]) do
      if state[one.module] == "open" then
        complain(one.path, one.number, ("%s leads back here: a circle of files"):format(one.module))
      elseif not state[one.module] then
        follow(one.module)
      end
    end
    state[module] = "done"
  end
  local modules = {}
  for module in pairs(requires) do
    modules[#modules + 1] = module
  end
  table.sort(modules)
  for _, module in ipairs(modules) do
    if not state[module] then
      follow(module)
    end
  end
end

-- ---- all files ----

for _, folder in ipairs { "core", "lua" } do
  for _, path in ipairs(files.list(root, folder, { ".c", ".h" })) do
    check_c(path)
  end
end
for _, path in ipairs(files.list(root, "lua/dnsprobe", { ".lua" })) do
  requires[path:match("^lua/(.+)%.lua$"):gsub("/", ".")] = {}
  check_place(path)
end
for _, path in ipairs(files.list(root, "tests/lua", { "_spec.lua" })) do
  check_spec_place(path)
end
for _, folder in ipairs { "lua", "runbooks", "examples" } do
  for _, path in ipairs(files.list(root, folder, { ".lua" })) do
    check_lua(path)
  end
end
check_circles()
finish("rooms")
