import type { ScanContext, SourceFile } from '../../src/contracts/index.ts';
import { pathFrom } from '../../src/files/referrers.ts';
import { coverSecrets, isPinAfter } from '../../src/formats/cover.ts';
import { secretKind } from '../../src/formats/plain-value.ts';
import { readYaml } from '../../src/formats/yaml.ts';
import { type Project, readProject, referencesIn, type Service } from './model.ts';

// https://docs.docker.com/reference/compose-file/services/#extends

/** A secret that a service has from the one it extends. */
export interface Inherited {
  readonly secretName: string;
  /** How the service knows it: a variable, or a file of `/run/secrets`. */
  readonly name: string;
  /** `deploy/common.yml#base` */
  readonly from: string;
}

interface Place {
  readonly file: SourceFile;
  readonly project: Project;
}

const MAX_STEPS = 10;
const MAX_CHARACTERS = 2 * 1024 * 1024;

/** What each service that extends another has from it, and from those that it extends; its own settings go before. */
export async function inheritedIn(
  project: Project,
  file: SourceFile,
  context: Pick<ScanContext, 'detect'>,
): Promise<ReadonlyMap<Service, readonly Inherited[]>> {
  const inherited = new Map<Service, readonly Inherited[]>();
  const others = new Map<string, Promise<Project | undefined>>();
  for (const service of project.services) {
    const own = new Set([...service.environment.map(({ name }) => name), ...service.secrets.map(({ name }) => name)]);
    const found: Inherited[] = [];
    const seen = new Set<Service>([service]);
    let [at, base]: [Place, Service | undefined] = [{ file, project }, service];
    for (let step = 0; step < MAX_STEPS && base?.extends !== undefined; step += 1) {
      at = await placeOf(base.extends.file, at, context, others);
      const name: string = base.extends.service;
      base = at.project.services.find((one) => one.name === name);
      if (base === undefined || seen.has(base)) break;
      seen.add(base);
      const from = `${at.file.path}#${base.name}`;
      for (const secret of secretsOf(base)) if (!own.has(secret.name)) found.push({ ...secret, from });
      for (const one of [...base.environment, ...base.secrets]) own.add(one.name);
    }
    if (found.length > 0) inherited.set(service, found);
  }
  return inherited;
}

const NOTHING: Project = { services: [], secrets: new Map(), unreadable: 0 };

async function placeOf(
  written: string | undefined,
  from: Place,
  context: Pick<ScanContext, 'detect'>,
  others: Map<string, Promise<Project | undefined>>,
): Promise<Place> {
  if (written === undefined) return from;
  const path = pathFrom(from.file.path, written);
  const file = path === from.file.path ? from.file : await from.file.around?.read(path);
  if (file === undefined) return { ...from, project: NOTHING };
  if (file === from.file) return from;
  const reading = others.get(path) ?? readOther(file, context);
  others.set(path, reading);
  return { file, project: (await reading) ?? NOTHING };
}

async function readOther(file: SourceFile, context: Pick<ScanContext, 'detect'>): Promise<Project | undefined> {
  const raw = file.text();
  if (raw.length > MAX_CHARACTERS) return undefined;
  return readProject(readYaml(coverSecrets(raw, context.detect(raw, { path: file.path }), isPinAfter('@:'))).root);
}

function* secretsOf(service: Service): Generator<Omit<Inherited, 'from'>> {
  for (const { name, value } of service.environment) {
    if (value === '' || secretKind(name) === undefined) continue;
    const [reference] = referencesIn(value ?? '');
    const isWhole = reference !== undefined && /^\$(?:\w+|\{[^{}]*\})$/.test(value ?? '');
    yield { name, secretName: isWhole ? reference.name : name };
  }
  for (const { name } of service.secrets) yield { name, secretName: name };
}
