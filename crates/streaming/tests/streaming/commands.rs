//! Input, output and environment of commands.

use mapreduce_core::FileFormat;

use crate::support::Trial;

#[test]
fn the_result_consists_of_the_reducers_lines_byte_for_byte() {
    let print = r"cat >/dev/null; printf 'b\tx\na\n\nc\t\n\t\n\377\000\tz\r\nlast'";
    let trial = Trial::new(&[("reducer", print)], &["x\n"]).reduces(1);
    let expected = b"b\tx\na\n\nc\t\n\t\n\xff\x00\tz\r\nlast\n";
    assert_eq!(trial.run().unwrap().text, expected);
}

#[test]
fn without_commands_the_result_has_all_lines_grouped_by_key() {
    let inputs = ["b\t2\na\nc\t\n", "b\t1\na\ta\n\n"];
    let lines = Trial::new(&[], &inputs).reduces(1).lines();
    assert_eq!(lines, ["", "a", "a\ta", "b\t2", "b\t1", "c\t"]);
    let sorted = Trial::new(&[("sort_values", "true")], &inputs).reduces(1);
    assert_eq!(sorted.lines(), ["", "a", "a\ta", "b\t1", "b\t2", "c\t"]);
}

#[test]
fn a_reducer_reads_a_separator_after_every_key() {
    let show = "sed -n l";
    let trial = Trial::new(&[("reducer", show)], &["k\nk\tv\n"]).reduces(1);
    assert_eq!(trial.lines(), ["k\\t$", "k\\tv$"]);
    let params = [("reducer", show), ("separator", ","), ("key_fields", "2")];
    let trial = Trial::new(&params, &["b,1,x\na,2,y\nb,1,w\n"]).reduces(1);
    assert_eq!(trial.lines(), ["a,2,y$", "b,1,x$", "b,1,w$"]);
}

#[test]
fn without_a_reducer_the_lines_keep_the_order_of_the_input() {
    let inputs = ["3\t3\n1\n", "9\t\n\n2\n", "0\n"];
    let expected = ["3\t3", "1", "9\t", "", "2", "0"];
    for reduces in [1, 2, 3] {
        for params in [
            &[("reducer", "NONE")][..],
            &[("reducer", "NONE"), ("mapper", "cat")],
        ] {
            assert_eq!(
                Trial::new(params, &inputs).reduces(reduces).lines(),
                expected
            );
        }
    }
}

#[test]
fn a_mapper_may_write_any_bytes() {
    let garbage: Vec<u8> = (0..20_000u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8)
        .collect();
    let whole = [garbage.as_slice(), b"\n"].concat();
    let params = [
        ("mapper", "cat >/dev/null; cat garbage"),
        ("reducer", "NONE"),
    ];
    let trial = Trial::new(&params, &["x"]).reduces(1);
    std::fs::write(trial.folder().join("files/garbage"), &garbage).unwrap();
    assert_eq!(trial.run().unwrap().text, whole);
}

#[test]
fn a_record_with_newlines_is_one_line() {
    let csv = "id,text\n1,\"two\nlines\"\n2,one\n";
    let format = FileFormat::Csv {
        column: 1,
        width: 2,
        name: "text".to_owned(),
    };
    for mapper in ["", "cat"] {
        let params = [
            ("reducer", "NONE"),
            ("input", "columns"),
            ("mapper", mapper),
        ];
        let trial = Trial::new(&params, &[csv])
            .format(format.clone())
            .reduces(1);
        assert_eq!(trial.lines(), ["two\\nlines", "one"]);
    }
}

#[test]
fn commands_have_the_variables_of_hadoop() {
    let show =
        |names: &str| format!("cat >/dev/null; for n in {names}; do eval echo \"$n=\\$$n\"; done");
    let mapper = show(
        "mapreduce_job_id mapred_job_name mapreduce_task_id mapred_task_id mapreduce_task_partition \
         mapreduce_task_ismap mapreduce_map_input_start map_input_length mapreduce_job_reduces GIVEN",
    );
    let params = [
        ("mapper", &*mapper),
        ("reducer", "NONE"),
        ("env.GIVEN", "a b"),
    ];
    let trial = Trial::new(&params, &["four"]).reduces(1);
    let expected = [
        "mapreduce_job_id=j-1",
        "mapred_job_name=streaming",
        "mapreduce_task_id=task_j-1_m_000000",
        "mapred_task_id=attempt_j-1_m_000000_0",
        "mapreduce_task_partition=0",
        "mapreduce_task_ismap=true",
        "mapreduce_map_input_start=0",
        "map_input_length=4",
        "mapreduce_job_reduces=1",
        "GIVEN=a b",
    ];
    assert_eq!(trial.lines(), expected);
    let reducer =
        show("mapreduce_task_id mapred_task_partition mapreduce_task_ismap map_input_file");
    let trial = Trial::new(&[("reducer", &*reducer)], &["x"]).reduces(2);
    assert_eq!(
        trial.lines()[4..],
        [
            "mapreduce_task_id=task_j-1_r_000001",
            "mapred_task_partition=1",
            "mapreduce_task_ismap=false",
            "map_input_file=",
        ]
    );
}

#[test]
fn a_mapper_has_the_name_of_its_input_file() {
    let mapper =
        "while read line; do echo \"$(basename \"$mapreduce_map_input_file\") $line\"; done";
    let params = [("mapper", mapper), ("reducer", "NONE")];
    let lines = Trial::new(&params, &["a\n", "b\n"]).lines();
    assert_eq!(lines, ["input-0.txt a", "input-1.txt b"]);
}

#[test]
fn a_command_has_a_folder_with_the_files_and_one_for_temporary_files() {
    let mapper =
        "cat >/dev/null; cat table.txt; echo x >own; mktemp >list; ls; grep -c \"^$TMPDIR/\" list";
    let params = [("mapper", mapper), ("reducer", "NONE")];
    let trial = Trial::new(&params, &["x"]).file("table.txt", "seven\n", 0o644);
    assert_eq!(trial.lines(), ["seven", "list", "own", "table.txt", "1"]);
}

#[test]
fn counters_are_added_up_over_all_tasks() {
    let report = "echo reporter:status:working >&2; while read x; do echo reporter:counter:g,lines,2 >&2; done";
    let params = [("mapper", report), ("reducer", report)];
    let outcome = Trial::new(&params, &["a\nb\n", "c\n"]).run().unwrap();
    assert_eq!(outcome.counters["g:lines"], 6);
}

#[test]
fn a_command_may_end_before_it_has_read_its_input() {
    let much = "line of some length\n".repeat(500_000);
    for mapper in ["head -n 1", "exec <&-; echo line of some length"] {
        let params = [("mapper", mapper), ("reducer", "head -n 1")];
        let lines = Trial::new(&params, &[&much]).reduces(1).lines();
        assert_eq!(lines.len(), 1, "{mapper}");
        assert_eq!(lines[0].trim_end(), "line of some length");
    }
}

#[test]
fn a_command_may_write_before_it_reads() {
    let much = "line of some length\n".repeat(300_000);
    let mapper = "yes | head -c 6000000; wc -l";
    let params = [("mapper", mapper), ("reducer", "sort | uniq -c")];
    let lines = Trial::new(&params, &[&much]).reduces(1).lines();
    let trimmed: Vec<_> = lines.iter().map(|line| line.trim()).collect();
    assert_eq!(trimmed, ["1 300000", "3000000 y"]);
}

#[test]
fn much_output_needs_little_memory() {
    let mapper = "yes 0123456789abcdef0123456789abcdef | head -c 330000000";
    let params = [("mapper", mapper), ("reducer", "wc -l")];
    let lines = Trial::new(&params, &["x"])
        .reduces(1)
        .memory(4 << 20)
        .lines();
    assert_eq!(lines, ["10000000"]);
    let peak = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak = peak.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    let peak: u64 = peak.split_whitespace().nth(1).unwrap().parse().unwrap();
    // The limit is for all tests of this process together.
    assert!(peak < 300_000, "{peak} KiB");
}

#[test]
fn long_lines_are_complete() {
    let input = format!("{}\tx\nshort\n", "k".repeat(3_000_000));
    let mapper = "cat; cat /dev/zero | head -c 2000000 | tr '\\0' v";
    let params = [
        ("mapper", mapper),
        ("reducer", "awk '{print length($0)}' | sort -n"),
    ];
    let lines = Trial::new(&params, &[input]).reduces(1).lines();
    assert_eq!(lines, ["6", "2000001", "3000002"]);
}

#[test]
fn commands_do_not_see_the_settings_of_the_worker() {
    let folder = tempfile::tempdir().unwrap();
    let seen = folder.path().join("seen");
    let status = std::process::Command::new(env!("CARGO_BIN_EXE_streaming-guard"))
        .arg(format!("env >'{}'", seen.display()))
        .arg(folder.path())
        .env("MAPREDUCE__REDIS__URL", "redis://:secret@host")
        .env("OTHER", "is seen")
        .status()
        .unwrap();
    assert!(status.success());
    let seen = std::fs::read_to_string(seen).unwrap();
    assert!(seen.contains("OTHER=is seen") && !seen.contains("secret"));
}
