import type { CheckMeta } from '../../src/contracts/check.ts';
import type { Finding, Severity } from '../../src/contracts/finding.ts';

// https://schema.ocsf.io/1.8.0/categories/findings
export const OCSF_VERSION = '1.8.0';
const CATEGORY = { category_uid: 2, category_name: 'Findings' } as const;

export const CLASSES = {
  compliance: { uid: 2003, name: 'Compliance Finding' },
  detection: { uid: 2004, name: 'Detection Finding' },
  iam: { uid: 2008, name: 'IAM Analysis Finding' },
} as const;
export type ClassName = keyof typeof CLASSES;

export const ACTIVITIES = {
  create: { id: 1, name: 'Create' },
  update: { id: 2, name: 'Update' },
  close: { id: 3, name: 'Close' },
} as const;

/** What says of an event which kind it is. `type_uid` is class and activity in one number. */
export function kindOf(name: ClassName, activity: keyof typeof ACTIVITIES): object {
  const { uid, name: className } = CLASSES[name];
  const { id, name: activityName } = ACTIVITIES[activity];
  return {
    ...CATEGORY,
    class_uid: uid,
    class_name: className,
    activity_id: id,
    activity_name: activityName,
    type_uid: uid * 100 + id,
    type_name: `${className}: ${activityName}`,
  };
}

const SEVERITY: { readonly [severity in Severity]: { readonly severity_id: number; readonly severity: string } } = {
  info: { severity_id: 1, severity: 'Informational' },
  low: { severity_id: 2, severity: 'Low' },
  medium: { severity_id: 3, severity: 'Medium' },
  high: { severity_id: 4, severity: 'High' },
  critical: { severity_id: 5, severity: 'Critical' },
};

export function severityOf(severity: Severity | undefined): object {
  return SEVERITY[severity ?? 'info'];
}

/** Risks that are of the identity itself: who it is, what it may do, how long it lives, who else uses it. */
const OF_IDENTITIES = new Set(['NHI1:2025', 'NHI5:2025', 'NHI7:2025', 'NHI9:2025', 'NHI10:2025']);

/**
 * Leaks and what was seen in sessions are detections; findings about an identity are analyses of it. What is about neither (a
 * workflow, a trust of nobody in particular) is a detection, too: the class takes whatever a rule found.
 */
export function classOf(finding: Finding, about: CheckMeta['about'] | undefined): Exclude<ClassName, 'compliance'> {
  const risks = owaspIds(finding);
  if (risks.includes('NHI2:2025') || about === 'usage' || about === 'sighting') return 'detection';
  return finding.identity !== undefined && risks.some((id) => OF_IDENTITIES.has(id)) ? 'iam' : 'detection';
}

export function owaspIds({ controls }: Pick<Finding, 'controls'>): string[] {
  const prefix = 'owasp-nhi-2025:';
  return controls.filter((control) => control.startsWith(prefix)).map((control) => control.slice(prefix.length));
}
