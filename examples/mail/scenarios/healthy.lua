-- SPDX-License-Identifier: MIT
return {
    title = "A domain whose mail is in order",
    story = "One mail exchanger, one SPF record, a DKIM key, a DMARC policy, and an MTA-STS policy with its "
        .. "host.",
    change = function(net)
        net:add(
        "shop.example.",
        [[
default._domainkey TXT "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
_dmarc TXT "v=DMARC1; p=reject"
_mta-sts TXT "v=STSv1; id=20261101"
mta-sts A 127.80.0.3
]]
    )
    end,
    expect = {},
}
