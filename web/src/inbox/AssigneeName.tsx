/** Who a case is assigned to, marked if they cannot work on it any more. */
import { useOperators } from "../api/queries";
import type { Case, Operator } from "../api/types";

/** A person's name where cases are assigned: "Ben Schulz (deactivated)". */
export function assigneeName(
  person: { id: string; name: string },
  operators: readonly Operator[] | undefined,
): string {
  if (!operators) return person.name;
  const known = operators.find(({ id }) => id === person.id);
  if (!known) return `${person.name} (no operator any more)`;
  return known.active ? person.name : `${person.name} (deactivated)`;
}

export function AssigneeName({ person }: { person: Case["assigned_operator"] }) {
  const operators = useOperators();
  return <>{person ? assigneeName(person, operators.data) : "Unassigned"}</>;
}
