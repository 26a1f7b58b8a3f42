"""How the page looks: in the light, in the dark, and on A4; one style, named by its hash."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from typing import Final

STYLE: Final = """
:root {
  color-scheme: light dark;
  --paper: #fff; --ink: #16202b; --quiet: #55606d; --rule: #d5dae0; --panel: #f4f6f8;
  --first: #17527f; --second: #b4540a;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #12171d; --ink: #e7ecf1; --quiet: #a3adb8; --rule: #38424d; --panel: #1b222a;
    --first: #6fb1e4; --second: #f0a35e;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 2rem 1.25rem 3rem; max-width: 62rem;
  background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0; }
h2 { font-size: 1.15rem; margin: 2.4rem 0 0.6rem; }
header { border-bottom: 2px solid var(--ink); padding-bottom: 0.9rem; }
header .whose { font-size: 1.15rem; margin: 0.2rem 0 0.4rem; overflow-wrap: anywhere; }
header .facts, .note { color: var(--quiet); margin: 0; }
header .facts span:not(:last-child)::after { content: " \u00b7 "; }
.hash {
  font: 0.8rem/1.4 ui-monospace, "DejaVu Sans Mono", Consolas, monospace;
  overflow-wrap: anywhere;
}
.tiles {
  display: grid; grid-template-columns: repeat(4, minmax(0, 1fr)); gap: 0.7rem; margin: 1.3rem 0 0;
}
.tile {
  background: var(--panel); border: 1px solid var(--rule);
  border-radius: 6px; padding: 0.6rem 0.75rem;
}
.tile dt { color: var(--quiet); font-size: 0.85rem; }
.tile dd { margin: 0; }
.tile .figure { font-size: 1.15rem; font-weight: 650; white-space: nowrap; }
.tile .beside { color: var(--quiet); font-size: 0.82rem; }
figure { margin: 0 0 0.8rem; }
figcaption { display: flex; gap: 1.2rem; font-size: 0.87rem; margin-bottom: 0.3rem; }
.key { display: inline-flex; align-items: center; gap: 0.4rem; }
svg.chart { display: block; width: 100%; height: auto; }
svg text { fill: var(--quiet); font-size: 10.5px; font-variant-numeric: tabular-nums; }
svg text.value { fill: var(--ink); }
svg .grid { stroke: var(--rule); stroke-width: 1; }
svg .first { fill: var(--first); stroke: var(--first); stroke-width: 1; }
svg .second { fill: var(--paper); stroke: var(--second); stroke-width: 1.4; }
svg .line { fill: none; stroke-width: 1.8; }
svg .line.second { stroke-dasharray: 5 3; }
.scroll { overflow-x: auto; }
table {
  border-collapse: collapse; width: 100%;
  font-size: 0.9rem; font-variant-numeric: tabular-nums;
}
th, td { padding: 0.28rem 0.55rem; text-align: right; white-space: nowrap; }
th:first-child, td:first-child, th.name, td.name { text-align: left; }
td.name { min-width: 6.5em; overflow-wrap: anywhere; white-space: normal; font-weight: 400; }
thead th { border-bottom: 1.5px solid var(--ink); font-weight: 600; vertical-align: bottom; }
tbody tr { border-bottom: 1px solid var(--rule); }
tfoot th, tfoot td { border-top: 1.5px solid var(--ink); font-weight: 650; }
footer { border-top: 1px solid var(--rule); margin-top: 2.4rem; padding-top: 0.8rem; }
@media screen and (max-width: 46rem) {
  body { padding: 1.2rem 1rem 2rem; }
  .tiles { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .tile .figure { font-size: 1rem; }
}
@page {
  size: A4; margin: 14mm 13mm 16mm;
  @bottom-right { content: counter(page) " / " counter(pages); font: 8pt sans-serif; }
}
@media print {
  :root {
    color-scheme: light;
    --paper: #fff; --ink: #000; --quiet: #444; --rule: #bbb; --panel: #fff;
    --first: #33475b; --second: #000;
  }
  body { max-width: none; padding: 0; font-size: 9.5pt; print-color-adjust: exact; }
  h2 { break-after: avoid; margin-top: 1.5rem; }
  figure, .tiles, tr, footer { break-inside: avoid; }
  figure { break-after: avoid; }
  thead { display: table-header-group; }
  tfoot { display: table-row-group; }
  .tiles { grid-template-columns: repeat(4, minmax(0, 1fr)); gap: 2mm; }
  .tile .figure { font-size: 10.5pt; }
  .tile dt, .tile .beside { font-size: 7.5pt; }
  .scroll { overflow: visible; }
  table { font-size: 8.5pt; }
  th, td { padding: 0.14rem 0.3rem; }
}
"""

_HASH: Final = b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()

POLICY: Final = (
    f"default-src 'none'; style-src 'sha256-{_HASH}'; img-src data:; base-uri 'none';"
    " form-action 'none'"
)
"""Nothing is loaded and nothing runs; the style is the one that has this hash."""
