/**
 * Files of one log have names that differ in dates, numbers of rotation and what a writer adds to keep them apart:
 * `…/eu-west-1/2026/08/01/123_CloudTrail_eu-west-1_20260801T0005Z_AbCd.json.gz`, `audit.log.3.gz`, `audit-2026-08-01.log`.
 */
export function streamOf(path: string): string {
  return path
    .replace(/\.gz$/, '')
    .replace(/(?:^|\/)\d{4}\/\d{2}(?:\/\d{2}(?:\/\d{2})?)?(?=\/)/g, '')
    .replace(
      /[-_.]?\d{4}-?\d{2}-?\d{2}(?:[T_-]?\d{2}[:.-]?\d{2}(?:[:.-]?\d{2}(?:[.,]\d+)?)?Z?)?(?:_[A-Za-z0-9]{16})?(?![A-Za-z0-9])/g,
      '',
    )
    .replace(/(?<=\.\w+)[.-]\d+$/, '')
    .replace(/\d{3,}(?=\.\w+$|$)/, '');
}
