import { secretsInArguments } from '../../src/ci/arguments.ts';
import { staticVariable } from '../../src/ci/cloud-keys.ts';
import { howOfName, identityOfSetting, opensDoor } from '../../src/ci/settings.ts';
import type { ConsumerObservation, CredentialId, JsonObject, Location } from '../../src/contracts/index.ts';
import { credentialFile } from '../../src/files/credential-file.ts';
import { pathFrom } from '../../src/files/referrers.ts';
import { isKnownPassword, looksSecret, type SecretKind, secretKind } from '../../src/formats/plain-value.ts';
import { get, type Tree } from '../../src/formats/tree.ts';
import { environmentOf } from '../../src/util/environment.ts';
import type { Inherited } from './inherited.ts';
import { type Project, referencesIn, type Service, type Setting, scriptOf } from './model.ts';

export interface ProjectPlace {
  readonly repository: string | undefined;
  readonly path: string;
  readonly environment: string | undefined;
  literalAt(start: number, end: number): CredentialId | undefined;
  credentialOf(kind: SecretKind, start: number, end: number): CredentialId;
  textAt(start: number, end: number): string;
  at(offset: number, pointer: string): Location;
  /** The pointer of what is written there, which may stand elsewhere by an alias too. */
  pointerOf(offset: number): string | undefined;
}

export interface PlainSetting {
  readonly kind: SecretKind;
  readonly start: number;
  readonly end: number;
  readonly pointer: string;
  readonly isProduction: boolean;
}

const MAX_ROWS = 10_000;

export function describeProject(
  project: Project | undefined,
  place: ProjectPlace,
  inherited: ReadonlyMap<Service, readonly Inherited[]>,
): {
  readonly rows: readonly ConsumerObservation[];
  readonly plain: readonly PlainSetting[];
  readonly problems: readonly string[];
} {
  const describer = new Describer(project, place);
  for (const service of project?.services ?? []) {
    describer.service(service);
    describer.inherited(service, inherited.get(service) ?? []);
  }
  return describer.result();
}

interface Fact {
  readonly fact: string;
  readonly secretName?: string;
  readonly identity?: string;
  readonly credential?: CredentialId;
  readonly how?: string;
  readonly detail?: JsonObject;
}

class Describer {
  readonly #project: Project | undefined;
  readonly #place: ProjectPlace;
  readonly #rows: ConsumerObservation[] = [];
  readonly #plain = new Map<number, PlainSetting>();
  readonly #services: ReadonlyMap<string, string>;
  #isCut = false;

  constructor(project: Project | undefined, place: ProjectPlace) {
    this.#project = project;
    this.#place = place;
    this.#services = new Map(project?.services.map(({ tree, name }) => [tree.pointer, name]));
  }

  result() {
    const problems = this.#isCut ? [`more than ${MAX_ROWS} uses of secrets: the rest was not read`] : [];
    return { rows: this.#rows, plain: [...this.#plain.values()], problems };
  }

  service(service: Service): void {
    const values = new Map(
      service.environment.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value] as const])),
    );
    const names = service.environment.flatMap((setting) => this.#variable(service, setting, values));
    for (const setting of service.buildArguments) this.#buildArgument(service, setting);
    for (const setting of service.labels) this.#label(service, setting);
    for (const key of ['command', 'entrypoint']) this.#command(service, key, get(service.tree, key));
    this.#command(service, 'healthcheck', get(get(service.tree, 'healthcheck'), 'test'));
    this.#files(service);
    this.#mounts(service, names);
    this.#administrator(service);
  }

  inherited(service: Service, all: readonly Inherited[]): void {
    if (service.extends === undefined) return;
    const { start, pointer } = service.extends.tree;
    for (const { secretName, name, from } of all)
      this.#row(service, start, pointer, {
        fact: 'inherited-secret',
        secretName,
        detail: { variable: name, from },
      });
  }

  /** The names of the secrets in it. */
  #variable(service: Service, setting: Setting, values: ReadonlyMap<string, string>): string[] {
    const { name, value, start, pointer } = setting;
    if (value !== undefined && opensDoor(name, value))
      this.#row(service, start, pointer, { fact: 'no-password', secretName: name, detail: { setting: name } });
    const identity = value === undefined ? undefined : identityOfSetting(name, value, values);
    if (identity !== undefined) {
      this.#row(service, start, pointer, {
        fact: 'identity-variable',
        identity: identity.identity,
        how: identity.how,
        detail: { variable: name, cloud: identity.cloud },
      });
    }
    if (/_FILE$/.test(name) && value?.startsWith('/run/secrets/')) return [];
    const credential = this.#credential(service, setting);
    if (secretKind(name) === undefined && credential === undefined) return [];
    const references = value === undefined ? [] : referencesIn(value);
    const [reference] = references;
    const valueFrom =
      value === undefined
        ? 'passed'
        : credential !== undefined
          ? 'literal'
          : reference === undefined
            ? value === ''
              ? 'empty'
              : 'text'
            : reference.fallback
              ? 'default'
              : 'variable';
    if (valueFrom === 'empty') return [];
    const isWhole = references.length === 1 && /^\$(?:\w+|\{[^{}]*\})$/.test(value ?? '');
    const secretName = isWhole && reference !== undefined ? reference.name : name;
    const declared = this.#declared(service, start);
    this.#row(service, start, pointer, {
      fact: 'service-variable',
      secretName,
      ...(credential === undefined ? {} : { credential }),
      detail: { variable: name, valueFrom, literal: credential !== undefined, ...declared },
    });
    const weak =
      valueFrom === 'text' && value !== undefined ? value : valueFrom === 'default' && isWhole ? reference?.fallback : undefined;
    if (weak !== undefined && isKnownPassword(name, weak)) {
      this.#row(service, start, pointer, {
        fact: 'default-password',
        secretName,
        detail: { variable: name, isFallback: valueFrom === 'default', ...declared },
      });
    }
    return [secretName];
  }

  /** Where the lines stand that an alias or merge brings into a service: those stay one place, whoever else shares them. */
  #declared(service: Service, offset: number): { readonly declaredIn?: string } {
    const pointer = this.#place.pointerOf(offset);
    if (pointer === undefined || pointer.startsWith(`${service.tree.pointer}.`)) return {};
    const other = this.#services.get(/^services(?:\.[\w-]+|\["[^"]*"\])/.exec(pointer)?.[0] ?? '');
    return { declaredIn: this.#consumer(other ?? pointer.replace(/(?:\.[\w-]+|\[[^[\]]*\])$/, '')) };
  }

  #consumer(name: string): string {
    const { repository, path } = this.#place;
    return `${repository === undefined ? '' : `${repository}:`}${path}#${name}`;
  }

  /** What a detector or the name knows the value by. */
  #credential(service: Service, { name, value, start, end, pointer }: Setting): CredentialId | undefined {
    if (value === undefined || value === '' || end <= start) return undefined;
    const known = this.#place.literalAt(start, end);
    if (known !== undefined) return known;
    const kind = secretKind(name);
    if (kind === undefined) return undefined;
    const reference = referencesIn(value)[0];
    // The fallback is as good as a value where nobody sets the variable.
    const fallback = reference?.fallback;
    const from = fallback === undefined ? start : start + this.#place.textAt(start, end).indexOf(`-${fallback}`) + 1;
    const to = fallback === undefined ? end : from + fallback.length;
    const written = this.#place.textAt(from, to);
    if (written !== (fallback ?? value) || !looksSecret(written)) return undefined;
    const isProduction = (environmentOf(this.#place.path, service.name) ?? '') === 'prod';
    this.#plain.set(from, { kind, start: from, end: to, pointer, isProduction });
    return this.#place.credentialOf(kind, from, to);
  }

  #buildArgument(service: Service, setting: Setting): void {
    const { name, value, start, pointer } = setting;
    const credential = this.#credential(service, setting);
    const names = value === undefined ? [] : referencesIn(value).map((reference) => reference.name);
    const isSecret =
      secretKind(name) !== undefined || names.some((one) => secretKind(one) !== undefined) || credential !== undefined;
    if (!isSecret || value === '') return;
    this.#row(service, start, pointer, {
      fact: 'build-argument',
      secretName: names[0] ?? name,
      ...(credential === undefined ? {} : { credential }),
      detail: { argument: name, literal: credential !== undefined, hasDefault: value !== undefined && names.length === 0 },
    });
  }

  #label(service: Service, setting: Setting): void {
    for (const { name } of referencesIn(setting.value ?? '')) {
      if (secretKind(name) !== undefined)
        this.#row(service, setting.start, setting.pointer, {
          fact: 'secret-in-label',
          secretName: name,
          detail: { label: setting.name },
        });
    }
  }

  #command(service: Service, where: string, tree: Tree | undefined): void {
    if (tree === undefined) return;
    // `$$NAME` is read by the shell in the container.
    const script = scriptOf(tree).replaceAll('$$', '$');
    for (const secretName of secretsInArguments(script)) {
      this.#row(service, tree.start, tree.pointer, { fact: 'secret-in-argument', secretName, detail: { instruction: where } });
    }
  }

  #files(service: Service): void {
    for (const file of service.envFiles) {
      if (file.value.includes('$')) continue;
      this.#row(service, file.start, file.pointer, {
        fact: 'env-file',
        secretName: file.value.replace(/^.*\//, ''),
        detail: { file: resolve(this.#place.path, file.value) },
      });
    }
    for (const { name, tree } of service.secrets) {
      const declared = this.#project?.secrets.get(name);
      const from =
        declared === undefined
          ? 'undeclared'
          : declared.file !== undefined
            ? 'file'
            : declared.variable !== undefined
              ? 'environment'
              : 'external';
      this.#row(service, tree.start, tree.pointer, {
        fact: 'mounted-secret',
        secretName: declared?.variable ?? name,
        detail: {
          secret: name,
          from,
          ...(declared?.file === undefined ? {} : { file: resolve(this.#place.path, declared.file) }),
        },
      });
    }
  }

  #mounts(service: Service, names: readonly string[]): void {
    for (const { source, target, tree } of service.volumes) {
      if (/(?:^|\/)(?:docker|podman)\.sock$|containerd\.sock$/.test(source)) {
        const others = (this.#project?.services ?? []).filter((one) => one !== service);
        const exposed = others.filter(
          (one) => one.secrets.length > 0 || one.environment.some(({ name }) => secretKind(name) !== undefined),
        );
        this.#row(service, tree.start, tree.pointer, {
          fact: 'container-engine-socket',
          secretName: source.replace(/^.*\//, ''),
          how: 'token',
          detail: {
            ownSecrets: [...new Set([...names, ...service.secrets.map(({ name }) => name)])].slice(0, 20),
            servicesInReach: exposed.map(({ name }) => name).slice(0, 20),
            isProxy: /socket-?proxy/i.test(`${service.image ?? ''} ${service.name}`),
          },
        });
        continue;
      }
      const home =
        /^(?:~|\$HOME|\$\{HOME[^}]*\}|\/root|\/home\/[\w.-]+|%USERPROFILE%|\$\{USERPROFILE[^}]*\})[\\/](?<rest>.+)$/.exec(source)
          ?.groups?.rest;
      if (home === undefined) continue;
      const file =
        credentialFile(home.replaceAll('\\', '/')) ??
        (/^\.(?:kube|docker|config\/gh)\/?$/.test(home) ? { kind: 'logins', certain: true } : undefined);
      if (file === undefined) continue;
      this.#row(service, tree.start, tree.pointer, {
        fact: 'host-credentials',
        secretName: home.replace(/\/$/, ''),
        how: 'static-key',
        detail: { file: source, target, kind: file.kind },
      });
    }
  }

  /** An application that logs in as the owner of the database. */
  #administrator(service: Service): void {
    if (SERVER.test(service.image ?? '') || SERVER.test(service.name)) return;
    const password = service.environment.find(({ name }) => DATABASE_PASSWORD.test(name));
    for (const { name, value, start, pointer } of service.environment) {
      if (value === undefined) continue;
      const [reference] = referencesIn(value);
      const user = DATABASE_USER.test(name)
        ? reference === undefined
          ? value
          : reference.fallback
        : /^(?:postgres(?:ql)?|mysql|mariadb|mongodb(?:\+srv)?|mssql|sqlserver)(?:\+\w+)?:\/\/(?<user>[\w.-]+):/.exec(value)
            ?.groups?.user;
      if (user === undefined || !ADMINISTRATOR.test(user)) continue;
      this.#row(service, start, pointer, {
        fact: 'administrator-login',
        secretName: password?.name ?? name,
        detail: { variable: name, user },
      });
      return;
    }
  }

  #row(service: Service, offset: number, pointer: string, { fact, secretName, identity, credential, how, detail }: Fact): void {
    if (this.#rows.length >= MAX_ROWS) {
      this.#isCut = true;
      return;
    }
    const environment = environmentOf(this.#place.path, service.name);
    const cloud =
      staticVariable(String(detail?.variable ?? '')) ?? (secretName === undefined ? undefined : staticVariable(secretName));
    this.#rows.push({
      kind: 'consumer',
      consumer: this.#consumer(service.name),
      type: 'code',
      ...(identity === undefined ? {} : { identity }),
      ...(credential === undefined ? {} : { credential }),
      ...(secretName === undefined ? {} : { secretName }),
      how: how ?? (cloud !== undefined ? 'static-key' : secretName === undefined ? 'secret' : howOfName(secretName)),
      ...(environment === undefined ? {} : { environment }),
      detail: {
        platform: 'compose',
        fact,
        service: service.name,
        ...(service.image === undefined ? {} : { image: service.image }),
        ...(cloud === undefined || detail?.cloud !== undefined ? {} : { cloud }),
        ...detail,
      },
      at: this.#place.at(offset, pointer),
    });
  }
}

const SERVER =
  /(?:^|[/_-])(?:postgres(?:ql)?|postgis|timescaledb|pgvector|mysql|mariadb|percona|mongo(?:db)?|mssql|azure-sql-edge|redis|valkey|rabbitmq|elasticsearch|clickhouse|cockroach|db|database)(?:[:/@_-]|\d|$)/i;
const DATABASE_USER =
  /(?:^|_)(?:DB|DATABASE|MYSQL|MARIADB|POSTGRES(?:QL)?|PG|MONGO(?:DB)?|MSSQL|SQL)_?(?:DB_)?(?:USER(?:NAME)?|LOGIN)$/i;
const DATABASE_PASSWORD =
  /(?:^|_)(?:DB|DATABASE|MYSQL|MARIADB|POSTGRES(?:QL)?|PG|MONGO(?:DB)?|MSSQL|SQL)_?(?:DB_|ROOT_)?(?:PASS(?:WORD|WD)?)$/i;
const ADMINISTRATOR = /^(?:root|postgres|sa|sys|system|mongoadmin|administrator)$/i;

/** A path of a Compose file, as seen from the root of the repository. */
function resolve(file: string, path: string): string {
  return /^(?:\/|~|[A-Za-z]:)/.test(path) ? path : pathFrom(file, path);
}
