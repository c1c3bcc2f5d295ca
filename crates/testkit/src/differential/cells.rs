//! Texts of cells.

use super::random::Random;

/// Kind of the cells of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CellKind {
    /// A few texts that repeat.
    Key,
    /// Any text.
    Text,
    /// Numbers in all notations.
    Number,
    /// Numbers with other separators than the point.
    LocalNumber,
    /// Small integers from 0.
    Weight,
    /// Texts with numbers in them, such as names of files.
    Version,
    Empty,
}

impl CellKind {
    const ALL: [Self; 7] = [
        Self::Key,
        Self::Text,
        Self::Number,
        Self::Number,
        Self::Weight,
        Self::Version,
        Self::Empty,
    ];

    /// Returns a random kind.
    pub(super) fn any(random: &mut Random) -> Self {
        // Few columns are empty everywhere.
        let last = Self::ALL.len() - 1 - usize::from(!random.one_in(3));
        Self::ALL[random.up_to(last)]
    }

    /// Returns a random cell.
    pub(super) fn cell(self, random: &mut Random) -> String {
        match self {
            Self::Empty => String::new(),
            _ if random.one_in(12) => String::new(),
            Self::Key => random.pick(KEYS).to_owned(),
            Self::Text => text(random),
            _ if random.one_in(15) => random.pick(NOT_NUMBERS).to_owned(),
            Self::Number => number(random),
            Self::LocalNumber => local_number(random),
            Self::Weight => match random.one_in(6) {
                true => format!(" {}\t", random.up_to(9)),
                false => random.up_to(5000).to_string(),
            },
            Self::Version => version(random),
        }
    }
}

const KEYS: &[&str] = &[
    "Oslo", "oslo", "Kiel", "Kiel ", "1", "1.0", "01", "1e0", "10", "9", "-3", "é", "é", "a,b",
    "\"", "NA", "null", "\t",
];

const PIECES: &[&str] = &[
    "a", "B", "lamp", "Zoë", " ", ",", ";", "\t", "\"", "\"\"", "\n", "\r\n", "\r", "'", "\\",
    "漢字", "😀", "ÉCOLE", "straße", "ΟΔΟΣ", "0", "17", "{}", "\u{1}", "\u{7f}", "\u{a0}", "#",
    "|",
];

const NOT_NUMBERS: &[&str] = &[
    "n/a", "inf", "nan", "-", "+", ".", "e5", "1e", "1 2", "0x1f", "--1", "1,5", "½", "١", "1_000",
    "1e5.0", "- 1", "1..2", "1e400",
];

const NUMBERS: &[&str] = &[
    "0",
    "-0",
    "0.00",
    "+7",
    "007",
    "-12.50",
    ".5",
    "5.",
    "1e3",
    "1.5E-3",
    "2.50e+1",
    " 42 ",
    "\t3.0",
    "1e15",
    "1e16",
    "0.1",
    "0.2",
    "1e-7",
    "1e22",
    "170141183460469231731687303715884105727",
    "-170141183460469231731687303715884105728",
    "99999999999999999999999999999999999999",
    "0.00000000000000000000000000000000000001",
    "1.7e300",
    "-1.7e300",
    "1e-400",
    "9007199254740993",
    "18446744073709551616",
    "-9223372036854775809",
    "1e38",
    "1e39",
    "123456789.123456789123456789",
];

fn text(random: &mut Random) -> String {
    (0..random.up_to(5)).map(|_| random.pick(PIECES)).collect()
}

fn number(random: &mut Random) -> String {
    let sign = random.pick(&["", "", "", "-", "+"]);
    let whole = random.up_to(4);
    let fraction = random.within(1..=3);
    match random.up_to(9) {
        0..=3 => format!("{sign}{}", random.up_to(1000)),
        4..=6 => format!("{sign}{}.{}", random.digits(whole), random.digits(fraction)),
        7 => format!(
            "{sign}{}e{}",
            random.up_to(99),
            random.pick(&["2", "-2", "+4", "-12"])
        ),
        _ => random.pick(NUMBERS).to_owned(),
    }
}

fn local_number(random: &mut Random) -> String {
    let sign = random.pick(&["", "", "-", "+"]);
    let groups = random.up_to(2);
    let separator = random.pick(&[".", ".", ".", "", " ", "\u{202f}"]);
    let groups: String = (0..groups)
        .map(|_| format!("{separator}{}", random.digits(3)))
        .collect();
    let fraction = random.pick(&["", "", ",5", ",50", ",", ".5", ",1e2"]);
    format!("{sign}{}{groups}{fraction}", random.up_to(999))
}

fn version(random: &mut Random) -> String {
    let name = random.pick(&["file", "File", "v", "v1.", "", "файл"]);
    let zeros = random.pick(&["", "", "", "0", "00"]);
    let number = random.up_to(120);
    let end = random.pick(&[
        "",
        ".txt",
        "-rc1",
        "/2",
        "a",
        "123456789012345678901234567890",
    ]);
    format!("{name}{zeros}{number}{end}")
}
