import type { LabelledData } from './types.js';
/** A file's name, or a text and a label for each row. */
export type Rows = string | [string | null, string | null][];
/** Reads what core cannot read itself; `option` is the name of the argument. */
export declare function rows(data: LabelledData | undefined, text: string, label: string, option: string): Rows;
