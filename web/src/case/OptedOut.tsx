/** That a customer is opted out, in words that claim no more than is known: only their own keyword is their word. */
import type { Case } from "../api/types";

export type OptedOutBy = Case["customer"]["opted_out_by"];

interface OptedOutProps {
  name: string;
  by: OptedOutBy;
}

/** The beginning of a sentence: "Maria Lopez asked not to be texted". */
export function OptedOut({ name, by }: OptedOutProps) {
  const who = <bdi>{name}</bdi>;
  switch (by) {
    case "customer":
      return <>{who} asked not to be texted</>;
    case "carrier":
      return <>The carrier says that {who} has opted out of texts</>;
    case "operator":
      return <>{who} was opted out by an operator</>;
    default:
      return <>{who} has opted out of texts</>;
  }
}

/** Whose word it is, for a table; null where it is not known. */
export function optedOutSource(by: OptedOutBy): string | null {
  switch (by) {
    case "customer":
      return "By their text";
    case "carrier":
      return "The carrier says so";
    case "operator":
      return "By an operator";
    default:
      return null;
  }
}
