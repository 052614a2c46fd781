/** Which rows of a long list are in the document: from `first` to before `end`. */
export interface RowWindow {
  readonly first: number;
  readonly end: number;
}

/** Rows beyond those in view: the keyboard finds the next link, and fast scrolling shows no gap. */
const BEYOND = 12;
/** The window moves by so many rows at once, so that most scrolling draws nothing. */
const STEP = 6;

/**
 * @param top pixels that the list is scrolled
 * @param height pixels of the list that are in view
 * @param rowHeight pixels of each row
 */
export function rowWindow(top: number, height: number, rowHeight: number, count: number): RowWindow {
  const start = Math.floor(Math.max(0, top) / rowHeight / STEP) * STEP;
  const first = Math.max(0, start - BEYOND);
  const end = Math.min(count, start + STEP + Math.ceil(height / rowHeight) + BEYOND);
  // Of a list that has just become shorter, the last rows are shown until the browser has corrected its scrolling.
  return first >= end ? { first: Math.max(0, count - 2 * BEYOND), end: count } : { first, end };
}
