import type { Observation } from '../../src/contracts/index.ts';
import { problemText } from '../../src/formats/answer.ts';
import type { Answers } from './answers.ts';
import { type OrganisationApi, openOrganisation } from './api-organisation.ts';
import { hostOf } from './client-config.ts';
import { organisationCoverage } from './coverage.ts';
import type { Failure } from './failure.ts';
import { addOrganisationAnswer } from './organisation.ts';
import { attempt, blocked, coverage, type Session } from './session.ts';

/** Units nest five deep. https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html */
const MAX_PARTS = 5_000;
const TYPES = ['SERVICE_CONTROL_POLICY', 'RESOURCE_CONTROL_POLICY'] as const;

/**
 * The organisation of the account: what its policies keep the account within. Only the management account and those it
 * delegated to may ask; elsewhere rights are judged without, which never makes them less.
 */
export async function* scanOrganisation(session: Session, answers: Answers): AsyncGenerator<Observation> {
  const { context, profile } = session;
  if (session.fatal !== undefined) {
    yield blocked(session, 'organisation', []);
    return;
  }
  context.progress.phase('AWS Organizations');
  context.contacts(hostOf('organizations', context.env));
  const api = await openOrganisation(profile, context);
  try {
    const reader = new Reader(session, answers, api);
    await reader.read();
    const { failures, problems, isAlone } = reader;
    if (isAlone) {
      yield coverage(session, 'organisation', [], { outcome: 'complete', why: [], detail: { organisation: 'none' } });
      return;
    }
    const why = [...new Set(failures.map((one) => one.why)), ...problems];
    const isWhole = why.length === 0;
    const facts = answers.organisation;
    if (facts.accounts.size > 0) yield organisationCoverage(facts, `${session.subject} accounts of the organisation`, session.at);
    yield coverage(session, 'organisation', [], {
      outcome: isWhole ? 'complete' : facts.id === undefined ? (failures[0]?.outcome ?? 'partial') : 'partial',
      why: isWhole ? [] : [...why, 'rights are judged without what is missing'],
      seen: facts.accounts.size + facts.policies.size,
    });
  } finally {
    api.close();
  }
}

class Reader {
  readonly failures: Failure[] = [];
  readonly problems: string[] = [];
  /** The account is in no organisation: nothing limits it from outside. */
  isAlone = false;
  readonly #session: Session;
  readonly #answers: Answers;
  readonly #api: OrganisationApi;

  constructor(session: Session, answers: Answers, api: OrganisationApi) {
    this.#session = session;
    this.#answers = answers;
    this.#api = api;
  }

  async read(): Promise<void> {
    const { account } = this.#session;
    const facts = this.#answers.organisation;
    if ((await this.#ask('DescribeOrganization', undefined, () => this.#api.describe())) === undefined) return;
    await this.#readParts();
    for (const type of TYPES) await this.#readPolicies(type);
    if (account !== undefined && facts.accounts.has(account))
      await this.#ask('ListTagsForResource', account, () => this.#api.tags(account));
  }

  async #readParts(): Promise<void> {
    if ((await this.#ask('ListRoots', undefined, () => this.#api.roots())) === undefined) return;
    const pending = [...this.#answers.organisation.roots.keys()];
    for (let met = 0, parent = pending.shift(); parent !== undefined && met < MAX_PARTS; met++, parent = pending.shift()) {
      const of = parent;
      await this.#ask('ListAccountsForParent', of, () => this.#api.accounts(of));
      const units = await this.#ask('ListOrganizationalUnitsForParent', of, () => this.#api.units(of));
      for (const { Id: id } of units?.OrganizationalUnits ?? []) if (id !== undefined) pending.push(id);
      this.#session.context.progress.advance(1);
    }
  }

  async #readPolicies(type: (typeof TYPES)[number]): Promise<void> {
    const listed = await this.#ask('ListPolicies', undefined, () => this.#api.policies(type));
    for (const { Id: id } of listed?.Policies ?? []) {
      if (id === undefined) continue;
      await this.#ask('DescribePolicy', id, () => this.#api.policy(id));
      await this.#ask('ListTargetsForPolicy', id, () => this.#api.targets(id));
    }
  }

  /** What is denied once is not asked for again. */
  async #ask<T extends object>(operation: string, subject: string | undefined, make: () => Promise<T>): Promise<T | undefined> {
    const right = `organizations:${operation}`;
    if (this.isAlone || this.failures.some((one) => one.right === right)) return undefined;
    const got = await attempt(this.#session, right, make);
    if (!got.ok) {
      if (got.failure.code === 'AWSOrganizationsNotInUseException') this.#noteAlone();
      else if (got.failure.code !== 'PolicyTypeNotEnabledException') this.failures.push({ ...got.failure, right });
      return undefined;
    }
    addOrganisationAnswer(
      this.#answers.organisation,
      got.value as { readonly [key: string]: unknown },
      subject,
      operation,
      (where, error) => this.problems.push(problemText(where, error)),
    );
    return got.value;
  }

  #noteAlone(): void {
    const { account } = this.#session;
    const facts = this.#answers.organisation;
    this.isAlone = true;
    facts.featureSet = 'NONE';
    if (account !== undefined) facts.accounts.set(account, { id: account, name: undefined, status: undefined, tags: {} });
  }
}
