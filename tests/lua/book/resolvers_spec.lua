-- SPDX-License-Identifier: MIT
-- The resolver list, whatever is in it: thousands of texts made from good ones by chance, always the same.
-- Each gives resolvers that can be asked, or one line that names the file.
local dns = require "dnsprobe"
local exit = require "dnsprobe.base.exit"
local resolvers = require "dnsprobe.book.resolvers"

local ROUNDS = 4000
local seeds = {
    "1.1.1.1 one\n# none\n9.9.9.9#5353\n\n[2606:4700::1111]:53 six # and more\n2606:4700::1111#53\r\n",
    '["1.1.1.1", "9.9.9.9#5353 nine", {"address": "2001:db8::1", "port": 5300, "name": "x", "region": "eu"}]',
    '[{"address": "192.0.2.1", "port": "53"}, {"port": 7}, 5, null, [["1.1.1.1"]], "\\u0000\\ud800"]',
    " [] \n", "\xef\xbb\xbf1.1.1.1\n", "1.1.1.1#99999\n1.1.1.1#\n#1.1.1.1\n::#53\n",
}
local pieces = {
    "\n",
    "#",
    "\0",
    "\xff",
    "[",
    "]",
    "{",
    "}",
    '"',
    ":",
    ",",
    "%s",
    "%",
    "\27[31m",
    "1.1.1.1",
    "::",
    "65536",
    "-1",
    "1e9",
    "null",
    ("9"):rep(400),
    ("["):rep(300),
    "\r",
    " ",
    "\t",
    "\\u",
    "e",
}

local rand = 88172645463325252 -- xorshift: the same texts on every machine
local function below(n)
    rand = rand ~ rand << 13
    rand = rand ~ rand >> 7
    rand = rand ~ rand << 17
    return (rand & 0x7fffffff) % n
end

local function mutated(text)
    for _ = 1, below(4) do
        local at, what = below(#text + 1), below(4)
        if what == 0 then
            text = text:sub(1, at) .. pieces[1 + below(#pieces)] .. text:sub(at + 1)
        elseif what == 1 then
            text = text:sub(1, at) .. text:sub(at + 1 + below(8))
        elseif what == 2 then
            text = text:sub(1, at) .. string.char(below(256)) .. text:sub(at + 2)
        else
            local other = seeds[1 + below(#seeds)]
            text = text:sub(1, at) .. other:sub(below(#other + 1))
        end
    end
    return text
end

describe("a resolver list", function()
    it("gives resolvers or one line, whatever is in it", function()
        local good, bad = 0, 0
        for i = 1, ROUNDS do
            local text = mutated(seeds[1 + i % #seeds])
            local ok, result = pcall(resolvers.parse, "list.txt", text, 53)
            if ok then
                good = good + 1
                assert.is_true(#result > 0)
                for _, one in ipairs(result) do
                    assert.is_truthy(dns.address.parse(one.address, 53), ("%q"):format(text))
                    assert.is_true(math.type(one.port) == "integer" and one.port > 0 and one.port < 65536,
                        ("port %s: %q"):format(one.port, text))
                    assert.is_true(one.name == nil or type(one.name) == "string", ("%q"):format(text))
                end
            else
                bad = bad + 1
                local failure = exit.failure(result)
                assert.is_truthy(failure, ("%s: %q"):format(result, text))
                assert.equal(exit.INPUT, failure.code)
                assert.equal(1, failure.message:find("list.txt", 1, true))
                assert.is_nil(failure.message:find("\n", 1, true))
            end
        end
        assert.is_true(good > ROUNDS / 10 and bad > ROUNDS / 10, good .. " good, " .. bad .. " bad")
    end)
end)
