//! The bytes of runs and partition results.

use mapreduce_core::key;

use super::harness::*;

#[test]
fn the_format_of_runs_and_partition_results_is_version_1() {
    let pairs = [("to", "1"), ("be", "2"), ("or", ""), ("be", "3")];
    let pairs = pairs.map(|(key, value)| (key.into(), value.into()));
    let run = Setup::plain(2).run(5, &pairs);
    let mut out = sink(LARGE, true, 2);
    out.push(0, b"to", None, b"1");
    out.push(1, b"\0\x07", Some(b"7"), b"two");
    out.push(0, b"be", Some(b"be"), b"");
    let part = whole(
        &out.finish(&NOT_CANCELLED)
            .unwrap()
            .pack(9, &NOT_CANCELLED)
            .unwrap()
            .bytes,
    );
    assert_eq!(
        (&run[..8], &part[..8]),
        (&b"mr-pair1"[..], &b"mr-rows1"[..])
    );
    assert_eq!(
        [key::hash(&run), key::hash(&part)],
        GOLDEN,
        "a format has changed; change its name too"
    );
}

/// Hashes of the blobs in [`the_format_of_runs_and_partition_results_is_version_1`].
const GOLDEN: [u64; 2] = [14_350_670_880_558_511_810, 17_909_267_526_107_054_459];
