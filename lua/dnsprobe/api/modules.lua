-- SPDX-License-Identifier: MIT
-- The one list of what runbooks can use: their own `require` looks here, and so do `help api`, the
-- annotations that are installed for editors, and the build, which compiles the text of each file in
-- (lua/CMakeLists.txt reads the members `file` of this list).
--
--   shown       what users call it, and where it stands in the reference: the list is in its order
--   require     how a runbook gets it; absent: it is handed to a step
--   module      the module of the library behind it; absent: a C module of the same name
--   file        where it is annotated, below lua/
--   names       the table or class of that file whose functions count
--   without     members that are the library's own
--   what        one line

return {
    { shown = "runbook", require = "dnsprobe.runbook", file = "meta/runbook", names = "runbook", what = "runbooks and their steps" },
    { shown = "ctx", file = "dnsprobe/measure/ctx", names = "Ctx", what = "what `measure` and `run` of a step are given" },
    { shown = "report", file = "dnsprobe/judge/pen", names = "Report", what = "what `judge` of a step reports with" },
    { shown = "state", file = "dnsprobe/measure/state", names = "State", what = "ctx.state: what a runbook keeps between runs" },
    { shown = "servers", require = "dnsprobe.servers", module = "dnsprobe.measure.servers", file = "dnsprobe/measure/servers",
      names = "M", what = "whom to ask" },
    { shown = "ask", require = "dnsprobe.ask", module = "dnsprobe.measure.ask", file = "dnsprobe/measure/ask", names = "M",
      what = "matrices of questions: names x types x servers x dress" },
    { shown = "samples", require = "dnsprobe.samples", module = "dnsprobe.judge.samples", file = "dnsprobe/judge/samples",
      names = "M", what = "choose, group and count what came back" },
    { shown = "answers", require = "dnsprobe.answers", module = "dnsprobe.dns.answers", file = "dnsprobe/dns/answers",
      names = "M", what = "what one exchange says about its question" },
    { shown = "agree", require = "dnsprobe.agree", module = "dnsprobe.judge.agree", file = "dnsprobe/judge/agree", names = "M",
      what = "do answers agree?" },
    { shown = "decide", require = "dnsprobe.decide", module = "dnsprobe.judge.decide", file = "dnsprobe/judge/decide",
      names = "M", what = "decisions from counts" },
    { shown = "stats", require = "dnsprobe.stats", file = "meta/stats", names = "stats", what = "the formulas themselves" },
    { shown = "names", require = "dnsprobe.names", module = "dnsprobe.dns.names", file = "dnsprobe/dns/names", names = "M",
      what = "domain names and reverse names" },
    { shown = "addresses", require = "dnsprobe.addresses", module = "dnsprobe.dns.addresses", file = "dnsprobe/dns/addresses",
      names = "M", what = "addresses and prefixes" },
    { shown = "records", require = "dnsprobe.records", module = "dnsprobe.dns.records", file = "dnsprobe/dns/records",
      names = "M", what = "TXT, SPF, DKIM, MX, SVCB, SOA" },
    { shown = "text", require = "dnsprobe.text", module = "dnsprobe.judge.text", file = "dnsprobe/judge/text", names = "M",
      what = "words for findings" },
    { shown = "task", require = "dnsprobe.task", module = "dnsprobe.base.task", file = "dnsprobe/base/task", names = "M",
      without = { "run", "on_signal" }, what = "several things at once" },
    { shown = "dns", require = "dnsprobe", file = "meta/dnsprobe", names = "dns", without = { "setup", "allow", "answered" },
      what = "exact exchanges, traces, the stub" },
    { shown = "json", require = "dnsprobe.json", file = "meta/json", names = "json", what = "JSON" },
}
