-- SPDX-License-Identifier: MIT
-- Every finding id has a file that decides it, judge/LAYER/NAME.lua or what its row names as `decider`, and a
-- lab scenario and a world of real servers in which it is the truth, so that none of them is decided by code
-- that nothing checks, and each can be practised on:  findings.lua ROOT
local root = arg[1] or "."
package.path = root .. "/tests/lint/?.lua;" .. root .. "/lua/?.lua;" .. package.path
local files = require "files"
local findings = require "dnsprobe.book.findings"

-- Ids that are the truth somewhere, those at info (`info` in the lab, `quiet` in a world) too.
local function note(expected, text)
  for id in text:gmatch("[\"']([a-z]+%.[a-z][%w-]+)[\"']") do
    expected[id] = true
  end
end

local lab, world = {}, {}
for _, path in ipairs(files.list(root, "runbooks/lab", { ".lua" })) do
  for word, list in files.read(root, path):gmatch("(%a+) = (%b{})") do
    note(lab, (word == "expect" or word == "info") and list or "")
  end
end
-- The calls of a scenario that say what its truth is: world.diagnose(...), and those that are given the world first.
local function note_world(text)
  for call in text:gmatch("world%.diagnose(%b())") do
    note(world, call)
  end
  for call in text:gmatch("%f[%w]%l+(%b())") do
    note(world, call:match("^%(world,") and call or "")
  end
end
for _, path in ipairs(files.list(root, "tests/world/scenarios", { ".py" })) do
  note_world(files.read(root, path))
end

-- What the lab cannot show: there the C library of this host is not measured, and no resolver fails by type.
local not_in_lab = { ["client.libc-differs"] = true, ["recursive.type-broken"] = true }

local missing = 0

local function check_decider(id)
  local row = findings.get(id)
  local decider = "lua/dnsprobe/judge/" .. (row.decider or row.layer .. "/" .. id:match("%.(.+)$")) .. ".lua"
  local there, text = pcall(files.read, root, decider)
  if not there or not text:find("\"" .. id .. "\"", 1, true) then
    missing = missing + 1
    print(("%s: %s does not decide it"):format(id, decider))
  end
end

for _, id in ipairs(findings.ids()) do
  check_decider(id)
  for place, expected in pairs { ["scenario in runbooks/lab"] = lab, ["world in tests/world"] = world } do
    if not expected[id] and not (expected == lab and not_in_lab[id]) then
      missing = missing + 1
      print(("%s: no %s has it as its truth"):format(id, place))
    end
  end
end
os.exit(missing == 0)
