import type { StoreReader } from '../store/index.ts';
import { ConfigError } from '../util/errors.ts';
import { nearest } from '../util/nearest.ts';
import { findTarget, type Stretch, type Surface, surfacesOf } from './who-looked.ts';
import { ALL_KINDS, findUses, foldRecords, type Use } from './who-uses.ts';

/** Which uses are asked for. Times are ISO 8601 in UTC; `from` is in it, `until` is not. */
export interface UseQuestion {
  /** A connection, resource or table of the gateway, an account or its identity, a service. Absent: all. */
  readonly target?: string;
  /** Whose: the account that was used, or who was behind it. */
  readonly identity?: string;
  readonly from: string;
  readonly until: string;
  /** `PII` for all personal data, else the gateway's own word: `EMAIL_ADDRESS`. */
  readonly infoType?: string;
}

export interface Answer {
  readonly question: UseQuestion;
  /**
   * `answered`: each use can be put down to one job or person, and every log that could have seen the target was given of the whole
   * time. `nothing`: the same, and there was none. `not-assessed`: no use is known, and not everything was looked at.
   */
  readonly verdict: 'answered' | 'in-part' | 'unanswerable' | 'nothing' | 'not-assessed';
  readonly why: string;
  /** Those with `doubts` may have touched what was asked for, or not. */
  readonly uses: readonly Use[];
  /** Logs that could have seen the target, and of which time each was given. */
  readonly surfaces: readonly Surface[];
}

/** Who used the target in the time, use by use, and whether that can be said at all. Throws `ConfigError` for a target that no log names. */
export async function whoUsed(store: StoreReader, question: UseQuestion & { readonly target: string }): Promise<Answer> {
  const target = await findTarget(store, question.target);
  if (question.infoType !== undefined) await assertKind(store, question.infoType);
  const [settings] = await store.rows('SELECT epoch_ms(clock_tolerance) AS tolerance FROM gateway_settings');
  const uses = foldRecords(await findUses(store, question, target), Number(settings?.tolerance ?? 0));
  const surfaces = await surfacesOf(store, target, question);
  return { question, ...verdictOf(uses, surfaces), uses, surfaces };
}

function verdictOf(uses: readonly Use[], surfaces: readonly Surface[]): Pick<Answer, 'verdict' | 'why'> {
  const missing = surfaces.filter(({ covers }) => covers !== 'all');
  const unseen = missing.map(unseenText);
  const isWhole = surfaces.length > 0 && missing.length === 0;
  const sure = uses.filter(({ doubts }) => doubts.length === 0);
  const told = sure.filter(({ answerable }) => answerable).length;
  const doubtful = uses.length - sure.length;
  if (uses.length === 0) {
    if (isWhole)
      return {
        verdict: 'nothing',
        why: `no use in ${surfaces.map(({ name }) => `the ${name}`).join(', ')}, which were given of all of that time`,
      };
    const seen = surfaces.filter(({ given }) => given.length > 0).map(({ name }) => `the ${name}`);
    const known = seen.length === 0 ? [] : [`no use in what was given of ${seen.join(', ')}`];
    const none = surfaces.length === 0 ? ['no log was read that could have seen it'] : [];
    return { verdict: 'not-assessed', why: [...known, ...none, ...unseen].join('; ') };
  }
  const parts = [
    sure.length > 0 || doubtful === 0
      ? `${told} of ${usesText(sure.length)} can be put down to one job or person`
      : 'no use of it is certain',
    ...(doubtful === 0 ? [] : [`${usesText(doubtful)} more may have touched it, or not`]),
    ...unseen,
  ];
  const verdict = told === 0 ? 'unanswerable' : told === uses.length && isWhole ? 'answered' : 'in-part';
  return { verdict, why: parts.join('; ') };
}

function usesText(n: number): string {
  return `${n} ${n === 1 ? 'use' : 'uses'}`;
}

/** What is not known for want of it: who came around the gateway is in the log of the target only. */
function unseenText({ surface, name, covers, missing, why }: Surface): string {
  const lack = surface === 'gateway' ? 'who came through it is not known' : 'uses around the gateway are not known';
  if (covers === 'none')
    return `${why ?? `the ${name} was not given of that time`}: ${lack}`.replace(
      /^the sessions(.*) was /,
      'the sessions$1 were ',
    );
  const when = missing.slice(0, 3).map(stretchText).join(', ');
  const more = missing.length > 3 ? ` and ${missing.length - 3} more` : '';
  const lacking = missing.length === 0 ? '' : `of ${when}${more} the ${name} ${surface === 'gateway' ? 'were' : 'was'} not given`;
  return `${[lacking, why === null ? '' : `the ${name}: ${why}`].filter((part) => part !== '').join('; ')}: ${lack}`;
}

export function stretchText({ from, until }: Stretch): string {
  const [first, last] = [momentText(from), momentText(until)];
  if (first.slice(0, 10) === last.slice(0, 10)) return `${first} to ${last.slice(11)}`;
  // A day ends at 24:00, not on the next one.
  const isMidnight =
    until.slice(11, 19) === '00:00:00' && Date.parse(until) - Date.parse(`${from.slice(0, 10)}T00:00:00Z`) === 86_400_000;
  return isMidnight ? `${first} to 24:00` : `${first} to ${last}`;
}

function momentText(moment: string): string {
  return moment.slice(0, 16).replace('T', ' ');
}

/** Kinds that the gateway's analyzer knows by itself (https://microsoft.github.io/presidio/supported_entities/). */
const KINDS = [
  'CREDIT_CARD',
  'CRYPTO',
  'DATE_TIME',
  'EMAIL_ADDRESS',
  'IBAN_CODE',
  'IP_ADDRESS',
  'LOCATION',
  'MAC_ADDRESS',
  'MEDICAL_LICENSE',
  'NRP',
  'PERSON',
  'PHONE_NUMBER',
  'URL',
  'AU_ABN',
  'AU_ACN',
  'AU_MEDICARE',
  'AU_TFN',
  'ES_NIE',
  'ES_NIF',
  'FI_PERSONAL_IDENTITY_CODE',
  'IN_AADHAAR',
  'IN_PAN',
  'IN_PASSPORT',
  'IN_VEHICLE_REGISTRATION',
  'IN_VOTER',
  'IT_DRIVER_LICENSE',
  'IT_FISCAL_CODE',
  'IT_IDENTITY_CARD',
  'IT_PASSPORT',
  'IT_VAT_CODE',
  'KR_RRN',
  'PL_PESEL',
  'SG_NRIC_FIN',
  'SG_UEN',
  'TH_TNIN',
  'UK_NHS',
  'UK_NINO',
  'US_BANK_NUMBER',
  'US_DRIVER_LICENSE',
  'US_ITIN',
  'US_PASSPORT',
  'US_SSN',
];

/** A kind that nothing looks for would have nobody as its answer. */
async function assertKind(store: StoreReader, infoType: string): Promise<void> {
  const asked = infoType.toUpperCase();
  if (ALL_KINDS.has(asked)) return;
  const rows = await store.rows(`
    SELECT DISTINCT upper(kind) AS kind FROM (
      SELECT unnest(info_types) AS kind FROM usages
      UNION ALL SELECT unnest(json_keys(info_types)) FROM gateway_sessions WHERE info_types IS NOT NULL
      UNION ALL SELECT unnest(json_keys(analyzed)) FROM gateway_sessions WHERE analyzed IS NOT NULL
      UNION ALL SELECT unnest(flatten(map_values(required_masks))) FROM gateway_settings
      UNION ALL SELECT unnest(not_personal) FROM gateway_settings)
    WHERE kind IS NOT NULL ORDER BY 1`);
  const seen = rows.map(({ kind }) => String(kind));
  const known = [...new Set([...seen, ...KINDS])];
  if (known.includes(asked)) return;
  const meant =
    known.find((kind) => kind.startsWith(asked)) ?? known.find((kind) => kind.includes(asked)) ?? nearest(asked, known);
  throw new ConfigError(`--info-type is no kind of data: ${infoType}`, {
    code: 'INFO_TYPE_UNKNOWN',
    hint: `${meant === undefined ? '' : `Did you mean "${meant}"? `}PII stands for all personal data. Kinds: ${seen.join(', ')}`,
  });
}
