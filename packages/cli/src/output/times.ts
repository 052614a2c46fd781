/** An instant of the API to the minute, in UTC: `2027-02-27 10:11Z`. Empty if there is none. */
export function shortTime(instant: string | undefined): string {
  if (instant === undefined) return '';
  const date = new Date(instant);
  return Number.isNaN(date.getTime()) ? instant : `${date.toISOString().slice(0, 16).replace('T', ' ')}Z`;
}

/** The same to the second. */
export function exactTime(instant: string | undefined): string {
  if (instant === undefined) return '';
  const date = new Date(instant);
  return Number.isNaN(date.getTime()) ? instant : `${date.toISOString().slice(0, 19).replace('T', ' ')}Z`;
}
