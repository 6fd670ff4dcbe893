import { createHash } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import type { RenderContext, Report } from '../../src/contracts/reporter.ts';
import { jsonText } from '../../src/util/sanitize.ts';
import type { PageAssets } from './bundle.ts';
import { findingBlocks, pageData, ruleRows } from './data.ts';
import { rankFixes } from './fixes.ts';
import { Html, html } from './html.ts';
import type { Options } from './index.ts';
import { changesSection } from './sections/changes.ts';
import { controlsSection } from './sections/controls.ts';
import { exceptionsSection } from './sections/exceptions.ts';
import { findingsSection } from './sections/findings.ts';
import { fixesSection } from './sections/fixes.ts';
import { glossarySection } from './sections/glossary.ts';
import { identitiesSection } from './sections/identities.ts';
import { integritySection } from './sections/integrity.ts';
import { methodSection } from './sections/method.ts';
import { numbersSection } from './sections/numbers.ts';
import { chartsSection, lineageSection } from './sections/pictures.ts';
import { named } from './sections/section.ts';
import { stripSection } from './sections/strip.ts';
import { titleStrip, verdictSection } from './sections/verdict.ts';

/** Below this a block stays as it is: a small report can be read with `less`. */
const COMPRESS_FROM = 64_000;

/** The file, piece by piece: head, what is readable without a script, data, script. */
export function* documentPieces(report: Report, options: Options, context: RenderContext, assets: PageAssets): Generator<string> {
  const fixes = rankFixes(report);
  const title = named(options.title ?? 'Machine identities', 120);
  yield head(`${title} · nhi-audit ${report.run.startedAt.slice(0, 10)}`, assets);
  yield bar().text;
  yield `<main id="main">${titleStrip(report, options.title).text}`;
  const sections: readonly (() => Html)[] = [
    () => verdictSection(report, fixes),
    () => numbersSection(report),
    () => stripSection(report),
    () => lineageSection(report),
    () => chartsSection(report),
    () => fixesSection(fixes),
    () => findingsSection(report),
    () => identitiesSection(report),
    () => controlsSection(report),
    () => exceptionsSection(report),
    () => changesSection(report),
    () => methodSection(report),
    () => integritySection(report, context),
    () => glossarySection(),
  ];
  for (const make of sections) yield make().text;
  yield `\n</main>\n<aside id="detail" aria-label="Detail" hidden></aside>\n<div id="says" role="status" aria-live="polite"></div>\n`;
  const rules = ruleRows(report);
  yield block('data', pageData(report, rules, options.view, context));
  let index = 0;
  for (const findings of findingBlocks(report, rules)) {
    yield block(`findings-${index}`, findings);
    index += 1;
  }
  yield `<script>${assets.script}</script>\n</body>\n</html>\n`;
}

function head(title: string, { script, style }: PageAssets): string {
  const policy = [
    `default-src 'none'`,
    `script-src '${hashOf(script)}'`,
    `style-src '${hashOf(style)}'`,
    `base-uri 'none'`,
    `form-action 'none'`,
    // Nothing of the page may make markup of a text, whatever the text is.
    `require-trusted-types-for 'script'`,
    'trusted-types default',
  ].join('; ');
  return html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${new Html(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex">
<title>${title}</title>
<style>${new Html(style)}</style>
</head>
<body>
<a class="skip" href="#main">To the report</a>
`.text;
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}

const LINKS: readonly (readonly [id: string, title: string, view?: string])[] = [
  ['verdict', 'Verdict'],
  ['owasp', 'Top 10'],
  ['lineage', 'Lineage', 'engineer'],
  ['charts', 'Age and use', 'engineer'],
  ['fixes', 'Fixes', 'engineer'],
  ['findings', 'Findings', 'engineer'],
  ['identities', 'Identities', 'engineer'],
  ['controls', 'Controls', 'audit'],
  ['exceptions', 'Exceptions', 'audit'],
  ['changes', 'Changes', 'audit'],
  ['method', 'Method', 'audit'],
  ['integrity', 'Integrity', 'audit'],
];

/** What stays in sight: where one is, the two views, light or dark. */
function bar(): Html {
  return html`<header class="bar"><a class="mark" href="#verdict">nhi<span>-</span>audit</a>
<div class="views js" role="group" aria-label="View"><button type="button" data-set-view="engineer" aria-pressed="false">Engineer</button><button type="button" data-set-view="audit" aria-pressed="false">Audit</button><button type="button" data-set-view="all" aria-pressed="false" title="Both views; what is shown is what is printed">All</button></div>
<nav aria-label="Sections">${LINKS.map(([id, title, view]) => html`<a href="#${id}"${view !== undefined && html` data-view="${view}"`}>${title}</a>`)}</nav>
<button type="button" class="theme js" id="theme" aria-label="Colours: as the system">◐</button></header>
`;
}

/** Data that is no script: the policy does not let it run, and nothing in it can close its element. */
function block(id: string, value: unknown): string {
  const text = jsonText(value);
  if (text.length < COMPRESS_FROM) {
    return `<script type="application/json" id="${id}">${text.replaceAll('<', '\\u003c')}</script>\n`;
  }
  const packed = deflateRawSync(Buffer.from(text), { level: 9 }).toString('base64');
  return `<script type="application/json" id="${id}" data-packed="deflate-raw">"${packed}"</script>\n`;
}
