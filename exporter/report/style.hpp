#pragma once
// The report page's looks: colours for light and dark, one column that fits a telephone.

#include <string_view>

namespace spark_exporter::report {

inline constexpr std::string_view kStyle = R"css(
:root{--bg:#f6f7f9;--card:#fff;--text:#1c2330;--muted:#5b6575;--line:#e1e5ec;--good:#2f6fde;--waste:#d9480f;
--waste2:#f08c4a;--neutral:#8fa3bf;--neutral2:#b9c6d8;--ok:#1a7f4b;--fail:#c92a2a;--code:#eef1f6}
@media(prefers-color-scheme:dark){:root{--bg:#12161d;--card:#1b212b;--text:#e6eaf1;--muted:#9aa7ba;--line:#2c3543;
--good:#5b93f5;--waste:#ff7a3d;--waste2:#c9622b;--neutral:#64748b;--neutral2:#475569;--ok:#3fb27f;--fail:#ff6b6b;
--code:#242c39}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--text);font:15px/1.5 system-ui,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
main{max-width:60rem;margin:0 auto;padding:1.25rem 1rem 2rem}
h1{font-size:1.5rem;line-height:1.25;margin:0 0 .35rem;overflow-wrap:anywhere}
h2{font-size:1rem;margin:0 0 .75rem}
p{margin:.15rem 0;overflow-wrap:anywhere}
.muted{color:var(--muted)}.small{font-size:.85rem}
.badge{display:inline-block;font-size:.8rem;font-weight:600;padding:.1rem .6rem;border-radius:1rem;color:#fff;
background:var(--neutral);vertical-align:middle}
.badge.succeeded{background:var(--ok)}.badge.failed{background:var(--fail)}.badge.running{background:var(--good)}
.why{border-left:4px solid var(--fail);background:var(--card);padding:.6rem .9rem;margin:.75rem 0;
border-radius:0 .5rem .5rem 0;overflow-wrap:anywhere}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(8.5rem,1fr));gap:.6rem;margin:1rem 0}
.figure{background:var(--card);border:1px solid var(--line);border-radius:.6rem;padding:.6rem .8rem}
.figure b{display:block;font-size:1.2rem;overflow-wrap:anywhere}.figure span{color:var(--muted);font-size:.85rem}
.figure.bad b{color:var(--waste)}
section{background:var(--card);border:1px solid var(--line);border-radius:.6rem;padding:1rem;margin:0 0 1rem}
table{width:100%;border-collapse:collapse}
td{padding:.35rem .25rem;border-top:1px solid var(--line);vertical-align:top;overflow-wrap:anywhere}
tr:first-child td{border-top:0}
.number{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums;padding-left:.75rem}
.wide{width:99%}.wide .small{display:block}
.bar{display:flex;height:2rem;border-radius:.4rem;overflow:hidden;background:var(--line);margin-bottom:.75rem}
.bar i{display:block;height:100%;background:var(--neutral)}
.bar i.wasted,.key.wasted{background:var(--waste)}
.bar i+i{border-left:1px solid var(--card)}
.key{display:inline-block;width:.8rem;height:.8rem;border-radius:.2rem;margin-right:.5rem;background:var(--neutral)}
.use-task_ok,.key.use-task_ok,.bar i.use-task_ok{background:var(--good)}
.bar i.use-starting,.key.use-starting{background:var(--neutral2)}
.bar i.use-gc,.key.use-gc,.bar i.use-lingering,.key.use-lingering{background:var(--waste2)}
.tag{font-size:.75rem;color:var(--waste);border:1px solid var(--waste);border-radius:1rem;padding:0 .4rem;margin-left:.3rem}
.meter{height:.4rem;background:var(--line);border-radius:.2rem;margin-top:.3rem}
.meter i{display:block;height:100%;background:var(--good);border-radius:.2rem}
.troubles{margin:0;padding-left:1.2rem}.troubles li::marker{color:var(--waste)}
.row{display:grid;grid-template-columns:6.5rem 1fr auto;gap:.6rem;align-items:center;font-size:.85rem;padding:.12rem 0}
.row>span:first-child{overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.track{position:relative;height:1rem;background:var(--line);border-radius:.25rem;overflow:hidden;min-width:0}
.track i{position:absolute;top:0;height:100%}.track .work{background:var(--good)}
.track .starting{background:var(--waste2)}
.axis{display:flex;justify-content:space-between;gap:1rem;color:var(--muted);font-size:.8rem;margin-top:.4rem}
code,pre{font:.85rem/1.5 ui-monospace,"DejaVu Sans Mono",monospace}
pre{background:var(--code);padding:.7rem .9rem;border-radius:.4rem;white-space:pre-wrap;overflow-wrap:anywhere;margin:.6rem 0 0}
details{margin-top:.6rem}summary{cursor:pointer;color:var(--muted)}
a{color:var(--good)}
)css";

}  // namespace spark_exporter::report
