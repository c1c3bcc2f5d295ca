//! Jobs with parameters, and the commands that compute their expected results.

use super::case::{Case, Input};

/// Pattern that occurs in books and in samples.
macro_rules! pattern {
    () => {
        r"(Mr|Mrs)\. [A-Z]|w[0-9]+7"
    };
}

/// Prints all files of the folder `$1`, with Unix line endings.
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
    input: Input,
    job: &'static str,
    params: &'static [&'static str],
    output: &'static str,
    expected: &'static str,
) -> Case {
    Case {
        input,
        job,
        params,
        output,
        expected,
        any_order: false,
    }
}

pub(super) const WORD_COUNT: &[Case] = &[case(
    Input::Books,
    "word-count",
    &[],
    "o.tsv",
    python!("word_count"),
)];

pub(super) const LINE_COUNT: &[Case] = &[
    case(
        Input::Books,
        "line-count",
        &[],
        "o.tsv",
        r#"cd "$1" && wc -l * | sed '$d' | awk 'BEGIN { print "file\tlines" } { print $2 "\t" $1 }'"#,
    ),
    case(
        Input::Books,
        "line-count",
        &["total=true"],
        "o.tsv",
        concat!(
            all!(),
            r#"wc -l | awk 'BEGIN { print "file\tlines" } { print "total\t" $1 }'"#
        ),
    ),
];

pub(super) const GREP: &[Case] = &[
    case(
        Input::Books,
        "grep",
        &[concat!("pattern=", pattern!())],
        "o.txt",
        concat!(all!(), "grep -E '", pattern!(), "'"),
    ),
    case(
        Input::Books,
        "grep",
        &["pattern=the", "invert=true", "ignore_case=true"],
        "o.txt",
        concat!(all!(), "grep -iv the"),
    ),
    case(
        Input::Books,
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
        Input::Books,
        "grep",
        &[concat!("pattern=", pattern!()), "output=counts"],
        "o.tsv",
        concat!(
            all!(),
            "grep -oE '",
            pattern!(),
            r#"' | sort | uniq -c | awk '{ n = $1; sub(/^ *[0-9]+ /, ""); print $0 "\t" n }' | sort -t "$(printf '\t')" -k2,2nr -k1,1 | sed "1i match\tcount""#
        ),
    ),
];

pub(super) const INVERTED_INDEX: &[Case] = &[
    case(
        Input::Books,
        "inverted-index",
        &[],
        "o.ndjson",
        python!("index"),
    ),
    case(
        Input::Books,
        "inverted-index",
        &["places=line"],
        "o.ndjson",
        python!("index_lines"),
    ),
];

pub(super) const GROUP_BY: &[Case] = &[
    case(
        Input::Table,
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
        Input::Table,
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
    case(
        Input::Books,
        "top",
        &["k=20"],
        "o.tsv",
        python!("top_words"),
    ),
    case(
        Input::Table,
        "top",
        &["k=7", "key=user_timezone"],
        "o.tsv",
        python!("top_cells"),
    ),
    case(
        Input::Table,
        "top",
        &["k=5", "key=name", "weight=retweet_count"],
        "o.tsv",
        python!("top_weights"),
    ),
];

pub(super) const DISTINCT: &[Case] = &[
    case(
        Input::Table,
        "distinct",
        &["columns=airline,user_timezone"],
        "o.tsv",
        python!("distinct"),
    ),
    case(
        Input::Table,
        "distinct",
        &["columns=name", "mode=list"],
        "o.txt",
        python!("distinct_list"),
    ),
    case(
        Input::Books,
        "distinct",
        &["mode=list"],
        "o.txt",
        concat!(all!(), "sort -u"),
    ),
];

pub(super) const HISTOGRAM: &[Case] = &[
    case(
        Input::Table,
        "histogram",
        &["column=negativereason_confidence", "width=0.05"],
        "o.tsv",
        python!("histogram"),
    ),
    case(
        Input::Table,
        "histogram",
        &["column=retweet_count", "log2=true"],
        "o.tsv",
        python!("histogram_of_powers"),
    ),
];

pub(super) const SORT: &[Case] = &[
    case(Input::Books, "sort", &[], "o.txt", concat!(all!(), "sort")),
    case(
        Input::Books,
        "sort",
        &["reverse=true", "unique=true"],
        "o.txt",
        concat!(all!(), "sort -ru"),
    ),
    case(
        Input::Books,
        "sort",
        &["key=2", "delimiter= "],
        "o.txt",
        concat!(all!(), "sort -s -t ' ' -k 2,2"),
    ),
    case(
        Input::Books,
        "sort",
        &["key=2", "delimiter= ", "unique=true"],
        "o.txt",
        concat!(all!(), "sort -s -u -t ' ' -k 2,2"),
    ),
    case(
        Input::Table,
        "sort",
        &["key=3", "numeric=true", "reverse=true"],
        "o.csv",
        python!("numeric"),
    ),
];

pub(super) const JOIN: &[Case] = &[
    case(
        Input::TwoTables,
        "join",
        &["left.key=airline", "right.key=airline"],
        "o.ndjson",
        python!("join"),
    ),
    case(
        Input::TwoTables,
        "join",
        &["left.key=airline", "right.key=airline", "kind=left"],
        "o.ndjson",
        r#"python3 expected.py join "$@" left"#,
    ),
];

pub(super) const STREAMING: &[Case] = &[
    Case {
        any_order: true,
        // Words must not contain tabs, which would separate key and value. A line without a tab is a key without
        // a value, which reducers read as `key TAB`.
        ..case(
            Input::Books,
            "streaming",
            &[
                "mapper=tr ' \\t\\r' '\\n\\n\\n' | sed '/^$/d'",
                "reducer=uniq -c",
                "combiner=cat",
            ],
            "o.txt",
            r#"cat "$1"/* | tr ' \t\r' '\n\n\n' | sed '/^$/d' | sort | uniq -c | sed 's/$/\t/'"#,
        )
    },
    case(
        Input::Books,
        "streaming",
        &["mapper=tr a-z A-Z", "reducer=NONE"],
        "o.txt",
        concat!(all!(), "tr a-z A-Z"),
    ),
];
