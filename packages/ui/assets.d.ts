/** One file of the page, as `npm run build` makes it. */
export interface PageAsset {
  /** Its name, with a hash of its content. */
  readonly name: string;
  /** Its media type. */
  readonly type: string;
  readonly text: string;
}

/** What the page's document names: its script, its style sheet, its icon. */
export declare const assets: readonly PageAsset[];

/** The page's document. `{signIn}` stands for how operators sign in: `entra`, `key` or `keyOnLoopback`. */
export declare const documentText: string;
