-- SPDX-License-Identifier: MIT
-- The zones of the healthy internet (lab/internet.lua says who serves them), in zone-file syntax.

local M = {}

local function quoted(prefix, n)
    return ('"%s%s"'):format(prefix, ("x"):rep(n - #prefix))
end

M.root = [[
$TTL 86400
.                 SOA  a.root-servers. hostmaster.root-servers. 2026112200 1800 900 604800 300
.                 NS   a.root-servers.
.                 NS   b.root-servers.
.                 NS   c.root-servers.
a.root-servers.   A    127.53.0.1
b.root-servers.   A    127.53.0.2
c.root-servers.   A    127.53.0.3
example.          NS   a.nic.example.
example.          NS   b.nic.example.
test.             NS   a.nic.example.
test.             NS   b.nic.example.
a.nic.example.    A    127.53.1.1
b.nic.example.    A    127.53.1.2
]]

M.example = [[
$TTL 86400
@          SOA  a.nic hostmaster.nic 2026112200 1800 900 604800 300
@          NS   a.nic
@          NS   b.nic
a.nic      A    127.53.1.1
b.nic      A    127.53.1.2
shop       NS   ns1.shop
shop       NS   ns2.shop
shop       NS   ns3.shop
ns1.shop   A    127.53.2.1
ns2.shop   A    127.53.2.2
ns3.shop   A    127.53.2.3
]]

M.test = [[
$TTL 86400
@          SOA  a.nic.example. hostmaster.nic.example. 2026112200 1800 900 604800 300
@          NS   a.nic.example.
@          NS   b.nic.example.
cdn        NS   ns1.cdn
cdn        NS   ns2.cdn
ns1.cdn    A    127.53.3.1
ns2.cdn    A    127.53.3.2
news       NS   ns1.news
news       NS   ns2.news
ns1.news   A    127.53.4.1
ns2.news   A    127.53.4.2
]]

-- The TXT set at the apex is larger than 1232 bytes: truncation, EDNS sizes, fragments and TCP show on it.
M.shop = [[
$TTL 300
@          SOA  ns1 hostmaster 2026112201 7200 900 1209600 60
@          NS   ns1
@          NS   ns2
@          NS   ns3
ns1        A    127.53.2.1
ns2        A    127.53.2.2
ns3        A    127.53.2.3
@          A    127.80.0.1
@          A    127.80.0.2
@          MX   10 mail
@          TXT  "v=spf1 ip4:192.0.2.0/24 -all"
]] .. ("@ TXT %s\n"):rep(7):format(quoted("verify-a=", 190), quoted("verify-b=", 190),
    quoted("verify-c=", 190), quoted("verify-d=", 190), quoted("verify-e=", 190),
    quoted("verify-f=", 190), quoted("verify-g=", 190)) .. [[
www        A    127.80.0.1
www        A    127.80.0.2
mail       A    127.80.0.3
notes      TXT  ]] .. quoted("n=", 240) .. " " .. quoted("o=", 240) .. " " .. quoted("p=", 200) .. [[

*.tenant   A    127.80.0.1
]]

M.cdn = [[
$TTL 30
@          SOA  ns1 hostmaster 2026112200 1800 900 604800 30
@          NS   ns1
@          NS   ns2
ns1        A    127.53.3.1
ns2        A    127.53.3.2
shop       A    127.80.0.1
shop       A    127.80.0.2
]]

M.news = [[
$TTL 600
@          SOA  ns1 hostmaster 2026112200 1800 900 604800 60
@          NS   ns1
@          NS   ns2
ns1        A    127.53.4.1
ns2        A    127.53.4.2
@          A    127.80.0.3
www        A    127.80.0.3
]]

return M
