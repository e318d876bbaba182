-- SPDX-License-Identifier: MIT
-- The blocks of a pcapng file (draft-ietf-opsawg-pcapng): one section, one interface of raw IP, packets with
-- comments.

local dns = require "dnsprobe"
local fs = require "dnsprobe.fs"

local M = { INBOUND = 1, OUTBOUND = 2 } -- epb_flags, bits 0 and 1

local LINKTYPE_RAW <const> = 101
local COMMENT <const>, IF_NAME <const>, IF_DESCRIPTION <const>, IF_TSRESOL <const> = 1, 2, 3, 9
local SHB_OS <const>, SHB_USERAPPL <const>, EPB_FLAGS <const> = 3, 4, 2

local function padded(data)
    return data .. ("\0"):rep(-#data % 4)
end

-- Pairs of code and value; values above 65535 octets do not occur.
local function options_of(list)
    local out = {}
    for _, option in ipairs(list) do
        out[#out + 1] = string.pack("<I2I2", option[1], #option[2]) .. padded(option[2])
    end
    return table.concat(out) .. "\0\0\0\0"
end

local function block(type, body)
    local length = #body + 12
    return string.pack("<I4I4", type, length) .. body .. string.pack("<I4", length)
end

local function section_header(comment)
    return block(0x0A0D0D0A, string.pack("<I4I2I2i8", 0x1A2B3C4D, 1, 0, -1) .. options_of {
        { COMMENT, comment }, { SHB_OS, fs.os() }, { SHB_USERAPPL, "dnsprobe " .. dns.version } })
end

local function interface_description()
    return block(1, string.pack("<I2I2I4", LINKTYPE_RAW, 0, 0) .. options_of {
        { IF_NAME, "dnsprobe" }, { IF_DESCRIPTION, "DNS messages of exchanges, with reconstructed headers" },
        { IF_TSRESOL, "\6" } })
end

--- What a file begins with.
---@param comment string about the whole file
---@return string
function M.head(comment)
    return section_header(comment) .. interface_description()
end

---@class dnsprobe.Frame one packet
---@field at_us integer Unix time in microseconds
---@field direction 1|2 INBOUND or OUTBOUND
---@field data string from the IP header on
---@field missing integer octets of it that were not kept
---@field comment string

--- One packet.
---@param frame dnsprobe.Frame
---@return string
function M.packet(frame)
    local data = frame.data
    return block(6, string.pack("<I4I4I4I4I4", 0, frame.at_us >> 32, frame.at_us & 0xFFFFFFFF, #data,
        #data + frame.missing) .. padded(data) .. options_of {
        { COMMENT, frame.comment }, { EPB_FLAGS, string.pack("<I4", frame.direction) } })
end

return M
