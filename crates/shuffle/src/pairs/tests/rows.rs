//! Rows from sinks to partition results and back.

use bytes::Bytes;
use proptest::prelude::*;

use super::harness::*;
use crate::entry::BlobKind;
use crate::pairs::row::FoundRow;
use crate::pairs::rows::{RowSink, RowSinkOptions, each_row};
use crate::section::Section;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn rows_are_read_back_in_order(
        parts in prop::collection::vec(prop::collection::vec((0usize..2, keys(), any::<bool>(), keys()), 0..30), 1..4),
        sorted: bool, in_order: bool, outputs in 1u32..3, memory in prop::sample::select(vec![64usize, LARGE]), compress: bool,
    ) {
        let mut parts = parts;
        if outputs == 1 {
            parts.iter_mut().flatten().for_each(|row| row.0 = 0);
        }
        if in_order {
            parts.iter_mut().for_each(|rows| rows.sort_by(|a, b| a.1.cmp(&b.1)));
        }
        let write = |rows: &Vec<(usize, Vec<u8>, bool, Vec<u8>)>| {
            let options = RowSinkOptions { sorted, outputs, compress };
            let mut out = RowSink::new(&scratch(memory), options).for_task(0);
            for (output, order, differs, value) in rows {
                out.push(*output, order, differs.then_some(&b"key"[..]), value);
            }
            out.finish(&NOT_CANCELLED).unwrap()
        };
        let blobs: Vec<_> = (0..).zip(&parts).map(|(task, rows)| whole(&write(rows).pack(task, &NOT_CANCELLED).unwrap().bytes)).collect();
        for output in 0..outputs as usize {
            let all = parts.iter().map(|rows| expected_rows(rows, output, sorted));
            for (rows, expected) in parts.iter().zip(all.clone()) {
                let (mut found, mut out) = (Vec::new(), write(rows));
                prop_assert_eq!(out.rows(), rows.len() as u64);
                out.each(output, &NOT_CANCELLED, &mut |row| { found.push(owned(row)); Ok(()) }).unwrap();
                prop_assert_eq!(found, expected);
            }
            let mut expected: Vec<_> = all.flatten().collect();
            if sorted {
                expected.sort_by(|a, b| a.0.cmp(&b.0));
            }
            let mut found = Vec::new();
            each_row(&mut sections(&blobs, output as u32), sorted, &NOT_CANCELLED, |row| { found.push(owned(row)); Ok(true) }).unwrap();
            prop_assert_eq!(found, expected);
        }
    }
}

type OwnedRow = (Vec<u8>, Vec<u8>, Vec<u8>);

fn owned(row: FoundRow<'_>) -> OwnedRow {
    (row.order.to_vec(), row.key.to_vec(), row.value.to_vec())
}

fn expected_rows(
    rows: &[(usize, Vec<u8>, bool, Vec<u8>)],
    output: usize,
    sorted: bool,
) -> Vec<OwnedRow> {
    let of_output = rows.iter().filter(|row| row.0 == output);
    let row = of_output.map(|(_, order, differs, value)| {
        let key = if *differs { b"key" } else { &order[..] };
        (order.clone(), key.to_vec(), value.clone())
    });
    let mut rows: Vec<_> = row.collect();
    if sorted {
        rows.sort_by(|a, b| a.0.cmp(&b.0));
    }
    rows
}

fn sections(blobs: &[Bytes], output: u32) -> Vec<Section> {
    let open = |(task, blob): (u32, &Bytes)| {
        let entry = entry(blob, BlobKind::RowPartitionResult, task, output).unwrap();
        let location = (BlobKind::RowPartitionResult, task, output);
        Section::new(Box::new(blob.clone()), &entry, location, 100, task as usize)
    };
    (0..).zip(blobs).map(open).collect()
}

#[test]
fn a_reader_of_rows_may_stop_early() {
    let mut out = sink(LARGE, true, 1);
    for key in [b"a", b"b", b"c"] {
        out.push(0, key, None, b"");
    }
    let part = whole(
        &out.finish(&NOT_CANCELLED)
            .unwrap()
            .pack(0, &NOT_CANCELLED)
            .unwrap()
            .bytes,
    );
    for sorted in [false, true] {
        let mut rows = 0;
        let each = |_: FoundRow<'_>| {
            rows += 1;
            Ok(rows < 2)
        };
        each_row(
            &mut sections(std::slice::from_ref(&part), 0),
            sorted,
            &NOT_CANCELLED,
            each,
        )
        .unwrap();
        assert_eq!(rows, 2);
    }
}
