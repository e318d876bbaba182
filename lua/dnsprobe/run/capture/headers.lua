-- SPDX-License-Identifier: MIT
-- IP, UDP and TCP headers with their checksums, around octets whose own headers were not kept.

local M = {}

local UDP <const>, TCP <const> = 17, 6

---@class dnsprobe.End
---@field ip string 4 or 16 octets
---@field port integer

-- The Internet checksum (RFC 1071).
local function checksum(data)
    local sum = 0
    for i = 1, #data - 1, 2 do
        local high, low = data:byte(i, i + 1)
        sum = sum + (high << 8 | low)
    end
    if #data % 2 == 1 then
        sum = sum + (data:byte(#data) << 8)
    end
    while sum > 0xFFFF do
        sum = (sum & 0xFFFF) + (sum >> 16)
    end
    return ~sum & 0xFFFF
end

-- `size` of what the header carries, whole.
local function ip_header(from, to, protocol, size, ttl)
    if #from == 4 then
        local head =
            string.pack(">BBI2I2I2BBI2c4c4", 0x45, 0, 20 + size, 0, 0x4000, ttl, protocol, 0, from, to)
        return head:sub(1, 10) .. string.pack(">I2", checksum(head)) .. head:sub(13)
    end
    return string.pack(">I4I2BBc16c16", 0x60000000, size, protocol, ttl, from, to)
end

local function pseudo_header(from, to, protocol, size)
    if #from == 4 then
        return string.pack(">c4c4BBI2", from, to, 0, protocol, size)
    end
    return string.pack(">c16c16I4I4", from, to, size, protocol)
end

--- A UDP packet. Where octets of the payload are missing, it has no checksum.
---@param from dnsprobe.End
---@param to dnsprobe.End
---@param payload string what was kept
---@param size integer octets that there were
---@param ttl integer
---@return string
function M.datagram(from, to, payload, size, ttl)
    local function header(sum)
        return string.pack(">I2I2I2I2", from.port, to.port, 8 + size, sum)
    end
    local sum = 0
    if #payload == size then
        sum = checksum(pseudo_header(from.ip, to.ip, UDP, 8 + size) .. header(0) .. payload)
        sum = sum == 0 and 0xFFFF or sum -- RFC 768: 0 says that there is none
    end
    return ip_header(from.ip, to.ip, UDP, 8 + size, ttl) .. header(sum) .. payload
end

--- A TCP packet.
---@param from dnsprobe.End
---@param to dnsprobe.End
---@param flags integer
---@param sequence integer
---@param acknowledged integer
---@param payload string
---@param ttl integer
---@return string
function M.segment(from, to, flags, sequence, acknowledged, payload, ttl)
    local function header(sum)
        return string.pack(
            ">I2I2I4I4BBI2I2I2",
            from.port,
            to.port,
            sequence & 0xFFFFFFFF,
            acknowledged & 0xFFFFFFFF,
            5 << 4,
            flags,
            65535,
            sum,
            0
        )
    end
    local size = 20 + #payload
    local sum = checksum(pseudo_header(from.ip, to.ip, TCP, size) .. header(0) .. payload)
    return ip_header(from.ip, to.ip, TCP, size, ttl) .. header(sum) .. payload
end

return M
