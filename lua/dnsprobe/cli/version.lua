-- SPDX-License-Identifier: MIT
-- dnsprobe version
local M = { name = "version", summary = "the version of this program", usage = "dnsprobe version" }

function M.run()
    io.stdout:write("dnsprobe ", require("dnsprobe").version, "\n")
    return 0
end

return M
