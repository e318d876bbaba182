-- SPDX-License-Identifier: MIT
-- Stands in for the C module `dnsprobe.fs`, with files that a spec puts into M.files instead of a disk.
local M = { files = {}, env = {}, written = {}, data = nil, source = "/src" }

function M.read(path)
    local text = M.files[path]
    if not text then
        return nil, "No such file or directory"
    end
    return text
end
function M.mkdir_p() return true end
function M.exists(path) return M.files[path] ~= nil end
function M.realpath(path) return path:sub(-1) == "/" and path:sub(1, -2) or path end
function M.write_atomic(path, text)
    M.written[path] = text
    return true
end
function M.list(folder)
    local out = {}
    for path in pairs(M.files) do
        local name = path:match("^" .. folder:gsub("%p", "%%%0") .. "([^/]+)$")
        out[#out + 1] = name
    end
    return out
end
function M.modules(prefix)
    local out = {}
    for file in io.popen("ls " .. (os.getenv("DNSPROBE_LUA") or "lua") .. "/dnsprobe/format"):lines() do
        local name = file:match("^(.*)%.lua$")
        out[#out + 1] = name and prefix .. name
    end
    return out
end
function M.paths() return { data = M.data, source = M.source } end
function M.sha256(text) return ("%064x"):format(#text) end
function M.isatty() return false end
function M.columns() return nil end
function M.getenv(name) return M.env[name] end
function M.environment(prefix)
    local out = {}
    for name in pairs(M.env) do
        out[#out + 1] = name:sub(1, #prefix) == prefix and name or nil
    end
    table.sort(out)
    return out
end
function M.hostname() return "stubhost" end
function M.os() return "Stub 1.0" end

return M
