-- SPDX-License-Identifier: MIT
-- Renders a recorded report as it stands, without judging it again:
--   dnsprobe-lua render.lua REPORT FORMAT[,WORD...] ...     words: a number of columns, ascii, colour
-- Several are parted by a form feed.
local document = assert(require "dnsprobe.json".decode(assert(require "dnsprobe.fs".read(arg[1]))))
for i = 2, #arg do
    local format = arg[i]:match("^%a+")
    local style = { columns = math.tointeger(tonumber(arg[i]:match(",(%d+)"))),
        utf8 = not arg[i]:find ",ascii", color = arg[i]:find ",colour" ~= nil }
    io.stdout:write(i > 2 and "\f" or "", require "dnsprobe.base.formats".get(format).render(document, style))
end
