-- SPDX-License-Identifier: MIT
-- Renders a recorded report as it stands, without judging it again:
--   dnsprobe-lua render.lua FORMAT REPORT [colour]
-- Width and characters follow the environment, as for the command.
local document = assert(require "dnsprobe.json".decode(assert(require "dnsprobe.fs".read(arg[2]))))
local style = require "dnsprobe.output".style { output = arg[2], color = arg[3] and "always" or "never" }
io.stdout:write(require "dnsprobe.formats".get(arg[1]).render(document, style))
