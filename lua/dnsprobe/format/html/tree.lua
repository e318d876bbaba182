-- SPDX-License-Identifier: MIT
-- The delegation as a picture: the levels of the walk from the root, and at its end what the parent says
-- about the zone's servers beside what the zone says itself. Lines join what is alike; what differs is drawn
-- broken and in red.

local markup = require "dnsprobe.format.html.markup"
local tables = require "dnsprobe.base.table"
local terminal = require "dnsprobe.base.terminal"

local M = {}

local WIDE = 760
local SPINE, TEXT = 12, 34 -- x of the line that joins the levels, and of what stands beside it
local LEFT, RIGHT = 34, 440 -- x of the parent's column and of the zone's own
local JOIN_FROM, JOIN_TO = 336, 424 -- x of the lines between them
local NAME_MAX = 38 -- characters of a name
local LINE = 20
local SERVERS_MAX, ADDRESSES_MAX, FAILED_MAX, DOTS_MAX = 16, 8, 4, 40

local GOOD = { answer = true, nodata = true, nxdomain = true, referral = true }
local NOT_ASKED = { family = true, private = true, limit = true, canceled = true, pending = true }

local safe, number = markup.safe, markup.number

---@class dnsprobe.TreePage
---@field out string[]
---@field y number where the next line stands

local function write(page, x, class, value, wide)
    local text = tables.plain(value)
    local shown = terminal.cut(text, wide or 90)
    local title = shown ~= text and markup.element("title", nil, safe(text)) or ""
    page.out[#page.out + 1] = ('<text class="%s" x="%s" y="%s">%s%s</text>'):format(
        class,
        number(x),
        number(page.y),
        title,
        safe(shown)
    )
end

local function line(page, class, commands)
    page.out[#page.out + 1] = markup.path(class, commands)
end

local function dot_class(kind)
    return GOOD[kind] and "d-good" or NOT_ASKED[kind] and "d-none" or "d-wrong"
end

local function dot(page, x, kind, title)
    page.out[#page.out + 1] = ('<circle class="%s" cx="%s" cy="%s" r="5"><title>%s</title></circle>'):format(
        dot_class(kind),
        number(x),
        number(page.y - 4),
        safe(title)
    )
end

-- "13 servers: 12 referral, 1 timeout"
local function counts_text(servers)
    local counts, kinds = {}, {}
    for _, server in ipairs(servers) do
        local kind = tostring(server.kind)
        kinds[#kinds + 1] = not counts[kind] and kind or nil
        counts[kind] = (counts[kind] or 0) + 1
    end
    table.sort(kinds, function(a, b) return counts[a] > counts[b] or (counts[a] == counts[b] and a < b) end)
    for i, kind in ipairs(kinds) do
        kinds[i] = ("%d %s"):format(counts[kind], kind)
    end
    return ("%d address%s asked: %s"):format(
        #servers,
        #servers == 1 and "" or "es",
        table.concat(kinds, ", ")
    )
end

local function level_part(page, level)
    page.out[#page.out + 1] = ('<circle class="t-box" cx="%d" cy="%s" r="8"></circle>'):format(
        SPINE,
        number(page.y - 4)
    )
    write(page, TEXT, "t-bold", level.zone == "." and ". (the root)" or level.zone, 60)
    page.y = page.y + LINE
    write(page, TEXT, "t-soft", counts_text(level.servers))
    page.y = page.y + LINE
    local failed = 0
    for i, server in ipairs(level.servers) do
        if i <= DOTS_MAX then
            dot(page, TEXT + 6 + (i - 1) * 16, server.kind, ("%s %s: %s"):format(tables.plain(server.name),
                tables.plain(server.address), tables.plain(server.kind)))
        end
    end
    page.y = page.y + LINE
    for _, server in ipairs(level.servers) do
        if dot_class(server.kind) == "d-wrong" then
            failed = failed + 1
            if failed <= FAILED_MAX then
                write(
                    page,
                    TEXT,
                    "t-wrong",
                    ("%s %s: %s"):format(
                        tables.plain(server.name),
                        tables.plain(server.address),
                        tables.plain(server.kind)
                    )
                )
                page.y = page.y + LINE
            end
        end
    end
end

-- ---- parent and child ----

local function lower_keys(map)
    local out = {}
    for name, value in pairs(type(map) == "table" and map or {}) do
        out[tostring(name):lower()] = value
    end
    return out
end

local function set_of(list)
    local set = {}
    for _, item in ipairs(list or {}) do
        set[tostring(item):lower()] = true
    end
    return set
end

local function join(page, class)
    line(page, class, ("M%d %sH%d"):format(JOIN_FROM, number(page.y - 4), JOIN_TO))
end

-- Every item of two lists once, the first list's first.
local function union(a, b)
    local out, seen = {}, {}
    for _, list in ipairs { a or {}, b or {} } do
        for _, item in ipairs(list) do
            local key = tostring(item):lower()
            out[#out + 1] = not seen[key] and item or nil
            seen[key] = true
        end
    end
    return out
end

local function server_state(page, x, address, servers)
    local server = servers[address]
    if not server then
        return
    end
    dot(page, x, server.kind, ("%s: %s"):format(tables.plain(address), tables.plain(server.kind)))
    if dot_class(server.kind) == "d-wrong" then
        write(page, x + 12, "t-wrong", server.kind, 14)
    end
end

-- An address as the parent has it, or why it has none.
local function glue_cell(page, both, address, class)
    if address then
        write(page, LEFT + 14, class, address, NAME_MAX)
    elseif both.in_parent and not both.needs_glue then
        write(page, LEFT + 14, "t-soft", "no glue needed")
    elseif both.in_parent then
        write(page, LEFT + 14, "t-wrong", #(both.glue or {}) > 0 and "not in the glue" or "no glue")
    end
end

-- An address as the zone itself has it.
local function own_cell(page, both, address, class)
    if address then
        write(page, RIGHT + 14, class, address, NAME_MAX)
    elseif both.in_child and both.own then
        write(page, RIGHT + 14, "t-wrong", "not its address")
    end
end

local function address_row(page, both, address, in_glue, in_own)
    local differs = both.compared and in_glue ~= in_own
    local class = differs and "mono t-wrong" or "mono"
    glue_cell(page, both, in_glue and address, class)
    own_cell(page, both, in_own and address, class)
    join(page, differs and "t-differs" or in_glue and in_own and "t-same" or "t-plain")
    server_state(page, RIGHT + 220, address, both.servers)
    page.y = page.y + LINE
end

local function address_rows(page, both)
    local glue, own = set_of(both.glue), set_of(both.own)
    for i, address in ipairs(union(both.glue, both.own)) do
        if i > ADDRESSES_MAX then
            write(page, LEFT + 14, "t-soft", "more addresses")
            page.y = page.y + LINE
            break
        end
        address_row(page, both, address, glue[address:lower()], own[address:lower()])
    end
end

local function name_row(page, name, both)
    local function side(x, listed, who)
        write(page, x, listed and "t-bold" or "t-wrong", listed and name or "not listed by " .. who, NAME_MAX)
    end
    side(LEFT, both.in_parent, "the parent")
    side(RIGHT, both.in_child or not both.has_child, "the zone")
    join(page, both.has_child and both.in_parent ~= both.in_child and "t-differs" or "t-same")
    page.y = page.y + LINE
end

-- Is a name within a zone, so that the parent has to give its address?
local function within(name, zone)
    name, zone = name:lower(), zone:lower()
    return name == zone or name:sub(-#zone - 1) == "." .. zone
end

local function compare_heads(page, parent, has_child)
    page.y = page.y + 6
    write(page, LEFT, "t-soft", "the parent says")
    write(page, RIGHT, "t-soft", has_child and "the zone itself says" or "the zone itself did not say")
    local ds = #(parent.ds or {})
    write(page, JOIN_FROM - 4, "t-soft", ds > 0 and ("signed (%d DS)"):format(ds) or "no DS")
    page.y = page.y + LINE + 2
end

local function compare_part(page, trace, servers)
    local parent, child = trace.parent, trace.child or {}
    local glue, own = lower_keys(parent.glue), lower_keys(child.addresses)
    local in_parent, in_child = set_of(parent.ns), set_of(child.ns)
    local has_child = #(child.ns or {}) > 0
    compare_heads(page, parent, has_child)
    for i, name in ipairs(union(parent.ns, child.ns)) do
        if i > SERVERS_MAX then
            write(page, LEFT, "t-soft", "more servers")
            page.y = page.y + LINE
            break
        end
        local key = name:lower()
        local both = {
            in_parent = in_parent[key] or false,
            in_child = in_child[key] or false,
            has_child = has_child,
            glue = glue[key],
            own = own[key],
            needs_glue = within(name, trace.zone),
            servers = servers,
        }
        both.compared = own[key] ~= nil and (glue[key] ~= nil or both.needs_glue and both.in_parent)
        name_row(page, name, both)
        address_rows(page, both)
        page.y = page.y + 6
    end
end

local function drawn(trace)
    local page, spine_to, by_address = { out = {}, y = 22 }, 18, {}
    for _, level in ipairs(trace.levels) do
        spine_to = page.y - 4
        level_part(page, level)
        if level.zone == trace.zone then
            for _, server in ipairs(level.servers) do
                by_address[server.address] = server
            end
        end
        page.y = page.y + 8
    end
    if trace.parent and trace.zone then
        compare_part(page, trace, by_address)
    end
    return page, spine_to
end

--- The picture.
---@param out string[]
---@param shown dnsprobe.Facts
function M.add(out, shown)
    local trace = shown.trace
    if type(trace) ~= "table" or type(trace.levels) ~= "table" or #trace.levels == 0 then
        return
    end
    local ok, page, spine_to = pcall(drawn, trace)
    if not ok then
        return -- a runbook's own step of this name recorded something else
    end
    local spine = markup.path("t-spine", ("M%d 18V%s"):format(SPINE, number(spine_to)))
    out[#out + 1] = '<section><h2>Delegation</h2><p class="lead">'
        .. "The walk from the root: every server of every level was asked. Green lines join what parent and "
        .. "zone agree about; red broken ones show glue and names on which they differ.</p>"
        .. '<div class="card scroll">'
    out[#out + 1] = markup.svg(
        { width = WIDE, height = page.y, class = "tree", label = "delegation of " .. tostring(trace.zone) },
        spine,
        table.concat(page.out)
    )
    out[#out + 1] = "</div></section>"
end

return M
