-- SPDX-License-Identifier: MIT
local json = require "dnsprobe.json"

describe("dnsprobe.json", function()
    it("writes the same text for the same value", function()
        assert.equal('{"a":1,"b":[1,2],"c":{},"d":1.5,"e":null,"f":[],"g":true}',
            json.encode { g = true, f = json.array {}, e = json.null, d = 1.5, c = {}, b = { 1, 2 },
                a = 1.0 })
        assert.equal('{"z":1,"a":2,"b":3}', json.encode { a = 2, b = 3, z = 1, __order = { "z" } })
        assert.equal('[\n  1,\n  {\n    "a": 2\n  }\n]', json.encode({ 1, { a = 2 } }, { pretty = true }))
    end)

    it("writes valid JSON whatever the bytes", function()
        assert.equal([["\\027[2J\\000\\255ü\\226\\128\\174\"\\"]],
            json.encode("\27[2J\0\255ü\u{202e}\"\\"))
    end)

    it("reads back what it wrote", function()
        for _, text in ipairs { "[]", "{}", '{"a":[{"b":[]}]}', "[1,2.5,-3,1e+300]", '"x"', "true" } do
            assert.equal(text, json.encode(json.decode(text)))
        end
        assert.equal(json.null, json.decode("null"))
    end)

    it("keeps its limits", function()
        assert.is_nil((json.decode(("["):rep(200))))
        assert.is_nil((json.decode('{"a":1', nil)))
        assert.is_nil((json.decode("[1,2,3]", { max_bytes = 3 })))
        local cycle = {}
        cycle.cycle = cycle
        assert.error_matches(function() json.encode(cycle) end, "cycle")
        assert.error_matches(function() json.encode { 1, 2, x = 3 } end, "key 'x'")
        assert.error_matches(function() json.encode(print) end, "function")
    end)
end)
