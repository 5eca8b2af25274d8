/// How the pages of reports look: one sheet of style, put into each page.
package enum ReportStyle {
  package static let sheet = """
    :root { --ink: #1d2733; --soft: #5b6775; --line: #dde3ea; --accent: #0072b2; --warn: #fff4e0 }
    body { font: 16px/1.55 system-ui, sans-serif; color: var(--ink); max-width: 72rem; margin: 2.5rem auto; padding: 0 1.25rem }
    h1 { font-size: 1.9rem; line-height: 1.2; letter-spacing: -.01em } h2 { margin-top: 2.6rem; padding-top: 1rem; border-top: 1px solid var(--line); font-size: 1.3rem }
    h3 { font-size: 1.05rem; margin-top: 1.6rem } p { max-width: 48rem } .lead, footer { color: var(--soft) } footer { margin: 3rem 0 1rem; font-size: .9rem }
    .notes { background: var(--warn); border-left: 4px solid #d55e00; padding: .7rem 1rem; margin: 1rem 0; max-width: none } .notes p { margin: .2rem 0; max-width: none }
    table { border-collapse: collapse; margin: 1rem 0; font-variant-numeric: tabular-nums; display: block; overflow-x: auto }
    td, th { padding: .35rem .9rem; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap } th { color: var(--soft); font-weight: 600; font-size: .9rem }
    td:first-child, th:first-child { text-align: left; padding-left: 0 } tr:hover td { background: #f6f8fa }
    figure { margin: 1.2rem 0 } .heads { display: grid; grid-auto-columns: 1fr; grid-auto-flow: column; text-align: center; font-size: .9rem; font-weight: 600 }
    figcaption { color: var(--soft); font-size: .9rem; margin-top: .3rem } img { width: 100%; image-rendering: pixelated; background: #000 }
    .row { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(14rem, 1fr)) } .charts { display: flex; flex-wrap: wrap; gap: 1rem }
    .key { font-size: .9rem; max-width: none } .key span { margin-right: 1.2rem; white-space: nowrap } .key i { display: inline-block; width: 1.4em; margin-right: .4em; vertical-align: middle }
    .key i.block { width: .9em; height: .9em; border-radius: 2px }
    svg { max-width: 100%; height: auto } svg text { font-family: system-ui, sans-serif; fill: var(--soft); font-size: 11px } svg .title { fill: var(--ink); font-size: 13px; font-weight: 600 }
    svg .axis { font-size: 12px } svg .grid { stroke: var(--line) } svg .base { stroke: #8a96a3; fill: none }
    """
}
