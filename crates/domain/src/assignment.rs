//! Who gets a case that comes in with nobody's name on it (R28): whoever the channel names, or operators in turn.

use crate::auto_reply::facts::OperatorFacts;
use crate::case::AssignedBy;
use crate::id::{CaseId, UserId};
use crate::time::Instant;

/// To whom texts of new customers on a channel go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AssignTo {
    /// To nobody: somebody takes them.
    #[default]
    Nobody,
    /// To this operator; in turn, should they be an active operator no longer.
    Operator(UserId),
    /// To operators in turn.
    InTurn,
}

/// How ready an operator is, the readiest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Readiness {
    /// Eligible (R27): active (R2), not away, not outside their hours.
    Eligible,
    /// Inactive, or outside their hours.
    NotThere,
    /// Away.
    Away,
}

/// An operator who could get the case; a deactivated one could not.
#[derive(Clone, Copy, Debug)]
pub struct Candidate {
    id: UserId,
    readiness: Readiness,
    waiting: i64,
    newest_case: Option<CaseId>,
}

impl Candidate {
    /// An operator at `at`, with their threshold (R2, R13), how many of their open cases wait, and the newest case
    /// that they were given in turn.
    pub fn new(
        operator: &OperatorFacts,
        at: Instant,
        threshold_ms: i64,
        waiting: i64,
        newest_case: Option<CaseId>,
    ) -> Self {
        let closed = operator.hours().is_some_and(|hours| !hours.period.open);
        let readiness = if operator.away().is_some() {
            Readiness::Away
        } else if closed || operator.presence.is_inactive(at, threshold_ms) {
            Readiness::NotThere
        } else {
            Readiness::Eligible
        };
        Self { id: operator.id, readiness, waiting, newest_case }
    }
}

/// Whose turn it is: of those who are eligible, the one with the fewest open cases that wait, then the one longest
/// without a new case. With nobody eligible it is the turn of somebody all the same, of those who are not away if
/// there are any: the case then has an operator, whose absence is answered by the rule book, and nobody overlooks it.
/// None if there is no candidate.
pub fn in_turn(candidates: &[Candidate]) -> Option<(UserId, AssignedBy)> {
    let chosen = candidates.iter().min_by_key(|one| (one.readiness, one.waiting, one.newest_case, one.id))?;
    let by = match chosen.readiness {
        Readiness::Eligible => AssignedBy::InTurn,
        Readiness::NotThere | Readiness::Away => AssignedBy::InTurnNobodyEligible,
    };
    Some((chosen.id, by))
}

/// Why a case is whose it is, in a sentence: `operator` by name, `number` of the channel.
pub fn sentence(by: AssignedBy, operator: &str, number: &str) -> String {
    match by {
        AssignedBy::Channel => {
            format!("Assigned to {operator}: texts of new customers to {number} go to them.")
        }
        AssignedBy::InTurn => {
            format!(
                "Assigned to {operator}: texts of new customers to {number} go to active operators in turn."
            )
        }
        AssignedBy::InTurnNobodyEligible => format!(
            "Assigned to {operator} in turn, although no operator was active: so the customer of {number} is not overlooked."
        ),
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    /// R27, R28: who is eligible before who is not there before who is away; then the fewest waiting; then the
    /// longest without a new case.
    #[test]
    fn r28_whose_turn_it_is() {
        use Readiness::{Away, Eligible, NotThere};
        let one = |id: u128, readiness, waiting, newest: Option<u128>| Candidate {
            id: Uuid::from_u128(id).into(),
            readiness,
            waiting,
            newest_case: newest.map(|id| Uuid::from_u128(id).into()),
        };
        let table: [(&[Candidate], u128, AssignedBy); 6] = [
            (&[one(1, NotThere, 0, None), one(2, Eligible, 9, Some(9))], 2, AssignedBy::InTurn),
            (&[one(1, Eligible, 2, None), one(2, Eligible, 1, Some(9))], 2, AssignedBy::InTurn),
            (&[one(1, Eligible, 1, Some(8)), one(2, Eligible, 1, Some(7))], 2, AssignedBy::InTurn),
            (&[one(1, Eligible, 1, Some(1)), one(2, Eligible, 1, None)], 2, AssignedBy::InTurn),
            (&[one(1, Away, 0, None), one(2, NotThere, 5, Some(9))], 2, AssignedBy::InTurnNobodyEligible),
            (&[one(1, Away, 1, None), one(2, Away, 0, None)], 2, AssignedBy::InTurnNobodyEligible),
        ];
        for (candidates, id, by) in table {
            assert_eq!(in_turn(candidates), Some((Uuid::from_u128(id).into(), by)), "{candidates:?}");
        }
        assert_eq!(in_turn(&[]), None);
    }
}
