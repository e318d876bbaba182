-- SPDX-License-Identifier: MIT
--- Does CoreDNS answer always, and does it know its own cluster?
--
-- Sends: --samples queries for the cluster's own service and for the name, to each resolver of this pod. A
-- and AAAA of a look-up leave at the same moment, as programs send them: that is where a lossy conntrack
-- table shows.

local answers = require "dnsprobe.answers"

local function measure(ctx)
    local questions = {}
    for _, type in ipairs { "A", "AAAA" } do
        questions[#questions + 1] =
            { name = "kubernetes.default.svc." .. ctx.params.cluster_domain, type = type, rd = true }
        questions[#questions + 1] = { name = ctx.target.name, type = type, rd = true }
    end
    return ctx:sample { targets = ctx.host.resolvers, questions = questions }
end

local function counted(samples, service)
    local own, lost = { n = 0, good = 0, evidence = {} }, { n = 0, failures = 0, evidence = {} }
    for _, sample in ipairs(samples) do
        local kind = answers.of(sample.exchange).kind
        local silent = kind == "timeout" or kind == "servfail" or kind == "refused"
        lost.n, lost.failures = lost.n + 1, lost.failures + (silent and 1 or 0)
        if silent then
            lost.evidence[#lost.evidence + 1] = sample.exchange
        elseif sample.question.name == service and sample.question.type == "A" then
            own.n, own.good = own.n + 1, own.good + (kind == "data" and 1 or 0)
            own.evidence[#own.evidence + 1] = sample.exchange
        end
    end
    return own, lost
end

local function judge(samples, report)
    local service = "kubernetes.default.svc." .. report.params.cluster_domain
    local own, lost = counted(samples, service)
    if lost.n == lost.failures then
        report:status("unknown", "this pod's resolver does not answer at all")
    elseif lost.failures / lost.n > report.params.failures_limit then
        report:finding {
            id = "k8s.coredns-flapping",
            layer = "kubernetes",
            severity = "critical",
            summary = ("CoreDNS leaves %d of %d queries unanswered or fails them"):format(
                lost.failures,
                lost.n
            ),
            stats = { failures = lost.failures, samples = lost.n },
            evidence = lost.evidence,
            fix = "Look at the CPU limits and the restarts of the CoreDNS pods, then at conntrack's drops on "
                .. "this node; NodeLocal DNSCache avoids both.",
        }
    end
    if own.n > 0 and own.good == 0 then
        report:finding {
            id = "k8s.service-missing",
            layer = "kubernetes",
            severity = "critical",
            summary = service .. " does not exist: CoreDNS does not serve the cluster's zone",
            evidence = own.evidence,
            subject = { name = service, type = "A" },
            fix = "Look at the kubernetes block of the Corefile, and at CoreDNS's access to the API server.",
        }
    end
end

return {
    id = "coredns-answers",
    title = "Does CoreDNS answer always?",
    measure = measure,
    judge = judge,
    sends = "4 x samples to each resolver of this pod",
}
