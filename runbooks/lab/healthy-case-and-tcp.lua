-- SPDX-License-Identifier: MIT
return {
    title = "Nothing is wrong: names come back in the other case, and large answers over TCP only",
    story = [[
A load balancer writes names as it likes: what was asked for in small letters comes back in capitals. The servers send
no more than 512 bytes over UDP; whoever asks for the large text record is told to come back over TCP, and gets
it.]],
    change = function(net)
        for i = 1, 3 do
            local faults = net:server("ns" .. i .. ".shop.example.").faults
            faults.mangle_case, faults.udp_max = true, 512
        end
    end,
    expect = {},
}
