/** To whom texts of new customers on a channel go (R28), as it is chosen and as the server has it. Pure. */
import type { Operator } from "../api/types";

/** A choice in the making: an operator may not be named yet. */
export interface AssignChoice {
  way: "nobody" | "in_turn" | "operator";
  operator: string | null;
}

/** What a channel says, as a choice. */
export function choiceFrom(assignTo: string | undefined): AssignChoice {
  if (assignTo === undefined || assignTo === "nobody") return { way: "nobody", operator: null };
  if (assignTo === "in_turn") return { way: "in_turn", operator: null };
  return { way: "operator", operator: assignTo };
}

/** A choice as the server takes it; null while an operator has to be named. */
export function assignToOf({ way, operator }: AssignChoice): string | null {
  return way === "operator" ? operator : way;
}

/** What is missing from a choice, for a form. */
export function assignProblem(choice: AssignChoice): Record<string, string> {
  return assignToOf(choice) === null ? { assign_to: "Choose an operator." } : {};
}

/** A named operator, and why nothing goes to them (R28): null if something does. */
export interface Named {
  name: string;
  mark: "deactivated" | "no operator any more" | null;
}

/** Who is named by an id. Whoever has lost the role of an operator is in no list of operators. */
export function namedBy(id: string, operators: readonly Operator[]): Named {
  const known = operators.find((each) => each.id === id);
  if (!known) return { name: "Somebody", mark: "no operator any more" };
  return { name: known.name, mark: known.active ? null : "deactivated" };
}

/** A name with its mark: "Ben Schulz (deactivated)". */
export function markedName({ name, mark }: Named): string {
  return mark === null ? name : `${name} (${mark})`;
}

/** Who can be named: active operators, and whoever is named already, who cannot be chosen again once they are not. */
export function offered(operators: readonly Operator[], chosen: string | null) {
  const active = operators
    .filter((each) => each.active)
    .map(({ id, name }) => ({ value: id, label: name, disabled: false }));
  if (chosen === null || active.some(({ value }) => value === chosen)) return active;
  return [
    { value: chosen, label: markedName(namedBy(chosen, operators)), disabled: true },
    ...active,
  ];
}
