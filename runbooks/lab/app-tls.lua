-- SPDX-License-Identifier: MIT
return {
    title = "DNS is right; the TLS handshake fails",
    story = [[
Since the last deployment both machines want a TLS version that nobody speaks. The connection comes about and ends
at once; the browser's message mentions the name, so DNS gets the blame.]],
    change = function(net)
        net.apps["127.80.0.1"], net.apps["127.80.0.2"] = "tls-alert", "tls-alert"
        net.params.app_tls = "yes"
    end,
    expect = { "app.tls-failure" },
}
