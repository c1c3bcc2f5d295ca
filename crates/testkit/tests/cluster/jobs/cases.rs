//! Jobs with parameters, and commands that find out their results without them.

use super::{Case, Over};

/// What grep is to find, in books and in made text.
macro_rules! pattern {
    () => {
        r"(Mr|Mrs)\. [A-Z]|w[0-9]+7"
    };
}

/// A file below `$1` after the other, as grep sees lines.
macro_rules! all {
    () => {
        r#"cat "$1"/* | sed 's/\r$//' | "#
    };
}

macro_rules! python {
    ($what:literal) => {
        concat!(r#"python3 expected.py "#, $what, r#" "$@""#)
    };
}

const fn case(
    over: Over,
    job: &'static str,
    params: &'static [&'static str],
    output: &'static str,
    expected: &'static str,
) -> Case {
    Case {
        over,
        job,
        params,
        output,
        expected,
        any_order: false,
    }
}

pub(super) const WORD_COUNT: &[Case] = &[case(
    Over::Books,
    "word-count",
    &[],
    "o.tsv",
    python!("word_count"),
)];

pub(super) const LINE_COUNT: &[Case] = &[
    case(
        Over::Books,
        "line-count",
        &[],
        "o.tsv",
        r#"cd "$1" && wc -l * | sed '$d' | awk '{ print $2 "\t" $1 }'"#,
    ),
    case(
        Over::Books,
        "line-count",
        &["total=true"],
        "o.tsv",
        concat!(all!(), r#"wc -l | awk '{ print "total\t" $1 }'"#),
    ),
];

pub(super) const GREP: &[Case] = &[
    case(
        Over::Books,
        "grep",
        &[concat!("pattern=", pattern!())],
        "o.txt",
        concat!(all!(), "grep -E '", pattern!(), "'"),
    ),
    case(
        Over::Books,
        "grep",
        &["pattern=the", "invert=true", "ignore_case=true"],
        "o.txt",
        concat!(all!(), "grep -iv the"),
    ),
    case(
        Over::Books,
        "grep",
        &[concat!("pattern=", pattern!()), "names=true"],
        "o.txt",
        concat!(
            r#"cd "$1" && grep -nE '"#,
            pattern!(),
            r#"' * | sed 's/\r$//'"#
        ),
    ),
    case(
        Over::Books,
        "grep",
        &[concat!("pattern=", pattern!()), "output=counts"],
        "o.tsv",
        concat!(
            all!(),
            "grep -oE '",
            pattern!(),
            r#"' | sort | uniq -c | awk '{ n = $1; sub(/^ *[0-9]+ /, ""); print $0 "\t" n }' | sort -t "$(printf '\t')" -k2,2nr -k1,1"#
        ),
    ),
];

pub(super) const INVERTED_INDEX: &[Case] = &[
    case(
        Over::Books,
        "inverted-index",
        &[],
        "o.ndjson",
        python!("index"),
    ),
    case(
        Over::Books,
        "inverted-index",
        &["places=line"],
        "o.ndjson",
        python!("index_lines"),
    ),
];

pub(super) const GROUP_BY: &[Case] = &[
    case(
        Over::Table,
        "group-by",
        &[
            "key=airline",
            "count=true",
            "sum=retweet_count",
            "min=retweet_count",
            "max=retweet_count",
            "mean=airline_sentiment_confidence",
            "distinct=user_timezone,name",
        ],
        "o.ndjson",
        python!("group"),
    ),
    case(
        Over::Table,
        "group-by",
        &[
            "key=airline,airline_sentiment",
            "count=true",
            "sum=negativereason_confidence",
        ],
        "o.ndjson",
        python!("group_by_two"),
    ),
];

pub(super) const TOP: &[Case] = &[
    case(Over::Books, "top", &["k=20"], "o.tsv", python!("top_words")),
    case(
        Over::Table,
        "top",
        &["k=7", "key=user_timezone"],
        "o.tsv",
        python!("top_cells"),
    ),
    case(
        Over::Table,
        "top",
        &["k=5", "key=name", "weight=retweet_count"],
        "o.tsv",
        python!("top_weights"),
    ),
];

pub(super) const DISTINCT: &[Case] = &[
    case(
        Over::Table,
        "distinct",
        &["columns=airline,user_timezone"],
        "o.tsv",
        python!("distinct"),
    ),
    case(
        Over::Table,
        "distinct",
        &["columns=name", "mode=list"],
        "o.txt",
        python!("distinct_list"),
    ),
    case(
        Over::Books,
        "distinct",
        &["mode=list"],
        "o.txt",
        concat!(all!(), "sort -u"),
    ),
];

pub(super) const HISTOGRAM: &[Case] = &[
    case(
        Over::Table,
        "histogram",
        &["column=negativereason_confidence", "width=0.05"],
        "o.tsv",
        python!("histogram"),
    ),
    case(
        Over::Table,
        "histogram",
        &["column=retweet_count", "log2=true"],
        "o.tsv",
        python!("histogram_of_powers"),
    ),
];

pub(super) const SORT: &[Case] = &[
    case(Over::Books, "sort", &[], "o.txt", concat!(all!(), "sort")),
    case(
        Over::Table,
        "sort",
        &["reverse=true", "unique=true"],
        "o.txt",
        concat!(all!(), "sort -ru"),
    ),
    case(
        Over::Books,
        "sort",
        &["key=2", "delimiter= "],
        "o.txt",
        concat!(all!(), "sort -s -t ' ' -k 2,2"),
    ),
    case(
        Over::Books,
        "sort",
        &["key=2", "delimiter= ", "unique=true"],
        "o.txt",
        concat!(all!(), "sort -s -u -t ' ' -k 2,2"),
    ),
    case(
        Over::Table,
        "sort",
        &["key=3", "delimiter=,", "numeric=true", "reverse=true"],
        "o.txt",
        python!("numeric"),
    ),
];

pub(super) const JOIN: &[Case] = &[
    case(
        Over::TwoTables,
        "join",
        &["left.key=airline", "right.key=airline"],
        "o.ndjson",
        python!("join"),
    ),
    case(
        Over::TwoTables,
        "join",
        &["left.key=airline", "right.key=airline", "kind=left"],
        "o.ndjson",
        r#"python3 expected.py join "$@" left"#,
    ),
];

pub(super) const STREAMING: &[Case] = &[
    Case {
        any_order: true,
        // A line without a tab is a key without a value: reducers read `key TAB`.
        ..case(
            Over::Books,
            "streaming",
            &[
                "mapper=tr ' \\r' '\\n\\n' | sed '/^$/d'",
                "reducer=uniq -c",
                "combiner=cat",
            ],
            "o.txt",
            r#"cat "$1"/* | tr ' \r' '\n\n' | sed '/^$/d' | sort | uniq -c | sed 's/$/\t/'"#,
        )
    },
    case(
        Over::Books,
        "streaming",
        &["mapper=tr a-z A-Z", "reducer=NONE"],
        "o.txt",
        concat!(all!(), "tr a-z A-Z"),
    ),
];
