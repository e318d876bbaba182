-- SPDX-License-Identifier: MIT
-- busted's helper for every spec. They stand in the root of the tree, and may require what is in support/;
-- and where they load runbooks and steps into their own Lua state, the names that runbooks require lead to
-- the library's.
package.path = "tests/lua/?.lua;" .. package.path

local modules = require "dnsprobe.api.modules"

local public = { ["dnsprobe.survey"] = "dnsprobe.measure.survey", ["dnsprobe.walk"] = "dnsprobe.measure.walk",
    ["dnsprobe.truth"] = "dnsprobe.judge.truth", ["dnsprobe.match"] = "dnsprobe.judge.match" }
for _, row in ipairs(modules) do
    public[row.require or ""] = row.module
end
table.insert(package.searchers, function(name)
    return public[name] and function() return require(public[name]) end or ("no public module " .. name)
end)
