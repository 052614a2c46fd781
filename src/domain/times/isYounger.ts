/**
 * Whether less than `age` has passed since `at`. Nothing is known of the age of a time in the future: the clock was set
 * back since, so such a time counts as old. Otherwise it would count as young until the clock has caught up.
 *
 * @param at milliseconds since the epoch; undefined: never
 * @param age milliseconds
 * @param now milliseconds since the epoch
 */
export function isYounger(at: number | undefined, age: number, now: number): boolean {
  return at !== undefined && at <= now && now - at < age;
}
