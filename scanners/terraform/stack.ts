import { pathFrom } from '../../src/files/referrers.ts';
import type { Block } from '../../src/formats/hcl/syntax.ts';
import type { Resource, Stack } from '../../src/iac/resource.ts';
import type { MapValue } from '../../src/iac/value.ts';
import type { Call } from './calls.ts';
import { Evaluator, type ProviderFacts, type Steps } from './evaluate.ts';
import { knownModuleResources } from './known-modules.ts';
import type { Module, Placed } from './module.ts';
import { providerFacts } from './providers.ts';

/** A module's directory as a stack. */
export interface ModuleStack extends Stack {
  /** With the file that each is about, unless it is about all of them. */
  readonly problems: readonly { readonly path?: string; readonly why: string }[];
}

/** Files that `file()` and `templatefile()` read, and their size: policies are small. */
const MAX_TEXTS = 50;
const MAX_TEXT_BYTES = 256 * 1024;

/** A module with what it is given, ready to be worked out. */
export interface Prepared {
  readonly module: Module;
  readonly evaluator: Evaluator;
  readonly providers: readonly { readonly name: string; readonly placed: Placed<Block>; readonly body: MapValue }[];
  readonly facts: ProviderFacts;
  readonly isCalled: boolean;
  /** It is called more often than was followed. */
  readonly isCut?: boolean;
  /** All of its calls are switched off: perhaps there is none. */
  readonly isOff?: true;
}

/** `call`: what calls the module, which hands its providers down. `steps`: what is left for all of its calls. */
export async function prepare(module: Module, call?: Call, steps?: Steps): Promise<Prepared> {
  const texts = await readTexts(module);
  const first = new Evaluator(module, () => ({}), texts, call?.given, steps);
  const providers = module.providers.map((placed) => ({ name: placed.it.labels[0] ?? '', placed, body: first.body(placed) }));
  const own = providerFacts(providers);
  const facts: ProviderFacts = call === undefined ? own : (name) => ({ ...call.facts(name), ...own(name) });
  return {
    module,
    evaluator: new Evaluator(module, facts, texts, call?.given, steps),
    providers,
    facts,
    isCalled: call !== undefined,
  };
}

export function moduleStack({ module, evaluator, isCut, isOff }: Prepared): ModuleStack {
  const told = [...evaluator.resources(), ...knownModuleResources(module, evaluator)];
  const resources = isOff === true ? told.map((one): Resource => ({ ...one, isConditional: true })) : told;
  const byAddress = new Map<string, Resource[]>();
  for (const resource of resources) {
    const base = resource.address.replace(/\[.*\]$/s, '');
    const before = byAddress.get(base);
    if (before === undefined) byAddress.set(base, [resource]);
    else before.push(resource);
    if (base !== resource.address) byAddress.set(resource.address, [resource]);
  }
  return {
    platform: 'terraform',
    home: module.home,
    origin: 'source',
    resources,
    find: (address) => byAddress.get(address) ?? byAddress.get(baseOf(address)) ?? [],
    problems: [
      ...(evaluator.wasCut ? [{ why: 'its expressions are too many: not all were worked out' }] : []),
      ...(isCut === true ? [{ why: 'the module is called more often than was followed' }] : []),
      ...(isOff === true && resources.length > 0
        ? [{ why: 'all calls of the module are switched off: it is read as one that may be switched on' }]
        : []),
      ...evaluator.notes,
    ],
  };
}

/** `aws_iam_role.deploy.arn` → `aws_iam_role.deploy` */
function baseOf(reference: string): string {
  const parts = reference.replace(/\[[^\]]*\]/g, '').split('.');
  return parts.slice(0, /^(?:data|ephemeral)$/.test(parts[0] ?? '') ? 3 : 2).join('.');
}

async function readTexts(module: Module): Promise<ReadonlyMap<string, string>> {
  const texts = new Map<string, string>();
  for (const from of module.files) {
    const { around } = from.file;
    if (around === undefined) continue;
    for (const match of from.covered.matchAll(/\b(?:file|templatefile)\(\s*"(?<path>[^"\n]{1,200})"/g)) {
      const path = pathFrom(from.file.path, (match.groups?.path ?? '').replace(/\$\{path\.\w+\}/g, '.'));
      if (texts.has(path) || texts.size >= MAX_TEXTS || path.includes('$') || !/\.(?:json|tpl|tftpl|tmpl)$/i.test(path)) continue;
      const file = await around.read(path);
      if (file !== undefined && file.bytes.length <= MAX_TEXT_BYTES) texts.set(path, file.text());
    }
  }
  return texts;
}
