/** Settings of an app whose simulator refuses nothing (`throttling: 0`): its budget allows everything at once. */
export const UNTHROTTLED: Readonly<Record<string, string>> = {
  ARM_READ_BUCKET: '1000000',
  ARM_WRITE_BUCKET: '1000000',
  ARM_DELETE_BUCKET: '1000000',
};
