-- SPDX-License-Identifier: MIT
--- Client networks on different continents, for the EDNS Client Subnet option (RFC 7871).
--
-- Old, stable allocations of research networks and registries: where they are is not in doubt, and no
-- person is named by them. The prefix length is the /24 that RFC 7871 section 11.1 recommends as the limit.

return {
    { region = "North America", subnet = "128.2.0.0/24" }, -- Carnegie Mellon University, Pittsburgh
    { region = "Europe", subnet = "193.0.0.0/24" }, -- RIPE NCC, Amsterdam
    { region = "Asia", subnet = "133.11.0.0/24" }, -- University of Tokyo
    { region = "South America", subnet = "200.160.0.0/24" }, -- NIC.br, Sao Paulo
    { region = "Africa", subnet = "196.216.2.0/24" }, -- AFRINIC, Ebene
}
