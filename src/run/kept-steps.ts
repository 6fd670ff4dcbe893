import { createHmac } from 'node:crypto';
import { appendFileSync, closeSync, existsSync, openSync, readdirSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Json, Log, ScanContext, ServiceTarget } from '../contracts/index.ts';
import { sha256 } from '../util/digest.ts';
import { messageOf } from '../util/errors.ts';

/** What was answered longer ago is asked again. */
const KEPT_MS = 24 * 60 * 60 * 1000;
const ENDING = '.steps';

/** Whose answers a service gives is decided by what the environment says of the login. */
const LOGIN =
  /^(?:AWS|AZURE|ARM|CLOUDSDK|ENTRA|GCP|GCLOUD|GH|GITHUB|GOOGLE|GRAPH|HOOP|KUBE|KUBERNETES|MSI|OKTA|PG|POSTGRES|SPIFFE|SPIRE|IDENTITY)(?:_|[A-Z]|$)/;

export interface KeptSettings {
  readonly storeFile: string;
  /** Another version of the tool or of its rules starts anew. */
  readonly version: string;
  readonly fingerprintKey: Uint8Array;
  readonly env: ScanContext['env'];
  readonly now: Date;
  readonly log: Log;
  /** Does the text hold a credential? It is then not kept. */
  readonly holdsSecret: (text: string) => boolean;
}

interface Line {
  readonly step: string;
  readonly value: Json;
}

/**
 * The steps of a service target that were done, in a file beside the store (`STORE.HASH.steps`, mode 0600, one JSON line
 * each), so that a run that was cut off goes on where it stopped. Once the run is stored the file goes.
 */
export class KeptSteps {
  readonly #file: string;
  readonly #head: { readonly target: string; readonly key: string };
  readonly #settings: KeptSettings;
  readonly #known: ReadonlyMap<string, string>;
  readonly #asked = new Map<string, Promise<Json>>();
  #isBegun: boolean;
  #isBroken = false;

  constructor(target: ServiceTarget, scannerVersion: number, settings: KeptSettings) {
    this.#settings = settings;
    this.#file = `${settings.storeFile}.${sha256(target.name).slice(0, 12)}${ENDING}`;
    const login = Object.entries(settings.env).filter(([name, value]) => LOGIN.test(name) && value !== undefined);
    const about = JSON.stringify([settings.version, scannerVersion, target.name, login.sort(([a], [b]) => (a < b ? -1 : 1))]);
    this.#head = { target: target.name, key: createHmac('sha256', settings.fingerprintKey).update(about).digest('hex') };
    const kept = this.#read();
    this.#known = kept?.steps ?? new Map();
    this.#isBegun = kept !== undefined;
    if (this.#known.size > 0) {
      const many = this.#known.size === 1 ? 'the answer' : `the ${this.#known.size} answers`;
      settings.log.info(`Going on with ${many} of ${target.name} that were kept at ${kept?.at}, when a run was cut off`);
    }
  }

  /** `ScanContext.once`. */
  readonly once = <T extends Json>(step: string, make: () => Promise<T>): Promise<T> => {
    const asked = this.#asked.get(step) ?? this.#give(step, make);
    this.#asked.set(step, asked);
    // What failed may be asked again in the same run.
    asked.catch(() => this.#asked.delete(step));
    return asked as Promise<T>;
  };

  forget(): void {
    rmSync(this.#file, { force: true });
    this.#isBegun = false;
  }

  get target(): string {
    return this.#head.target;
  }

  /** Is there anything that another run could go on with? */
  get isBegun(): boolean {
    return this.#isBegun;
  }

  async #give(step: string, make: () => Promise<Json>): Promise<Json> {
    const known = this.#known.get(step);
    if (known !== undefined) return JSON.parse(known);
    const value = await make();
    this.#keep({ step, value });
    return value;
  }

  #keep(line: Line): void {
    if (this.#isBroken) return;
    const text = JSON.stringify(line);
    if (this.#settings.holdsSecret(text)) {
      this.#settings.log.debug('an answer that holds a credential is not kept', { step: line.step });
      return;
    }
    try {
      if (!this.#isBegun) this.#begin();
      appendFileSync(this.#file, `${text}\n`);
    } catch (error) {
      // A full disk stops the run where it stores it. That the next one cannot go on from here is no reason to.
      this.#isBroken = true;
      this.#settings.log.debug('answers are not kept', { error: messageOf(error) });
    }
  }

  #begin(): void {
    this.forget();
    const handle = openSync(this.#file, 'wx', 0o600);
    try {
      writeSync(handle, `${JSON.stringify({ ...this.#head, at: this.#settings.now.toISOString() })}\n`);
    } finally {
      closeSync(handle);
    }
    this.#isBegun = true;
  }

  /** `undefined`: nothing is kept, or nothing that may be used. */
  #read(): { readonly at: string; readonly steps: ReadonlyMap<string, string> } | undefined {
    if (!existsSync(this.#file)) return undefined;
    const [first = '', ...lines] = readFileSync(this.#file, 'utf8').split('\n');
    const head = parsed(first);
    const at = Date.parse(String(head?.at));
    const age = this.#settings.now.getTime() - at;
    if (head?.key !== this.#head.key || !(age >= 0 && age < KEPT_MS)) return undefined;
    const steps = new Map<string, string>();
    for (const text of lines) {
      // The last line ends early where the process was killed: what follows it, from the next run, starts on its own.
      const line = parsed(text);
      if (typeof line?.step === 'string' && line.value !== undefined) steps.set(line.step, JSON.stringify(line.value));
    }
    if (!lines.at(-1)?.startsWith('{')) return { at: String(head.at), steps };
    appendFileSync(this.#file, '\n');
    return { at: String(head.at), steps };
  }
}

/** Files of this kind beside a store, of whatever target: the tool's own, which no scan reads. */
export function keptStepFiles(storeFile: string): readonly string[] {
  const folder = dirname(storeFile);
  if (!existsSync(folder)) return [];
  const isOurs = (name: string): boolean => name.startsWith(`${basename(storeFile)}.`) && name.endsWith(ENDING);
  return readdirSync(folder)
    .filter(isOurs)
    .map((name) => join(folder, name));
}

function parsed(text: string): { readonly [name: string]: Json } | undefined {
  try {
    const value = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
