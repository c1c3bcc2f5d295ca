//! Comparison of a result with that of the embedded run.

use std::collections::BTreeMap;

use crate::verdict::Verdict;

/// Compares the bytes. If they differ, compares the numbers or lines to name the difference.
pub(crate) fn judge(expected: &[u8], found: &[u8]) -> Verdict {
    if expected == found {
        return Verdict::Exact;
    }
    let (wanted, had) = (amounts(expected), amounts(found));
    let amount = |of: &BTreeMap<String, i128>, name: &String| of.get(name).copied().unwrap_or(0);
    let less = wanted.iter().find(|(name, n)| amount(&had, name) < **n);
    let more = had.iter().find(|(name, n)| amount(&wanted, name) < **n);
    match (less, more) {
        (Some((name, n)), None) => {
            Verdict::Lost(format!("{name}: {} instead of {n}", amount(&had, name)))
        }
        (None, Some((name, n))) => {
            Verdict::Duplicated(format!("{name}: {n} instead of {}", amount(&wanted, name)))
        }
        (Some((less, _)), Some((more, _))) => {
            Verdict::Wrong(format!("too few of {less}, too many of {more}"))
        }
        (None, None) => Verdict::Wrong("the same content in another order".to_owned()),
    }
}

/// Returns each key with its number, or each line with its number of occurrences.
fn amounts(bytes: &[u8]) -> BTreeMap<String, i128> {
    let text = String::from_utf8_lossy(bytes);
    let mut amounts = BTreeMap::new();
    for line in text.lines() {
        let line = line.trim_end_matches(',');
        let number = line
            .rsplit_once(": ")
            .and_then(|(key, n)| Some((key, n.parse::<i128>().ok()?)));
        let (name, amount) = number.unwrap_or((line, 1));
        *amounts.entry(name.to_owned()).or_default() += amount;
    }
    amounts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lost_and_duplicated_counts_get_different_verdicts() {
        let judge = |found: &str| judge(b"{\n  \"a\": 3,\n  \"b\": 1\n}\n", found.as_bytes());
        assert_eq!(judge("{\n  \"a\": 3,\n  \"b\": 1\n}\n"), Verdict::Exact);
        assert!(matches!(
            judge("{\n  \"a\": 2,\n  \"b\": 1\n}\n"),
            Verdict::Lost(_)
        ));
        assert!(matches!(judge("{\n  \"a\": 3\n}\n"), Verdict::Lost(_)));
        assert!(matches!(
            judge("{\n  \"a\": 6,\n  \"b\": 1\n}\n"),
            Verdict::Duplicated(_)
        ));
        assert!(matches!(
            judge("{\n  \"a\": 2,\n  \"b\": 2\n}\n"),
            Verdict::Wrong(_)
        ));
        assert!(matches!(
            judge("{\n  \"b\": 1,\n  \"a\": 3\n}\n"),
            Verdict::Wrong(_)
        ));
    }

    #[test]
    fn lost_and_duplicated_lines_get_different_verdicts() {
        assert!(matches!(super::judge(b"x\ny\n", b"x\n"), Verdict::Lost(_)));
        assert!(matches!(
            super::judge(b"x\ny\n", b"x\ny\ny\n"),
            Verdict::Duplicated(_)
        ));
    }
}
