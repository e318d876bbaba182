-- SPDX-License-Identifier: MIT
-- dnsprobe help config: the config files, from the same rows that they are checked with.

local config = require "dnsprobe.book.config"

local M = {}

local HEAD = [[
Config files set the defaults of `dnsprobe run` and `trace` for a host or a user. Read are, where they exist,
  /etc/dnsprobe/config.lua
  $XDG_CONFIG_HOME/dnsprobe/config.lua, else ~/.config/dnsprobe/config.lua    (wins, key by key)
or, instead of both, the file that DNSPROBE_CONFIG names; DNSPROBE_CONFIG= reads none.

A file is Lua that returns a table; it can call nothing. An unknown key or a bad value ends the command with exit 65.

  return {
      resolvers = { "192.0.2.53 office", "198.51.100.53#5353 branch", "@regional" },
      detect = "4%",
      qps = 10,
      params = {
          ["*"] = { app_port = 8443 },          -- every runbook that has such a parameter
          intermittent = { app_port = 443 },    -- this runbook: wins over "*", and each key must be one of its parameters
      },
  }

Keys:
]]

local TAIL = [[

What wins, first to last:
  options      command line, scenario of the lab (--lab), config files, built in
  resolvers    command line, the lab's (--lab), the runbook's own list, config files, @majors
  parameters   --set, scenario of the lab, environment DNSPROBE_SET_key, the user's file, the system's file, the runbook

`dnsprobe show RUNBOOK` shows what is in effect and where it comes from. `dnsprobe test` reads neither files nor
DNSPROBE_SET_key: what it says must not depend on who runs it. `dnsprobe query` sends what its own line says.
]]

--- The page.
---@return string
function M.page()
    local lines = {}
    for i, row in ipairs(config.keys) do
        lines[i] = ("  %-12s %s (default %s)\n"):format(row.key, row.help, row.built_in)
    end
    lines[#lines + 1] = ("  %-12s %s\n"):format(
        "params",
        'parameters: { ["*" or a runbook\'s name] = { KEY = VALUE } }'
    )
    return HEAD .. table.concat(lines) .. TAIL
end

return M
