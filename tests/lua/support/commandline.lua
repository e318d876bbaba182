-- SPDX-License-Identifier: MIT
-- Runs a command line in this process; its exit code, and what it wrote to stdout and stderr.
-- The annotated texts of the API, which the binary has compiled in as modules.
table.insert(package.searchers, function(name)
    local module = name:match("^source%.(.+)$")
    for _, folder in ipairs { "/", "/dnsprobe/" } do
        local file = module
            and io.open((os.getenv("DNSPROBE_LUA") or "lua") .. folder .. module:gsub("%.", "/") .. ".lua")
        local text = file and file:read("a")
        if file then
            file:close()
            return function() return text end
        end
    end
    return nil
end)

return function(line)
    local words, out, err = {}, {}, {}
    for word in line:gmatch("%S+") do
        words[#words + 1] = word
    end
    local real_out, real_err = io.stdout, io.stderr
    local function catcher(into)
        return { write = function(self, ...)
            for _, part in ipairs { ... } do
                into[#into + 1] = tostring(part)
            end
            return self
        end, flush = function() end }
    end
    io.stdout, io.stderr = catcher(out), catcher(err)
    local ok, code = pcall(require("dnsprobe.cli.entry").main, words)
    io.stdout, io.stderr = real_out, real_err
    assert(ok, code)
    return code, table.concat(out), table.concat(err)
end
