//! Failures of attempts.

use crate::core::{AttemptOutcome, FailureKind};

pub(super) fn transient_failure(reason: String) -> AttemptOutcome {
    let kind = FailureKind::Transient;
    AttemptOutcome::Failed { reason, kind }
}

pub(super) fn permanent_failure(reason: String) -> AttemptOutcome {
    let kind = FailureKind::Permanent;
    AttemptOutcome::Failed { reason, kind }
}
