/**
 * Whether a text shows anything, as the server asks wherever one is required (`domain::visible`):
 * spaces, marks without a letter and characters without a shape do not.
 */
const SHOWS =
  /[^\p{Z}\p{Cc}\p{Cf}\p{Mn}\p{Me}\p{Default_Ignorable_Code_Point}\u2800\u{1d159}\u{13441}\u{13442}]/u;

export function showsSomething(text: string): boolean {
  return SHOWS.test(text);
}
