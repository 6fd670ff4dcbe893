import { entriesOf, get, itemsOf, type Scalar, type Tree, textOf, textsOf } from '../../src/formats/tree.ts';

export interface Service {
  readonly name: string;
  readonly tree: Tree;
  readonly image: string | undefined;
  /** The service it is made of; of another file, where one is named. */
  readonly extends: { readonly service: string; readonly file?: string; readonly tree: Tree } | undefined;
  readonly environment: readonly Setting[];
  readonly buildArguments: readonly Setting[];
  readonly labels: readonly Setting[];
  readonly envFiles: readonly Scalar[];
  readonly secrets: readonly { readonly name: string; readonly tree: Tree }[];
  readonly volumes: readonly { readonly source: string; readonly target: string; readonly tree: Tree }[];
}

/** A variable, argument or label of a service. */
export interface Setting {
  readonly name: string;
  /** Absent: handed through from the shell that starts it. */
  readonly value: string | undefined;
  /** Of the value as written, quotes left off. */
  readonly start: number;
  readonly end: number;
  readonly pointer: string;
}

export interface Project {
  readonly services: readonly Service[];
  /** Top-level `secrets`, by name. */
  readonly secrets: ReadonlyMap<
    string,
    { readonly tree: Tree; readonly file?: string; readonly variable?: string; readonly isExternal: boolean }
  >;
  readonly unreadable: number;
}

/** `services` of today's files, and the bare services of the first version of the format. */
export function readProject(root: Tree | undefined): Project | undefined {
  if (root?.type !== 'mapping') return undefined;
  const named = get(root, 'services');
  const isFirst = named === undefined;
  const entries = isFirst
    ? entriesOf(root).filter(({ value }) => get(value, 'image') !== undefined || get(value, 'build') !== undefined)
    : entriesOf(named);
  const isOther =
    isFirst &&
    entries.length === 0 &&
    !entriesOf(root).some(({ key }) => /^(?:include|secrets|configs|volumes|networks|version|name|x-.*)$/.test(key));
  if (isOther) return undefined;
  const services = entries.filter(({ value }) => value.type === 'mapping').map(({ key, value }) => readService(key, value));
  const secrets = new Map<string, { tree: Tree; file?: string; variable?: string; isExternal: boolean }>();
  for (const { key, value } of entriesOf(get(root, 'secrets'))) {
    const [file, variable, external] = [textOf(get(value, 'file')), textOf(get(value, 'environment')), get(value, 'external')];
    secrets.set(key, {
      tree: value,
      ...(file === undefined ? {} : { file }),
      ...(variable === undefined ? {} : { variable }),
      isExternal: external !== undefined && textOf(external) !== 'false',
    });
  }
  const unreadable = isFirst ? 0 : entries.filter(({ value }) => value.type !== 'mapping' && textOf(value) !== '').length;
  return { services, secrets, unreadable };
}

function readService(name: string, tree: Tree): Service {
  const build = get(tree, 'build');
  const deploy = get(tree, 'deploy');
  return {
    name,
    tree,
    image: withoutLogin(textOf(get(tree, 'image'))),
    extends: extendsOf(get(tree, 'extends')),
    environment: settingsOf(get(tree, 'environment')),
    buildArguments: settingsOf(get(build, 'args')),
    labels: [...settingsOf(get(tree, 'labels')), ...settingsOf(get(build, 'labels')), ...settingsOf(get(deploy, 'labels'))],
    envFiles: envFilesOf(get(tree, 'env_file')),
    secrets: [...secretsOf(get(tree, 'secrets')), ...secretsOf(get(build, 'secrets'))],
    volumes: itemsOf(get(tree, 'volumes')).flatMap(volumeOf),
  };
}

function extendsOf(tree: Tree | undefined): Service['extends'] {
  const service = textOf(tree) ?? textOf(get(tree, 'service'));
  const file = textOf(get(tree, 'file'));
  return tree === undefined || service === undefined ? undefined : { service, tree, ...(file === undefined ? {} : { file }) };
}

/** `A: 1` and `- A=1`. */
export function settingsOf(tree: Tree | undefined): Setting[] {
  const settings: Setting[] = [];
  for (const { key, value } of entriesOf(tree)) {
    if (value.type !== 'scalar') continue;
    const quote = value.quoted ? 1 : 0;
    const isPassed = value.value === '' && !value.quoted;
    settings.push({
      name: key,
      value: isPassed ? undefined : value.value,
      start: value.start + quote,
      end: value.end - quote,
      pointer: value.pointer,
    });
  }
  for (const item of itemsOf(tree)) {
    if (item.type !== 'scalar' || item.value === '') continue;
    const equals = item.value.indexOf('=');
    const quote = item.quoted ? 1 : 0;
    const name = (equals < 0 ? item.value : item.value.slice(0, equals)).trim();
    const start = item.start + quote + (equals < 0 ? item.value.length : equals + 1);
    settings.push({
      name,
      value: equals < 0 ? undefined : item.value.slice(equals + 1),
      start,
      end: item.end - quote,
      pointer: `${item.pointer}.${name}`,
    });
  }
  return settings;
}

function envFilesOf(tree: Tree | undefined): Scalar[] {
  const items = tree?.type === 'list' ? tree.items : tree === undefined ? [] : [tree];
  return items.flatMap((item) => {
    const path = item.type === 'mapping' ? get(item, 'path') : item;
    return path?.type === 'scalar' && path.value !== '' ? [path] : [];
  });
}

function secretsOf(tree: Tree | undefined): { name: string; tree: Tree }[] {
  return itemsOf(tree).flatMap((item) => {
    const name = textOf(item) ?? textOf(get(item, 'source'));
    return name === undefined || name === '' ? [] : [{ name, tree: item }];
  });
}

function volumeOf(item: Tree): { source: string; target: string; tree: Tree }[] {
  if (item.type === 'mapping') {
    const [source, target] = [textOf(get(item, 'source')), textOf(get(item, 'target'))];
    return source === undefined ? [] : [{ source, target: target ?? '', tree: item }];
  }
  const text = textOf(item) ?? '';
  // `${HOME:-/root}/.aws:/root/.aws:ro`, `C:\keys:/keys`
  const parts = text.match(/(?:\$\{[^}]*\}|(?<=^|:)[A-Za-z]:[\\/](?=[^:]*:)|[^:])+/g) ?? [];
  return parts.length < 2 ? [] : [{ source: parts[0] ?? '', target: parts[1] ?? '', tree: item }];
}

/** The words of `command`, `entrypoint` or a health check, as one script. */
export function scriptOf(tree: Tree | undefined): string {
  const words = textsOf(tree);
  if (tree?.type !== 'list') return words.join(' ');
  const isTest = /^CMD(?:-SHELL)?$/.test(words[0] ?? '');
  const own = isTest ? words.slice(1) : words;
  const isShell = /(?:^|\/)(?:ba|da|z|a)?sh$/.test(own[0] ?? '') && /^-\w*c$/.test(own[1] ?? '');
  return isShell ? own.slice(2).join(' ') : own.join(' ');
}

export interface Reference {
  readonly name: string;
  /** `${NAME:-default}` */
  readonly fallback: string | undefined;
}

/** `$NAME`, `${NAME}`, `${NAME:-default}`; `$$` is a dollar sign. https://docs.docker.com/reference/compose-file/interpolation/ */
export function referencesIn(value: string): Reference[] {
  return [
    ...value.matchAll(/(?<!\$)(?:\$\$)*\$(?:(?<bare>[A-Za-z_]\w*)|\{(?<name>[A-Za-z_]\w*)(?::?-(?<fallback>[^{}]*))?[^{}]*\})/g),
  ].map(({ groups }) => ({
    name: groups?.bare ?? groups?.name ?? '',
    fallback: groups?.fallback,
  }));
}

/** `user:password@registry.example.com/shop` is no name of an image, yet people write it; the login is nobody's to carry on. */
function withoutLogin(image: string | undefined): string | undefined {
  return image?.replace(/^(?:[\w+.-]+:\/\/)?[^/@]*:[^/@]*@(?!sha\d+:)/, '');
}
