-- SPDX-License-Identifier: MIT
-- Reports of a recorded run whose contents are hostile: names with markup in them, control bytes, invalid
-- UTF-8, labels without an end. Every format stays what it is, and shows them escaped.
local facts = require "dnsprobe.document.pictures"
local formats = require "dnsprobe.base.formats"
local json = require "dnsprobe.json"
local markup = require "dnsprobe.format.html.markup"

local EVIL =
    "\27]0;x\7<script>alert(1)</script><img src=x "
        .. "onerror=alert(1)>\"'`|]]>&amp;\xff\xfe\u{fffe}\u{ffff}\u{fdd0}\0\r\n\u{202e}"
local LONG = ("a<b>\"'" .. ("x"):rep(50) .. "."):rep(40)

-- The recorded report as text; unpacked once.
local packed = assert(io.popen("python3 -c \"import lzma,sys;"
    .. "sys.stdout.write(lzma.open('tests/golden/report.json.xz','rt').read())\""))
local RECORDED = packed:read "a"
packed:close()

-- Every string of a value replaced, but for those that say what kind of thing something is.
local KEPT = {
    id = true,
    step = true,
    severity = true,
    status = true,
    layer = true,
    outcome = true,
    transport = true,
    kind = true,
    schema = true,
    started = true,
    sent = true,
    key = true,
    clock = true,
    explained_by = true,
    address = true,
    type = true,
    cause = true,
    sha256 = true,
}

local function spoiled(value, key)
    if type(value) == "string" then
        return KEPT[key] and value or value .. EVIL
    elseif type(value) ~= "table" then
        return value
    end
    for name, member in pairs(value) do
        value[name] = spoiled(member, math.type(name) == "integer" and key or name)
    end
    return value
end

-- The recorded report with evil in everything that comes from outside, and a name server with markup in its
-- name.
local function hostile()
    local name = [[ns2<script>alert(1)</script>&'.]]
    local document = json.decode((RECORDED:gsub("ns2%.shop", function() return name .. "shop" end)))
    for _, member in ipairs { "findings", "verdict", "steps", "vantage" } do
        spoiled(document[member])
    end
    document.verdict.status, document.target.name = "critical", LONG
    for _, exchange in ipairs(document.exchanges) do
        exchange.server.label = exchange.n % 2 == 0 and EVIL or LONG
    end
    local trace = document.recorded.measured.delegation.trace
    trace.parent.ns[#trace.parent.ns + 1], trace.child.ns[#trace.child.ns + 1] = EVIL, LONG
    trace.parent.glue[EVIL] = { EVIL, "192.0.2.1" }
    trace.levels[1].zone, trace.levels[1].servers[1].kind = EVIL, EVIL
    return document
end

local styles = {
    { color = false, verbose = true, columns = 60, utf8 = true },
    { color = false, verbose = true, columns = 100, utf8 = false },
}

local PLAIN, HOSTILE = json.decode(RECORDED), hostile()

describe("a hostile report", function()
    local document = HOSTILE

    for _, name in ipairs(formats.names()) do
        it("is safe as " .. name, function()
            for _, style in ipairs(styles) do
                local out = formats.get(name).render(document, style)
                assert.truthy(utf8.len(out))
                assert.is_nil(out:find("[%z\1-\9\11-\31\127]"))
                for _, point in ipairs { "\u{202e}", "\u{fffe}", "\u{ffff}", "\u{fdd0}" } do
                    assert.is_nil(out:find(point, 1, true))
                end
                if name == "html" or name == "junit" then
                    assert.is_nil(out:find("<script", 1, true))
                    assert.is_nil(out:find("<img", 1, true))
                    assert.truthy(out:find("&lt;script&gt;alert(1)", 1, true))
                end
            end
        end)
    end

    it("is ASCII where the terminal is", function()
        assert.is_nil(formats.get("text").render(document, styles[2]):find("[\128-\255]"))
    end)

    it("is one line with one bar for monitoring, and lines without a bar", function()
        local first, rest = formats.get("nagios").render(document, styles[1]):match("^([^\n]*)\n(.*)$")
        assert.equal(1, select(2, first:gsub("|", "")))
        assert.is_nil(rest:find("|", 1, true))
        for word in first:match("|(.*)$"):gmatch("%S+") do
            assert.truthy(word:match("^[%a_]+=%d+%.?%d*[s%%]?;?%d*;?%d*;?%d*;?%d*$"), word)
        end
    end)

    it("has labels that Prometheus reads", function()
        for line in formats.get("prometheus").render(document, styles[1]):gmatch("[^\n]+") do
            if line:sub(1, 1) ~= "#" then
                local labels, value = line:match("^[%a_]+{(.*)} (%S+)$")
                assert.truthy(tonumber(value), line)
                local left = labels:gsub('[%a_]+="(.-)"', function(text)
                    return text:sub(-1) == "\\" and nil or ""
                end)
                assert.is_nil(left:gsub('\\.', ""):find('[^,]"[^,]'), line)
            end
        end
    end)
end)

describe("facts", function()
    local function by_id(shown)
        local out = {}
        for _, server in ipairs(shown.servers) do
            out[server.id] = server
        end
        return out
    end

    it("tell roles, answers, times and blame", function()
        local shown = facts.of(PLAIN)
        local servers = by_id(shown)
        assert.same(
            { "authority", "host", "resolver" },
            { servers["217.70.177.40#53"].role, servers["192.168.1.1#53"].role, servers["8.8.8.8#53"].role }
        )
        assert.is_true(servers["217.70.177.40#53"].blamed)
        assert.is_false(servers["185.199.108.53#53"].blamed)
        assert.same(
            { "b", "a" },
            {
                servers["217.70.177.40#53"].types.A.variant.letter,
                servers["8.8.8.8#53"].types.A.variant.letter,
            }
        )
        assert.equal(28, #servers["217.70.177.40#53"].rtts)
        assert.equal(3, servers["8.8.8.8#53"].cells.tcp.n)
        assert.equal("shop.example.", shown.trace.zone)
    end)

    it("are told of an interrupted run, whose steps have measured nothing", function()
        local document = {}
        for key, value in pairs(PLAIN) do
            document[key] = value
        end
        document.recorded =
            { measured = {}, host = PLAIN.recorded.host, resolvers = PLAIN.recorded.resolvers }
        local servers = by_id(facts.of(document))
        assert.equal("authority", servers["217.70.177.40#53"].role)
        assert.equal("resolver", servers["8.8.8.8#53"].role)
        assert.equal("parent", servers["194.0.6.1#53"].role)
        assert.equal(0, #servers["194.0.6.1#53"].samples)
        assert.is_true(#servers["8.8.8.8#53"].rtts >= 12)
    end)
end)

describe("the HTML report", function()
    local HTML = formats.get("html")
    local VOID = { meta = true }
    local KNOWN = {}
    for word in
        (
            "html head meta title style body main header section article footer div span p h1 h2 h3 h4 b "
                .. "code pre ul li dl dt dd table thead tbody tr th td a details summary svg path rect "
                .. "circle text"
        ):gmatch("%S+")
    do
        KNOWN[word] = true
    end
    local ATTRIBUTES = {}
    for word in
        (
            "lang charset http-equiv content name class scope open id href viewBox role aria-label "
                .. "preserveAspectRatio xmlns d x y width height cx cy r"
        ):gmatch("%S+")
    do
        ATTRIBUTES[word] = true
    end

    -- An assertion for thousands of elements: luassert would take most of the time of this spec.
    local function must(holds, what)
        if not holds then
            error("not so: " .. tostring(what), 0)
        end
    end

    -- Reads the page as a strict parser would: known elements, quoted known attributes, all closed in order.
    local function check(page)
        local body, open, ids, links = page:gsub("<style>.-</style>", "", 1), {}, {}, {}
        body = body:gsub("^<!DOCTYPE html>", "")
        assert.is_nil(body:gsub("<[^<>]*>", ""):find("[<>]"))
        for slash, name, rest in body:gmatch("<(/?)([%w]+)([^<>]*)>") do
            must(KNOWN[name], name)
            if slash == "/" then
                must(table.remove(open) == name, name)
            else
                local left = rest:gsub('%s([%a%-]+)="([^"]*)"', function(attribute, value)
                    must(ATTRIBUTES[attribute], attribute)
                    if attribute == "id" then
                        must(not ids[value], value)
                        ids[value] = true
                    elseif attribute == "href" then
                        links[#links + 1] = value
                    end
                    return ""
                end)
                must(left == "", left)
                open[#open + 1] = not VOID[name] and name or nil
            end
        end
        assert.same({}, open)
        for _, link in ipairs(links) do
            assert.is_true(ids[link:match("^#(.+)$")], link)
        end
    end

    it("is well-formed, of a recorded run and of a hostile one", function()
        check(HTML.render(PLAIN))
        local page = HTML.render(HOSTILE)
        check(page)
        assert.truthy(page:find("</title>ns2&lt;script&gt;alert(1)&lt;/script&gt;&amp;", 1, true))
    end)

    it("allows itself its own style and nothing else", function()
        local page = HTML.render(PLAIN)
        local style, policy =
            page:match("<style>(.-)</style>"), page:match('Content%-Security%-Policy" content="([^"]*)"')
        local hash = markup.base64_of_hex(require("dnsprobe.fs").sha256(style))
        assert.equal(
            "default-src 'none'; style-src 'sha256-"
                .. hash
                .. "'; img-src 'none'; base-uri 'none'; form-action 'none'",
            policy
        )
        for _, word in ipairs {
            "<script",
            "<link",
            "<img",
            "<iframe",
            " style=",
            "url(",
            "@import",
            'http-equiv="refresh"',
        } do
            assert.is_nil(page:find(word, 1, true), word)
        end
        assert.is_nil(page:gsub('xmlns="http://www.w3.org/2000/svg"', ""):find('="https?:'))
    end)

    it("shows the glue that differs, and the exchanges that findings stand on", function()
        local page = HTML.render(PLAIN)
        for _, text in ipairs {
            "not in the glue",
            "not its address",
            "t-differs",
            "no glue needed",
            'id="x143"',
            'href="#x143"',
            ";; ANSWER SECTION",
            "Which transport gets through",
            "What happened when",
        } do
            assert.truthy(page:find(text, 1, true), text)
        end
        -- On paper the first two of each cause are unfolded: those of warnings and worse.
        assert.truthy(page:find(".proof::details-content", 1, true))
        local _, printed = page:gsub('<details class="proof" id="x%d+">', "")
        assert.equal(2, printed)
    end)

    it("is made of a report without exchanges, too", function()
        local document = {}
        for key, value in pairs(PLAIN) do
            document[key] = key ~= "exchanges" and key ~= "recorded" and value or nil
        end
        assert.is_nil(facts.of(document))
        local page = HTML.render(document)
        check(page)
        assert.truthy(page:find("delegation.glue-mismatch", 1, true))
    end)

    it("writes base64 as RFC 4648 has it", function()
        for plain, coded in pairs {
            ["666f6f626172"] = "Zm9vYmFy",
            ["666f6f6261"] = "Zm9vYmE=",
            ["666f6f62"] = "Zm9vYg==",
        } do
            assert.equal(coded, markup.base64_of_hex(plain))
        end
    end)
end)
