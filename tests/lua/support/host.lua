-- SPDX-License-Identifier: MIT
--- A host of a spec's own, in place of the one that the tests run on: files, environment, clock, and what the
-- engine was told. Members of the real modules are replaced from `begin` to `restore`; everything else is the
-- binary's. Answers of the network come from the lab (`--lab`), which is real.
--
--   local host = require "support.host"
--   before_each(function() host.begin(); host.files["/src/runbooks/demo.lua"] = "..." end)
--   after_each(host.restore)

local dns = require "dnsprobe"
local fs = require "dnsprobe.fs"

---@class support.Host
---@field files table<string, string> path → text
---@field env table<string, string>
---@field written table<string, string> what was written, by path
---@field setups table[] what dns.setup was given, in order
---@field data? string the folder of what is installed
---@field clock number seconds: what dns.now says
local M = {}

local real = {} -- { module, member, value } of what stands replaced

local function replace(module, member, value)
    real[#real + 1] = { module = module, member = member, value = module[member] }
    module[member] = value
end

-- Files that os.tmpname has made are the disk's: the lab leaves what its stub reads there.
local function is_on_disk(exists, path)
    return path:sub(1, 1) == "/" and exists(path)
end

local function replace_files()
    local exists, write_atomic = fs.exists, fs.write_atomic
    replace(fs, "read", function(path)
        local text = M.files[path]
        if not text then
            return nil, "No such file or directory"
        end
        return text
    end)
    replace(fs, "exists", function(path) return M.files[path] ~= nil end)
    replace(fs, "realpath", function(path) return path:sub(-1) == "/" and path:sub(1, -2) or path end)
    replace(fs, "mkdir_p", function() return true end)
    replace(fs, "write_atomic", function(path, text)
        if is_on_disk(exists, path) then
            return write_atomic(path, text)
        end
        M.written[path] = text
        return true
    end)
    replace(fs, "list", function(folder)
        local out = {}
        for path in pairs(M.files) do
            out[#out + 1] = path:sub(1, #folder) == folder and path:sub(#folder + 1):match("^[^/]+$") or nil
        end
        return out
    end)
    replace(fs, "paths", function() return { data = M.data, source = "/src" } end)
end

local function replace_environment()
    replace(fs, "getenv", function(name) return M.env[name] end)
    replace(fs, "environment", function(prefix)
        local out = {}
        for name in pairs(M.env) do
            out[#out + 1] = name:sub(1, #prefix) == prefix and name or nil
        end
        table.sort(out)
        return out
    end)
    replace(fs, "isatty", function() return false end)
    replace(fs, "columns", function() return nil end)
    replace(fs, "hostname", function() return "host-of-a-spec" end)
    replace(dns.stub, "config", function()
        return { resolvers = { { address = "192.0.2.53", port = 53 } }, search = { "example." } }
    end)
end

local function replace_engine()
    local setup = dns.setup
    replace(dns, "setup", function(options)
        M.setups[#M.setups + 1] = options
        return setup(options)
    end)
end

--- Puts this host in place, without a file and without a variable.
function M.begin()
    M.restore()
    M.files, M.env, M.written, M.setups, M.data = {}, {}, {}, {}, nil
    replace_files()
    replace_environment()
    replace_engine()
end

--- Lets the clock stand still at `seconds`; M.clock moves it.
---@param seconds number
function M.stop_clock(seconds)
    M.clock = seconds
    replace(dns, "now", function() return M.clock end)
end

--- Puts back what is real.
function M.restore()
    for i = #real, 1, -1 do
        real[i].module[real[i].member] = real[i].value
        real[i] = nil
    end
end

return M
