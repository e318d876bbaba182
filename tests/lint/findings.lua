-- SPDX-License-Identifier: MIT
-- Every finding id has a lab scenario or a world of real servers in which it is the truth, so that none of them is
-- decided by code that nothing checks:  findings.lua ROOT
local root = arg[1] or "."
package.path = root .. "/tests/lint/?.lua;" .. root .. "/lua/?.lua;" .. package.path
local files = require "files"
local findings = require "dnsprobe.findings"

-- Ids that a scenario expects, those at info (`quiet` in a world) too.
local expected = {}

local function note(text, place)
  for id in text:gmatch("[\"']([a-z]+%.[a-z][%w-]+)[\"']") do
    expected[id] = expected[id] or place
  end
end

for _, path in ipairs(files.list(root, "runbooks/lab", { ".lua" })) do
  note(files.read(root, path):match("expect = (%b{})") or "", path)
end
for _, path in ipairs(files.list(root, "tests/world/scenarios", { ".py" })) do
  for call in files.read(root, path):gmatch("world%.diagnose(%b())") do
    note(call, path)
  end
end

local missing = 0
for _, id in ipairs(findings.ids()) do
  if not expected[id] then
    missing = missing + 1
    print(id .. ": no scenario in runbooks/lab and no world in tests/world has it as its truth")
  end
end
os.exit(missing == 0)
