const DURATION =
  /^P(?=\d|T\d)(?:(?<weeks>\d+)W)?(?:(?<days>\d+)D)?(?:T(?=\d)(?:(?<hours>\d+)H)?(?:(?<minutes>\d+)M)?(?:(?<seconds>\d+(?:\.\d+)?)S)?)?$/;

/**
 * Parses an ISO 8601 duration of weeks, days, hours, minutes and seconds, such as `PT3H` or `P1DT12H`, to seconds;
 * undefined for other texts. Years and months have no fixed length, and neither ARM nor the settings use them.
 */
export function durationSeconds(text: string): number | undefined {
  const groups = DURATION.exec(text)?.groups;
  if (!groups) return undefined;
  const { weeks = '0', days = '0', hours = '0', minutes = '0', seconds = '0' } = groups;
  return (Number(weeks) * 7 + Number(days)) * 86_400 + Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
}
