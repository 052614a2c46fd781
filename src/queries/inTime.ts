/**
 * Waits for work for a limited time. The work itself goes on.
 *
 * @param within maximum milliseconds to wait.
 * @param late the result where the work has not ended by then.
 */
export async function inTime<Result, Late>(work: Promise<Result>, within: number, late: Late): Promise<Result | Late> {
  let timer: NodeJS.Timeout | undefined;
  const overdue = new Promise<Late>((resolve) => {
    timer = setTimeout(() => resolve(late), within);
  });
  try {
    return await Promise.race([work, overdue]);
  } finally {
    clearTimeout(timer);
  }
}
