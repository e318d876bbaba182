-- SPDX-License-Identifier: MIT
-- The style sheet of the HTML report: light, dark and printed, from a phone's width up. Colours carry no
-- meaning alone; marks, heights and words say the same.

return [[
:root{--page:#f4f5f6;--card:#fff;--ink:#1b1f24;--soft:#5c6672;--line:#dde1e6;--good:#1a7f56;--calm:#9fc9b7;
--warning:#9a5b00;--critical:#bd1e2d;--unknown:#6b46a8;--info:#1d64a3;--late:#d58a00;--bad:#e0503c;--lost:#b00020;
--error:#8a3ffc;--second:#a05a00;--third:#7a3fb0;--fourth:#1d64a3;--code:#f0f2f4;color-scheme:light dark}
@media(prefers-color-scheme:dark){:root{--page:#111417;--card:#191d22;--ink:#e7eaed;--soft:#9aa5b1;--line:#2d343c;
--good:#4fc78f;--calm:#2f6d55;--warning:#f1ac4b;--critical:#ff7078;--unknown:#b99cf5;--info:#6db5f5;--late:#ffd873;
--bad:#ff8a65;--lost:#ff4d5e;--error:#c29bff;--second:#e0883a;--third:#c9a2ff;--fourth:#6db5f5;--code:#12161a}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;margin:0;background:var(--page);
color:var(--ink);overflow-wrap:anywhere}
main{max-width:66rem;margin:0 auto;padding:1rem}
h1,h2,h3,p,ul,dl,dd,figure{margin:0}
h2{font-size:1.15rem;margin:2rem 0 .6rem}
h3{font-size:1rem}
section>p.lead{color:var(--soft);margin:0 0 .8rem;max-width:46rem}
.mono,code,pre,td.value,dd.value{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",
monospace;font-size:.88em}
.soft{color:var(--soft)}
.card{background:var(--card);border:1px solid var(--line);border-radius:.6rem;padding:1rem 1.1rem;margin:0 0 .9rem}
.hero{border-left:.5rem solid var(--tone)}
.hero h1{font-size:1.05rem;font-weight:600}
.hero .says{font-size:1.3rem;line-height:1.35;font-weight:600;margin:.5rem 0 .6rem;max-width:48rem}
.hero p.more{max-width:48rem;margin:.3rem 0}
.critical{--tone:var(--critical)}.warning{--tone:var(--warning)}.ok{--tone:var(--good)}
.unknown{--tone:var(--unknown)}.info{--tone:var(--info)}.skipped{--tone:var(--soft)}
.badge{display:inline-block;border:1.5px solid var(--tone);color:var(--tone);border-radius:1rem;padding:0 .6rem;
font-size:.8rem;font-weight:700;letter-spacing:.03em;text-transform:uppercase;white-space:nowrap}
.head{display:flex;flex-wrap:wrap;gap:.3rem .7rem;align-items:center;margin:0 0 .4rem}
.gauges{display:flex;flex-wrap:wrap;gap:.8rem 2rem;margin:.9rem 0 .2rem}
.gauge{flex:1 1 15rem;max-width:24rem}
.gauge b{font-size:1.1rem}
.gauge svg{display:block;width:100%;height:1.1rem;margin:.2rem 0}
.track{fill:var(--line)}.span{fill:var(--tone);opacity:.45}.point{fill:var(--tone)}
.facts{display:grid;grid-template-columns:max-content 1fr;gap:.3rem 1rem;margin:.7rem 0 0}
.facts dt{color:var(--soft)}
pre{background:var(--code);border:1px solid var(--line);border-radius:.4rem;padding:.6rem .8rem;overflow-x:auto;margin:.4rem 0 0;
white-space:pre;overflow-wrap:normal}
.chips{display:flex;flex-wrap:wrap;gap:.3rem;list-style:none;padding:0}
.chips a,.chips span{border:1px solid var(--line);border-radius:.3rem;padding:0 .4rem;color:inherit;text-decoration:none}
.chips a{color:var(--info);border-color:currentColor}
.scroll{overflow-x:auto;-webkit-overflow-scrolling:touch}
table{border-collapse:collapse;min-width:100%;font-size:.92rem}
th,td{text-align:left;padding:.3rem .8rem .3rem 0;border-bottom:1px solid var(--line);vertical-align:top;white-space:nowrap}
td.wide{white-space:normal;min-width:12rem}
th{color:var(--soft);font-weight:600;font-size:.82rem}
tbody th{color:inherit;font-weight:400;font-size:.92rem}
tbody tr:last-child>*{border-bottom:0}
td.figure,th.figure{text-align:right}
.cell{display:inline-flex;gap:.4rem;align-items:center;white-space:nowrap}
.mark{display:inline-block;min-width:1.45rem;padding:0 .3rem;text-align:center;border-radius:.3rem;border:1.5px solid;font-weight:700;
font-size:.82rem}
.first{color:var(--good)}.second{color:var(--second)}.third{color:var(--third)}.fourth{color:var(--fourth)}
.none{color:var(--lost)}.part{color:var(--late)}
.blamed{color:var(--critical);font-weight:600}
.rows{display:grid;grid-template-columns:minmax(9rem,max-content) 1fr;gap:.25rem .9rem;align-items:center}
.rows .name{max-width:15rem;line-height:1.2;font-size:.9rem}
.rows svg{display:block;width:100%;height:1.5rem}
.lane{fill:var(--code)}
.s-good{fill:var(--calm)}.s-other{fill:var(--second)}.s-late{fill:var(--late)}.s-bad{fill:var(--bad)}.s-lost{fill:var(--lost)}
.s-error{fill:var(--error)}
.axis{display:flex;justify-content:space-between;color:var(--soft);font-size:.8rem}
.keys{display:flex;flex-wrap:wrap;gap:.2rem 1.1rem;color:var(--soft);font-size:.85rem;list-style:none;padding:0;margin:.7rem 0 0}
.keys svg{width:.8rem;height:1rem;vertical-align:-.15rem;margin-right:.3rem}
.curves{display:grid;grid-template-columns:repeat(auto-fill,minmax(15rem,1fr));gap:.9rem}
.curve{border:1px solid var(--line);border-radius:.5rem;padding:.6rem .7rem}
.curve svg{display:block;width:100%;height:5.2rem;margin:.3rem 0 .1rem}
.curve .figures{font-size:.82rem;display:flex;flex-wrap:wrap;gap:0 .8rem}
.grid{stroke:var(--line);fill:none;vector-effect:non-scaling-stroke;stroke-width:1}
.all{stroke:var(--soft);opacity:.45;fill:none;vector-effect:non-scaling-stroke;stroke-width:1.5;stroke-dasharray:3 3}
.own{stroke:var(--info);fill:none;vector-effect:non-scaling-stroke;stroke-width:2.2}
.own.blame{stroke:var(--critical)}
.fill{fill:var(--info);opacity:.12}
.fill.blame{fill:var(--critical)}
.tree{min-width:44rem;width:100%;height:auto;display:block;font-size:13px}
.tree text{fill:var(--ink)}.tree .t-soft{fill:var(--soft)}.tree .t-bold{font-weight:650}
.tree .t-wrong{fill:var(--critical);font-weight:650}
.t-spine{stroke:var(--line);stroke-width:2;fill:none}.t-box{fill:var(--code);stroke:var(--line)}
.t-same{stroke:var(--good);stroke-width:1.6;fill:none}.t-differs{stroke:var(--critical);stroke-width:2;fill:none;stroke-dasharray:5 4}
.t-plain{stroke:var(--soft);stroke-width:1.4;fill:none;stroke-dasharray:1.5 4}
.d-good{fill:var(--good)}.d-wrong{fill:var(--critical)}.d-none{fill:none;stroke:var(--soft);stroke-width:1.5}
details{border-top:1px solid var(--line)}
details:first-of-type{border-top:0}
summary{cursor:pointer;padding:.5rem 0}
summary .badge{margin:0 .4rem}
details>div{padding:0 0 1rem}
details h4{margin:.8rem 0 .3rem;font-size:.9rem}
:target>summary{font-weight:700}
footer{color:var(--soft);font-size:.85rem;margin:2rem 0}
@media(max-width:40rem){tbody th{white-space:normal;min-width:7rem}tbody th .mono{display:block}th,td{padding-right:.5rem}
.curves{grid-template-columns:repeat(auto-fill,minmax(9rem,1fr));gap:.5rem}.curve{padding:.45rem .5rem}
main{padding:.6rem}.card{padding:.8rem}.hero .says{font-size:1.12rem}
.rows{grid-template-columns:1fr;gap:.1rem}.rows .name{max-width:none;margin-top:.5rem}.facts{grid-template-columns:1fr;gap:0}
.facts dd{margin-bottom:.5rem}}
@media print{:root{--page:#fff;--card:#fff;--ink:#000;--soft:#444;--line:#bbb;--code:#fff;--good:#0a6b43;--calm:#9fc9b7;
--warning:#8a5000;--critical:#b00020;--unknown:#5b3a94;--info:#164f82;--late:#b37400;--bad:#cf3f2c;--lost:#90001a;--error:#6a2fd0;
--second:#8a5000;--third:#5b3a94;--fourth:#164f82}
html{font-size:11px}
body{font-size:1rem}main{max-width:none;padding:0}h2,.lead,h4,details[open]>summary{break-after:avoid}
header.card,article,.curve,.rows>*,.tree,tr,li,details{break-inside:avoid}
.card{-webkit-box-decoration-break:clone;box-decoration-break:clone}
.proof::details-content{content-visibility:visible;display:block;block-size:auto}
pre{white-space:pre-wrap}th,td{padding-right:.5rem;font-size:.9rem}.cell{gap:.2rem}.mark{min-width:1.3rem;padding:0 .2rem}
.tree{min-width:0;max-height:20cm}.scroll{overflow:visible}svg{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
]]
