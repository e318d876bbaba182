-- SPDX-License-Identifier: MIT
-- dnsprobe bundle show FILE: what is in a bundle, before it is sent or after it came. And what `run --bundle`
-- does.

local dns = require "dnsprobe"
local exit = require "dnsprobe.base.exit"
local fs = require "dnsprobe.fs"
local intake = require "dnsprobe.document.intake"

local M = { name = "bundle", summary = "what is in a file that run --bundle wrote" }

function M.options(parser)
    parser:description(
        "A bundle is one JSON document (schema dnsprobe.bundle/1) compressed with gzip: the report with "
            .. "every exchange, and this host's resolv.conf, nsswitch.conf and hosts. Unless run was given "
            .. "--no-redact, the host name, private addresses, search domains, user and interface names and "
            .. "unrelated hosts entries are replaced by pseudonyms, the same everywhere, so that replay "
            .. "finds the same. The name that was asked for and public addresses stay."
    )
    parser:argument("action", "show."):argname("show"):choices { "show" }
    parser:argument("file", "A bundle."):argname("FILE")
    parser:flag("--json", "The whole of it, unpacked.")
end

--- Writes the bundle of a run; what is in it is said on stderr first.
---@param path string
---@param report table with exchanges
---@param options table of `run`: no_redact, quiet
function M.deliver(path, report, options)
    local bundle = require "dnsprobe.document.bundle"
    local made, list = bundle.of(report, not options.no_redact)
    local packed = bundle.pack(made)
    if not options.quiet then
        local lines =
            { ("dnsprobe: bundle %s, %d KiB, holds:"):format(dns.escape(path), (#packed + 1023) // 1024) }
        for _, line in ipairs(bundle.lines(made)) do
            lines[#lines + 1] = "  " .. line
        end
        for _, one in ipairs(list) do
            lines[#lines + 1] = ("    %s %s is in it as %s"):format(
                one.kind,
                dns.escape(one.was),
                dns.escape(one.is)
            )
        end
        lines[#lines + 1] = "  look at it again before you send it: dnsprobe bundle show " .. dns.escape(path)
        io.stderr:write(table.concat(lines, "\n"), "\n")
    end
    local ok, err = fs.write_atomic(path, packed)
    if not ok then
        exit.usage("--bundle %s: %s", path, err or "cannot be written")
    end
end

function M.run(options)
    local bundle = require "dnsprobe.document.bundle"
    local value = intake.file(options.file)
    if type(value) ~= "table" or value.schema ~= bundle.SCHEMA then
        exit.input("%s: not a bundle of schema %s", options.file, bundle.SCHEMA)
    end
    intake.checked(options.file, value.report)
    if options.json then
        local json = require "dnsprobe.json"
        io.stdout:write(json.encode(value, { pretty = true, sort = true }), "\n")
    else
        io.stdout:write(table.concat(bundle.lines(value), "\n"), "\n")
    end
    return exit.OK
end

return M
