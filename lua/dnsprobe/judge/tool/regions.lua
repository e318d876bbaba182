-- SPDX-License-Identifier: MIT
--- Client networks on different continents, for the EDNS Client Subnet option (RFC 7871).
--
-- Old, stable allocations of universities and registries: where they are is not in doubt, and no person is
-- named by them. They are spread over the address space as well. The prefix length is the /24 that RFC 7871
-- section 11.1 recommends as the limit.

return {
    { region = "North America", subnet = "18.9.22.0/24" }, -- MIT, Cambridge
    { region = "Europe", subnet = "193.0.0.0/24" }, -- RIPE NCC, Amsterdam
    { region = "East Asia", subnet = "133.11.0.0/24" }, -- University of Tokyo
    { region = "China", subnet = "101.6.6.0/24" }, -- Tsinghua University, Beijing
    { region = "South America", subnet = "200.160.0.0/24" }, -- NIC.br, Sao Paulo
    { region = "Africa", subnet = "41.204.160.0/24" }, -- University of Nairobi's network, Kenya
}
