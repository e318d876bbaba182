-- SPDX-License-Identifier: MIT
--- What looks like DNS and is not: connections and TLS handshakes to the answered addresses.

local words = require "dnsprobe.judge.tool.words"

local M = {}

--- Well-known ports whose protocols begin in the clear.
local PLAIN = {
    [21] = true,
    [22] = true,
    [25] = true,
    [53] = true,
    [80] = true,
    [110] = true,
    [143] = true,
    [389] = true,
    [587] = true,
    [3306] = true,
    [5222] = true,
    [5432] = true,
    [6379] = true,
    [8000] = true,
    [8080] = true,
}

local FAULTS = {
    timeout = { id = "app.connect-timeout", text = "the connection is never accepted" },
    unreachable = { id = "app.connect-timeout", text = "the host cannot be reached" },
    refused = { id = "app.connect-refused", text = "the connection is refused" },
    reset = { id = "app.connect-refused", text = "the connection is reset", tls_id = "app.tls-failure" },
    closed = { id = "app.tls-failure", text = "the connection is closed in the TLS handshake",
        unsure = true },
    ["tls-timeout"] = { id = "app.tls-failure", text = "the TLS handshake never ends", unsure = true },
    ["tls-alert"] = { id = "app.tls-failure", text = "the TLS handshake fails", unsure = true },
    ["tls-expired"] = { id = "app.tls-failure", text = "the certificate has expired" },
    ["tls-not-yet-valid"] = { id = "app.tls-failure", text = "the certificate is not valid yet" },
    ["tls-name"] = { id = "app.tls-failure", text = "the certificate is for another name" },
    ["tls-untrusted"] = { id = "app.tls-failure", text = "the certificate is not trusted" },
}

local FIXES = {
    ["app.connect-timeout"] = "DNS is right: start the service at that address, open the firewall, or take "
        .. "the address out of the record.",
    ["app.connect-refused"] = "DNS is right: start the listener at that address, or take the address out of "
        .. "the record.",
    ["app.tls-failure"] = "DNS is right: repair the certificate or the TLS set-up at that address.",
}

--- Whether to try TLS on a port.
---@param port integer
---@param wish "auto"|"yes"|"no"
---@param lab? boolean the lab's listeners accept connections and say nothing
---@return boolean
function M.wants_tls(port, wish, lab)
    return wish == "yes" or (wish ~= "no" and not PLAIN[port] and not lab)
end

--- A peer that does not speak TLS on an unusual port is no fault, unless somebody said that it should
--- (app_tls=yes).
local function fault_of(connection)
    local result = connection.result
    local fault = result and FAULTS[result.outcome]
    if not fault or (fault.unsure and connection.port ~= 443 and not connection.tls_wanted) then
        return nil
    end
    local in_tls = fault.tls_id and result.connect_us
    return { id = in_tls and fault.tls_id or fault.id, text = fault.text, connection = connection }
end

local function reproduce(connection, name, id)
    local host = connection.address:find(":", 1, true) and "[" .. connection.address .. "]"
        or connection.address
    if id == "app.tls-failure" then
        return string.format(
            "openssl s_client -connect %s:%d -servername %s -verify_return_error </dev/null",
            host,
            connection.port,
            name
        )
    end
    return string.format("curl --connect-timeout 5 -sv --resolve %s:%d:%s telnet://%s:%d </dev/null", name,
        connection.port, connection.address, name, connection.port)
end

local function report_fault(report, id, faults, tried)
    local addresses, texts = {}, {}
    for i, fault in ipairs(faults) do
        addresses[i] = fault.connection.address
        texts[i] = fault.text
    end
    local first = faults[1].connection
    local name = report.target.name:gsub("%.$", "")
    local lines = { reproduce(first, name, id) }
    local reason = first.result.reason and first.result.reason ~= "" and " (" .. first.result.reason .. ")"
        or ""
    report:finding {
        id = id, severity = #faults == tried and "critical" or "warning",
        summary = string.format("%s port %d: %s%s; %s", words.some(addresses), first.port, texts[1], reason,
            #faults == tried and "no answered address works" or words.of(#faults, tried) .. " addresses"),
        subject = { server = addresses[1], port = first.port, name = report.target.name },
        weight = #faults / tried, facts = { addresses = addresses }, fix = FIXES[id], reproduce = lines,
        stats = { failures = #faults, samples = tried },
    }
end

local function put_connections(report, connections)
    local rows = {}
    for i, connection in ipairs(connections) do
        local result = connection.result or {}
        rows[i] = {
            connection.address, connection.port, result.outcome or connection.refused or "-",
            words.time(result.connect_us), words.time(result.tls_us), result.not_after or "-",
            result.reason or "",
        }
    end
    report:table {
        key = "connections",
        rows = rows,
        columns = { "address", "port", "outcome", "connect", "tls", "expires", "reason" },
    }
end

--- Judge the connections.
---@param report dnsprobe.Report
---@param data table what step not-dns measured
function M.judge(report, data)
    local by_id, tried = {}, 0
    for _, connection in ipairs(data.connections) do
        if
            connection.result
            and connection.result.outcome ~= "canceled"
            and connection.result.outcome ~= "local"
        then
            tried = tried + 1
            local fault = fault_of(connection)
            if fault then
                by_id[fault.id] = by_id[fault.id] or {}
                table.insert(by_id[fault.id], fault)
            end
        end
    end
    for _, id in ipairs { "app.connect-refused", "app.connect-timeout", "app.tls-failure" } do
        if by_id[id] then
            report_fault(report, id, by_id[id], tried)
        end
    end
    if #data.connections > 0 then
        put_connections(report, data.connections)
    end
end

return M
