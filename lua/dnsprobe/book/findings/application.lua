-- SPDX-License-Identifier: MIT
-- Layer application: the name resolves, and what stands behind the address fails.
return {
    ["app.connect-timeout"] = {
        decider = "application/connection",
        severity = "critical",
        direct = true,
        title = "connection times out",
        means = "The addresses in the answer are the right ones, but a TCP connection to at least one of "
            .. "them is never accepted. Users report it as \"server not found\"; DNS is not the cause.",
        decided = "Every answered address is connected to on the application port (`--set app_port`, 443). "
            .. "It is reported when a connection gets no answer before the timeout. One dead address of "
            .. "several is a warning, all dead is critical.",
        mistaken = "A host without an IPv6 route (told apart: the local error is not held against the "
            .. "target); a firewall near this vantage that drops the port.",
        fixes = "Start the service or open the firewall at that address, or take the address out of the "
            .. "record.",
        rfc = { "RFC 8305 section 5 (clients try the next address after 250 ms)" },
    },
    ["app.connect-refused"] = {
        decider = "application/connection",
        severity = "critical",
        direct = true,
        title = "connection refused",
        means = "The addresses in the answer are the right ones, but nothing listens on the application port "
            .. "there.",
        decided = "A TCP connection to an answered address is refused (RST or ICMP). One refusing address of "
            .. "several is a warning, all of them critical.",
        mistaken = "A service that is off by design or listens on another port: `--set app_port=N`, or 0 for "
            .. "no check.",
        fixes = "Start the listener, or take the address out of the record.",
        rfc = { "RFC 9293 section 3.5.2" },
    },
    ["app.tls-failure"] = {
        decider = "application/connection",
        severity = "critical",
        direct = true,
        title = "TLS handshake fails",
        means = "The name resolves and the connection is accepted, but the TLS handshake fails: browsers "
            .. "show a page that many users take for a DNS error.",
        decided = "After the connection a TLS handshake with the name as SNI is made. Reported are alerts, "
            .. "timeouts, and certificates that are expired, not yet valid, for another name or not trusted "
            .. "by the system's store (`SSL_CERT_FILE`, `SSL_CERT_DIR`).",
        mistaken = "A private certificate authority that this host does not know; a clock that is wrong on "
            .. "this host.",
        fixes = "Renew or correct the certificate on the address named in the finding.",
        rfc = { "RFC 8446", "RFC 9525 (names in certificates)" },
    },
}
