-- SPDX-License-Identifier: MIT
-- What TTLs tell about the caches behind a resolver's address.
local caches = require "dnsprobe.judge.tool.caches"

--- Rows sent every 0.15 s; `ttl(t)` says what was left after t seconds.
local function rows(ttl, n)
    local list = {}
    for i = 1, n or 29 do
        local t = i * 0.15
        list[i] = { exchange = { sent = 1700000000 + t }, answer = { ttl = math.floor(ttl(t)) } }
    end
    return list
end

describe("a countdown", function()
    it("is one cache", function()
        local view = caches.view(rows(function(t) return 200 - t end))
        assert.equal(1, view.caches)
        assert.is_nil(view.pinned)
        assert.is_true(math.abs(view.left - 195) < 3)
    end)

    it("with two ends is two caches", function()
        local turn = false
        local view = caches.view(rows(function(t)
            turn = not turn
            return (turn and 200 or 90) - t
        end))
        assert.equal(2, view.caches)
    end)

    it("by a lab's clock that is sixty times as fast is one cache too", function()
        local list = rows(function(t) return 5400 - 60 * t end)
        for i, row in ipairs(list) do
            row.exchange.lab_speed = 60
            row.answer.ttl = row.answer.ttl + i % 3 -- rounding and a late look
        end
        local view = caches.view(list)
        assert.equal(1, view.caches)
        assert.is_false(view.past)
        assert.is_true(math.abs(view.left - (5400 - 60 * 29 * 0.15)) < 10)
    end)

    it("that stands still is none", function()
        assert.equal(30, caches.view(rows(function() return 30 end)).pinned)
    end)

    it("that starts again with the same data was fetched again from an old source", function()
        local view = caches.view(rows(function(t) return t < 1 and 1 - t or 301 - t end))
        assert.is_true(view.past)
    end)

    it("is not judged by a moment's look", function()
        assert.is_nil(caches.view(rows(function() return 30 end, 4)).pinned)
        assert.is_nil(caches.view {})
    end)
end)
