//! What is wrong with a result, if its bytes are not those of the embedded run.

use std::collections::BTreeMap;

use super::report::Verdict;

/// Compares the bytes, and then, to name the difference, the numbers or lines.
pub(super) fn judge(expected: &[u8], found: &[u8]) -> Verdict {
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
            Verdict::Wrong(format!("less of {less}, more of {more}"))
        }
        (None, None) => Verdict::Wrong("the same in another order".to_owned()),
    }
}

/// Each key with its number, or each line with how often it is there.
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
    fn what_is_lost_is_told_from_what_is_there_twice() {
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
    fn lines_are_counted_as_well() {
        assert!(matches!(super::judge(b"x\ny\n", b"x\n"), Verdict::Lost(_)));
        assert!(matches!(
            super::judge(b"x\ny\n", b"x\ny\ny\n"),
            Verdict::Duplicated(_)
        ));
    }
}
